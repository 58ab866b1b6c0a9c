"""Around every answer of the reception: in the site's look, kept by no cache, setting no cookie."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dragoman.base.access import rule_of
from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Problem, TooLarge, Unavailable
from dragoman.public import headers

log = logging.getLogger(__name__)
MACHINES = ("/ap/", "/hooks/", "/.well-known/", "/nodeinfo/", "/in/")


class ReceptionMiddleware:
    """Only views that say that anyone may open them are opened. A Problem is told in the site's look to a
    person, as problem JSON (RFC 9457) to a program."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Vary", "accept, accept-language")
        for name, value in headers.security("", https=request.is_secure()):
            response.headers.setdefault(name, value)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        rule = rule_of(view)
        if rule is None or not rule.anyone:
            return problem(request, NotAllowed("Nobody may open this from outside.", code="no-rule"))
        if "\x00" in request.path_info + "".join(str(value) for value in request.GET.values()):
            return problem(request, Invalid("What was sent has a zero byte in it.", code="zero-byte"))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return problem(request, error) if isinstance(error, Problem) else None


def problem(request: HttpRequest, error: Problem) -> HttpResponse:
    """A refusal, in the form that its reader takes."""
    answer: HttpResponse
    if request.path_info.startswith(MACHINES) or "html" not in request.headers.get("Accept", "html"):
        said = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}
        said |= {"code": error.code, "mend": error.mend}
        answer = JsonResponse(said, status=error.status, content_type="application/problem+json")
    else:
        context = {"problem": error}
        answer = render(request, "public/problem.html", context, status=error.status)
    if error.status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer


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


def failed(request: HttpRequest) -> HttpResponse:
    """handler500. Asks the database nothing: it may be what failed."""
    return problem(request, Unavailable("Something went wrong here, and it was noted.", code="failed"))
