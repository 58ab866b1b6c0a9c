"""One question: what people wrote, what it touches, who has it, and the deeds on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.inbox.actions import questions as deeds
from dragoman.inbox.models import Question
from dragoman.inbox.queries import questions as reads
from dragoman.inbox.views.common import officer_of, refused, said
from dragoman.lib.problems import Invalid, Problem
from dragoman.staff.models import Officer

WORKERS = ("author", "approver", "releaser")
SNOOZES = {"hour": timedelta(hours=1), "four": timedelta(hours=4), "week": timedelta(days=7)}


@allow.officer
@require_GET
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """The question. One that was merged leads to the question that took it."""
    officer = officer_of(request)
    question = reads.question_of(officer, ref)
    if question.state == "merged" and question.merged_into is not None:
        return redirect("inbox:question", ref=question.merged_into.ref)
    named, few = reads.places(question)
    return render(
        request,
        "inbox/question.html",
        {
            "question": question,
            "messages_shown": reads.spread(question),
            "places": named,
            "few": few,
            "facts": reads.facts_of(question),
            "notes": reads.notes_of(question),
            "history": reads.history_of(question),
            "near": reads.near(question),
            "colleagues": reads.colleagues(question),
            "others_here": reads.here(question, officer),
            "may_work": any(officer.may(role, question.mission) for role in WORKERS),
        },
    )


@allow.officer
@require_GET
def here(request: HttpRequest, ref: str) -> HttpResponse:
    """Who else has this question open. Asked every few seconds by the page."""
    officer = officer_of(request)
    question = reads.question_of(officer, ref)
    context = {"others_here": reads.here(question, officer), "question": question}
    return render(request, "inbox/_here.html", context)


@allow.officer
@require_GET
def people(request: HttpRequest, ref: str) -> HttpResponse:
    """All that was written, fifty at a time; the place to choose what to split off."""
    officer = officer_of(request)
    question = reads.question_of(officer, ref)
    before = request.GET.get("before", "")
    rows, after = reads.messages_page(
        question,
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
        lang=request.GET.get("lang", "")[:35],
    )
    return render(
        request,
        "inbox/people.html",
        {"question": question, "rows": rows, "after": after, "lang": request.GET.get("lang", "")},
    )


@allow(*WORKERS)
@require_POST
def assign(request: HttpRequest, ref: str) -> HttpResponse:
    """Take it, give it to a colleague, or let it go."""

    def deed(officer: Officer, question: Question) -> str:
        name = request.POST.get("officer", "")
        to = officer if name == "me" else None
        if name not in ("", "me"):
            to = Officer.objects.filter(username=name, is_active=True).first()
            if to is None:
                raise Invalid("There is no such officer.", where=[{"field": "officer"}])
        deeds.assign_question(by=officer, question=question, to=to)
        return f"Given to {to}." if to else "Nobody has it now."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def rename(request: HttpRequest, ref: str) -> HttpResponse:
    """The house's words for it."""

    def deed(officer: Officer, question: Question) -> str:
        deeds.rename_question(by=officer, question=question, title=request.POST.get("title", ""))
        return "Renamed."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def snooze(request: HttpRequest, ref: str) -> HttpResponse:
    """Out of the way for a while."""

    def deed(officer: Officer, question: Question) -> str:
        until = _until(request.POST.get("until", ""), question.mission.zone)
        deeds.snooze_question(by=officer, question=question, until=until)
        local = until.astimezone(ZoneInfo(question.mission.zone))
        return f"It comes back on {local:%d %b, %H:%M} ({question.mission.zone})."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def close(request: HttpRequest, ref: str) -> HttpResponse:
    """No answer, for a reason."""

    def deed(officer: Officer, question: Question) -> str:
        deeds.close_question(by=officer, question=question, why=request.POST.get("why", ""))
        return "Closed. It can be opened again."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def reopen(request: HttpRequest, ref: str) -> HttpResponse:
    """Back onto the board."""

    def deed(officer: Officer, question: Question) -> str:
        deeds.reopen_question(by=officer, question=question)
        return "It is on the board again."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def merge(request: HttpRequest, ref: str) -> HttpResponse:
    """Other questions that ask the same."""

    def deed(officer: Officer, question: Question) -> str:
        names = [name for text in request.POST.getlist("others") for name in text.replace(",", " ").split()]
        if not names:
            raise Invalid("Name the question to merge in, such as Q-7f3kx.", where=[{"field": "others"}])
        version = request.POST.get("version", "")
        others = [reads.question_of(officer, name) for name in names[:50]]
        deeds.merge_questions(
            by=officer, into=question, others=others, version=int(version) if version.isdecimal() else 0
        )
        return f"{len(others)} merged in."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def split(request: HttpRequest, ref: str) -> HttpResponse:
    """The chosen messages become a question of their own."""
    made: list[Question] = []

    def deed(officer: Officer, question: Question) -> str:
        chosen = [int(pk) for pk in request.POST.getlist("message") if pk.isdecimal() and len(pk) < 19]
        made.append(
            deeds.split_question(
                by=officer, question=question, messages=chosen, title=request.POST.get("title", "")
            )
        )
        return f"{len(chosen)} messages are now {made[0].ref}."

    answer = _do(request, ref, deed)
    return redirect("inbox:question", ref=made[0].ref) if made else answer


@allow(*WORKERS)
@require_POST
def note(request: HttpRequest, ref: str) -> HttpResponse:
    """Words to colleagues."""

    def deed(officer: Officer, question: Question) -> str:
        deeds.add_note(by=officer, text=request.POST.get("text", ""), question=question)
        return "Noted."

    return _do(request, ref, deed)


def _do(request: HttpRequest, ref: str, deed: Callable[[Officer, Question], str]) -> HttpResponse:
    """One deed on one question, and back to where it was pressed; a refusal is shown there."""
    officer = officer_of(request)
    question = reads.question_of(officer, ref)
    try:
        said(request, deed(officer, question))
    except Problem as problem:
        refused(request, problem)
    back = request.POST.get("back", "")
    if back == "board":
        return redirect(reverse("inbox:questions"))
    return redirect("inbox:question", ref=question.ref)


def _until(choice: str, zone: str) -> datetime:
    now = clock.now()
    if choice in SNOOZES:
        return now + SNOOZES[choice]
    local = now.astimezone(ZoneInfo(zone))
    if choice == "morning":
        return (local + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    try:
        given = datetime.fromisoformat(choice)
    except ValueError:
        raise Invalid("Say until when, such as 2026-11-30T09:00.", where=[{"field": "until"}]) from None
    return given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))
