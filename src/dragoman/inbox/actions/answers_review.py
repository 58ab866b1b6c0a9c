"""Approving an answer, giving reasons for findings, taking an answer back."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.inbox import answer_rules
from dragoman.inbox.actions.answers import touch
from dragoman.inbox.models import Answer, AnswerApproval, AnswerClearance, AnswerVersion
from dragoman.inbox.queries import answers_findings as reading
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff.models import Officer
from dragoman.staff.rules import ROLES
from dragoman.statements import rules

READERS = ("approver", "releaser")


@transaction.atomic
def clear_finding(*, by: Officer, version: AnswerVersion, key: str, reason: str) -> AnswerClearance:
    """Record why a finding that needs a reason is let stand. Holds until its words change."""
    version = _locked(version)
    _require(by, version.answer, "author", *READERS)
    judged = next((one for one in reading.findings(version) if one.finding.key == key), None)
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
    words = reason.strip()
    row, _ = AnswerClearance.objects.update_or_create(
        version=version,
        key=key,
        defaults={"rule": judged.finding.rule, "reason": words, "officer": by, "at": clock.now()},
    )
    _note(by, "clear_finding", version, why=words, data={"rule": judged.finding.rule, "key": key})
    return row


@transaction.atomic
def approve_answer(*, by: Officer, version: AnswerVersion, digest: str) -> AnswerApproval:
    """Say yes to exactly this digest. With the last yes of the chain it joins the library: the version before
    is superseded, and the record and the public page follow by themselves.

    Raises Conflict when the digest is not the current one or it is not under review; NotAllowed for a writer
    of the text and for who holds no role of the chain; Invalid when findings stand in the way.
    """
    version = _locked(version)
    _may_approve(by, version)
    if version.state != "review":
        raise Conflict(
            f"It is {version.state}; only what is under review is approved.",
            mend="Ask the author to hand it in." if version.state == "draft" else "Reload the page.",
            code="wrong-state",
        )
    current = reading.digest_of(version)
    if digest != current or digest != version.digest:
        raise Conflict(
            f"You read {digest[:8]}; the text is now {current[:8]}.",
            mend="Read it again, and approve what it is now.",
            code="stale-digest",
            where=[{"field": "digest", "message": "not the current one", "current": current}],
        )
    _no_findings(version)
    approval = _say_yes(by, version, digest)
    _note(by, "approve_answer", version, before=digest, after=digest)
    if standing_of(version).complete:
        _join(by, version)
    touch(version)
    return approval


@transaction.atomic
def withdraw_answer(*, by: Officer, answer: Answer, reasons: Mapping[str, str]) -> AnswerVersion:
    """Take an answer back: from here on nobody is told it, and its page says why. The record keeps what stood
    there. Those who were told are listed, and corrected only by an officer's own deed."""
    answer = Answer.objects.select_for_update().select_related("mission").get(pk=answer.pk)
    _require(by, answer, *READERS)
    words = {lang: " ".join(why.split())[:1000] for lang, why in reasons.items() if why.strip()}
    if not words:
        raise Invalid("Say why it is taken back; the public reads it.", where=[{"field": "reasons"}])
    standing = answer.versions.filter(state="approved").first()
    if standing is None:
        raise Conflict(f"No version of {answer.ref} stands.", code="wrong-state")
    standing.move_to("withdrawn", frm="approved")
    for rest in answer.versions.filter(state__in=("draft", "review")):
        rest.move_to("discarded")
    stone = AnswerVersion.objects.create(
        answer=answer, number=answer.newest + 1, state="withdrawn", note=words, approved_at=clock.now()
    )
    answer.standing, answer.newest, answer.ends_on = 0, stone.number, None
    answer.save(update_fields=["standing", "newest", "ends_on", "updated"])
    touch(stone)
    stone.answer = answer
    _note(by, "withdraw_answer", stone, why=next(iter(words.values())))
    later("inbox.publish_answer", version_id=stone.pk)
    later("inbox.cancel_unsaid", version_id=standing.pk)
    return stone


def standing_of(version: AnswerVersion) -> rules.Standing:
    """How far the chain is, by the approvals that stand."""
    given = [
        rules.Yes(officer=one.officer.audit_name, roles=frozenset(one.roles), digest=one.digest)
        for one in version.approvals.filter(voided_at__isnull=True).select_related("officer")
    ]
    return rules.standing(
        rules.chain(risk=version.answer.risk, lane="ordinary"), given, digest=version.digest
    )


def _join(by: Officer, version: AnswerVersion) -> None:
    """Into the library, in place of what stood there."""
    answer = Answer.objects.select_for_update().get(pk=version.answer_id)
    for old in answer.versions.filter(state__in=("approved", "withdrawn")):
        old.move_to("superseded")
        later("inbox.cancel_unsaid", version_id=old.pk)
    version.move_to("approved", frm="review", approved_at=clock.now())
    last_days = version.citations.values_list("fact__valid_to", flat=True)
    answer.standing, answer.ends_on = version.number, answer_rules.ends_on(list(last_days))
    answer.save(update_fields=["standing", "ends_on", "updated"])
    version.answer.standing, version.answer.ends_on = answer.standing, answer.ends_on
    _note(by, "join_library", version, after=version.digest)
    later("inbox.publish_answer", version_id=version.pk)


def _say_yes(by: Officer, version: AnswerVersion, digest: str) -> AnswerApproval:
    held = [role for role in ROLES if by.may(role, version.answer.mission)]
    try:
        with transaction.atomic():
            return AnswerApproval.objects.create(
                version=version, officer=by, digest=digest, roles=held, at=clock.now()
            )
    except IntegrityError:
        raise Conflict("You have approved this text already.", code="approved-already") from None


def _may_approve(by: Officer, version: AnswerVersion) -> None:
    if version.writers.filter(pk=by.pk).exists():
        raise NotAllowed(
            "You wrote in this answer, so you cannot approve it.",
            mend="Another officer with the role of approver must.",
            code="author-cannot-approve",
        )
    _require(by, version.answer, *READERS)


def _no_findings(version: AnswerVersion) -> None:
    standing = [one for one in reading.findings(version, action="approve") if one.stands_in_the_way]
    if standing:
        many = f"{len(standing)} findings stand" if len(standing) > 1 else "A finding stands"
        raise Invalid(
            f"{many} in the way; the first: {standing[0].finding.why}",
            mend=standing[0].finding.mend,
            code="findings",
            where=[
                {
                    "field": f"texts.{one.finding.lang}.{one.finding.field}",
                    "rule": one.finding.rule,
                    "words": one.finding.words,
                    "message": one.finding.why,
                    "mend": one.finding.mend,
                }
                for one in standing
            ],
        )


def _require(by: Officer, answer: Answer, *roles: str) -> None:
    if not any(by.may(role, answer.mission) for role in roles):
        raise NotAllowed(
            f"This needs one of the roles {', '.join(roles)} at {answer.mission.name}.",
            mend="Ask its administrator.",
        )


def _locked(version: AnswerVersion) -> AnswerVersion:
    rows = AnswerVersion.objects.select_for_update(of=("self",)).select_related("answer__mission")
    return rows.get(pk=version.pk)


def _note(
    by: Actor,
    verb: str,
    version: AnswerVersion,
    *,
    before: str = "",
    after: str = "",
    why: str = "",
    data: dict[str, object] | None = None,
) -> None:
    audit.note(
        by=by,
        verb=f"inbox.{verb}",
        target=version.target,
        before=before,
        after=after,
        why=why,
        data=data,
        mission=version.answer.mission.slug,
    )
