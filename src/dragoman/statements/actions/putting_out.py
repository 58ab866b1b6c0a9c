"""Carrying a release through its phases, whatever dies on the way.

The order is never changed: text and media files -> log entry -> tiles -> signed checkpoint -> witnesses
-> proof -> page, feeds, live stream -> every channel at one moment. Each phase is marked when done and may
be run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.channels import actions as channels
from dragoman.lib.problems import Conflict
from dragoman.lib.steps import step
from dragoman.public import actions as public
from dragoman.public import queries as public_queries
from dragoman.record import actions as record
from dragoman.record import queries as record_queries
from dragoman.record.values import Sealed
from dragoman.statements import judges, rules
from dragoman.statements.actions.drafts import target_of, touch
from dragoman.statements.models import Release
from dragoman.statements.queries import editions

WORKER = System("worker")


def put_out_release(*, by: Actor, release_id: int) -> Release:
    """Carry a release that is due through its phases. Run as often as one likes: a phase done stays done.

    Never inside a transaction: each phase commits for itself. Of two at once the second leaves.
    """
    release = Release.objects.select_related("revision__statement__mission").get(pk=release_id)
    with alone("release", release.pk) as mine:
        release.refresh_from_db()
        if not mine or release.state in ("done", "cancelled") or not _due(release):
            return release
        step("statements.taken")
        _begin(release)
        step("statements.begun")
        # While the record is written, connections to the networks are opened; nothing is asked of them yet.
        ready = channels.warm_up(release.revision.statement.ref, release.revision.number)
        _seal(release, by)
        step("statements.sealed")
        _show(release, by)
        step("statements.shown")
    # The lock is a database connection's, and that is let go while networks are asked. Of two that come here
    # at once each takes up what the other has not.
    _send(release, by, ready)
    step("statements.sent")
    return release


def show_witnesses(*, by: Actor, release_id: int) -> bool:
    """Show on the page the witnesses that signed since; True once no more are waited for.

    Writes the pages again only when the record has more than they show. Never changes a text.
    """
    release = Release.objects.select_related("revision__statement__mission").get(pk=release_id)
    if release.revision.state == "withdrawn":
        Release.objects.filter(pk=release.pk).update(awaiting_witnesses=False)
        return True
    ref, rev = release.revision.statement.ref, release.revision.number
    if record_queries.sealed(ref, rev).witnesses_signed > public_queries.witnesses_shown(ref, rev):
        public.publish_edition(by=by, edition=editions.edition_of(release))
    waits = record_queries.expects_witnesses(ref, rev)
    Release.objects.filter(pk=release.pk).update(awaiting_witnesses=waits)
    return not waits


def _begin(release: Release) -> None:
    """Fix the time that the record will state; from here on the release cannot be taken back."""
    revision = release.revision
    with transaction.atomic():
        if release.state == "planned":
            if revision.is_joint:
                judges.ask(revision.statement.ref, revision.number)
            released = max(clock.now(), release.moment).replace(microsecond=0)
            release.move_to("running", frm="planned", released=released)
        if revision.state == "armed":
            revision.move_to("releasing", frm="armed")
        touch(revision)


def seal_again(*, by: Actor, release_id: int) -> None:
    """Write the sealed files of a release anew where they were lost or damaged. Adds no entry to the record.

    Raises Conflict when the rows would give other bytes than those that were sealed.
    """
    release = Release.objects.select_related("revision__statement__mission").get(pk=release_id)
    if release.sealed_at is None:
        raise Conflict("It has not been sealed yet.", code="wrong-state")
    _put_into_record(release, by)


def _seal(release: Release, by: Actor) -> None:
    if release.sealed_at:
        return
    sealed = _put_into_record(release, by)
    release.sealed_at = clock.now()
    release.entry_index = sealed.index
    release.save(update_fields=["sealed_at", "entry_index"])


def _put_into_record(release: Release, by: Actor) -> Sealed:
    revision = release.revision
    agreement = editions.agreement_of(revision)
    return record.seal(
        by=by,
        kind="correction" if revision.is_correction else "statement",
        ref=revision.statement.ref,
        rev=revision.number,
        released=_released(release),
        texts=editions.text_blobs(revision),
        media=editions.media_blobs(revision),
        prev=editions.previous_entry(revision),
        parties=agreement.parties if agreement else None,
        consent=agreement.note if agreement else None,
    )


def _show(release: Release, by: Actor) -> None:
    """Page, feeds and live stream; the revision is released, and the one before it superseded."""
    revision = release.revision
    if not release.page_at:
        for sheet in editions.sheets_of(revision):
            public.publish_sheet(by=by, sheet=sheet)
        edition = editions.edition_of(release)
        public.publish_edition(by=by, edition=edition)
        release.page_at = clock.now()
        release.awaiting_witnesses = record_queries.expects_witnesses(edition.ref, edition.rev)
        release.save(update_fields=["page_at", "awaiting_witnesses"])
    if revision.state == "releasing":
        with transaction.atomic():
            for old in revision.statement.revisions.filter(state="released"):
                old.move_to("superseded", frm="released")
            revision.move_to("released", frm="releasing", released_at=_released(release))
            touch(revision)
            audit.note(
                by=by, verb="statements.put_out_release", target=target_of(revision), after=release.digest
            )


def _send(release: Release, by: Actor, ready: channels.Ready) -> None:
    """Every channel at one moment. The release is done once the networks are being asked: what comes of it
    is written down by delivery, and looked after by leases whatever dies here."""
    revision = release.revision
    at = clock.now()
    volley = channels.put_out(by=by, source=revision.statement.ref, rev=revision.number, ready=ready)
    crisis = revision.statement.lane == "crisis"
    with suppress(Conflict):  # another who carried it was first
        release.move_to(
            "done",
            frm="running",
            channels_at=at,
            elsewhere_open=True,
            last_trouble="",
            review_due=rules.crisis_review_due(_released(release)) if crisis else None,
        )
    channels.book_answers(by=by, volley=volley)


def _due(release: Release) -> bool:
    return release.state == "running" or rules.is_due(release.moment, now=clock.now())


def _released(release: Release) -> datetime:
    if release.released is None:
        raise Conflict("The release has not begun.")
    return release.released


@contextmanager
def alone(what: str, number: int) -> Iterator[bool]:
    """Hold a database lock for one piece of work; gives False when another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [f"statements.{what}", number])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [f"statements.{what}", number])
