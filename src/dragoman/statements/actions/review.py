"""Review: hand in, send back, give a reason for a finding, approve."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff.models import Officer
from dragoman.staff.rules import ROLES
from dragoman.statements import rules
from dragoman.statements.actions.drafts import target_of, touch
from dragoman.statements.models import Approval, Clearance, Revision
from dragoman.statements.queries import drafting, renditions


@transaction.atomic
def submit_statement(*, by: Officer, revision: Revision) -> Revision:
    """Hand a draft in for review. Findings may stand; they are seen, and hold approval back."""
    revision = _locked(revision)
    _require(by, revision, "author", "approver", "releaser")
    revision.move_to("review", frm="draft")
    touch(revision)
    audit.note(by=by, verb="statements.submit_statement", target=target_of(revision), after=revision.digest)
    return revision


@transaction.atomic
def return_statement(*, by: Officer, revision: Revision, why: str) -> Revision:
    """Send a text under review back to its author, with a reason."""
    revision = _locked(revision)
    _require(by, revision, "approver", "releaser", "author")
    if not why.strip():
        raise Invalid("Say what to change.", where=[{"field": "why", "message": "missing"}])
    revision.move_to("draft", frm="review")
    touch(revision)
    audit.note(by=by, verb="statements.return_statement", target=target_of(revision), why=why)
    return revision


@transaction.atomic
def clear_finding(*, by: Officer, revision: Revision, key: str, reason: str) -> Clearance:
    """Record why a finding that needs a reason is let stand. Holds until its words change."""
    revision = _locked(revision)
    _require(by, revision, "author", "approver", "releaser")
    judged = next((item for item in drafting.findings(revision) if item.finding.key == key), None)
    if judged is None:
        raise NotFound("There is no such finding any more.", mend="Reload to see the findings as they are.")
    if judged.finding.severity == "blocks":
        raise NotAllowed(f"{judged.finding.rule} blocks: no reason lets it stand.", mend=judged.finding.mend)
    if len(reason.strip()) < 10:
        raise Invalid(
            "The reason is too short to be one.",
            mend="Write a sentence that the next reader will understand.",
            where=[{"field": "reason", "message": "at least 10 characters"}],
        )
    clearance, _ = Clearance.objects.update_or_create(
        revision=revision,
        key=key,
        defaults={
            "rule": judged.finding.rule,
            "reason": reason.strip(),
            "officer": by,
            "at": clock.now(),
        },
    )
    audit.note(
        by=by,
        verb="statements.clear_finding",
        target=target_of(revision),
        why=reason.strip(),
        data={"rule": judged.finding.rule, "key": key},
    )
    return clearance


@transaction.atomic
def approve_statement(*, by: Officer, revision: Revision, digest: str) -> Approval:
    """Say yes to exactly this digest. With the last yes of the chain the revision becomes approved.

    Raises Conflict when the digest is not the current one or it is not under review; NotAllowed for a writer
    of the text and for who holds no role of the chain; Invalid when findings stand in the way.
    """
    revision = _locked(revision)
    _may_approve(by, revision)
    if revision.state not in ("review", "approved"):
        raise Conflict(
            f"It is {revision.state}; only what is under review is approved.",
            mend="Ask the author to submit it." if revision.state == "draft" else "Reload the page.",
            code="wrong-state",
        )
    now_digest = renditions.digest_of(revision)
    if digest != now_digest or digest != revision.digest:
        raise Conflict(
            f"You read {digest[:8]}; the text is now {now_digest[:8]}.",
            mend="Read it again, and approve what it is now.",
            code="stale-digest",
            where=[{"field": "digest", "message": "not the current one", "current": now_digest}],
        )
    _no_findings(revision)
    approval = _say_yes(by, revision, digest)
    audit.note(
        by=by, verb="statements.approve_statement", target=target_of(revision), before=digest, after=digest
    )
    if revision.state == "review" and standing_of(revision).complete:
        revision.move_to("approved", frm="review")
    touch(revision)
    return approval


@transaction.atomic
def withdraw_approval(*, by: Officer, revision: Revision, why: str) -> Revision:
    """Take one's own yes back before the release."""
    revision = _locked(revision)
    taken = Approval.objects.filter(revision=revision, officer=by, voided_at__isnull=True)
    if revision.state not in ("review", "approved"):
        raise Conflict(f"It is {revision.state}; a yes can no longer be taken back.", code="wrong-state")
    if not taken.update(voided_at=clock.now(), void_reason=f"taken back: {why}"[:300]):
        raise NotFound("You have not approved this revision.")
    if revision.state == "approved" and not standing_of(revision).complete:
        revision.move_to("review")
    touch(revision)
    audit.note(by=by, verb="statements.withdraw_approval", target=target_of(revision), why=why)
    return revision


def standing_of(revision: Revision) -> rules.Standing:
    """How far the chain is, by the approvals that stand."""
    statement = revision.statement
    given = [
        rules.Yes(
            officer=approval.officer.audit_name, roles=frozenset(approval.roles), digest=approval.digest
        )
        for approval in revision.approvals.filter(voided_at__isnull=True).select_related("officer")
    ]
    needs = rules.chain(risk=statement.risk, lane=statement.lane)
    return rules.standing(needs, given, digest=revision.digest)


def _say_yes(by: Officer, revision: Revision, digest: str) -> Approval:
    held = [role for role in ROLES if by.may(role, revision.statement.mission)]
    now: datetime = clock.now()
    try:
        with transaction.atomic():
            return Approval.objects.create(revision=revision, officer=by, digest=digest, roles=held, at=now)
    except IntegrityError:
        raise Conflict("You have approved this text already.", code="approved-already") from None


def _may_approve(by: Officer, revision: Revision) -> None:
    if revision.writers.filter(pk=by.pk).exists():
        raise NotAllowed(
            "You wrote in this text, so you cannot approve it.",
            mend="Another officer with the role of approver must.",
            code="author-cannot-approve",
        )
    _require(by, revision, "approver", "releaser")


def _no_findings(revision: Revision) -> None:
    standing = [item for item in drafting.findings(revision, action="approve") if item.stands_in_the_way]
    # the chain itself (APP-1) is what this deed completes; a planned moment is judged at the release
    standing = [item for item in standing if item.finding.rule not in ("APP-1", "APP-4", "EMB-1")]
    if standing:
        raise Invalid(
            f"{len(standing)} findings stand in the way; the first: {standing[0].finding.why}",
            mend=standing[0].finding.mend,
            code="findings",
            where=[
                {
                    "field": f"texts.{item.finding.lang}.{item.finding.field}",
                    "rule": item.finding.rule,
                    "words": item.finding.words,
                    "message": item.finding.why,
                    "mend": item.finding.mend,
                }
                for item in standing
            ],
        )


def _require(by: Officer, revision: Revision, *roles: str) -> None:
    mission = revision.statement.mission
    if not any(by.may(role, mission) for role in roles):
        raise NotAllowed(
            f"This needs one of the roles {', '.join(roles)} at {mission.name}.",
            mend="Ask its administrator.",
        )


def _locked(revision: Revision) -> Revision:
    return Revision.objects.select_for_update().select_related("statement__mission").get(pk=revision.pk)
