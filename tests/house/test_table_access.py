"""Default-deny at the table too: every view of the parties' pages says whom it is for."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import get_resolver
from tests.house.test_access import named, patterns

from dragoman.base.access import rule_of as desk_rule_of
from dragoman.config import table_settings
from dragoman.negotiations.table import cookies
from dragoman.negotiations.table.access import rule_of

# The only pages that are for anyone who has no seat; a new one is added here on purpose.
OPEN_TO_ANYONE = {
    "dragoman.negotiations.table.views.to_the_table",
    *(
        f"dragoman.negotiations.table.views.entering.{name}"
        for name in (*("home", "alive", "enrol", "passkey_in", "challenge", "key_in", "sign_out", "freeze"),)
    ),
}
READ_BY_OBSERVERS = {
    f"dragoman.negotiations.table.views.reading.{name}"
    for name in ("talks", "protocol", "round_page", "text")
}


def pages() -> list[tuple[str, Any]]:
    return list(patterns(get_resolver("dragoman.config.table_urls")))


def test_every_page_of_the_table_has_a_rule_and_none_of_the_desk() -> None:
    found = pages()
    bare = [f"{path} ({named(view)})" for path, view in found if rule_of(view) is None]
    assert found
    assert not bare, bare
    assert not [path for path, view in found if desk_rule_of(view) is not None]


@pytest.mark.parametrize(("who", "known"), [("anyone", OPEN_TO_ANYONE), ("seated", READ_BY_OBSERVERS)])
def test_whom_a_page_is_open_to_is_written_here(who: str, known: set[str]) -> None:
    opened = {named(view) for _, view in pages() if (rule := rule_of(view)) is not None and rule.who == who}
    assert opened == known


def test_every_page_behind_a_seat_names_its_talks() -> None:
    """The middleware compares `ref` with the talks of the seat, so each such address must have one."""
    bare = [
        path
        for path, view in pages()
        if (rule := rule_of(view)) is not None and rule.who != "anyone" and "<slug:ref>" not in path
    ]
    assert not bare, bare


def test_nothing_of_the_desks_sign_in_is_there() -> None:
    assert not [
        name for name in table_settings.MIDDLEWARE if "session" in name.lower() or "Authentication" in name
    ]
    assert table_settings.AUTHENTICATION_BACKENDS == []
    named_cookies = {cookies.name("seat"), table_settings.CSRF_COOKIE_NAME}
    assert not named_cookies & {"dragoman_desk_session", "dragoman_desk_csrf"}
