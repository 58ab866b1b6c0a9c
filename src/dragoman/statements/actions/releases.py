"""Putting out: decide the release, take a plan back, and carry it out step by step.

The order is never changed: text and media files -> log entry -> tiles -> signed checkpoint -> witnesses
-> proof -> page, feeds, live stream -> every channel at one moment. Each phase is marked when done and may
be run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.base.jobs import later
from dragoman.channels import actions as channels
from dragoman.channels.connector import Post
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.lib.steps import step
from dragoman.public import actions as public
from dragoman.record import actions as record
from dragoman.staff.models import Officer
from dragoman.statements import rules
from dragoman.statements.actions.drafts import target_of, touch
from dragoman.statements.actions.review import standing_of
from dragoman.statements.models import Release, Revision
from dragoman.statements.queries import drafting, editions, renditions

URGENT = 10
NEVER_PAST = timedelta(minutes=1)  # a moment typed a little too late is taken as now


@transaction.atomic
def release_statement(
    *, by: Officer, revision: Revision, at: datetime | None = None, zone: str = ""
) -> Release:
    """Put an approved revision out now, or plan it for `at`. Every delivery has its row and key from here on.

    Raises NotAllowed without the role of releaser; Conflict when it is not approved or was released already;
    Invalid when a finding stands in the way or the moment is past.
    """
    revision = _locked(revision)
    now = clock.now()
    _may_release(by, revision)
    moment = _moment(at, now)
    zone = _zone(zone or revision.statement.mission.zone)
    _approved_as_it_is(revision)
    planned = moment > now
    revision.move_to("armed" if planned else "releasing", frm="approved")
    release = Release.objects.create(
        revision=revision, officer=by, moment=moment, zone=zone, digest=revision.digest, state="planned"
    )
    _no_findings(revision)
    _plan_deliveries(by, release)
    later(
        "statements.put_out",
        at=moment if planned else None,
        priority=_priority(revision),
        release_id=release.pk,
    )
    touch(revision)
    audit.note(
        by=by,
        verb="statements.release_statement",
        target=target_of(revision),
        after=revision.digest,
        data={"moment": moment.isoformat(), "zone": zone},
    )
    return release


@transaction.atomic
def cancel_release(*, by: Officer, release: Release, why: str) -> Release:
    """Take a plan back before its moment; the approvals stand."""
    release = Release.objects.select_for_update().get(pk=release.pk)
    revision = _locked(release.revision)
    _may_release(by, revision)
    release.move_to("cancelled", frm="planned")
    revision.move_to("approved", frm="armed")
    channels.cancel_deliveries(by=by, source=revision.statement.ref, rev=revision.number, why=why)
    touch(revision)
    audit.note(by=by, verb="statements.cancel_release", target=target_of(revision), why=why)
    return release


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
        _seal(release, by)
        step("statements.sealed")
        _show(release, by)
        step("statements.shown")
        _send(release, by)
        step("statements.sent")
    return release


@transaction.atomic
def review_crisis_release(*, by: Officer, release: Release, note: str) -> Release:
    """Look at what went out by the crisis lane, afterwards. Never by who released it or wrote in it."""
    revision = _locked(release.revision)
    if release.review_due is None:
        raise Conflict("It did not go out by the crisis lane.", code="wrong-state")
    if by.pk == release.officer.pk or revision.writers.filter(pk=by.pk).exists():
        raise NotAllowed("Who wrote or released it cannot review it.", mend="Another approver must.")
    if not by.may("approver", revision.statement.mission):
        raise NotAllowed("This needs the role of approver.")
    if not note.strip():
        raise Invalid("Say what you found.", where=[{"field": "note", "message": "missing"}])
    changed = Release.objects.filter(pk=release.pk, reviewed_at__isnull=True).update(
        reviewed_at=clock.now(), reviewed_by=by.audit_name, review_note=note.strip()
    )
    if not changed:
        raise Conflict("It has been reviewed already.", code="wrong-state")
    audit.note(by=by, verb="statements.review_crisis_release", target=target_of(revision), why=note.strip())
    release.refresh_from_db()
    return release


def _begin(release: Release) -> None:
    """Fix the time that the record will state; from here on the release cannot be taken back."""
    revision = release.revision
    with transaction.atomic():
        if release.state == "planned":
            released = max(clock.now(), release.moment).replace(microsecond=0)
            release.move_to("running", frm="planned", released=released)
        if revision.state == "armed":
            revision.move_to("releasing", frm="armed")
        touch(revision)


def _seal(release: Release, by: Actor) -> None:
    if release.sealed_at:
        return
    revision = release.revision
    previous = editions.previous_entry(revision)
    sealed = record.seal(
        by=by,
        kind="correction" if revision.is_correction else "statement",
        ref=revision.statement.ref,
        rev=revision.number,
        released=_released(release),
        texts=editions.text_blobs(revision),
        media=editions.media_blobs(revision),
        prev=previous,
    )
    release.sealed_at = clock.now()
    release.entry_index = sealed.index
    release.save(update_fields=["sealed_at", "entry_index"])


def _show(release: Release, by: Actor) -> None:
    """Page, feeds and live stream; the revision is released, and the one before it superseded."""
    revision = release.revision
    if not release.page_at:
        for sheet in editions.sheets_of(revision):
            public.publish_sheet(by=by, sheet=sheet)
        public.publish_edition(by=by, edition=editions.edition_of(release))
        release.page_at = clock.now()
        release.save(update_fields=["page_at"])
    if revision.state == "releasing":
        with transaction.atomic():
            for old in revision.statement.revisions.filter(state="released"):
                old.move_to("superseded", frm="released")
            revision.move_to("released", frm="releasing", released_at=_released(release))
            touch(revision)
            audit.note(
                by=by, verb="statements.put_out_release", target=target_of(revision), after=release.digest
            )


def _send(release: Release, by: Actor) -> None:
    revision = release.revision
    channels.start_deliveries(by=by, source=revision.statement.ref, rev=revision.number)
    crisis = revision.statement.lane == "crisis"
    release.move_to(
        "done",
        frm="running",
        channels_at=clock.now(),
        elsewhere_open=True,
        last_trouble="",
        review_due=rules.crisis_review_due(_released(release)) if crisis else None,
    )


def _plan_deliveries(by: Officer, release: Release) -> None:
    """The rows and keys, before the first attempt."""
    revision = release.revision
    ref = revision.statement.ref
    for item in renditions.shown(revision):
        text = revision.texts.get(lang=item.lang)
        piece = renditions.piece_of(revision, text)
        key = f"{ref}:{revision.number}:{item.channel.pk}:{item.lang}:{release.pk}"
        post = Post(
            key=key,
            rendition=item.rendition,
            lang=item.lang,
            url=piece.url,
            at=release.moment,
            title=piece.title,
            summary=piece.summary,
            pictures=piece.pictures,
        )
        channels.plan_delivery(
            by=by,
            channel=item.channel,
            source=ref,
            rev=revision.number,
            post=post,
            due=release.moment,
            urgent=revision.statement.lane == "crisis",
        )


def _approved_as_it_is(revision: Revision) -> None:
    """The approvals must be of what would go out this moment: a fact or a channel may have changed since."""
    if revision.state in ("releasing", "released", "armed", "superseded", "withdrawn"):
        raise Conflict(f"It is {revision.state} already.", code="released-already")
    digest = renditions.digest_of(revision)
    standing = standing_of(revision)
    if digest != revision.digest:
        raise Conflict(
            "A channel shows it otherwise than when it was approved.",
            mend="Open it, save it, and have it approved again.",
            code="stale-digest",
        )
    if revision.state != "approved" or not standing.complete:
        missing = "; ".join(standing.missing) or "it has not been approved"
        raise Conflict(
            f"It cannot go out yet: {missing}.", mend="Have it approved first.", code="not-approved"
        )


def _no_findings(revision: Revision) -> None:
    standing = [item for item in drafting.findings(revision, action="release") if item.stands_in_the_way]
    if standing:
        finding = standing[0].finding
        raise Invalid(
            f"{finding.rule} stands in the way: {finding.why}",
            mend=finding.mend,
            code="findings",
            where=[{"rule": item.finding.rule, "message": item.finding.why} for item in standing],
        )


def _may_release(by: Officer, revision: Revision) -> None:
    if not by.may("releaser", revision.statement.mission):
        raise NotAllowed(
            f"This needs the role of releaser at {revision.statement.mission.name}.",
            mend="Ask a releaser, or the administrator of the mission.",
        )


def _moment(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if at.tzinfo is None:
        raise Invalid(
            "The moment has no zone.",
            mend="Write it with an offset, such as 2026-11-22T10:00:00+03:00.",
            where=[{"field": "at", "message": "no zone"}],
        )
    if at < now - NEVER_PAST:
        raise Invalid(
            f"The moment {at.isoformat()} is past.",
            mend="Release now, or choose a later moment.",
            where=[{"field": "at", "message": "past"}],
        )
    if at > now + timedelta(days=366):
        raise Invalid("The moment is more than a year away.", mend="Check the year.", where=[{"field": "at"}])
    return max(at, now)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            f"{name!r} is not a time zone.",
            mend="Use a name such as Europe/Minsk.",
            where=[{"field": "zone", "message": "unknown"}],
        ) from None


def _due(release: Release) -> bool:
    return release.state == "running" or rules.is_due(release.moment, now=clock.now())


def _released(release: Release) -> datetime:
    if release.released is None:
        raise Conflict("The release has not begun.")
    return release.released


def _priority(revision: Revision) -> int:
    return URGENT if revision.statement.lane == "crisis" else 0


def _locked(revision: Revision) -> Revision:
    return Revision.objects.select_for_update().select_related("statement__mission").get(pk=revision.pk)


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


WORKER = System("worker")
