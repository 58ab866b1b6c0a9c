"""Messages: the list, one of them, and what an officer may say or do about it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dragoman.base.access import allow
from dragoman.channels.models import Channel
from dragoman.inbox import keeping, reading
from dragoman.inbox.actions import care, help_calls, questions, teaching
from dragoman.inbox.forms_person import PersonForm
from dragoman.inbox.models import Message
from dragoman.inbox.queries import help_calls as calls
from dragoman.inbox.queries import messages as reads
from dragoman.inbox.queries import search
from dragoman.inbox.triage.values import KINDS
from dragoman.inbox.views.common import officer_of, refused, said
from dragoman.lib.problems import Problem
from dragoman.lib.text.languages import language_name
from dragoman.staff.models import Mission, Officer

WORKERS = ("author", "approver", "releaser")
LANGUAGES = (
    *("ar", "az", "be", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hu"),
    *("hy", "id", "it", "ja", "ka", "kk", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sr"),
    *("sv", "th", "tr", "uk", "ur", "uz", "vi", "zh", "und"),
)


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All messages that this officer may see, newest first."""
    officer = officer_of(request)
    filters = _filters(request)
    after = request.GET.get("after", "")
    find = search.found if filters.q else reads.page
    context = {
        "page": find(officer, filters, after=after),
        "filters": filters,
        "states": list(STATES.items()),
        "kinds": KINDS,
        "languages": sorted(
            ((code, _language(code)) for code in LANGUAGES), key=lambda pair: (pair[0] == "und", pair[1])
        ),
        "channels": reads.channels_of(officer),
        "missions": list(Mission.objects.visible_to(officer)),
        "backlog": reads.backlog(),
        "missing": reading.missing(),
        "alarm": calls.alarm(officer),
    }
    return render(request, "inbox/messages.html", context)


@allow.officer
@require_GET
@never_cache
def backlog(request: HttpRequest) -> HttpResponse:
    """How far taking in and triage are behind; asked every few seconds by the list."""
    context = {"backlog": reads.backlog(), "missing": reading.missing()}
    return render(request, "inbox/_backlog.html", context)


@allow.officer
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One message, with what was judged of it and how."""
    officer = officer_of(request)
    return _page(request, officer, reads.message_of(officer, pk))


@allow("author", "approver", "releaser")
@require_POST
@never_cache
def author(request: HttpRequest, pk: int) -> HttpResponse:
    """Who wrote this one message: shown once, for a reason that stays."""
    officer = officer_of(request)
    message = reads.message_of(officer, pk)
    try:
        writer = care.open_author(by=officer, message=message, why=request.POST.get("why", ""))
    except Problem as problem:
        refused(request, problem)
        return redirect("inbox:message", pk=pk)
    return _page(request, officer, message, writer=writer)


@allow("author", "approver", "releaser")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """What an officer says of a judgement: its kind, its language, whether the answer fits."""

    def deed(officer: Officer, message: Message) -> str:
        what, decided = request.POST.get("what", ""), request.POST.get("decided", "").strip()
        teaching.decide(by=officer, what=what, message=message, decided=decided)
        return "Kept. The machine learns from it."

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def call_for_help(request: HttpRequest, pk: int) -> HttpResponse:
    """It is a call for help, whatever the machine said."""
    officer = officer_of(request)
    message = reads.message_of(officer, pk)
    try:
        call = help_calls.call_for_help(by=officer, message=message)
    except Problem as problem:
        refused(request, problem)
        return redirect("inbox:message", pk=pk)
    return redirect("inbox:help_call", pk=call.pk)


@allow("author", "approver", "releaser")
@require_POST
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide it on a ground of the list, and go on in private."""

    def deed(officer: Officer, message: Message) -> str:
        hidden = care.hide(by=officer, message=message, ground=request.POST.get("ground", ""))
        return f"Hidden on the desk. {hidden.to_do}".strip()

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def show_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the hiding back."""

    def deed(officer: Officer, message: Message) -> str:
        care.show_again(by=officer, message=message, why=request.POST.get("why", ""))
        return "It is shown again."

    return _do(request, pk, deed)


@allow("author", "approver", "releaser")
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Words to colleagues."""

    def deed(officer: Officer, message: Message) -> str:
        questions.add_note(by=officer, message=message, text=request.POST.get("text", ""))
        return "Noted."

    return _do(request, pk, deed)


