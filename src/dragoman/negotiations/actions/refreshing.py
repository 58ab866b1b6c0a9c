"""The public page and the ledger, brought up to the rows whenever these moved."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.steps import step
from dragoman.negotiations.actions import ledgers
from dragoman.negotiations.actions.common import alone
from dragoman.negotiations.models import Process, Protocol
from dragoman.negotiations.queries import alternats, shown
from dragoman.negotiations.queries.ledger import SETTLES
from dragoman.public import actions as public
from dragoman.public.models import TalksEntry

LOOK_AGAIN = timedelta(seconds=30)


def refresh(*, by: Actor, process_id: int) -> bool:
    """Publish what is due of a process: its page, protocols that came into force, its ledger. May run twice.

    Never inside a transaction. Of two at once the second leaves. What becomes due meanwhile stays due.
    """
    with alone("page", process_id) as mine:
        process = Process.objects.select_related("mission").get(pk=process_id)
        if not mine or process.protocol is None:
            return False
        if process.page_due_at is not None or process.ledger_due_at is not None:
            _page(by, process)
            _alternats(by, process)
            step("negotiations.page-shown")
            _ledger(by, process)
        Process.objects.filter(pk=process.pk, page_due_at=process.page_due_at).update(page_due_at=None)
    return True


def _page(by: Actor, process: Process) -> None:
    if process.page_due_at is None:
        return
    public.publish_talks(by=by, talks=shown.talks_page(process))
    if not process.published:
        Process.objects.filter(pk=process.pk).update(published=True)
    new = process.protocols.filter(entry_index__isnull=False, shown_at__isnull=True).order_by("number")
    for protocol in new:
        protocol.process = process
        about = protocol.rounds.get(state="released")
        public.publish_talks_entry(by=by, entry=shown.protocol_entry(protocol, about))
        Protocol.objects.filter(pk=protocol.pk).update(shown_at=clock.now())


def _alternats(by: Actor, process: Process) -> None:
    """Beside each joint text, each party's own version of it."""
    if process.page_due_at is None:
        return
    without = {
        (row.ref, row.rev)
        for row in TalksEntry.objects.filter(talks__ref=process.ref, what="joint", alternats=[])
    }
    for about in process.rounds.filter(kind="joint", state="released").order_by("number"):
        about.process = process
        found = alternats.versions(about) if (about.statement, about.rev) in without else []
        if found:
            public.publish_alternats(
                by=by, process=process.ref, ref=about.statement, rev=about.rev, versions=found
            )


def _ledger(by: Actor, process: Process) -> None:
    """Some time after a release its copies on networks are known; until then it is looked at again."""
    due, now = process.ledger_due_at, clock.now()
    if due is None or due > now:
        return
    ledgers.publish_ledger(by=by, process=process)
    newest = process.rounds.filter(kind="joint").aggregate(at=Max("released_at"))["at"]
    again = now + LOOK_AGAIN if newest and now - newest <= SETTLES + LOOK_AGAIN else None
    Process.objects.filter(pk=process.pk, ledger_due_at=due).update(ledger_due_at=again)
