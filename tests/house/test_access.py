"""Default-deny: every way into the desk has an access rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from dragoman.base.access import rule_of

# The only pages that are for anyone who has not signed in; a new one is added here on purpose.
OPEN_TO_ANYONE = {"dragoman.base.health.health"}


def patterns(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.callback


def named(view: Any) -> str:
    inner = getattr(view, "view_class", view)
    return f"{inner.__module__}.{getattr(inner, '__qualname__', type(inner).__name__)}"


def pages() -> list[tuple[str, Any]]:
    return [(path, view) for path, view in patterns(get_resolver()) if not path.startswith("/api/")]


def test_every_desk_url_has_an_access_rule() -> None:
    found = pages()
    bare = [f"{path} ({named(view)})" for path, view in found if rule_of(view) is None]
    assert found
    assert not bare, bare


def test_our_own_pages_are_closed_unless_named_here() -> None:
    opened = {
        named(view)
        for _, view in pages()
        if named(view).startswith("dragoman.") and (rule := rule_of(view)) is not None and rule.anyone
    }
    own_sign_in = {name for name in opened if name.startswith("dragoman.staff.")}
    assert opened - own_sign_in <= OPEN_TO_ANYONE, opened - OPEN_TO_ANYONE


@pytest.mark.django_db
def test_every_closed_page_sends_a_stranger_to_the_sign_in(client: Any) -> None:
    """Asked for as a browser would, with whatever fits the path's parts."""
    for path, view in pages():
        rule = rule_of(view)
        if rule is None or rule.anyone:
            continue
        address = fill(path)
        answer = client.get(address)
        assert answer.status_code in {302, 405}, f"{address}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/account/login/"), address


def fill(path: str) -> str:
    import re

    def part(found: re.Match[str]) -> str:
        kind = found[1]
        return {"int": "1", "uuid": "00000000-0000-0000-0000-000000000000"}.get(kind, "x")

    plain = re.sub(r"<(?:(\w+):)?\w+>", part, path)
    return re.sub(r"\(\?P<\w+>[^)]*\)", "x", plain).replace("^", "").replace("$", "").replace("\\Z", "")


def operations() -> list[tuple[str, Any]]:
    """Every operation of the API, if it is mounted."""
    return [(path, view) for path, view in patterns(get_resolver()) if path.startswith("/api/")]


def test_every_api_operation_asks_who_it_is() -> None:
    bare = []
    for path, view in operations():
        path_view = getattr(view, "__self__", None) or getattr(view, "path_view", None)
        for operation in getattr(path_view, "operations", []):
            if not operation.auth_callbacks:
                bare.append(f"{','.join(operation.methods)} {path}")
    assert not bare, bare
