"""Writing an answer: begin it from a question, change its texts, its wordings, hand it in, give it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.facts import actions as facts_actions
from dragoman.facts import queries as facts
from dragoman.facts.models import Fact
from dragoman.inbox import answer_rules as rules
from dragoman.inbox import refs, states_answers
from dragoman.inbox.models import (
    Answer,
    AnswerApproval,
    AnswerCitation,
    AnswerText,
    AnswerVersion,
    AnswerWording,
    Question,
)
from dragoman.inbox.models.answer import RISKS
from dragoman.inbox.queries import answers_findings as reading
from dragoman.inbox.triage import normal
from dragoman.lib import markdown
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from dragoman.staff.models import Mission, Officer
from dragoman.statements import rules as statement_rules

WRITERS = ("author", "approver", "releaser")


@dataclass(frozen=True)
class TextInput:
    """One language as it was handed in. `edit` is the one the writer saw; None: whatever is there."""

    question: str = ""
    body: str = ""
    edit: int | None = None


@transaction.atomic
def draft_answer(
    *,
    by: Officer,
    mission: Mission,
    sheet: str,
    source_language: str,
    texts: Mapping[str, TextInput],
    question: Question | None = None,
    risk: str = "ordinary",
    wordings: Sequence[tuple[str, str]] = (),
) -> AnswerVersion:
    """Begin an answer, from a question or from nothing. The question's own wording comes along as one
    more way of asking. Raises NotAllowed, Invalid, TooLarge, NotFound."""
    _may_write(by, mission)
    if risk not in RISKS:
        raise Invalid(f"{risk!r} is no risk.", mend=f"One of {', '.join(RISKS)}.", where=[{"field": "risk"}])
    if sheet not in {one.slug for one in facts.sheets_for(by)}:
        raise NotFound(
            f"There is no fact sheet {sheet[:80]!r} that you may see.", mend="Choose one of the list."
        )
    _check(texts)
    if source_language not in texts:
        raise Invalid(
            f"There is no text in the source language {source_language!r}.",
            where=[{"field": f"texts.{source_language}", "message": "missing"}],
        )
    answer = _new(mission, sheet, risk, source_language)
    version = AnswerVersion.objects.create(answer=answer, number=1, question=question.ref if question else "")
    AnswerText.objects.bulk_create(
        AnswerText(version=version, lang=lang, question=one.question, body=one.body, edited_by=by.audit_name)
        for lang, one in texts.items()
    )
    asked = [(question.example_lang, question.example)] if question and question.example else []
    _put_wordings(version, [*asked, *wordings])
    version.writers.add(by)
    if question is not None:
        _take_up(by, question)
    return refresh(by=by, version=version, verb="draft_answer", before="")


@transaction.atomic
def draft_next(*, by: Officer, answer: Answer, note: Mapping[str, str], question: str = "") -> AnswerVersion:
    """The next version of an answer, with the texts of the newest to begin from. What was approved stands
    until the new one is. `note` says by language what has changed."""
    _may_write(by, answer.mission)
    answer = Answer.objects.select_for_update().select_related("mission").get(pk=answer.pk)
    base = AnswerVersion.objects.filter(answer=answer, texts__isnull=False).first()
    try:
        with transaction.atomic():
            version = AnswerVersion.objects.create(
                answer=answer,
                number=answer.newest + 1,
                question=question or (base.question if base else ""),
                note={lang: words.strip() for lang, words in note.items() if words.strip()},
            )
    except IntegrityError:
        raise Conflict(
            f"{answer.ref} has an open draft already.", mend="Go on with that one.", code="open-draft"
        ) from None
    for text in base.texts.all() if base else ():
        AnswerText.objects.create(
            version=version, lang=text.lang, question=text.question, body=text.body, edited_by=text.edited_by
        )
    _put_wordings(version, [(one.lang, one.text) for one in base.wordings.all()] if base else [])
    version.writers.add(by)
    return refresh(by=by, version=version, verb="draft_next", before="")


@transaction.atomic
def edit_answer(
    *,
    by: Officer,
    version: AnswerVersion,
    texts: Mapping[str, TextInput] | None = None,
    wordings: Sequence[tuple[str, str]] | None = None,
    note: Mapping[str, str] | None = None,
    risk: str | None = None,
) -> AnswerVersion:
    """Change what is given, and nothing else. Any change voids every yes. A text without a word in it is
    taken out. Raises Conflict, with the other's text in `where`, when a text has moved on since `edit`."""
    version = _editable(by, version)
    if texts is not None:
        _write(by, version, texts)
    if wordings is not None:
        _put_wordings(version, wordings)
    if note is not None:
        version.note = {lang: words.strip() for lang, words in note.items() if words.strip()}
        version.save(update_fields=["note", "updated"])
    if risk is not None and risk != version.answer.risk:
        if risk not in RISKS:
            raise Invalid(f"{risk!r} is no risk.", where=[{"field": "risk"}])
        Answer.objects.filter(pk=version.answer_id).update(risk=risk)
        version.answer.risk = risk
    version.writers.add(by)
    return refresh(by=by, version=version, verb="edit_answer", data={"languages": sorted(texts or ())})


