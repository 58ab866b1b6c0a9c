"""In which language, by which way, and why not: plain values in, plain values out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dragoman.inbox import answer_rules as rules
from dragoman.inbox.answer_rules import Asked, Road

NOW = datetime(2017, 2, 12, 9, 0, tzinfo=UTC)
ASKED = Asked(way="network", at=NOW, lang="en", state="open")
ROAD = Road(replies=True)


@pytest.mark.parametrize(
    ("wanted", "ready", "fallback", "found"),
    [
        ("en", {"en", "ru"}, "", "en"),
        ("pt-BR", {"pt"}, "", "pt"),
        ("pt", {"pt-BR"}, "", "pt-BR"),
        ("zh-Hant", {"zh"}, "", "zh"),
        ("zh-Hant", {"zh-Hans"}, "", ""),
        ("ko", {"en"}, "", ""),
        ("ko", {"en"}, "en", "en"),
        ("ko", {"en"}, "de", ""),
        ("und", {"en"}, "", ""),
        ("und", {"en"}, "en", "en"),
    ],
)
def test_the_language_of_an_answer(wanted: str, ready: set[str], fallback: str, found: str) -> None:
    assert rules.language(wanted, ready, fallback) == found


@pytest.mark.parametrize(
    ("asked", "road", "reason"),
    [
        (ASKED, ROAD, ""),
        (replace(ASKED, erased=True), ROAD, "erased"),
        (replace(ASKED, gone=True), ROAD, "gone"),
        (replace(ASKED, kind="spam", is_help=True), ROAD, "help"),
        (replace(ASKED, kind="abuse"), ROAD, "spam"),
        (replace(ASKED, hidden=True), ROAD, "hidden"),
        (replace(ASKED, at=NOW - timedelta(days=31)), ROAD, "old"),
        (replace(ASKED, way="form", at=NOW - timedelta(days=31)), Road(), ""),
        (ASKED, Road(), "no-reply"),
        (replace(ASKED, has_id=False), ROAD, "no-reply"),
        (ASKED, replace(ROAD, on=False), "channel-off"),
        (ASKED, replace(ROAD, unofficial="is not official"), "unofficial"),
        (replace(ASKED, lang="ko"), ROAD, "no-text"),
        (replace(ASKED, way="mail"), Road(), "no-mail"),
        (replace(ASKED, way="replay"), Road(), ""),
    ],
)
def test_why_somebody_is_not_told(asked: Asked, road: Road, reason: str) -> None:
    plan = rules.plan(asked, road, {"en"}, fallback="", can_mail=False, now=NOW)
    assert plan.reason == reason
    assert plan.goes is not bool(reason)
    assert not reason or rules.INSTEAD[reason]


def test_a_letter_needs_the_address_of_its_reader() -> None:
    asked = replace(ASKED, way="mail")
    assert rules.plan(asked, Road(), {"en"}, fallback="", can_mail=True, now=NOW).goes
    without = rules.plan(
        replace(asked, has_author=False), Road(), {"en"}, fallback="", can_mail=True, now=NOW
    )
    assert without.reason == "no-address"


def test_the_last_day_of_a_fact_still_counts() -> None:
    last = rules.ends_on([None, date(2018, 7, 24), date(2018, 12, 31)])
    assert last == date(2018, 7, 24)
    assert not rules.has_ended(last, date(2018, 7, 24))
    assert rules.has_ended(last, date(2018, 7, 25))
    assert rules.ends_soon(last, date(2018, 7, 24))
    assert not rules.ends_soon(last, date(2018, 7, 1))
    assert not rules.has_ended(rules.ends_on([None]), date(2100, 1, 1))


@given(some.integers(0, 500), some.integers(0, 500), some.integers(0, 500))
def test_a_days_limit_is_never_passed(cap: int, sent: int, waiting: int) -> None:
    room = rules.room_today(cap, sent, waiting)
    assert room >= 0
    assert not room or sent + waiting + room <= cap


def test_the_key_of_a_reply_is_made_from_version_and_message_alone() -> None:
    assert rules.key_of("A-7f3kx", 2, 17) == "answer:A-7f3kx:2:17"
