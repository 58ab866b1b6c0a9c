"""Calls for help: the consular queue, which announces what is new, and one call."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dragoman.base.access import allow
from dragoman.inbox.actions import help_calls as deeds
from dragoman.inbox.models import HelpCall
from dragoman.inbox.queries import help_calls as reads
from dragoman.inbox.queries import messages
from dragoman.inbox.views.common import officer_of, refused, said
from dragoman.lib.problems import Invalid, Problem
from dragoman.staff.models import Officer

WORKERS = ("author", "approver", "releaser")


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The queue: what nobody has taken first, by the time it is due."""
    return render(request, "inbox/help.html", _context(request))


@allow.officer
@require_GET
@never_cache
def rows(request: HttpRequest) -> HttpResponse:
    """The same list and the count for the title, asked every few seconds; what is new is said aloud."""
    context = _context(request)
    newest, seen = context["newest"], request.GET.get("seen", "")
    context["announce"] = (
        bool(newest) and seen.isascii() and seen.isdigit() and int(seen[:18]) < int(str(newest))
    )
    return render(request, "inbox/_help_poll.html", context)


@allow.officer
@require_GET
@never_cache
def banner(request: HttpRequest) -> HttpResponse:
    """The alarm that other pages show."""
    return render(request, "inbox/_alarm.html", {"alarm": reads.alarm(officer_of(request))})


@allow.officer
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One call."""
    officer = officer_of(request)
    call = reads.call_of(officer, pk)
    context = {
        "call": call,
        "line": reads.as_line(call),
        "whole": messages.whole(officer, call.message),
        "message": call.message,
        "helpers": [one for one in reads.helpers(call) if one.pk != call.owner_id],
        "open": call.state in ("waiting", "taken"),
        "may_work": any(officer.may(role, call.mission) for role in WORKERS),
    }
    return render(request, "inbox/help_call.html", context)


@allow("author", "approver", "releaser")
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """I look after it."""

    def deed(officer: Officer, call: HelpCall) -> str:
        deeds.take_call(by=officer, call=call)
        return "You have it."

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else looks after it."""

    def deed(officer: Officer, call: HelpCall) -> str:
        name = request.POST.get("officer", "")
        to = next((one for one in reads.helpers(call) if one.username == name), None)
        if to is None:
            raise Invalid("Choose to whom.", where=[{"field": "officer", "message": "not on the list"}])
        deeds.hand_over_call(by=officer, call=call, to=to, why=request.POST.get("why", "").strip())
        return f"{to} has it now."

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """It is done, with what was done."""

    def deed(officer: Officer, call: HelpCall) -> str:
        deeds.finish_call(by=officer, call=call, outcome=request.POST.get("outcome", ""))
        return "Done, and kept."

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Not a call for help: back to the questions."""

    def deed(officer: Officer, call: HelpCall) -> str:
        deeds.dismiss_call(by=officer, call=call, why=request.POST.get("why", ""))
        return "It is back among the questions, and the machine learns from it."

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """It was not over."""

    def deed(officer: Officer, call: HelpCall) -> str:
        deeds.reopen_call(by=officer, call=call, why=request.POST.get("why", ""))
        return "It is open again."

    return _do(request, pk, deed)


def _context(request: HttpRequest) -> dict[str, object]:
    officer = officer_of(request)
    show_what = request.GET.get("show", "open")
    show_what = show_what if show_what in reads.SHOWN else "open"
    before = request.GET.get("before", "")
    number = int(before[:18]) if before.isascii() and before.isdigit() else 0
    queue = reads.queue(officer, show=show_what, before=number)
    words = {"open": "Open", "mine": "Mine", "done": "Done", "not_help": "Not a call for help"}
    return {
        "queue": queue,
        "show": show_what,
        "shows": [(name, word, queue.counts[name]) for name, word in words.items()],
        "alarm": reads.alarm(officer),
        "newest": max((line.call.pk for line in queue.lines), default=0),
        "announce": False,
    }


def _do(request: HttpRequest, pk: int, deed: Callable[[Officer, HelpCall], str]) -> HttpResponse:
    officer = officer_of(request)
    call = reads.call_of(officer, pk)
    try:
        said(request, deed(officer, call))
    except Problem as problem:
        refused(request, problem)
    return redirect("inbox:help") if request.POST.get("back") else redirect("inbox:help_call", pk=pk)
