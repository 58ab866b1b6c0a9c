"""Two people at one thing in one moment: one of them is first, the other is told, nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from tests.cast import officer
from tests.negotiations import help as table
from tests.negotiations.help import World

from dragoman.base import clock
from dragoman.lib.problems import Problem
from dragoman.negotiations.actions import answers, releasing, rounds
from dragoman.negotiations.models import Answer, Receipt, Round
from dragoman.record.models import Entry
from dragoman.statements.models import Release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return table.opened()


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What each gave, or the Problem that refused it. All of them start at the same moment."""
    start = threading.Barrier(len(deeds))
    outcomes: list[object] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], object]) -> None:
        try:
            start.wait(timeout=20)
            outcomes[place] = deed()
        except Problem as problem:
            outcomes[place] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def test_of_two_releasers_at_once_one_wins(world: World) -> None:
    about = table.agreed(world)
    second = officer("second", (world.cast.capital, "releaser"))
    outcomes = at_once(
        *(
            lambda by=by: releasing.plan_release(by=by, round=Round.objects.get(pk=about.pk))
            for by in (world.cast.director, second)
        )
    )
    lost = [one for one in outcomes if isinstance(one, Problem)]
    assert [one.code for one in lost] == ["released-already"]
    assert Release.objects.filter(revision__statement__ref=about.statement).count() == 1
    table.put_out(about)
    assert Entry.objects.filter(ref=about.statement).count() == 1


def test_taking_back_against_the_release_itself_leaves_one_of_the_two(world: World) -> None:
    """The worker begins the release while a party takes its consent back: either it is in the record and the
    party was told it is too late, or it is not and the plan is cancelled."""
    for offset in (-1, 0, 1):
        about = table.agreed(world)
        moment = clock.now() + timedelta(seconds=2)
        releasing.plan_release(by=world.cast.director, round=about, moment=moment)
        with time_machine.travel(moment + timedelta(milliseconds=offset), tick=True):
            took, _ = at_once(
                partial(answers.withdraw_consent, by=world["eastmark"].person, round=about),
                partial(table.put_out, about),
            )
            table.clockwork()
            about.refresh_from_db()
            if isinstance(took, Problem):
                assert took.code == "moment-has-come"
                table.put_out(about)
                table.clockwork()
                about.refresh_from_db()
                assert about.state == "released"
            else:
                assert about.state == "open"
                assert not Entry.objects.filter(ref=about.statement).exists()


def test_three_parties_that_answer_at_once_make_one_agreement(world: World) -> None:
    about = table.text_put(world)
    at_once(*(lambda side=side: side.consents(about) for side in world.sides.values()))
    about.refresh_from_db()
    assert about.state == "agreed"
    assert about.note.count("\n— ") == 3


def test_one_party_at_two_windows_has_one_answer(world: World) -> None:
    about = table.text_put(world)
    north = world["northland"]
    at_once(*(lambda: north.consents(Round.objects.get(pk=about.pk)) for _ in range(4)))
    standing = Answer.objects.filter(round=about, withdrawn_at=None, replaced_at=None)
    assert standing.count() == 1
    numbers = list(
        Receipt.objects.filter(party=north.party).order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_round_opened_twice_at_once_opens_once(world: World) -> None:
    draft = rounds.draft_round(by=world.cast.editor, process=world.process, texts=table.TEXTS)
    outcomes = at_once(
        *(
            lambda: rounds.open_round(by=world.cast.director, round=Round.objects.get(pk=draft.pk))
            for _ in range(3)
        )
    )
    assert sorted(one.code for one in outcomes if isinstance(one, Problem)) == ["was-put", "was-put"]


def test_two_sweeps_at_once_say_a_line_once(world: World) -> None:
    with table.later(hours=2):
        at_once(table.clockwork, table.clockwork, table.clockwork)
    assert Entry.objects.filter(ref="stonebridge-line").count() == 1
