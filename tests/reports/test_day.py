"""The figures of a day of questions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.cast import Cast, assemble
from tests.inbox.make import make_help_call, make_message

from dragoman.base import clock
from dragoman.config import vendor
from dragoman.reports.queries import listening
from dragoman.reports.views import day as day_views

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


def test_hours_are_those_of_the_missions_clock(cast: Cast) -> None:
    make_message(cast, at=datetime(2026, 11, 21, 22, 30, tzinfo=UTC))  # 01:30 of the 22nd in Minsk
    found = listening.day(cast.editor, datetime(2026, 11, 22, tzinfo=UTC).date(), "Europe/Minsk")
    assert [row.all for row in found.hours][:3] == [0, 1, 0]
    assert len(found.hours) == 24


def test_a_day_of_twenty_five_hours_has_that_many_rows(cast: Cast) -> None:
    found = listening.day(cast.editor, datetime(2026, 10, 25, tzinfo=UTC).date(), "Europe/Berlin")
    assert len(found.hours) == 25


def test_those_who_wait_count_as_waiting_and_not_as_missing(cast: Cast) -> None:
    at = clock.now() - timedelta(hours=5)
    for minutes in (10, 20):
        make_message(cast, at=at, state="answered", answered_at=at + timedelta(minutes=minutes))
    for _ in range(6):
        make_message(cast, at=at)
    found = listening.day(cast.editor, at.date(), "UTC")
    assert (found.asked, found.answered, found.share) == (8, 2, 25)
    assert found.median.open
    assert found.median.seconds == pytest.approx(5 * 3600, abs=60)


def test_the_median_is_that_of_the_answered_when_most_are(cast: Cast) -> None:
    at = clock.now() - timedelta(hours=5)
    for minutes in (10, 20, 30):
        make_message(cast, at=at, state="answered", answered_at=at + timedelta(minutes=minutes))
    found = listening.day(cast.editor, at.date(), "UTC")
    assert found.median == listening.Wait(1200.0, open=False)


def test_a_country_of_four_is_not_named(cast: Cast) -> None:
    for code in ["PL"] * 5 + ["LT"] * 4:
        make_message(cast, countries=[code])
    found = listening.day(cast.editor, clock.now().date(), "UTC")
    assert [(one.code, one.number, one.many) for one in found.countries] == [("PL", "616", 5)]
    assert found.hidden_countries == 1


def test_another_ministry_sees_nothing_of_it(cast: Cast) -> None:
    make_message(cast, countries=["PL"])
    make_help_call(cast)
    found = listening.day(cast.stranger, clock.now().date(), "UTC")
    assert (found.messages, found.help_open, found.backlog) == (0, 0, 0)


def test_the_plots_and_the_tables_hold_the_same(cast: Cast) -> None:
    make_message(cast, lang="de")
    found = listening.day(cast.editor, clock.now().date(), "UTC")
    shown = json.loads(json.dumps(day_views.drawn(found)))
    assert sum(row[1] for row in shown["hours"]) == found.messages == 1
    assert shown["languages"] == [["de", 1, 0]]


@pytest.mark.parametrize("table", day_views.TABLES)
def test_every_table_can_be_taken_out(cast: Cast, client: Client, table: str) -> None:
    make_message(cast)
    client.force_login(cast.editor)
    answer = client.get(f"/day/{table}.csv")
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_refused_in_words(cast: Cast, client: Client, day: str) -> None:
    client.force_login(cast.editor)
    answer = client.get("/day/", {"day": day})
    assert answer.status_code == 422
    assert "That is no day" in answer.content.decode()


def test_scripts_of_others_are_found_only_by_their_own_names() -> None:
    finder = vendor.VendorFinder()
    assert finder.find("vendor/../package.json") is None
    assert finder.find("vendor/echarts/package.json") is None
