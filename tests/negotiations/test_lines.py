"""The lines that were agreed in advance: said by their rule, in the agreed words, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from tests.negotiations import help as table
from tests.negotiations.help import World

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.negotiations.actions import answers, processes, rounds, sayings
from dragoman.negotiations.models import Line, Objection, Receipt, Round
from dragoman.negotiations.queries import overdue
from dragoman.public.models import TalksEntry
from dragoman.record.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

MEETING = [("meeting", {"date": {"en": "14 December 2026", "ru": "14 декабря 2026 года"}})]


@pytest.fixture
def world() -> World:
    return table.opened()


def notice(world: World) -> Round:
    about = rounds.draft_notice(by=world.cast.editor, process=world.process, facts=MEETING)
    return rounds.open_round(by=world.cast.director, round=about)


def said() -> list[tuple[str, str]]:
    return [
        (line.kind, line.texts["en"]) for line in Line.objects.order_by("number") if line.state == "shown"
    ]


def with_rules(**changed: Any) -> World:
    return table.opened(rules={**table.RULES, **changed})


def test_a_fact_goes_out_in_the_agreed_words_when_nobody_objects(world: World) -> None:
    about = notice(world)
    with table.later(minutes=14):
        table.clockwork()
        assert said() == []
        assert not Entry.objects.filter(ref="stonebridge-line").exists()
    with table.later(minutes=15, seconds=1):
        table.clockwork()
    assert said() == [("notice", "A meeting takes place on 14 December 2026.")]
    about.refresh_from_db()
    assert about.state == "released"
    leaf = Entry.objects.get(ref="stonebridge-line", rev=1).read()
    assert (leaf.kind, leaf.parties, leaf.consent) == ("line", 0, None)


def test_an_objection_brings_the_fallback_line_and_names_nobody(world: World) -> None:
    about = notice(world)
    answers.object_to(by=world["eastmark"].person, round=about, words="The date is not certain.")
    table.clockwork()
    assert said() == []
    with table.later(minutes=15, seconds=1):
        table.clockwork()
    assert said() == [("fallback", "Consultations continue.")]
    payload = str(TalksEntry.objects.get(what="fallback").payload)
    assert "eastmark" not in payload
    assert "not certain" not in payload
    assert Receipt.objects.filter(deed="object to the notice").count() == 1
    told = Event.objects.get(verb="negotiations.end_window")
    assert told.data == {"objected": True}


def test_an_objection_after_the_window_is_too_late(world: World) -> None:
    about = notice(world)
    with table.later(minutes=15, seconds=1), table.refused("window-over", "over"):
        answers.object_to(by=world["eastmark"].person, round=about)
    assert not Objection.objects.exists()


def test_a_fact_that_the_protocol_does_not_list_cannot_be_put(world: World) -> None:
    with table.refused("not-publishable", "level"):
        rounds.draft_notice(by=world.cast.editor, process=world.process, facts=[("level", {"level": "x"})])
    with table.refused("fact-values", "date"):
        rounds.draft_notice(by=world.cast.editor, process=world.process, facts=[("meeting", {})])


def test_a_notice_is_not_consented_and_a_text_not_objected_to(world: World) -> None:
    about = notice(world)
    with table.refused("notice", "object to it"):
        answers.decline(by=world["eastmark"].person, round=about, words="No.")
    with table.refused("no-notice", "declined"):
        answers.object_to(by=world["eastmark"].person, round=table.text_put(world))


def test_the_pulse_line_is_said_by_the_clock_alone(world: World) -> None:
    with table.later(minutes=59):
        table.clockwork()
        assert said() == []
    for hours in (1, 2, 3):
        with table.later(hours=hours, seconds=5 * hours):
            table.clockwork()
    assert [kind for kind, _ in said()] == ["pulse"] * 3
    assert said()[0][1].startswith("The talks continue. Last confirmed 20")
    assert world.fresh().last_confirmed == Line.objects.latest("number").due


def test_a_party_may_hold_the_pulse_line_back_where_the_protocol_says_so(world: World) -> None:
    answers.hold_pulse(by=world["southport"].person, hold=True)
    with table.later(hours=2):
        table.clockwork()
        assert said() == []
        answers.hold_pulse(by=world["southport"].person, hold=False)
        table.clockwork()
        assert [kind for kind, _ in said()] == ["pulse"]


def test_where_the_pulse_is_always_said_nobody_holds_it() -> None:
    world = with_rules(pulse={**table.RULES["pulse"], "rule": "always"})
    with table.refused("pulse-always", "nobody hold"):
        answers.hold_pulse(by=world["southport"].person, hold=True)


def test_in_quiet_hours_lines_wait() -> None:
    """Quiet the whole day but for one minute a day."""
    world = with_rules(quiet_hours={"from": "00:01", "to": "00:00", "zone": "UTC"})
    about = notice(world)
    with table.later(hours=3):
        table.clockwork()
    assert said() == []
    about.refresh_from_db()
    assert about.state == "open"
    midnight = clock.now().replace(hour=0, minute=0, second=5) + timedelta(days=1)
    with time_machine.travel(midnight, tick=True):
        table.clockwork()
    assert ("notice", "A meeting takes place on 14 December 2026.") in said()


def test_a_pause_stops_the_pulse_and_holds_notices(world: World) -> None:
    notice(world)
    processes.pause_process(by=world.cast.director, process=world.process, why="A break.")
    with table.later(hours=2):
        table.clockwork()
        assert said() == []
        processes.resume_process(by=world.cast.director, process=world.process)
        table.clockwork()
        assert [kind for kind, _ in said()] == ["notice"]


def test_a_round_that_lapses_is_followed_by_the_fallback_where_that_was_agreed(world: World) -> None:
    table.text_put(world)
    answers.hold_pulse(by=world["southport"].person, hold=True)
    with table.later(hours=24, seconds=1):
        table.clockwork()
    assert said() == [("fallback", "Consultations continue.")]


def test_a_round_that_lapses_says_nothing_where_that_was_agreed() -> None:
    world = with_rules(silence="lapses")
    answers.hold_pulse(by=world["southport"].person, hold=True)
    about = table.text_put(world)
    with table.later(hours=24, seconds=1):
        table.clockwork()
    about.refresh_from_db()
    assert (about.state, said()) == ("expired", [])


def test_lines_that_waited_come_in_their_order(world: World) -> None:
    """Whatever became of the worker for a day: each line once, in the order of the record."""
    first, second = notice(world), notice(world)
    answers.object_to(by=world["eastmark"].person, round=second)
    with table.later(hours=20):
        table.clockwork(1)
    table_of = [(line.number, line.kind) for line in Line.objects.order_by("number")]
    assert table_of[:2] == [(1, "notice"), (2, "fallback")]
    assert list(
        Entry.objects.filter(ref="stonebridge-line").order_by("index").values_list("rev", flat=True)
    ) == [number for number, _ in table_of]
    first.refresh_from_db()
    assert first.state == "released"


def test_trouble_of_one_process_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = table.opened("riverside", cast=world.cast)
    real = sayings.say_pulse

    def broken(*, by: Actor, process_id: int) -> bool:
        if process_id == world.process.pk:
            raise TypeError("a fault of ours")
        return real(by=by, process_id=process_id)

    monkeypatch.setattr(sayings, "say_pulse", broken)
    with table.later(hours=2):
        table.clockwork()
    assert Line.objects.filter(process=other.process, state="shown").exists()
    assert not Line.objects.filter(process=world.process).exists()


def test_what_is_late_is_told_and_what_waits_by_rule_is_not(world: World) -> None:
    about = notice(world)
    assert overdue.oldest_round() is None
    with table.later(minutes=20):
        assert overdue.oldest_round() == about.closes_at
        processes.pause_process(by=world.cast.director, process=world.process, why="A break.")
        assert overdue.oldest_round() is None
