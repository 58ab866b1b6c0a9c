"""The clock's own work: what is due and not done is taken up, whatever became of its job."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import structlog

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Problem
from dragoman.public import actions as public
from dragoman.statements.actions import corrections, elsewhere, putting_out
from dragoman.statements.models import Release, Withdrawal
from dragoman.statements.queries import editions, overdue

log = structlog.get_logger(__name__)


def sweep(*, by: Actor) -> int:
    """Carry on all that is due. Trouble of one is written on it and holds up no other.

    Never beside another sweep: while a large release is written, those who wait would fill the worker.
    """
    with putting_out.alone("sweep", 0) as mine:
        return _sweep(by) if mine else 0


def _sweep(by: Actor) -> int:
    carried = 0
    for release in overdue.releases(clock.now()):
        carried += _carry(release, partial(putting_out.put_out_release, by=by, release_id=release.pk))
    for withdrawal in overdue.withdrawals():
        carried += _carry(
            withdrawal, partial(corrections.put_out_withdrawal, by=by, withdrawal_id=withdrawal.pk)
        )
    for release in overdue.open_elsewhere():
        carried += _carry(release, partial(elsewhere.tell_elsewhere, by=by, release_id=release.pk))
    for release in overdue.awaiting_witnesses():
        carried += _carry(release, partial(putting_out.show_witnesses, by=by, release_id=release.pk))
    for slug in overdue.stale_sheets():
        public.publish_sheet(by=by, sheet=editions.sheet_page(slug))
        carried += 1
    return carried


def restore_sealed(*, by: Actor, lost: Collection[str]) -> int:
    """Write lost or damaged texts and pictures of the record anew from the rows; gives how many releases.

    `lost` is as the record's audit names them: "text/<digest> of <ref>-<revision>".
    """
    wanted = {name.rpartition(" of ")[2] for name in lost}
    mended = 0
    for name in sorted(wanted):
        ref, _, number = name.rpartition("-")
        release = Release.objects.filter(
            revision__statement__ref=ref, revision__number=int(number), sealed_at__isnull=False
        ).first()
        if release is not None:
            putting_out.seal_again(by=by, release_id=release.pk)
            mended += 1
    return mended


def _carry(row: Release | Withdrawal, work: Callable[[], object]) -> int:
    try:
        work()
    except (Problem, OSError) as trouble:
        row.last_trouble = str(trouble)[:1_000]
        row.save(update_fields=["last_trouble"])
        log.error("statements.sweep.trouble", row=str(row), why=str(trouble))
        return 0
    return 1
