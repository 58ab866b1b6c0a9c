"""Correcting and taking back what was released."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import actions as channels
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.lib.steps import step
from dragoman.public import actions as public
from dragoman.record import actions as record
from dragoman.staff.models import Officer
from dragoman.statements import rules
from dragoman.statements.actions.drafts import refresh
from dragoman.statements.actions.putting_out import alone
from dragoman.statements.models import (
    Caption,
    Citation,
    Picture,
    Revision,
    Statement,
    Text,
    Video,
    Withdrawal,
)
from dragoman.statements.queries import drafting, editions


@transaction.atomic
def start_correction(*, by: Officer, statement: Statement, note: Mapping[str, str]) -> Revision:
    """Begin a new revision of a released statement: a draft with the old texts, and a note of what was wrong.

    Raises Conflict when nothing is released, when it was withdrawn, or when a revision is open already.
    """
    statement = Statement.objects.select_for_update().select_related("mission").get(pk=statement.pk)
    _may_write(by, statement)
    if statement.kind == rules.JOINT:
        raise Conflict(
            "Parties signed this text; only they can put it right.",
            mend="Put the corrected text to them as a new round.",
            code="joint",
        )
    old = statement.revisions.filter(state="released").first()
    if old is None:
        raise Conflict(
            f"It is {statement.state}; only what is released can be corrected.", code="wrong-state"
        )
    _check_words("note", note)
    number = statement.newest + 1
    try:
        with transaction.atomic():
            new = Revision.objects.create(
                statement=statement, number=number, state="draft", sheet=old.sheet, note=dict(note)
            )
    except IntegrityError:
        raise Conflict(
            "A correction of it is being written already.", mend="Open that one.", code="correction-open"
        ) from None
    _copy(old, new)
    new.writers.add(by)
    return refresh(by=by, revision=new, verb="statements.start_correction", before=old.digest)


@transaction.atomic
def withdraw_statement(*, by: Officer, statement: Statement, reasons: Mapping[str, str]) -> Withdrawal:
    """Take a released statement back: the page becomes a tombstone with the reason (rule DEL-1)."""
    statement = Statement.objects.select_for_update().select_related("mission").get(pk=statement.pk)
    if not by.may("releaser", statement.mission):
        raise NotAllowed(f"This needs the role of releaser at {statement.mission.name}.")
    _check_words("reasons", reasons)
    _check_reason(statement, reasons)
    _clear_the_way(statement)
    withdrawal = Withdrawal.objects.create(
        statement=statement,
        officer=by,
        number=statement.newest + 1,
        reasons=dict(reasons),
        at=clock.now().replace(microsecond=0),
        state="running",
    )
    later("statements.put_out_withdrawal", priority=5, withdrawal_id=withdrawal.pk)
    audit.note(
        by=by,
        verb="statements.withdraw_statement",
        target=f"statement:{statement.ref}",
        why=next(iter(reasons.values())),
        data={"languages": sorted(reasons)},
    )
    return withdrawal


def put_out_withdrawal(*, by: Actor, withdrawal_id: int) -> Withdrawal:
    """Carry a withdrawal through: record, proof, tombstone, feeds, every delivery that can be taken back."""
    withdrawal = Withdrawal.objects.select_related("statement__mission").get(pk=withdrawal_id)
    with alone("withdrawal", withdrawal.pk) as mine:
        withdrawal.refresh_from_db()
        if not mine or withdrawal.state == "done":
            return withdrawal
        step("withdrawals.taken")
        _seal(withdrawal, by)
        step("withdrawals.sealed")
        _show(withdrawal, by)
        step("withdrawals.shown")
        _take_back(withdrawal, by)
        step("withdrawals.sent")
    return withdrawal


def _seal(withdrawal: Withdrawal, by: Actor) -> None:
    if withdrawal.sealed_at:
        return
    statement = withdrawal.statement
    record.seal(
        by=by,
        kind="withdrawal",
        ref=statement.ref,
        rev=withdrawal.number,
        released=withdrawal.at,
        texts=(),
        media=(),
        prev=editions.newest_entry(statement),
    )
    withdrawal.sealed_at = clock.now()
    withdrawal.save(update_fields=["sealed_at"])


def _show(withdrawal: Withdrawal, by: Actor) -> None:
    statement = withdrawal.statement
    if not withdrawal.page_at:
        public.publish_withdrawal(
            by=by,
            ref=statement.ref,
            rev=withdrawal.number,
            at=withdrawal.at,
            reasons=withdrawal.reasons,
            record=editions.record_ref(statement.ref, withdrawal.number),
        )
        withdrawal.page_at = clock.now()
        withdrawal.save(update_fields=["page_at"])
    with transaction.atomic():
        for revision in statement.revisions.filter(state__in=("released", "superseded")):
            revision.move_to("withdrawn", frm=("released", "superseded"))
        statement.state = "withdrawn"
        statement.newest = withdrawal.number
        statement.changed = clock.now()
        statement.save(update_fields=["state", "newest", "changed"])


def _take_back(withdrawal: Withdrawal, by: Actor) -> None:
    statement = withdrawal.statement
    why = next(iter(withdrawal.reasons.values()))
    channels.withdraw_deliveries(by=by, source=statement.ref, why=why)
    withdrawal.move_to("done", frm="running", channels_at=clock.now(), last_trouble="")


def _check_reason(statement: Statement, reasons: Mapping[str, str]) -> None:
    """The house's rule on withdrawing, by the first reason that says anything."""
    released = statement.revisions.filter(state="released").first()
    reason = next(words for words in reasons.values() if words.strip())
    against = drafting.against_withdrawal(released, reason=reason) if released else []
    if against:
        where = [{"field": "reasons", "rule": finding.rule, "message": finding.why} for finding in against]
        raise Invalid(against[0].why, mend=against[0].mend, code="findings", where=where)


