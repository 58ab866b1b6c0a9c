"""Who may open a desk page. Every view carries a rule; the middleware refuses a view without one.

The rule on a view says which roles may come in at all. What an officer may do to one thing is decided by the
action, with the thing's mission; what they may see, by the queryset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from dragoman.base.pages import problem_page
from dragoman.lib.problems import NotAllowed

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True)
class Rule:
    """`anyone`: no sign-in. Otherwise signed in, and, if `roles` are named, holding one of them somewhere."""

    anyone: bool = False
    roles: tuple[str, ...] = ()


class Allow:
    """Decorator: `@allow("author", "approver")`, `@allow.officer`, `@allow.anyone`. Outermost on a view."""

    def __call__(self, *roles: str) -> Callable[[View], View]:
        return lambda view: _mark(view, Rule(roles=roles))

    def officer(self, view: View) -> View:
        return _mark(view, Rule())

    def anyone(self, view: View) -> View:
        return _mark(view, Rule(anyone=True))


def _mark(view: View, rule: Rule) -> View:
    setattr(view, "access_rule", rule)  # noqa: B010 - a function takes attributes, its type does not say so
    return view


allow = Allow()


def rule_of(view: Any) -> Rule | None:
    """The rule of a resolved view, or None."""
    for holder in (view, getattr(view, "view_class", None)):
        rule = getattr(holder, "access_rule", None)
        if isinstance(rule, Rule):
            return rule
    return None


class AccessMiddleware:
    """Default-deny for every desk URL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Django asks no process_exception about what is raised here, so the page is made here.
        try:
            return self._judge(request, view)
        except NotAllowed as problem:
            return problem_page(request, problem)

    def _judge(self, request: HttpRequest, view: Any) -> HttpResponse | None:
        rule = rule_of(view)
        if rule is None:
            raise NotAllowed("This page has no access rule, so nobody may open it.", code="no-rule")
        if rule.anyone:
            return None
        user: Any = request.user
        if not user.is_authenticated:
            return _to_sign_in(request)
        if rule.roles and not user.has_role(*rule.roles):
            wanted = ", ".join(role.replace("_", " ") for role in rule.roles)
            raise NotAllowed(
                f"This page is for: {wanted}. You hold none of these roles.",
                mend="Ask an administrator of your mission.",
            )
        return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Back to the page that was looked at: what a form or a fragment posts to cannot be opened by itself."""
    htmx = bool(getattr(request, "htmx", False))
    path = request.get_full_path()
    if htmx or request.method not in ("GET", "HEAD"):
        came = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
        path = (
            came.path + (f"?{came.query}" if came.query else "") if came.netloc == request.get_host() else "/"
        )
    answer = redirect_to_login(path)
    if not htmx:
        return answer
    signed_out = HttpResponse(status=204)
    signed_out["HX-Redirect"] = answer["Location"]
    return signed_out