@transaction.atomic
def submit_answer(*, by: Officer, version: AnswerVersion) -> AnswerVersion:
    """Hand it in for review."""
    version = _editable(by, version)
    version.move_to("review", frm="draft")
    touch(version)
    _note(by, "submit_answer", version, after=version.digest)
    return version


@transaction.atomic
def return_answer(*, by: Officer, version: AnswerVersion, why: str) -> AnswerVersion:
    """Send it back to its writers, with a reason."""
    version = _editable(by, version)
    if not why.strip():
        raise Invalid("Say what to change.", where=[{"field": "why", "message": "missing"}])
    version.move_to("draft", frm="review")
    touch(version)
    _note(by, "return_answer", version, why=why.strip())
    return version


@transaction.atomic
def discard_answer(*, by: Officer, version: AnswerVersion, why: str) -> AnswerVersion:
    """Give up a version that was never approved; what was approved before stands."""
    version = _editable(by, version)
    version.move_to("discarded", frm=states_answers.OPEN)
    touch(version)
    _note(by, "discard_answer", version, why=why.strip())
    return version


def refresh(
    *,
    by: Actor,
    version: AnswerVersion,
    verb: str,
    before: str | None = None,
    data: dict[str, object] | None = None,
) -> AnswerVersion:
    """After any change, in its transaction: citations, digest, approvals, list row, audit."""
    was = version.digest if before is None else before
    _cite(by, version)
    version.digest = reading.digest_of(version)
    version.rules_version = reading.rule_set().version
    version.save(update_fields=["digest", "rules_version", "updated"])
    if version.digest != was:
        standing = AnswerApproval.objects.filter(version=version, voided_at__isnull=True)
        standing.update(voided_at=clock.now(), void_reason=f"{by.audit_name} changed it"[:300])
    touch(version)
    _note(by, verb, version, before=was, after=version.digest, data=data)
    return version


def touch(version: AnswerVersion) -> None:
    """Bring the answer's list row up to its newest version that was not given up."""
    answer = version.answer
    newest = answer.versions.exclude(state="discarded").first() or version
    source = newest.texts.filter(lang=answer.source_language).first()
    answer.state, answer.changed = newest.state, clock.now()
    answer.newest = max(answer.newest, version.number)
    answer.title = source.question if source and source.question else answer.title
    answer.save(update_fields=["state", "newest", "title", "changed", "updated"])


def _new(mission: Mission, sheet: str, risk: str, lang: str) -> Answer:
    while True:
        ref = refs.new_ref("A")
        if not Answer.objects.filter(ref=ref).exists():
            return Answer.objects.create(
                ref=ref, mission=mission, sheet=sheet, risk=risk, source_language=lang, changed=clock.now()
            )


def _take_up(by: Officer, question: Question) -> None:
    """The board shows that somebody is writing."""
    row = Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if row.state == "open":
        row.move_to("drafting", frm="open", assignee=row.assignee or by)


def _write(by: Officer, version: AnswerVersion, texts: Mapping[str, TextInput]) -> None:
    _check(texts)
    present = {text.lang: text for text in version.texts.select_for_update()}
    _check_edits(texts, present)
    for lang, given in texts.items():
        text = present.get(lang) or AnswerText(version=version, lang=lang, edit=0)
        if not given.question.strip() and not given.body.strip():
            if lang == version.answer.source_language:
                raise Invalid("The source language cannot be empty.", where=[{"field": f"texts.{lang}"}])
            if text.pk:
                text.delete()
            continue
        if text.pk and (text.question, text.body) == (given.question, given.body):
            continue
        text.question, text.body, text.edited_by = given.question, given.body, by.audit_name
        text.edit += 1
        text.save()