@allow("administrator")
def person(request: HttpRequest) -> HttpResponse:
    """What one person may ask for: all that is kept of them, or that it be erased."""
    officer = officer_of(request)
    form = PersonForm(request.POST or None, channels=_channels(officer))
    if request.method == "POST" and form.is_valid():
        handle, channel = form.cleaned_data["handle"], form.cleaned_data["channel"]
        try:
            if request.POST.get("deed") == "export":
                return _export(care.export_person(by=officer, handle=handle, channel=channel), channel)
            many = care.erase_person(by=officer, handle=handle, channel=channel, why=form.cleaned_data["why"])
        except Problem as problem:
            refused(request, problem)
        else:
            said(
                request,
                f"{many} message{'' if many == 1 else 's'} erased. Replies not yet out were cancelled.",
            )
            return redirect("inbox:person")
    return render(request, "inbox/person.html", {"form": form, "kept": keeping.in_words()})


STATES = {
    "new": "Not read yet",
    "open": "Open",
    "ready": "Answer ready",
    "help": "Call for help",
    "answered": "Answered",
    "closed": "Closed",
}


def _page(request: HttpRequest, officer: Officer, message: Message, writer: object = None) -> HttpResponse:
    call = getattr(message, "help_call", None)
    context = {
        "whole": reads.whole(officer, message),
        "message": message,
        "call": call,
        "writer": writer,
        "state_word": STATES.get(message.state, message.state),
        "kinds": [kind for kind in KINDS if kind != "help"],
        "grounds": care.GROUNDS.items(),
        "kept": keeping.in_words(),
        "may_work": any(officer.may(role, message.mission) for role in WORKERS),
    }
    return render(request, "inbox/message.html", context)


def _do(request: HttpRequest, pk: int, deed: Callable[[Officer, Message], str]) -> HttpResponse:
    officer = officer_of(request)
    message = reads.message_of(officer, pk)
    try:
        said(request, deed(officer, message))
    except Problem as problem:
        refused(request, problem)
    return redirect("inbox:message", pk=pk)


def _filters(request: HttpRequest) -> reads.Filters:
    given = request.GET
    return reads.Filters(
        state=given.get("state", "") if given.get("state", "") in STATES else "",
        kind=given.get("kind", "") if given.get("kind", "") in KINDS else "",
        lang=_plain(given.get("lang", ""), 35),
        country=_plain(given.get("country", ""), 2).upper(),
        channel=_plain(given.get("channel", ""), 60),
        mission=_plain(given.get("mission", ""), 60),
        personal=bool(given.get("personal")),
        private=bool(given.get("private")),
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
        q=given.get("q", "").replace("\0", " ").strip()[:200],
    )


def _plain(value: str, longest: int) -> str:
    kept = "".join(char for char in value if char.isalnum() or char in "-_")
    return kept[:longest]


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _language(code: str) -> str:
    return "Not known" if code == "und" else language_name(code)


def _channels(officer: Officer) -> list[Channel]:
    here = officer.missions_with("administrator")
    return list(Channel.objects.filter(mission__in=here).order_by("label"))


def _export(kept: list[care.Kept], channel: Channel) -> HttpResponse:
    lines = StringIO()
    table = csv.writer(lines)
    table.writerow(("channel", "written", "private", "state", "answered", "address", "text"))
    for one in kept:
        text = f"'{one.text}" if one.text[:1] in ("=", "+", "-", "@", "\t") else one.text
        answered = one.answered_at.isoformat() if one.answered_at else ""
        private = "yes" if one.private else "no"
        table.writerow((one.channel, one.at.isoformat(), private, one.state, answered, one.url, text))
    answer = HttpResponse(lines.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="person-{channel.slug}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
