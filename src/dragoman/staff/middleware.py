"""An officer with a handed-out password gets no further than the page that asks for an own one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from dragoman.base.access import rule_of

FREE = frozenset({"staff:first", "account_logout"})


class FirstPasswordMiddleware:
    """Officers of the sample are asked once, at sign-in, and then let through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        rule = rule_of(view)
        match = request.resolver_match
        if rule is None or rule.anyone or match is None or match.view_name in FREE:
            return None
        user: Any = request.user
        if not user.is_authenticated or not user.one_time or user.sample:
            return None
        return redirect(f"{reverse('staff:first')}?{urlencode({'next': request.get_full_path()})}")
