"""Roles, places and step-up, on plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.staff import browsers, rules

NOW = datetime(2017, 1, 12, 10, 0, tzinfo=UTC)
TEN = timedelta(minutes=10)
slugs = st.lists(st.from_regex(rules.SLUG, fullmatch=True), min_size=1, max_size=5)


@given(slugs)
def test_a_place_is_covered_by_itself_and_all_above(parts: list[str]) -> None:
    path = "".join(f"{part}/" for part in parts)
    above = rules.prefixes(path)
    assert above[-1] == path
    assert len(above) == len(parts)
    assert all(rules.covers(one, path) for one in above)


def test_a_place_does_not_cover_one_whose_name_only_begins_like_it() -> None:
    assert not rules.covers("capital/berlin/", "capital/berlin-two/")


def missing(**given: object) -> str | None:
    usual = {"sample": False, "has_factor": True, "authenticated_at": NOW, "now": NOW, "within": TEN}
    return rules.step_up_missing(**{**usual, **given})  # type: ignore[arg-type]  # a table of cases


@pytest.mark.parametrize(
    "given",
    [
        {"authenticated_at": NOW - TEN},
        {"sample": True, "has_factor": False},
        {"sample": True, "has_factor": True},
    ],
)
def test_a_recent_factor_is_enough(given: dict[str, object]) -> None:
    assert missing(**given) is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"has_factor": False}, "none is set up"),
        ({"authenticated_at": None}, "the second factor once more; it has not been given"),
        ({"authenticated_at": NOW - timedelta(minutes=11)}, "11 minutes ago"),
        ({"sample": True, "has_factor": False, "authenticated_at": None}, "the password once more"),
        ({"sample": True, "authenticated_at": NOW - timedelta(hours=1)}, "the second factor once more"),
    ],
)
def test_what_is_missing_is_said(given: dict[str, object], says: str) -> None:
    assert says in (missing(**given) or "")


def test_one_time_passwords_differ_and_can_be_read_out() -> None:
    made = {rules.one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert not set("".join(made)) & set("01ilo")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("", "unknown"),
    ],
)
def test_a_browser_is_named_as_a_person_would(line: str, said: str) -> None:
    assert browsers.named(line) == said
