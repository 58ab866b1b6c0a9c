"""The evenness ledgers of a process: sealed and published once what they say is known."""

from __future__ import annotations

from datetime import datetime

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.steps import step
from dragoman.negotiations.models import Process
from dragoman.negotiations.queries import ledger, shown
from dragoman.public import actions as public
from dragoman.public import talks_queries
from dragoman.public.values_talks import Ledger
from dragoman.record import actions as record
from dragoman.record import store
from dragoman.record.models import Entry
from dragoman.record.values import TextBlob

MEDIA_TYPE = "application/json"
LANG = "zxx"


def publish_ledger(*, by: Actor, process: Process) -> int:
    """Seal and publish every ledger that is due; gives how many. May run twice, and die anywhere.

    Never inside a transaction, and never beside another for the same process.
    """
    done = _publish_sealed(by, process)
    for due in ledger.ledger_for(process, clock.now()):
        at = clock.now().replace(microsecond=0)
        record.seal(
            by=by,
            kind="ledger",
            ref=shown.ledger_ref(process),
            rev=due.number,
            released=at,
            texts=[TextBlob(LANG, MEDIA_TYPE, due.data)],
            parties=process.keyring_index,
        )
        step("negotiations.ledger-sealed")
        _show(by, process, due.number, due.data, at)
        done += 1
    return done


def _publish_sealed(by: Actor, process: Process) -> int:
    """A ledger that was sealed and, by a death in between, not shown: what it says is in the record."""
    ref = shown.ledger_ref(process)
    published = {one.number for one in talks_queries.ledgers(process.ref)}
    done = 0
    for entry in Entry.objects.filter(ref=ref, kind="ledger").exclude(rev__in=published).order_by("rev"):
        leaf = entry.read()
        record.catch_up(by=by)
        data = store.read_or_none(leaf.texts[0].path)
        if data is not None:
            _show(by, process, entry.rev, data, entry.released)
            done += 1
    return done


def _show(by: Actor, process: Process, number: int, data: bytes, at: datetime) -> None:
    public.publish_ledger(
        by=by,
        ledger=Ledger(
            process=process.ref,
            number=number,
            at=at,
            data=data.decode(),
            record=shown.record_ref(shown.ledger_ref(process), number),
        ),
    )
