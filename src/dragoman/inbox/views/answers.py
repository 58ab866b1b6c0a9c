"""The library of answers, and one answer: written, read, approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dragoman.base.access import allow
from dragoman.facts import queries as facts
from dragoman.inbox import answer_rules as rules
from dragoman.inbox.actions import answering, answers, answers_review, changed_facts
from dragoman.inbox.actions.answers import TextInput
from dragoman.inbox.models import AnswerVersion, Question
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_findings as findings
from dragoman.inbox.queries import answers_pages as pages
from dragoman.inbox.queries import changed_facts as changes
from dragoman.inbox.queries.questions import question_of
from dragoman.inbox.views.common import officer_of, refused, said
from dragoman.lib.problems import NotFound, Problem
from dragoman.staff.models import Mission, Officer
from dragoman.staff.stepup import step_up

WRITERS = ("author", "approver", "releaser")
READERS = ("approver", "releaser")
STATES = ("draft", "review", "approved", "withdrawn")


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The library: what stands, what is written, what ends soon."""
    officer = officer_of(request)
    sheet, state = request.GET.get("sheet", "")[:80], request.GET.get("state", "")
    context = {
        "rows": reads.rows_for(officer, sheet=sheet, state=state if state in STATES else ""),
        "sheets": facts.sheets_for(officer),
        "states": STATES,
        "filters": {"sheet": sheet, "state": state},
        "to_renew": changes.waiting_count(officer),
        "may_write": officer.has_role(*WRITERS),
    }
    return render(request, "inbox/answers.html", context)


@allow(*WRITERS)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin an answer: from a question its facts and wording come along."""
    officer = officer_of(request)
    ref = request.POST.get("question") or request.GET.get("question", "")
    question = question_of(officer, ref) if ref else None
    problem: Problem | None = None
    if request.method == "POST":
        try:
            version = _begin(officer, request, question)
            return redirect("inbox:answer", ref=version.answer.ref)
        except Problem as refusal:
            problem = refusal
    context = {
        "question": question,
        "problem": problem,
        "given": request.POST,
        "sheets": facts.sheets_for(officer),
        "missions": [one for one in Mission.objects.visible_to(officer) if _may_write(officer, one)],
        "prefilled": _prefilled(question),
    }
    return render(request, "inbox/answer_new.html", context, status=422 if problem else 200)


@allow.officer
@require_GET
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """One answer: its texts by language, what the rules find, who said yes, what changed, where it went."""
    officer = officer_of(request)
    answer = reads.answer_of(officer, ref)
    number = request.GET.get("version", "")
    version = reads.version_of(answer, int(number) if number.isdecimal() and len(number) < 6 else None)
    context = _context(request, officer, version)
    return render(request, "inbox/answer.html", context)


@allow(*WRITERS)
@require_POST
def edit(request: HttpRequest, ref: str) -> HttpResponse:
    """One language, the wordings, or what has changed."""
    post = request.POST
    lang = post.get("lang", "").strip()

    def deed(officer: Officer, version: AnswerVersion) -> str:
        if "wordings" in post:
            answers.edit_answer(by=officer, version=version, wordings=_wordings(post["wordings"]))
            return "The wordings are kept."
        if "note" in post:
            note = {**version.note, lang or version.answer.source_language: post["note"]}
            answers.edit_answer(by=officer, version=version, note=note)
            return "What has changed is kept."
        edit_number = post.get("edit", "")
        text = TextInput(
            question=post.get("question", ""),
            body=post.get("body", "").replace("\r\n", "\n"),
            edit=int(edit_number) if edit_number.isdecimal() else None,
        )
        answers.edit_answer(by=officer, version=version, texts={lang: text})
        return "Kept. Any approval given before is void."

    return _do(request, ref, deed, lang=lang)


@allow(*WRITERS)
@require_POST
def submit(request: HttpRequest, ref: str) -> HttpResponse:
    """Hand it in."""

    def deed(officer: Officer, version: AnswerVersion) -> str:
        answers.submit_answer(by=officer, version=version)
        return "Handed in. A colleague who did not write in it reads and approves."

    return _do(request, ref, deed)


@allow(*WRITERS)
@require_POST
def give_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Back to its writers, with a reason."""

    def deed(officer: Officer, version: AnswerVersion) -> str:
        answers.return_answer(by=officer, version=version, why=request.POST.get("why", ""))
        return "Returned with your note."

    return _do(request, ref, deed)


