"""A release survives the death of its process at every step: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from tests import cast as people
from tests import make
from tests.cast import Cast
from tests.channels.help import lines, sandbox, walk
from tests.record.faults import verified

from dragoman.channels import actions as channels
from dragoman.channels.models import Channel, Delivery
from dragoman.lib import steps
from dragoman.public.models import EditionRow
from dragoman.record.models import Entry
from dragoman.statements.actions import corrections, putting_out, releases, upkeep
from dragoman.statements.models import Release, Revision

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

IN_THE_RELEASE = (
    "statements.taken",
    "statements.begun",
    "record.blobs",
    "record.row",
    "record.tiles",
    "record.signed",
    "record.published",
    "record.proof",
    "statements.sealed",
    "statements.shown",
    "channels.before-claim",
    "channels.claimed",
    "channels.before-send",
    "sandbox.accepted",
    "channels.answered",
    "channels.booked",
    "statements.sent",
)
IN_A_DELIVERY = (
    "channels.before-claim",
    "channels.claimed",
    "channels.before-send",
    "sandbox.accepted",
    "channels.answered",
    "channels.booked",
)
IN_A_WITHDRAWAL = ("withdrawals.taken", "withdrawals.sealed", "withdrawals.shown", "withdrawals.sent")


@pytest.fixture
def cast() -> Cast:
    assembled = people.assemble()
    make.make_sheet(assembled)
    return assembled


def die_at(step: str, work: Callable[[], object]) -> None:
    """Do the work in a child process that kills itself (signal 9) at a labelled step."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            os.environ[steps.VARIABLE] = step
            work()
        except BaseException:  # noqa: BLE001 - the child must end here whatever happens
            traceback.print_exc(file=sys.__stderr__)
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == -signal.SIGKILL, f"the child came past {step} and ended with {code}"


def settle_all() -> None:
    """What the worker's clock does, over a time in which every lease runs out."""
    upkeep.sweep(by=putting_out.WORKER)
    for delivery in Delivery.objects.all():
        walk(delivery)


def page(revision: Revision) -> str:
    slug = revision.statement.slug
    return (settings.DRAGOMAN.public_dir / "en" / "statements" / slug / "index.html").read_text()


def released_once(revision: Revision, channel: Channel) -> None:
    """One entry, one page, one post in each language, and a record that verifies."""
    ref = revision.statement.ref
    assert Release.objects.get(revision=revision).state == "done"
    assert Entry.objects.filter(ref=ref).count() == 1
    assert EditionRow.objects.filter(story__ref=ref).count() == 1
    assert "How the five days are counted" in page(revision)
    assert {row.state for row in Delivery.objects.filter(source=ref)} == {"sent"}
    keys = [line["key"] for line in lines(channel, "post")]
    assert len(keys) == len(set(keys)) == 2
    verified(settings.DRAGOMAN.home)


@pytest.mark.parametrize("step", IN_THE_RELEASE)
def test_a_release_killed_on_its_way_is_carried_on_by_the_sweep(cast: Cast, step: str) -> None:
    channel = sandbox(cast)
    revision = make.approved(cast, make.make_statement(cast, channels=[channel]))
    release = releases.release_statement(by=cast.director, revision=revision)
    die_at(step, lambda: putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk))
    settle_all()
    released_once(revision, channel)


@pytest.mark.parametrize("step", IN_A_DELIVERY)
def test_a_delivery_killed_on_its_way_is_out_exactly_once(cast: Cast, step: str) -> None:
    channel = sandbox(cast)
    revision = make.approved(cast, make.make_statement(cast, channels=[channel]))
    release = releases.release_statement(by=cast.director, revision=revision)
    # with the channel off, the release leaves its deliveries to their jobs
    channels.pause_channel(by=cast.admin, channel=channel, why="Moving house")
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    channel.refresh_from_db()
    channels.resume_channel(by=cast.admin, channel=channel)
    first = Delivery.objects.filter(source=revision.statement.ref).order_by("pk")[0]
    die_at(step, lambda: channels.deliver(by=putting_out.WORKER, delivery_id=first.pk))
    settle_all()
    released_once(revision, channel)


@pytest.mark.parametrize("step", IN_A_WITHDRAWAL)
def test_a_withdrawal_killed_on_its_way_is_carried_on_by_the_sweep(cast: Cast, step: str) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    release = releases.release_statement(by=cast.director, revision=revision)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    withdrawal = corrections.withdraw_statement(
        by=cast.director, statement=revision.statement, reasons={"en": "Issued by mistake."}
    )
    die_at(step, lambda: corrections.put_out_withdrawal(by=putting_out.WORKER, withdrawal_id=withdrawal.pk))
    settle_all()
    withdrawal.refresh_from_db()
    assert withdrawal.state == "done"
    assert Entry.objects.filter(ref=revision.statement.ref).count() == 2
    assert "Issued by mistake." in page(revision)
    verified(settings.DRAGOMAN.home)