def _clear_the_way(statement: Statement) -> None:
    """Refuse what cannot be withdrawn; give up a correction that was still being written."""
    if Withdrawal.objects.filter(statement=statement).exists():
        raise Conflict("It is being withdrawn, or was already.", code="withdrawn-already")
    if not statement.revisions.filter(state="released").exists():
        raise Conflict(
            f"It is {statement.state}; only what is released can be withdrawn.",
            mend="A draft is discarded; a planned release is taken back.",
            code="wrong-state",
        )
    unfinished = statement.revisions.filter(state__in=("armed", "releasing")).first()
    if unfinished:
        raise Conflict(
            f"Revision {unfinished.number} is {unfinished.state}.",
            mend="Take its plan back, or wait until it is out.",
            code="wrong-state",
        )
    for revision in statement.revisions.filter(state__in=("draft", "review", "approved")):
        revision.move_to("discarded", frm=("draft", "review", "approved"))


def _copy(old: Revision, new: Revision) -> None:
    Text.objects.bulk_create(
        Text(
            revision=new,
            lang=text.lang,
            title=text.title,
            summary=text.summary,
            body=text.body,
            edited_by=text.edited_by,
        )
        for text in old.texts.all()
    )
    Citation.objects.bulk_create(
        Citation(revision=new, fact=citation.fact, cite=citation.cite, inline=citation.inline)
        for citation in old.citations.select_related("fact")
    )
    Picture.objects.bulk_create(
        Picture(
            revision=new,
            media=picture.media,
            name=picture.name,
            alt=picture.alt,
            credit=picture.credit,
            decorative=picture.decorative,
            place=picture.place,
        )
        for picture in old.pictures.select_related("media")
    )
    _copy_videos(new, old)
    new.channels.set(old.channels.all())


def _copy_videos(new: Revision, old: Revision) -> None:
    for video in old.videos.prefetch_related("captions"):
        copy = Video.objects.create(
            revision=new,
            sha256=video.sha256,
            media_type=video.media_type,
            size=video.size,
            seconds=video.seconds,
            name=video.name,
            titles=video.titles,
            place=video.place,
        )
        Caption.objects.bulk_create(
            Caption(video=copy, lang=caption.lang, sha256=caption.sha256, text=caption.text)
            for caption in video.captions.all()
        )


def _may_write(by: Officer, statement: Statement) -> None:
    if not any(by.may(role, statement.mission) for role in ("author", "approver", "releaser")):
        raise NotAllowed(f"You may not write for {statement.mission.name}.")


def _check_words(field: str, words: Mapping[str, str]) -> None:
    where = []
    if not any(text.strip() for text in words.values()):
        where.append({"field": field, "message": "the public must be told why, in at least one language"})
    for lang, text in words.items():
        if not rules.is_language(lang):
            where.append({"field": f"{field}.{lang}", "message": "not a language code"})
        if len(text) > rules.SUMMARY_LIMIT:
            where.append(
                {"field": f"{field}.{lang}", "message": f"more than {rules.SUMMARY_LIMIT} characters"}
            )
    if where:
        raise Invalid(f"{where[0]['field']}: {where[0]['message']}", where=where)