@allow(*WRITERS)
@require_POST
def discard(request: HttpRequest, ref: str) -> HttpResponse:
    """Give up what was never approved."""

    def deed(officer: Officer, version: AnswerVersion) -> str:
        answers.discard_answer(by=officer, version=version, why=request.POST.get("why", ""))
        return "Given up. What was approved before stands."

    answer = _do(request, ref, deed)
    return redirect("inbox:answers") if answer.status_code == 302 else answer


@allow(*WRITERS)
@require_POST
def renew(request: HttpRequest, ref: str) -> HttpResponse:
    """Begin the next version."""

    def deed(officer: Officer, version: AnswerVersion) -> str:
        changed_facts.renew_answer(by=officer, answer=version.answer)
        return "The next version is open. What stands is told until the new one is approved."

    return _do(request, ref, deed)


@allow(*WRITERS)
@require_POST
def clear(request: HttpRequest, ref: str, key: str) -> HttpResponse:
    """Say why a finding may stand."""

    def deed(officer: Officer, version: AnswerVersion) -> str:
        reason = request.POST.get("reason", "")
        answers_review.clear_finding(by=officer, version=version, key=key, reason=reason)
        return "Your reason is recorded."

    return _do(request, ref, deed)


@allow(*READERS)
@step_up
@require_POST
def approve(request: HttpRequest, ref: str) -> HttpResponse:
    """Yes to the digest that was on the page; with a question's number the answer is sent to it at once."""
    asked = request.POST.get("question", "")

    def deed(officer: Officer, version: AnswerVersion) -> str:
        answers_review.approve_answer(by=officer, version=version, digest=request.POST.get("digest", ""))
        version.refresh_from_db()
        if version.state != "approved":
            return "You approved it. More approvals are wanted."
        if not asked:
            return "Approved. It is in the library, and on its public page in a moment."
        question = question_of(officer, asked)
        fallback = request.POST.get("fallback", "")
        answering.answer_question(by=officer, question=question, answer=version.answer, fallback=fallback)
        return "Approved. It leaves in ten seconds; until then you can undo it."

    answer = _do(request, ref, deed)
    return redirect("inbox:question", ref=asked) if asked else answer


