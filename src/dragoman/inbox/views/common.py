"""What the inbox's pages share."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from dragoman.lib.problems import NotAllowed, Problem
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