def _check(texts: Mapping[str, TextInput]) -> None:
    if not texts:
        raise Invalid("There is no text.", where=[{"field": "texts", "message": "missing"}])
    for lang, text in texts.items():
        if not statement_rules.is_language(lang):
            raise Invalid(
                f"{lang[:40]!r} is no language code such as en or zh-Hant.", where=[{"field": "lang"}]
            )
        for name, words, limit in (
            ("question", text.question, rules.QUESTION_LIMIT),
            ("body", text.body, rules.BODY_LIMIT),
        ):
            field = f"texts.{lang}.{name}"
            if len(words) > limit:
                said = f"{len(words):,} characters; at most {limit:,} are taken."
                raise TooLarge(
                    f"{field}: {said}", mend="Shorten it.", where=[{"field": field, "message": said}]
                )
            if "\x00" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
                raise Invalid(f"{field} has a character that no text may hold.", where=[{"field": field}])


def _check_edits(texts: Mapping[str, TextInput], present: Mapping[str, AnswerText]) -> None:
    where = [
        {
            "field": f"texts.{lang}",
            "message": f"{present[lang].edited_by} saved it after you read it",
            "edit": present[lang].edit,
            "question": present[lang].question,
            "body": present[lang].body,
        }
        for lang, given in texts.items()
        if lang in present and given.edit is not None and given.edit != present[lang].edit
    ]
    if where:
        raise Conflict(
            f"{where[0]['message']}. Nothing of either text is lost.",
            mend="Compare the two, and save again.",
            code="edited-by-another",
            where=where,
        )


def _put_wordings(version: AnswerVersion, wordings: Sequence[tuple[str, str]]) -> None:
    if len(wordings) > rules.WORDINGS_LIMIT:
        raise TooLarge(f"{len(wordings)} wordings; at most {rules.WORDINGS_LIMIT} are taken.")
    version.wordings.all().delete()
    rows = []
    for lang, words in wordings:
        text = markdown.one_line(words)[: rules.WORDING_LIMIT]
        if not text:
            continue
        if lang != "und" and not statement_rules.is_language(lang):
            raise Invalid(f"{lang[:40]!r} is no language code.", where=[{"field": "wordings"}])
        rows.append(AnswerWording(version=version, lang=lang, text=text, digest=normal.digest(text)))
    AnswerWording.objects.bulk_create(rows, ignore_conflicts=True)


def _cite(by: Actor, version: AnswerVersion) -> None:
    """Each fact that a text cites, at its current version. What no sheet has is left out: FCT-1 names it."""
    seen = set(facts.sheets_seen(by)) if isinstance(by, Officer) else None
    before = set(version.citations.values_list("fact__sheet_id", flat=True))
    found: dict[str, Fact] = {}
    for text in version.texts.all():
        for cite in markdown.citations(text.body):
            full = cite if "/" in cite else f"{version.answer.sheet}/{cite}"
            try:
                fact = facts.resolve(full)
            except NotFound:
                continue
            if seen is None or fact.sheet_id in seen | before:
                found[full] = fact
    for fact in found.values():
        facts_actions.mark_cited(by=by, fact=fact)
    version.citations.all().delete()
    AnswerCitation.objects.bulk_create(
        AnswerCitation(version=version, cite=cite, fact=fact) for cite, fact in found.items()
    )


def _editable(by: Officer, version: AnswerVersion) -> AnswerVersion:
    row = (
        AnswerVersion.objects.select_for_update(of=("self",))
        .select_related("answer__mission")
        .get(pk=version.pk)
    )
    _may_write(by, row.answer.mission)
    if row.state not in states_answers.OPEN:
        raise Conflict(
            f"Version {row.number} is {row.state}; what was approved is never edited.",
            mend="Begin the next version.",
            code="wrong-state",
        )
    return row


def _may_write(by: Officer, mission: Mission) -> None:
    if not any(by.may(role, mission) for role in WRITERS):
        raise NotAllowed(f"You may not write for {mission.name}.", mend="Ask its administrator for a role.")


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
