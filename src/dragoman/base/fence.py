"""Around every answer of the desk: kept by no cache, and no zero byte gets in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from dragoman.base.pages import problem_page
from dragoman.lib.problems import Invalid


class FenceMiddleware:
    """What an officer saw is on no disk after they signed out, unless a view says otherwise. A zero byte,
    which the database cannot hold, is refused before a view meets it. The API looks at its own input."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.path_info.startswith("/api/") or not any("\x00" in words for words in _words(request)):
            return None
        return problem_page(
            request, Invalid("What was sent has a zero byte in it.", mend="Take it out.", code="zero-byte")
        )


def _words(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for given in (request.GET, request.POST):
        for name, values in given.lists():
            yield name
            yield from (str(value) for value in values)
