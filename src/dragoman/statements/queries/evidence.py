"""What went where and when, as a file that outlives the desk: the evidence of one release.

The form is described in docs/evidence.md and changes only with its name. It names channels and accounts,
never officers: it is made to be handed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from django.conf import settings

from dragoman.base import clock
from dragoman.channels.models import Attempt, Delivery
from dragoman.lib import canonical
from dragoman.record import queries as record
from dragoman.statements.models import Release, Revision
from dragoman.statements.queries import progress, renditions
from dragoman.statements.queries.progress import Line

FORMAT = "dragoman-evidence/1"
CALL = ("method", "host", "path", "status", "ms")


def evidence_of(release: Release) -> dict[str, Any]:
    """The whole file as plain values. Times are UTC with microseconds; what is not known is null."""
    revision = release.revision
    statement = revision.statement
    lines = progress.lines_of(revision)
    public = settings.DRAGOMAN.public_url
    return {
        "format": FORMAT,
        "made": _time(clock.now()),
        "desk": public,
        "statement": {
            "ref": statement.ref,
            "revision": revision.number,
            "kind": "correction" if revision.is_correction else "statement",
            "mission": statement.mission.name,
            "lane": statement.lane,
            "titles": {text.lang: text.title for text in revision.texts.all()},
            "pages": {text.lang: renditions.url_of(revision, text.lang) for text in revision.texts.all()},
            "approved_digest": release.digest,
        },
        "release": {
            "moment": _time(release.moment),
            "zone": release.zone,
            "stated": _time(release.released),
            "sealed": _time(release.sealed_at),
            "page": _time(release.page_at),
            "channels": _time(release.channels_at),
        },
        "record": _record(revision),
        "skew": _skew(lines),
        "deliveries": [_delivery(line, release) for line in lines],
    }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None


def _record(revision: Revision) -> dict[str, Any] | None:
    sealed = record.find_sealed(revision.statement.ref, revision.number)
    if sealed is None:
        return None
    return {
        "origin": settings.DRAGOMAN.origin,
        "index": sealed.index,
        "size": sealed.size,
        "leaf_hash": sealed.leaf_hash,
        "root": sealed.root,
        "signed": _time(sealed.signed_at),
        "proof": f"{settings.DRAGOMAN.public_url}{sealed.proof_path}",
        "witnesses": {"signed": sealed.witnesses_signed, "needed": sealed.witnesses_needed},
    }


def _skew(lines: Sequence[Line]) -> dict[str, Any] | None:
    """How far apart the first bytes of the irreversible calls left, in microseconds."""
    offsets = sorted(line.offset_us for line in lines if line.offset_us is not None)
    if not offsets:
        return None
    starts = [line.left for line in lines if line.left is not None]
    return {
        "measured": len(offsets),
        "first": _time(min(starts)),
        "last_us": offsets[-1],
        "median_us": int(median(offsets)),
    }


def _delivery(line: Line, release: Release) -> dict[str, Any]:
    row = line.delivery
    after = int((line.left - release.moment).total_seconds() * 1_000_000) if line.left else None
    return {
        "channel": row.channel.label,
        "kind": row.channel.kind,
        "account": row.channel.who,
        "language": row.lang,
        "key": row.key,
        "rendition_sha256": canonical.digest(row.rendition),
        "posts": len(row.rendition.get("parts", ())),
        "state": row.state,
        # Said by a person who looked, not by the network's answer.
        "by_hand": row.state == "sent" and not _answered(row),
        "sent": _time(row.sent_at),
        "offset_us": line.offset_us,
        "after_moment_us": after,
        "answer_us": line.answer_us,
        "remote_id": row.remote_id or None,
        "link": row.link or None,
        "taken_down": _takedown(row),
        "attempts": [_attempt(one) for one in row.attempts.all()],
    }


def _answered(row: Delivery) -> bool:
    return any(one.outcome == "done" and one.verb in ("send", "find") for one in row.attempts.all())


def _takedown(row: Delivery) -> dict[str, Any] | None:
    found = getattr(row, "takedown", None)
    return {"state": found.state, "since": _time(found.state_at)} if found else None


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "verb": one.verb,
        "started": _time(one.started),
        "began": _time(one.began),
        "answered": _time(one.answered),
        "ended": _time(one.ended),
        "outcome": one.outcome or None,
        "why": one.why,
        "calls": [{name: call.get(name) for name in CALL} for call in one.calls],
    }
