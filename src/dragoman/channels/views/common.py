"""What the pages share."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dragoman.lib.problems import NotAllowed, Problem
from dragoman.staff.models import Officer


def officer_of(request: HttpRequest) -> Officer:
    """The signed-in officer; the access rule has seen to it that there is one."""
    if not isinstance(request.user, Officer):
        raise NotAllowed("Sign in first.")
    return request.user


def do(request: HttpRequest, deed: Callable[[], object], words: str, to: str, *args: object) -> HttpResponse:
    """Do a deed and go to a page that says so, or that says why not."""
    try:
        deed()
    except Problem as problem:
        messages.error(request, f"{problem.title}. {problem.detail} {problem.mend}".strip())
    else:
        messages.success(request, words)
    return redirect(to, *args)
