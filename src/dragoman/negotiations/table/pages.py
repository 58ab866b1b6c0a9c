"""Refusals in the table's look, and the answers that every view of it gives."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Problem, TooLarge, Unavailable
from dragoman.negotiations.table import words_of


def problem(request: HttpRequest, error: Problem, back: str = "") -> HttpResponse:
    """What is wrong, what was not lost, what to do; to a program that wants no page, as plain text."""
    context = {"problem": error, "status": str(error.status), "back": back or _here(request)}
    answer = render(request, "table/problem.html", context, status=error.status)
    answer.headers["X-Problem"] = error.code
    if error.status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer


def seen(where: str) -> HttpResponse:
    """After a deed: to a page that can be loaded again without doing it again."""
    answer = HttpResponseRedirect(where)
    answer.status_code = 303
    return answer


def download(data: bytes | str, name: str, media_type: str = "text/plain; charset=utf-8") -> HttpResponse:
    """A file to keep."""
    answer = HttpResponse(data, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def known_language(code: str) -> str:
    """The language if there are words for it; empty otherwise."""
    return words_of.known(code)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404."""
    return problem(request, NotFound("There is nothing at this address."))


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400."""
    if isinstance(exception, RequestDataTooBig):
        return problem(request, TooLarge("More was sent than is taken here."))
    return problem(request, Invalid("The request could not be read.", code="unreadable"))


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    return problem(request, exception if isinstance(exception, Problem) else NotAllowed("This is not open."))


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of this table, or from one that is too old."""
    return problem(
        request,
        NotAllowed(
            "This form did not come from a page that was opened here.",
            mend="Open the page again and send it from there; nothing was done.",
            code="stale-form",
        ),
    )


def failed(request: HttpRequest) -> HttpResponse:
    """handler500. Asks the database nothing: it may be what failed."""
    setattr(request, "sitting", None)  # noqa: B010 - a request's type has no such name
    return problem(request, Unavailable("Something went wrong here, and it was noted.", code="failed"))


def _here(request: HttpRequest) -> str:
    """The page to go back to: one of ours that was looked at before."""
    came: Any = request.headers.get("Referer", "")
    host = f"{request.scheme}://{request.get_host()}"
    path = str(came.removeprefix(host)) if came.startswith(f"{host}/") else ""
    return "" if path.startswith("//") else path
