"""Talks survive the death of the process at every step: nothing lost, nothing twice, nothing too early."""

from __future__ import annotations

import pytest
from django.conf import settings
from tests.negotiations import help as table
from tests.record.faults import verified
from tests.statements.test_killed import die_at

from dragoman.negotiations.actions import releasing, rounds, upkeep
from dragoman.negotiations.actions.common import WORKER
from dragoman.negotiations.models import Line, Process, Protocol, Round
from dragoman.public.models import TalksEntry, TalksLedger
from dragoman.record.models import Entry
from dragoman.statements.actions import putting_out
from dragoman.statements.models import Release

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

IN_ENACTING = (
    "negotiations.enact-begun",
    "record.blobs",
    "record.row",
    "record.signed",
    "record.proof",
    "negotiations.enact-sealed",
    "negotiations.enacted",
    "negotiations.page-shown",
)
IN_A_LINE = (
    "negotiations.line-taken",
    "record.row",
    "record.signed",
    "negotiations.line-sealed",
    "negotiations.line-published",
)
IN_A_RELEASE = (
    "statements.taken",
    "statements.begun",
    "record.row",
    "record.signed",
    "record.proof",
    "statements.sealed",
    "statements.shown",
    "statements.sent",
)
IN_A_LEDGER = ("negotiations.page-shown", "record.row", "record.proof", "negotiations.ledger-sealed")


def tick() -> None:
    upkeep.sweep(by=WORKER)


@pytest.mark.parametrize("step", IN_ENACTING)
def test_a_protocol_killed_on_its_way_comes_into_force_once(step: str) -> None:
    world = table.founded()
    world.all_consent(table.put(world))
    die_at(step, tick)
    table.clockwork()
    process = world.fresh()
    assert (process.state, process.protocol, process.published) == ("open", 1, True)
    assert Entry.objects.filter(ref="stonebridge", kind="parties").count() == 1
    assert Protocol.objects.get().state == "in_force"
    assert list(TalksEntry.objects.values_list("number", "what")) == [(1, "protocol")]
    verified(settings.DRAGOMAN.home)


@pytest.mark.parametrize("step", IN_A_LINE)
def test_a_line_killed_on_its_way_is_said_once(step: str) -> None:
    world = table.opened()
    draft = rounds.draft_notice(
        by=world.cast.editor, process=world.process, facts=[("meeting", {"date": "14 December 2026"})]
    )
    rounds.open_round(by=world.cast.director, round=draft)
    with table.later(minutes=16):
        die_at(step, tick)
        table.clockwork()
    draft.refresh_from_db()
    assert draft.state == "released"
    assert Line.objects.get().state == "shown"
    assert Entry.objects.filter(ref="stonebridge-line").count() == 1
    assert list(TalksEntry.objects.order_by("number").values_list("number", "what")) == [
        (1, "protocol"),
        (2, "notice"),
    ]
    verified(settings.DRAGOMAN.home)


@pytest.mark.parametrize("step", IN_A_RELEASE)
def test_a_joint_release_killed_on_its_way_is_out_once(step: str) -> None:
    world = table.opened()
    about = releasing.plan_release(by=world.cast.director, round=table.agreed(world))
    release = Release.objects.get()
    die_at(step, lambda: putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk))
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    table.clockwork()
    out_once(about)


@pytest.mark.parametrize("step", IN_A_LEDGER)
def test_a_ledger_killed_on_its_way_is_published_once(step: str) -> None:
    world = table.opened()
    about = releasing.plan_release(by=world.cast.director, round=table.agreed(world))
    table.put_out(about)
    die_at(step, table.clockwork)
    table.clockwork()
    out_once(about)
    ledgers = list(TalksLedger.objects.values_list("number", flat=True))
    assert ledgers == [1]
    assert Entry.objects.filter(ref="stonebridge-ledger").count() == 1


def out_once(about: Round) -> None:
    about.refresh_from_db()
    assert about.state == "released"
    assert Entry.objects.filter(ref=about.statement).count() == 1
    joint = TalksEntry.objects.filter(ref=about.statement)
    assert [row.number for row in joint] == [2]
    assert Process.objects.get().page_due_at is None
    verified(settings.DRAGOMAN.home)
