"""Refusals as pages: a Problem raised below a desk view is shown in the desk's look, never as a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Problem, TooLarge

PAGES = (403, 404, 409, 413, 422, 503)
log = logging.getLogger(__name__)


class ProblemMiddleware:
    """Turns a Problem into a page, or, for htmx, into a note at the top of the page that asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Problem) or request.path_info.startswith("/api/"):
            return None
        return problem_page(request, error)


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The page (or the htmx note) of a Problem, with its status."""
    if getattr(request, "htmx", False):
        answer = render(request, "base/_problem.html", {"problem": problem}, status=problem.status)
        answer["HX-Retarget"] = "#notes"
        answer["HX-Reswap"] = "innerHTML"
        return answer
    name = problem.status if problem.status in PAGES else 422
    context = {"problem": problem, "back": _back(request)}
    return render(request, f"base/{name}.html", context, status=problem.status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404."""
    return render(request, "base/404.html", {"back": _back(request)}, status=NotFound.status)


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400: more was typed into a form than the desk takes at once, or it was no sound request."""
    if not isinstance(exception, RequestDataTooBig):
        return problem_page(request, Invalid("The request could not be read.", code="unreadable"))
    size, most = int(request.headers.get("Content-Length") or 0), settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    problem = TooLarge(
        f"What was sent has {size / 1e6:,.1f} MB; a form takes {most / 1e6:,.1f} MB. Nothing was kept.",
        mend="Go back and send less, or in parts.",
    )
    return problem_page(request, problem)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    if isinstance(exception, Problem):
        return problem_page(request, exception)
    return render(request, "base/403.html", {"back": _back(request)}, status=NotAllowed.status)


def failed(request: HttpRequest) -> HttpResponse:
    """handler500. Asks the database nothing: it may be what failed."""
    return render(None, "base/500.html", status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: the usual cause is a sign-out in another tab."""
    problem = NotAllowed(
        "This page was opened before you last signed in or out, so what it sent was not taken.",
        title="This page is out of date",
        mend="Go back, reload the page, and send it again.",
        code="stale-form",
    )
    return problem_page(request, problem)


def _back(request: Any) -> str:
    """The page of the desk that led here, if one did."""
    came = urlsplit(request.headers.get("Referer", ""))
    same = came.netloc == request.META.get("HTTP_HOST", "") and came.path != request.path
    return came.path + (f"?{came.query}" if came.query else "") if same else ""
