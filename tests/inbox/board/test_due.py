"""When something is due: by the clock for help, by office hours for the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox import due

MINSK = due.OfficeHours(zone="Europe/Minsk")


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Minsk"))  # type: ignore[misc, arg-type]  # year, month, day first


def test_a_question_of_the_morning_is_due_the_same_day() -> None:
    assert due.due_at("question", local(2026, 11, 23, 10), MINSK) == local(2026, 11, 23, 14)


def test_a_question_of_friday_evening_is_due_on_monday() -> None:
    assert due.due_at("question", local(2026, 11, 20, 17), MINSK) == local(2026, 11, 23, 12)


def test_help_does_not_wait_for_the_office_to_open() -> None:
    at = local(2026, 11, 22, 3, 10)
    assert due.due_at("help", at, MINSK) == at + timedelta(minutes=15)


def test_a_holiday_is_no_working_day() -> None:
    hours = due.OfficeHours(zone="Europe/Minsk", holidays=frozenset({date(2026, 11, 23)}))
    assert due.due_at("question", local(2026, 11, 23, 10), hours) == local(2026, 11, 24, 13)


def test_a_mission_that_never_opens_is_due_by_the_clock() -> None:
    at = local(2026, 11, 23, 10)
    assert due.due_at("question", at, due.OfficeHours(week={})) == at + due.allowed("question")


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
    kind=st.sampled_from(["question", "press", "complaint", "thanks"]),
    zone=st.sampled_from(["Europe/Minsk", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_due_is_after_arrival_and_within_working_time(at: datetime, kind: str, zone: str) -> None:
    hours = due.OfficeHours(zone=zone)
    found = due.due_at(kind, at, hours)
    there = found.astimezone(ZoneInfo(zone))
    assert found > at
    assert there.weekday() < 5
    assert time(9) < there.time() <= time(18)
