"""Deciding a release: now or at a moment, taking the plan back, looking at a crisis release afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.jobs import later
from dragoman.channels import actions as channels
from dragoman.channels.connector import Post
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff.models import Officer
from dragoman.staff.rules import covers
from dragoman.statements.actions.drafts import target_of, touch
from dragoman.statements.actions.review import standing_of
from dragoman.statements.models import Release, Revision
from dragoman.statements.queries import drafting, renditions

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
    if revision.is_joint:
        raise Conflict(
            "Parties signed this text; it is released from its round only.",
            mend="Open the round under Talks, and release it there.",
            code="joint",
        )
    return plan_release(by=by, revision=revision, at=at, zone=zone)


def plan_release(*, by: Officer, revision: Revision, at: datetime | None, zone: str) -> Release:
    """The release of a text that the house approved or that parties signed; in the caller's transaction."""
    revision = _locked(revision)
    now = clock.now()
    _may_release(by, revision)
    _may_speak_on(by, revision)
    moment = _moment(at, now)
    zone = _zone(zone or revision.statement.mission.zone)
    _approved_as_it_is(revision)
    planned = moment > now
    revision.move_to("armed" if planned else "releasing", frm="approved")
    release = Release.objects.create(
        revision=revision, officer=by, moment=moment, zone=zone, digest=revision.digest, state="planned"
    )
    if not revision.is_joint:  # signed words cannot be mended: what was found was told before they were put
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
            videos=piece.videos,
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
    if digest != revision.digest:
        raise Conflict(
            "A channel shows it otherwise than when it was approved.",
            mend="Open it, save it, and have it approved again.",
            code="stale-digest",
        )
    if revision.is_joint:
        return  # the parties' signatures stand for approvals, and are held against the bytes when sealed
    standing = standing_of(revision)
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


def _may_speak_on(by: Officer, revision: Revision) -> None:
    """A mission speaks on its own channels and on those above it; on any other only by a releaser of that."""
    mission = revision.statement.mission
    for channel in revision.channels.select_related("mission"):
        if not covers(channel.mission.path, mission.path) and not by.may("releaser", channel.mission):
            raise NotAllowed(
                f"{channel.label} belongs to {channel.mission.name}, where you are no releaser.",
                mend="Take the channel out of the statement, or ask a releaser who may speak on it.",
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


def _priority(revision: Revision) -> int:
    return URGENT if revision.statement.lane == "crisis" else 0


def _locked(revision: Revision) -> Revision:
    return Revision.objects.select_for_update().select_related("statement__mission").get(pk=revision.pk)
