"""Telling people: the press and its ten seconds, what is ready, what changed, what goes by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.inbox.actions import answering, auto_sending, changed_facts
from dragoman.inbox.models import Reply, Send
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_panel as panels
from dragoman.inbox.queries import changed_facts as changes
from dragoman.inbox.queries.questions import question_of
from dragoman.inbox.views.common import officer_of, refused, said
from dragoman.lib.problems import NotFound, Problem
from dragoman.staff.models import Officer

SENDERS = ("approver", "releaser")


@allow(*SENDERS)
@require_POST
def press(request: HttpRequest) -> HttpResponse:
    """One press for a whole question."""
    officer = officer_of(request)
    question = question_of(officer, request.POST.get("question", ""))

    def deed() -> str:
        answer = reads.answer_of(officer, request.POST.get("answer", ""))
        fallback = request.POST.get("fallback", "")
        answering.answer_question(by=officer, question=question, answer=answer, fallback=fallback)
        return "It leaves in ten seconds. Until then you can undo it."

    return _do(request, deed, reverse("inbox:question", args=[question.ref]))


@allow.officer
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One press: how far it is, and whom it could not tell."""
    send = answering.send_of(officer_of(request), pk)
    context = {
        "send": send,
        "progress": panels.progress([send])[0],
        "cannot": panels.cannot(send),
        "may_send": _may(officer_of(request), send),
    }
    return render(request, "inbox/send.html", context)


@allow.officer
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The same, as the piece of a page that asks for it every second."""
    officer = officer_of(request)
    send = answering.send_of(officer, pk)
    context = {"progress": panels.progress([send])[0], "may_send": _may(officer, send)}
    return render(request, "inbox/_send.html", context)


@allow(*SENDERS)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Within ten seconds."""
    officer = officer_of(request)
    send = answering.send_of(officer, pk)

    def deed() -> str:
        answering.undo_send(by=officer, send=send)
        return "Undone. Nothing has left."

    return _do(request, deed, _home(send))


@allow(*SENDERS)
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """The rest does not leave."""
    officer = officer_of(request)
    send = answering.send_of(officer, pk)

    def deed() -> str:
        answering.stop_send(by=officer, send=send, why=request.POST.get("why", ""))
        return "Stopped. What had left, has left; the rest stays."

    return _do(request, deed, _home(send))


@allow(*SENDERS)
@require_POST
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """An officer has answered by hand."""
    officer = officer_of(request)
    reply = Reply.objects.filter(pk=pk).select_related("send").first()
    if reply is None:
        raise NotFound("There is no such reply.")
    send = answering.send_of(officer, reply.send_id)

    def deed() -> str:
        answering.mark_told(by=officer, reply=reply)
        return "Marked as answered by hand."

    return _do(request, deed, reverse("inbox:send", args=[send.pk]))


@allow(*SENDERS)
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """What triage laid ready, for a person's yes."""
    context = {"ready": panels.ready_for(officer_of(request))}
    return render(request, "inbox/ready.html", context)


@allow(*SENDERS)
@require_POST
def send_ready(request: HttpRequest) -> HttpResponse:
    """The yes, to those that are ticked."""
    officer = officer_of(request)
    chosen = [int(pk) for pk in request.POST.getlist("message") if pk.isdecimal() and len(pk) < 19]

    def deed() -> str:
        sends = answering.send_ready(by=officer, messages=chosen)
        many = sum(send.replies.count() for send in sends)
        return f"{many} {'answers leave' if many != 1 else 'answer leaves'} in ten seconds."

    return _do(request, deed, reverse("inbox:ready"))


@allow.officer
@require_GET
def changed(request: HttpRequest) -> HttpResponse:
    """Facts that changed or end, with every text that leans on them."""
    officer = officer_of(request)
    context = {"changed": changes.changed_facts(officer), "may_send": officer.has_role(*SENDERS)}
    return render(request, "inbox/changed_facts.html", context)


@allow(*SENDERS)
@require_POST
def correct(request: HttpRequest, ref: str) -> HttpResponse:
    """Tell those who heard the old text."""
    officer = officer_of(request)
    answer = reads.answer_of(officer, ref)

    def deed() -> str:
        send = changed_facts.correct_told(by=officer, answer=answer)
        return f"{send.replies.count()} corrections leave in ten seconds. Until then you can undo it."

    return _do(request, deed, reverse("inbox:answer", args=[answer.ref]))


@allow(*SENDERS)
@require_POST
def auto_on(request: HttpRequest, ref: str) -> HttpResponse:
    """Let exact copies be answered by the clock."""
    officer = officer_of(request)
    answer = reads.answer_of(officer, ref)
    days, cap = request.POST.get("days", ""), request.POST.get("daily_cap", "")

    def deed() -> str:
        until = clock.now() + timedelta(days=int(days) if days.isdecimal() and len(days) < 4 else 0)
        limit = int(cap) if cap.isdecimal() and len(cap) < 7 else 0
        auto_sending.switch_on(by=officer, answer=answer, until=until, daily_cap=limit)
        return "From now on exact copies of the approved wordings are answered by themselves."

    return _do(request, deed, reverse("inbox:answer", args=[answer.ref]))


@allow(*SENDERS)
@require_POST
def auto_off(request: HttpRequest, ref: str) -> HttpResponse:
    """Stop it now."""
    officer = officer_of(request)
    answer = reads.answer_of(officer, ref)

    def deed() -> str:
        auto_sending.switch_off(by=officer, answer=answer, why=request.POST.get("why", ""))
        return "Stopped. Nothing goes by itself."

    return _do(request, deed, reverse("inbox:answer", args=[answer.ref]))


def _do(request: HttpRequest, deed: Callable[[], str], there: str) -> HttpResponse:
    try:
        said(request, deed())
    except Problem as problem:
        refused(request, problem)
    return redirect(there)


def _home(send: Send) -> str:
    if send.question is not None:
        return reverse("inbox:question", args=[send.question.ref])
    return reverse("inbox:answer", args=[send.version.answer.ref])


def _may(officer: Officer, send: Send) -> bool:
    return any(officer.may(role, send.version.answer.mission) for role in SENDERS)
