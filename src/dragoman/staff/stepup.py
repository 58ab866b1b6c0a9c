"""Step-up: before an approval or a release the officer shows the second factor once more.

`@step_up` guards a view. What was posted is not lost: it waits in the session, and after the factor was
shown the officer sees one button that sends it on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from dragoman.lib.problems import NotAllowed, TooLarge
from dragoman.staff import queries
from dragoman.staff.models import Officer

WAITING = "staff_step_up_waiting"
MOST_WAITING = 3
LARGEST_WAITING = 200_000

View = Callable[..., HttpResponse]


def step_up(view: View) -> View:
    """Decorator, below `@allow(...)`: the view runs only within minutes of a second factor."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return require_step_up(request) or view(request, *args, **kwargs)

    return guarded


def require_step_up(request: HttpRequest) -> HttpResponse | None:
    """For views that need it on one branch only: the way to the second factor, or None to go on."""
    officer = request.user
    if not isinstance(officer, Officer):
        raise NotAllowed("Sign in first.")
    missing = queries.step_up_missing(officer, stepped_up_at(request))
    if missing is None:
        return None
    next_url = _keep(request) if request.method == "POST" else request.get_full_path()
    if queries.needs_second_factor(officer):
        messages.warning(request, f"{missing} Set one up, then go on where you were.")
        return _go(request, "staff:factor_first", next_url)
    return _go(request, get_adapter().get_reauthentication_methods(officer)[0]["url"], next_url)


def stepped_up_at(request: HttpRequest) -> datetime | None:
    """When this session last saw the officer's second factor; for an officer of the sample who has none, the
    password. Signing in with it counts as well."""
    officer = request.user
    if not isinstance(officer, Officer):
        return None
    has_factor = queries.has_second_factor(officer)
    return shown_at(request, officer, has_factor) if has_factor or officer.sample else None


def shown_at(request: HttpRequest, officer: Officer, has_factor: bool) -> datetime | None:
    """When this session last saw the strongest thing that the officer has: the second factor, else the
    password."""
    wanted = "mfa" if has_factor else "password"
    records = get_authentication_records(request, officer)
    times = [float(record["at"]) for record in records if record.get("method") == wanted]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def record_factor(request: HttpRequest, officer: Officer) -> None:
    """The second factor was shown in this session just now."""
    record_authentication(request, officer, method="mfa", reauthenticated=True)


def waiting(request: HttpRequest, key: str) -> dict[str, Any] | None:
    """A request that was put aside: `path` and `fields` (pairs of name and value)."""
    found: dict[str, Any] | None = request.session.get(WAITING, {}).get(key)
    return found


def forget(request: HttpRequest, key: str) -> None:
    kept = request.session.get(WAITING, {})
    if kept.pop(key, None) is not None:
        request.session[WAITING] = kept


def _keep(request: HttpRequest) -> str:
    """Put a posted form aside; the address of the page that sends it on."""
    if request.FILES:
        raise NotAllowed(
            "Files cannot wait for the second factor.", mend="Show it first, then send them again."
        )
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    if sum(len(name) + len(value) for name, value in fields) > LARGEST_WAITING:
        raise TooLarge(
            "This is too long to wait for the second factor.",
            mend="Show it first under “Your account”, then send the page again.",
        )
    kept = dict(list(request.session.get(WAITING, {}).items())[-(MOST_WAITING - 1) :])
    key = secrets.token_urlsafe(12)
    kept[key] = {"path": request.get_full_path(), "fields": fields, "label": _label(request)}
    request.session[WAITING] = kept
    return reverse("staff:go_on", args=[key])


def _label(request: HttpRequest) -> str:
    """The words of the button that was pressed, when the form carries them in `button_label`."""
    return str(request.POST.get("button_label", ""))[:80]


def _go(request: HttpRequest, where: str, next_url: str) -> HttpResponse:
    path = where if where.startswith("/") else reverse(where)
    address = f"{path}?{urlencode({'next': next_url})}"
    if getattr(request, "htmx", False):
        # A fragment cannot hold the page that asks for the factor: the whole page goes there.
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return redirect(address)
