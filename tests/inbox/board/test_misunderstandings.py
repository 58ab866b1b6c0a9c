"""Misunderstandings: marked, proposed, corrected, faded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import Cast
from tests.inbox.make import make_message, make_question
from tests.make import make_sheet

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.facts import actions as facts
from dragoman.facts.models import Sheet
from dragoman.facts.values import BeliefDraft
from dragoman.inbox import misunderstood
from dragoman.inbox.actions import misunderstandings as deeds
from dragoman.inbox.models import Misunderstanding
from dragoman.inbox.queries import misunderstandings as reads
from dragoman.lib.problems import Invalid, NotAllowed

CLOCK = System("clock")
NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def hours(shares: list[tuple[int, int]], until: datetime = NOON) -> dict[str, list[int]]:
    """Hour by hour, the last one at `until`."""
    many = len(shares)
    return {
        misunderstood.hour_key(until - timedelta(hours=many - 1 - place)): [held, asked]
        for place, (held, asked) in enumerate(shares)
    }


def test_a_share_that_grows_is_rising() -> None:
    assert misunderstood.trend(hours([(1, 20)] * 6 + [(6, 20)] * 6), NOON).word == "rising"


def test_few_messages_make_no_trend() -> None:
    assert misunderstood.trend(hours([(0, 2)] * 6 + [(1, 2)] + [(0, 2)] * 5), NOON).word == "steady"


def test_a_belief_fades_when_its_share_halves_after_the_correction() -> None:
    corrected = NOON - timedelta(hours=30)
    course = hours([(6, 20)] * 24 + [(6, 20)] * 6 + [(1, 20)] * 24)
    assert misunderstood.faded(course, corrected, NOON)
    assert not misunderstood.faded(hours([(6, 20)] * 54), corrected, NOON)


def test_no_questions_at_all_is_no_proof_of_fading() -> None:
    assert not misunderstood.faded(hours([(6, 20)] * 24 + [(0, 0)] * 30), NOON - timedelta(hours=30), NOON)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=0, max_size=60))
def test_a_share_is_between_nothing_and_all(rows: list[tuple[int, int]]) -> None:
    course = hours([(min(held, asked), asked) for held, asked in rows])
    going = misunderstood.trend(course, NOON)
    assert 0 <= going.now <= 1
    assert going.word in ("rising", "falling", "steady", "quiet")


@pytest.fixture
def sheet(cast: Cast) -> Sheet:
    make_sheet(cast)
    return Sheet.objects.get()


def known(cast: Cast, sheet: Sheet) -> str:
    draft = BeliefDraft(
        code="M2",
        title="Day count",
        facts=("F1",),
        statements={"en": "Five days are 120 hours."},
        corrections={"en": "Days are counted by date."},
    )
    belief = facts.add_belief(by=cast.editor, sheet=sheet, draft=draft)
    facts.confirm_belief(by=cast.editor, belief=belief)
    return belief.label


@pytest.mark.django_db
def test_marks_are_counted_once_by_language_and_hour(cast: Cast, sheet: Sheet) -> None:
    label = known(cast, sheet)
    messages = [make_message(cast, lang=lang) for lang in ("en", "de", "de")]
    seen = [deeds.Seen(message.pk, label, 0.9, asks=False, model="m") for message in messages]
    assert deeds.mark_beliefs(by=CLOCK, mission=cast.capital, seen=seen) == 3
    assert deeds.mark_beliefs(by=CLOCK, mission=cast.capital, seen=seen) == 0
    deeds.sweep_misunderstandings(by=CLOCK)
    row = Misunderstanding.objects.get(belief=label)
    assert (row.count, row.languages, row.state) == (3, {"en": 1, "de": 2}, "rising")
    assert row.hours[misunderstood.hour_key(clock.now())] == [3, 3]


@pytest.mark.django_db
def test_who_only_asks_is_counted_apart(cast: Cast, sheet: Sheet) -> None:
    label = known(cast, sheet)
    one, two = make_message(cast), make_message(cast)
    seen = [
        deeds.Seen(one.pk, label, 0.9, asks=True, model="m"),
        deeds.Seen(two.pk, label, 0.9, asks=False, model="m"),
    ]
    deeds.mark_beliefs(by=CLOCK, mission=cast.capital, seen=seen)
    row = Misunderstanding.objects.get(belief=label)
    assert (row.count, row.asking) == (1, 1)


@pytest.mark.django_db
def test_an_unknown_belief_marks_nothing(cast: Cast) -> None:
    message = make_message(cast)
    seen = [deeds.Seen(message.pk, "visa-free/M99", 1.0, asks=False, model="m")]
    assert deeds.mark_beliefs(by=CLOCK, mission=cast.capital, seen=seen) == 0
    assert not Misunderstanding.objects.exists()


@pytest.mark.django_db
def test_a_new_cluster_is_proposed_once_and_labelled_by_nobody(cast: Cast) -> None:
    question = make_question(cast)
    messages = [make_message(cast, question=question).pk for _ in range(5)]
    row = deeds.propose_misunderstanding(
        by=CLOCK, question=question, messages=messages, facts=["visa-free/F1"]
    )
    assert row is not None
    assert (row.state, row.belief) == ("proposed", "")
    assert deeds.propose_misunderstanding(by=CLOCK, question=question, messages=messages, facts=[]) is None
    assert (
        deeds.propose_misunderstanding(by=CLOCK, question=make_question(cast), messages=[1], facts=[]) is None
    )


@pytest.mark.django_db
def test_a_confirmed_proposal_joins_the_sheet(cast: Cast, sheet: Sheet) -> None:
    question = make_question(cast)
    messages = [make_message(cast, question=question).pk for _ in range(5)]
    row = deeds.propose_misunderstanding(by=CLOCK, question=question, messages=messages, facts=[])
    assert row is not None
    draft = BeliefDraft("", "By train", ("F1",), {"en": "I may leave by train."}, {"en": "By airport only."})
    done = deeds.confirm_misunderstanding(by=cast.editor, misunderstanding=row, sheet=sheet, draft=draft)
    assert done.belief == f"{sheet.slug}/M1"
    assert done.state == "rising"
    belief = deeds.belief_of(done)
    assert belief is not None
    assert belief.state == "confirmed"


@pytest.mark.django_db
def test_dismissing_needs_a_reason_and_a_role(cast: Cast) -> None:
    question = make_question(cast)
    messages = [make_message(cast, question=question).pk for _ in range(5)]
    row = deeds.propose_misunderstanding(by=CLOCK, question=question, messages=messages, facts=[])
    assert row is not None
    with pytest.raises(Invalid):
        deeds.dismiss_misunderstanding(by=cast.editor, misunderstanding=row, why="")
    with pytest.raises(NotAllowed):
        deeds.dismiss_misunderstanding(by=cast.stranger, misunderstanding=row, why="it is true")


@pytest.mark.django_db
def test_the_plot_says_in_words_what_it_shows(cast: Cast, sheet: Sheet) -> None:
    label = known(cast, sheet)
    messages = [make_message(cast) for _ in range(6)]
    deeds.mark_beliefs(
        by=CLOCK,
        mission=cast.capital,
        seen=[deeds.Seen(message.pk, label, 0.9, asks=False, model="m") for message in messages],
    )
    deeds.sweep_misunderstandings(by=CLOCK)
    plot = reads.plot(reads.listing(cast.editor))
    assert plot is not None
    assert "Day count: 100 percent" in plot.words
    assert reads.listing(cast.stranger) == []
