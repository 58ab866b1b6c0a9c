"""What all these pages share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dragoman.lib.problems import NotAllowed, Problem
from dragoman.staff.models import Officer
from dragoman.statements.models import Revision, Statement
from dragoman.statements.queries import pages

# Where a statement's own work is, by the state of its newest revision.
WRITTEN_IN = ("draft", "review", "approved")


def officer_of(request: HttpRequest) -> Officer:
    """The signed-in officer; the access rule has seen to it that there is one."""
    if not isinstance(request.user, Officer):
        raise NotAllowed("Sign in first.")
    return request.user


def revision_of(request: HttpRequest, ref: str) -> Revision:
    """The revision being written, else the newest; NotFound when this officer may not see it."""
    return pages.revision_of(officer_of(request), ref)


def said(request: HttpRequest, words: str) -> None:
    """A line that the next page shows."""
    messages.success(request, words)


def refused(request: HttpRequest, problem: Problem) -> None:
    """A refusal that the next page shows, with how to mend it."""
    messages.error(request, f"{problem.title}. {problem.detail} {problem.mend}".strip())


def to(name: str, *args: Any) -> HttpResponse:
    """To a page of this app."""
    return redirect(reverse(f"statements:{name}", args=args))


def home_of(statement: Statement) -> str:
    """The URL name of the page where work on this statement goes on."""
    if statement.state in WRITTEN_IN or statement.state == "discarded":
        return "edit"
    return "release"
