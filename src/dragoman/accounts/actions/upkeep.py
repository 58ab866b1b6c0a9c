"""The clock's own work: what is due and not done is taken up, whatever became of its job."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import structlog

from dragoman.accounts import queries, rules
from dragoman.accounts.actions import publishing
from dragoman.accounts.actions.checking import check_account
from dragoman.accounts.actions.registering import propose_for_channel
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Problem

log = structlog.get_logger(__name__)
AT_ONCE = 20
"""Checks in one sweep; the others wait for the next, so that the worker is free for releases."""


def sweep(*, by: Actor) -> int:
    """Carry on all that is due. Trouble of one is written down and holds up no other."""
    carried = 0
    for notice in queries.open_notices():
        carried += _carry(
            f"notice {notice.ref}", partial(publishing.put_out_notice, by=by, notice_id=notice.pk)
        )
    if queries.planned_versions().exists():
        carried += _carry("register", partial(publishing.put_out_version, by=by))
    for channel in queries.bare_channels():
        carried += _carry(f"channel {channel.slug}", partial(propose_for_channel, by=by, channel=channel))
    newest = queries.newest()
    if newest is not None and newest.at <= clock.now() - rules.REFRESH_EVERY:
        carried += _carry("refresh", partial(publishing.publish_register, by=by, days_too=True))
    return carried


def check_due(*, by: Actor) -> int:
    """Look at the accounts whose week is over; gives how many."""
    due = list(queries.due_checks(clock.now())[:AT_ONCE])
    return sum(_carry(str(one), partial(check_account, by=by, account=one)) for one in due)


def restore_sealed(*, by: Actor, lost: Collection[str]) -> int:
    """Write lost or damaged texts of the register and of notices anew from the rows; gives how many.

    `lost` is as the record's audit names them: "text/<digest> of <ref>-<revision>".
    """
    mended = 0
    for name in sorted({one.rpartition(" of ")[2] for one in lost}):
        ref, _, number = name.rpartition("-")
        if ref == "official-accounts":
            mended += publishing.seal_version_again(by, int(number))
        elif ref.startswith("notice-"):
            mended += publishing.seal_notice_again(by, ref, int(number))
    return mended


def _carry(what: str, work: Callable[[], object]) -> int:
    try:
        work()
    except (Problem, OSError) as trouble:
        log.error("accounts.sweep.trouble", row=what, why=str(trouble))
        return 0
    return 1