@allow(*READERS)
@step_up
@require_POST
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take the answer back, for a reason that the public reads."""

    def deed(officer: Officer, version: AnswerVersion) -> str:
        reasons = {version.answer.source_language: request.POST.get("why", "")}
        answers_review.withdraw_answer(by=officer, answer=version.answer, reasons=reasons)
        return "Withdrawn. Its page says why; nobody is told it any more."

    return _do(request, ref, deed)


def _do(
    request: HttpRequest, ref: str, deed: Callable[[Officer, AnswerVersion], str], *, lang: str = ""
) -> HttpResponse:
    """One deed on the newest version, and back to its page; a refusal is shown there, and no text is lost."""
    officer = officer_of(request)
    answer = reads.answer_of(officer, ref)
    version = reads.version_of(answer)
    try:
        said(request, deed(officer, version))
    except Problem as problem:
        if "body" in request.POST:
            context = _context(request, officer, version) | {"problem": problem, "given": request.POST}
            return render(request, "inbox/answer.html", context, status=problem.status)
        refused(request, problem)
    there = reverse("inbox:answer", args=[answer.ref])
    return redirect(f"{there}?lang={lang}" if lang else there)


def _context(request: HttpRequest, officer: Officer, version: AnswerVersion) -> dict[str, Any]:
    answer = version.answer
    texts = sorted(version.texts.all(), key=lambda one: (one.lang != answer.source_language, one.lang))
    wanted = request.GET.get("lang") or request.POST.get("lang", "")
    text = next((one for one in texts if one.lang == wanted), texts[0] if texts else None)
    is_open = version.state in ("draft", "review")
    judged = findings.findings(version, action="approve") if is_open else []
    wrote = version.writers.filter(pk=officer.pk).exists()
    chain = answers_review.standing_of(version)
    question = Question.objects.visible_to(officer).filter(ref=version.question).first()
    return {
        "answer": answer,
        "version": version,
        "texts": texts,
        "text": text,
        "new_lang": wanted if wanted and not any(one.lang == wanted for one in texts) else "",
        "html": pages.html_of(text.body, answer.sheet) if text else "",
        "public_url": reads.page_url(answer, text.lang) if text and answer.standing else "",
        "is_open": is_open,
        "may_write": _may_write(officer, answer.mission),
        "may_read": any(officer.may(role, answer.mission) for role in READERS),
        "wrote": wrote,
        "said_yes": version.approvals.filter(officer=officer, voided_at__isnull=True).exists(),
        "findings": judged,
        "in_the_way": [one for one in judged if one.stands_in_the_way],
        "chain": chain,
        "citations": list(version.citations.select_related("fact__sheet")),
        "question": question,
        "missing": findings.missing_languages(version, dict(question.languages)) if question else {},
        "history": pages.history_of(answer),
        "sends": pages.sends_of(answer),
        "auto": pages.auto_of(answer),
        "auto_replies": pages.auto_replies(answer),
        "why_not": reads.why_not_now(version) if version.state == "approved" else "",
        "soon": rules.ends_soon(answer.ends_on, reads.today_of(answer)),
        "told_before": len(changes.told_before(version)) if version.state == "approved" else 0,
        "wordings_text": "\n".join(f"{one.lang}: {one.text}" for one in version.wordings.all()),
    }


def _begin(officer: Officer, request: HttpRequest, question: Question | None) -> AnswerVersion:
    post = request.POST
    seen = Mission.objects.visible_to(officer).filter(slug=post.get("mission", "")[:80])
    mission = question.mission if question else seen.first()
    if mission is None:
        raise NotFound("There is no such mission that you may see.", mend="Choose one of the list.")
    lang = post.get("source_language", "en").strip() or "en"
    texts = {lang: TextInput(question=post.get("asked", ""), body=post.get("body", "").replace("\r\n", "\n"))}
    return answers.draft_answer(
        by=officer,
        mission=mission,
        sheet=post.get("sheet", ""),
        source_language=lang,
        texts=texts,
        question=question,
        risk=post.get("risk", "ordinary"),
    )


def _prefilled(question: Question | None) -> dict[str, str]:
    """What a question brings along: its words, its sheet, and the facts it touches as citations."""
    if question is None:
        return {"asked": "", "body": "", "sheet": ""}
    touched = [facts.resolve(cite) for cite in question.facts[:6]]
    body = "\n\n".join(f"{fact.text_in('en')} [{fact.number}]" for fact in touched)
    sheet = question.sheet or (touched[0].sheet.slug if touched else "")
    asked = question.title or (question.example if question.example_lang == "en" else "")
    return {"asked": asked[: rules.QUESTION_LIMIT], "body": body, "sheet": sheet}


def _wordings(lines: str) -> list[tuple[str, str]]:
    found = []
    for line in lines.splitlines():
        lang, colon, words = line.partition(":")
        if colon and words.strip():
            found.append((lang.strip(), words.strip()))
    return found


def _may_write(officer: Officer, mission: Mission) -> bool:
    return any(officer.may(role, mission) for role in WRITERS)
