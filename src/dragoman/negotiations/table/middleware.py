"""Around every answer of the table: its headers, who has the seat, and whether the page is for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Problem
from dragoman.negotiations.actions import seats as seat_deeds
from dragoman.negotiations.models import Party, Process, Seat, Spokesperson
from dragoman.negotiations.queries import seats
from dragoman.negotiations.table import access, cookies, pages
from dragoman.public import headers

NOT_HERE = "There is nothing at this address."
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who has the seat in this request."""

    seat: Seat

    @property
    def person(self) -> Spokesperson:
        return self.seat.spokesperson

    @property
    def party(self) -> Party:
        return self.seat.spokesperson.party

    @property
    def process(self) -> Process:
        return self.seat.spokesperson.party.process


def sitting_of(request: HttpRequest) -> Sitting | None:
    """Who has the seat; None for a stranger."""
    found = getattr(request, "sitting", None)
    return found if isinstance(found, Sitting) else None


class HeadersMiddleware:
    """Kept by no cache, found by no search, framed by no page; and a language that was chosen is kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        for name, value in headers.security("", https=request.is_secure()):
            response.headers.setdefault(name, value)
        chosen = request.GET.get("lang", "") if request.method == "GET" else ""
        if chosen and chosen == pages.known_language(chosen):
            cookies.keep_language(response, chosen)
        return response


class SeatMiddleware:
    """Default-deny: a view without a rule is opened by nobody, and what belongs to another process is not
    there, in the very words of an address that was never there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = cookies.token(request)
        seat = seats.seat_of(token) if token and not request.path_info.startswith("/static/") else None
        setattr(request, "sitting", Sitting(seat) if seat else None)  # noqa: B010 - a request's type has no such name
        if seat is not None:
            seat_deeds.keep_seat(seat=seat)
        response = self.get_response(request)
        if token and seat is None:
            cookies.take_seat(response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Django asks no process_exception about what is raised here, so the page is made here.
        try:
            return self._judge(request, view, kwargs)
        except Problem as problem:
            return pages.problem(request, problem)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return pages.problem(request, error) if isinstance(error, Problem) else None

    def _judge(self, request: HttpRequest, view: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        if any("\x00" in words for words in _words(request)):
            raise Invalid("What was sent has a zero byte in it.", mend="Take it out.", code="zero-byte")
        rule = access.rule_of(view)
        if rule is None:
            raise NotAllowed("This page has no access rule, so nobody may open it.", code="no-rule")
        if rule.who == "anyone":
            return None
        sitting = sitting_of(request)
        if sitting is None:
            return _to_sign_in(request)
        if kwargs.get("ref") != sitting.process.ref:
            raise NotFound(NOT_HERE)
        if rule.who == "party" and sitting.party.observer:
            raise NotAllowed("Observers read; they sign nothing and ask for nothing.", code="observer")
        return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Back to the page that was looked at; what a form posts to cannot be opened by itself."""
    there = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("table:home")
    return HttpResponseRedirect(f"{reverse('table:home')}?{urlencode({'next': there})}")


def _words(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for given in (request.GET, request.POST):
        for name, values in given.lists():
            yield name
            yield from (str(value) for value in values)
