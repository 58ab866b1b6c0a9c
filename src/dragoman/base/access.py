"""Who may open a desk page. Every view carries a rule; the middleware refuses a view without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from dragoman.base.pages import problem_page
from dragoman.lib.problems import NotAllowed

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True)
class Rule:
    """`anyone`: no sign-in. Otherwise signed in, and, if `roles` are named, holding one of them somewhere."""

    anyone: bool = False
    roles: tuple[str, ...] = ()


class Allow:
    """Decorator: `@allow("author", "approver")`, `@allow.officer`, `@allow.anyone`."""

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

# Views of libraries that we cannot mark: by the module they live in.
LIBRARY_RULES: dict[str, Rule] = {
    "allauth.account.views": Rule(anyone=True),
    "allauth.mfa": Rule(anyone=True),
    "allauth.socialaccount": Rule(anyone=True),
    "allauth.usersessions": Rule(),
}


def rule_of(view: Any) -> Rule | None:
    """The rule of a resolved view, or None."""
    rule = getattr(view, "access_rule", None) or getattr(
        getattr(view, "view_class", None), "access_rule", None
    )
    if isinstance(rule, Rule):
        return rule
    module = getattr(getattr(view, "view_class", view), "__module__", "") or ""
    for prefix, library_rule in LIBRARY_RULES.items():
        if module.startswith(prefix):
            return library_rule
    return None


class AccessMiddleware:
    """Default-deny for every desk URL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        rule = rule_of(view)
        if rule is None:
            return problem_page(request, NotAllowed("This page has no access rule, so nobody may open it."))
        if rule.anyone:
            return None
        user: Any = request.user
        if isinstance(user, SimpleLazyObject) and not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if rule.roles and not user.has_role(*rule.roles):
            refusal = NotAllowed(
                f"This page is for: {', '.join(rule.roles)}. You hold none of these roles.",
                mend="Ask an administrator of your mission.",
            )
            # Returned, not raised: what process_view raises never reaches process_exception.
            return problem_page(request, refusal)
        return None
