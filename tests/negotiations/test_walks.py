"""Whatever people do in whatever order: a deed is done whole or is refused, and what must hold holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast as people
from tests.cast import Cast
from tests.negotiations import help as table
from tests.negotiations.help import World

from dragoman.base import clock
from dragoman.lib.problems import Problem
from dragoman.negotiations import states
from dragoman.negotiations.actions import answers, keys, processes, releasing, rounds
from dragoman.negotiations.models import Receipt, Round
from dragoman.negotiations.queries import answered
from dragoman.negotiations.queries import table as seen
from dragoman.negotiations.rules import body, judging, keyring
from dragoman.record.models import Entry
from dragoman.statements.actions import putting_out
from dragoman.statements.models import Release

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NUMBERS = count(1)
Deed = Callable[[World], None]


@pytest.fixture
def cast() -> Cast:
    return people.assemble()


def newest(world: World) -> Round:
    return Round.objects.filter(process=world.process, kind="joint").latest("number")


def draft(world: World) -> None:
    rounds.draft_round(by=world.cast.editor, process=world.process, texts=table.TEXTS)


def put(world: World) -> None:
    rounds.open_round(by=world.cast.director, round=newest(world))


def follow(world: World) -> None:
    before = newest(world)
    table.text_put(world, table.OTHER, previous=before)


def signs(name: str) -> Deed:
    def deed(world: World) -> None:
        world[name].consents(newest(world))

    return deed


def declines(world: World) -> None:
    answers.decline(by=world["eastmark"].person, round=newest(world), words="No.")


def takes_back(world: World) -> None:
    answers.withdraw_consent(by=world["northland"].person, round=newest(world))


def plans(world: World) -> None:
    about = newest(world)
    releasing.plan_release(by=world.cast.director, round=about, moment=clock.now() + timedelta(minutes=30))


def releases(world: World) -> None:
    releasing.plan_release(by=world.cast.director, round=newest(world))


def unplans(world: World) -> None:
    releasing.unplan(by=world.cast.director, round=newest(world), why="Later.")


def cancels(world: World) -> None:
    rounds.cancel_round(by=world.cast.director, round=newest(world), why="Another day.")


def works(world: World) -> None:
    for release in Release.objects.filter(state__in=("planned", "running")):
        putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    table.clockwork(1)


def new_keyring(world: World) -> None:
    world.all_consent(table.put(world))
    table.clockwork(1)


def freezes(world: World) -> None:
    keys.freeze_party(order=world["southport"].order("freeze"))


def pauses(world: World) -> None:
    processes.pause_process(by=world.cast.director, process=world.process, why="A break.")


def resumes(world: World) -> None:
    processes.resume_process(by=world.cast.director, process=world.process)


def all_sign(world: World) -> None:
    for name in table.PARTIES:
        world[name].consents(newest(world))


DEEDS = (
    *(draft, put, follow, all_sign, all_sign, declines, takes_back, plans, releases, releases, unplans),
    *(cancels, works, works, new_keyring, freezes, pauses, resumes, *map(signs, table.PARTIES)),
)


def must_hold(world: World) -> None:
    """What is true of talks at every moment, whatever was done before."""
    for about in Round.objects.filter(process=world.process, kind="joint").select_related("process"):
        sealed = Entry.objects.filter(ref=about.statement, rev=about.rev).first() if about.statement else None
        if sealed is not None:
            assert about.state in ("releasing", "released")
            consent = sealed.read().consent
            assert consent is not None
            expected = body.parse(about.body.encode())
            assert judging.judge(consent.encode(), keyring.parse(about.keyring), expected).satisfied
            assert sealed.read().parties == about.parties_index
        if about.state in ("agreed", "armed"):
            signed = {one.party.name for one in answered.standing(about) if one.kind == "consent"}
            assert keyring.parse(about.keyring).satisfied(signed)
        if about.state == "armed":
            live = Release.objects.filter(revision__statement__ref=about.statement)
            assert live.exclude(state="cancelled").count() == 1
        if about.opened_at and not answered.is_revealed(about):
            assert seen.round_shown(world["eastmark"].person, about.number).answers == ()
    for name in table.PARTIES:
        held = Receipt.objects.filter(party=world[name].party).order_by("number")
        assert [one.number for one in held] == list(range(1, len(held) + 1))


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(DEEDS), min_size=6, max_size=14))
def test_whatever_people_do_what_must_hold_holds(cast: Cast, deeds: list[Deed]) -> None:
    world = table.opened(f"talks-{next(NUMBERS)}", cast=cast)
    draft(world)
    put(world)
    for deed in deeds:
        with suppress(Problem):  # refused with words; anything else is a fault
            deed(world)
        must_hold(world)


@settings(max_examples=50)
@given(st.sampled_from(states.ROUND.states), st.lists(st.sampled_from(states.ROUND.states), max_size=6))
def test_what_was_released_or_cancelled_never_comes_back(start: str, path: list[str]) -> None:
    ends = {"released", "replaced", "cancelled"}
    at = start
    for wanted in path:
        if states.ROUND.admits(at, wanted):
            assert at not in ends
            at = wanted
