"""What the host's pages share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Problem
from dragoman.negotiations.models import Process, Round
from dragoman.negotiations.queries import desk
from dragoman.staff.models import Officer


def officer_of(request: HttpRequest) -> Officer:
    """The signed-in officer; the access rule has seen to it that there is one."""
    if not isinstance(request.user, Officer):
        raise NotAllowed("Sign in first.")
    return request.user


def said(request: HttpRequest, words: str) -> None:
    """A line that the next page shows."""
    messages.success(request, words)


def refused(request: HttpRequest, problem: Problem) -> None:
    """A refusal that the next page shows, with how to mend it."""
    messages.error(request, f"{problem.title}. {problem.detail} {problem.mend}".strip())


def round_of(officer: Officer, ref: str, number: int) -> Round:
    """A round of the officer's talks. Raises NotFound alike for none and for another mission's."""
    found = desk.process(officer, ref).rounds.filter(number=number).first()
    if found is None:
        raise NotFound(f"There is no round {number} in these talks.")
    return found


def for_process(request: HttpRequest, ref: str, deed: Callable[[Officer, Process], str]) -> HttpResponse:
    """Do a deed on a process and show its page, with what came of it."""
    officer = officer_of(request)
    process = desk.process(officer, ref)
    try:
        said(request, deed(officer, process))
    except Problem as problem:
        refused(request, problem)
    return redirect("negotiations:process", ref=process.ref)


def for_round(
    request: HttpRequest, ref: str, number: int, deed: Callable[[Officer, Round], str]
) -> HttpResponse:
    """Do a deed on a round and show its page, with what came of it."""
    officer = officer_of(request)
    found = round_of(officer, ref, number)
    try:
        said(request, deed(officer, found))
    except Problem as problem:
        refused(request, problem)
    return redirect("negotiations:round", ref=ref, number=number)


def moment_of(text: str, zone: str, field: str) -> datetime | None:
    """What a date-and-time field of a browser sends, on the clock of the talks; empty is None."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "That is no time.", mend="Such as 2026-11-30T09:00.", where=[{"field": field}]
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
