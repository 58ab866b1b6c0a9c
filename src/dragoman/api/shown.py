"""Rows of the house as the API shows them."""

from __future__ import annotations

from typing import cast

from dragoman.api import schemas
from dragoman.channels.models import Delivery
from dragoman.facts.models import Fact
from dragoman.record import queries as record
from dragoman.statements.actions.review import standing_of
from dragoman.statements.models import Revision, Statement
from dragoman.statements.queries import drafting, pages, renditions


def statement(revision: Revision) -> schemas.StatementOut:
    """A statement as this revision of it stands."""
    one = revision.statement
    texts = list(revision.texts.all())
    out = revision.state in ("released", "superseded", "withdrawn")
    return schemas.StatementOut(
        id=one.ref,
        slug=one.slug,
        state=cast("schemas.State", revision.state),
        mission=one.mission.slug,
        kind=cast("schemas.Kind", one.kind),
        risk=cast("schemas.Risk", one.risk),
        lane=cast("schemas.Lane", one.lane),
        source_language=one.source_language,
        revision=revision.number,
        digest=revision.digest,
        rules_version=revision.rules_version,
        changed=one.changed,
        texts={
            text.lang: schemas.TextOut(
                title=text.title, summary=text.summary, body=text.body, version=text.version
            )
            for text in texts
        },
        facts=[
            schemas.CitationOut(cite=citation.cite, version=citation.fact.version, inline=citation.inline)
            for citation in revision.citations.select_related("fact")
        ],
        channels=sorted(channel.slug for channel in revision.channels.all()),
        findings=findings(revision),
        approvals=_approvals(revision),
        release=_release(revision),
        record=_record(revision),
        pages={text.lang: renditions.url_of(revision, text.lang) for text in texts} if out else {},
    )


def findings(revision: Revision) -> list[schemas.FindingOut]:
    """What the guidelines find now, each with the reason given for it."""
    return [
        schemas.FindingOut(**judged.finding.as_json(), reason=judged.reason, reason_by=judged.by)
        for judged in drafting.findings(revision)
    ]


def _approvals(revision: Revision) -> schemas.ApprovalsOut:
    standing = standing_of(revision)
    given = revision.approvals.filter(voided_at__isnull=True).select_related("officer").order_by("id")
    return schemas.ApprovalsOut(
        given=standing.given,
        needed=standing.needed,
        missing=list(standing.missing),
        by=[approval.officer.audit_name for approval in given],
    )


def _release(revision: Revision) -> schemas.ReleaseOut | None:
    found = pages.release_of(revision)
    if found is None:
        return None
    return schemas.ReleaseOut(
        state=found.state,
        moment=found.moment,
        zone=found.zone,
        released=found.released,
        trouble=found.last_trouble,
    )


def _record(revision: Revision) -> schemas.RecordOut | None:
    found = record.find_sealed(revision.statement.ref, revision.number)
    if found is None:
        return None
    return schemas.RecordOut(
        index=found.index,
        leaf_hash=found.leaf_hash,
        proof=found.proof_path,
        witnesses_signed=found.witnesses_signed,
        witnesses_needed=found.witnesses_needed,
    )


def line(one: Statement) -> schemas.StatementLine:
    """A statement in a list."""
    return schemas.StatementLine(
        id=one.ref,
        slug=one.slug,
        state=cast("schemas.State", one.state),
        mission=one.mission.slug,
        kind=cast("schemas.Kind", one.kind),
        risk=cast("schemas.Risk", one.risk),
        lane=cast("schemas.Lane", one.lane),
        title=one.title,
        source_language=one.source_language,
        revision=one.newest,
        changed=one.changed,
    )


def delivery(row: Delivery) -> schemas.DeliveryOut:
    """One rendition to one channel."""
    takedown = getattr(row, "takedown", None)
    return schemas.DeliveryOut(
        id=row.pk,
        channel=row.channel.slug,
        kind=row.channel.kind,
        lang=row.lang,
        revision=row.rev,
        state=row.state,
        due=row.due,
        sent_at=row.sent_at,
        url=row.remote_url,
        tries=row.tries,
        why=row.why,
        taken_back=takedown.state if takedown else "",
    )


def fact(row: Fact) -> schemas.FactOut:
    """A fact as it stands."""
    return schemas.FactOut(
        cite=row.label,
        sheet=row.sheet.slug,
        number=row.number,
        version=row.version,
        texts=row.texts,
        basis=row.basis,
        valid_from=row.valid_from.isoformat() if row.valid_from else None,
        valid_to=row.valid_to.isoformat() if row.valid_to else None,
        cited=row.cited_at is not None,
    )
