"""A revision as the guidelines read it, and what they find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from dragoman.base import clock
from dragoman.facts import queries as facts
from dragoman.statements.guidelines import engine, loader
from dragoman.statements.guidelines.model import (
    Action,
    ApprovalView,
    Draft,
    DraftText,
    FactView,
    Finding,
    PartView,
    PictureView,
    RenditionView,
    RuleSet,
)
from dragoman.statements.models import Citation, Revision
from dragoman.statements.queries import official, renditions


@dataclass(frozen=True)
class Judged:
    """One finding and the reason that was given for it, if any."""

    finding: Finding
    reason: str = ""
    by: str = ""

    @property
    def stands_in_the_way(self) -> bool:
        severity = self.finding.severity
        return severity == "blocks" or (severity == "reason" and not self.reason)


def rule_set() -> RuleSet:
    """The house's rules: the package's, with the ministry's own over them."""
    return loader.load_rules(override=settings.DRAGOMAN.home / "guidelines")


def findings(
    revision: Revision, *, action: Action = "edit", shown: Sequence[renditions.Shown] | None = None
) -> list[Judged]:
    """What the rules find now, each with its clearance. `shown`: the renditions, if they are at hand."""
    reasons = {clearance.key: clearance for clearance in revision.clearances.select_related("officer")}
    judged = []
    found = engine.check(draft_of(revision, action=action, shown=shown), rule_set())
    for finding in [*found, *official.findings(revision, action=action)]:
        clearance = reasons.get(finding.key)
        judged.append(
            Judged(
                finding=finding,
                reason=clearance.reason if clearance else "",
                by=clearance.officer.audit_name if clearance else "",
            )
        )
    return judged


def against_withdrawal(revision: Revision, *, reason: str) -> list[Finding]:
    """What the rule on withdrawing (DEL-1) has against doing it for this reason."""
    draft = replace(draft_of(revision, action="withdraw"), reason=reason)
    found = engine.check(draft, rule_set())
    return [finding for finding in found if finding.rule == "DEL-1" and finding.severity == "blocks"]


def draft_of(
    revision: Revision, *, action: Action = "edit", shown: Sequence[renditions.Shown] | None = None
) -> Draft:
    """The revision as plain values."""
    shown = renditions.shown(revision) if shown is None else shown
    statement = revision.statement
    release = revision.releases.exclude(state="cancelled").first()
    writer = revision.writers.order_by("id").first()
    return Draft(
        ref=statement.ref,
        kind=statement.kind,
        risk=statement.risk,
        lane=statement.lane,
        mission=statement.mission.slug,
        source_language=statement.source_language,
        required_languages=tuple(text.lang for text in revision.texts.all()),
        languages=tuple(
            DraftText(lang=text.lang, title=text.title, summary=text.summary, body=text.body)
            for text in revision.texts.all()
        ),
        facts=tuple(_fact_view(citation) for citation in revision.citations.select_related("fact__sheet")),
        pictures=tuple(
            PictureView(name=picture.name, alt=picture.alt, decorative=picture.decorative)
            for picture in revision.pictures.all()
        ),
        renditions=tuple(_rendition_view(item) for item in shown),
        release_at=release.moment if release else None,
        embargo_until=revision.embargo_until,
        action=action,
        author=writer.audit_name if writer else "",
        digest=revision.digest,
        approvals=tuple(
            ApprovalView(
                officer=approval.officer.audit_name,
                role=(approval.roles or [""])[0],
                digest=approval.digest,
                given=approval.at,
                roles=tuple(approval.roles or ()),
            )
            for approval in revision.approvals.filter(voided_at__isnull=True).select_related("officer")
        ),
        now=clock.now(),
    )


def _fact_view(citation: Citation) -> FactView:
    fact = citation.fact
    newest = facts.newest_version(fact)
    return FactView(
        cite=citation.cite,
        version=fact.version,
        texts=fact.texts,
        superseded=newest > fact.version,
        valid_from=fact.valid_from,
        valid_to=fact.valid_to,
        newest_version=newest,
        demonstration=fact.sheet.demonstration,
    )


def _rendition_view(item: renditions.Shown) -> RenditionView:
    return RenditionView(
        channel=item.channel.label,
        kind=item.channel.kind,
        lang=item.lang,
        parts=tuple(
            PartView(count=part.count, limit=part.limit, unit=part.unit) for part in item.rendition.parts
        ),
    )
