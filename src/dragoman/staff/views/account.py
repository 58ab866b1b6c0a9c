"""An officer's own pages: account, first password, second factor, sessions, tokens."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.lib.problems import Invalid, NotFound
from dragoman.staff import actions, browsers, queries, stepup
from dragoman.staff.forms import FirstPasswordForm, TokenForm
from dragoman.staff.models import Officer, Token

AFTER_FACTOR = "staff_after_factor"


def officer_of(request: HttpRequest) -> Officer:
    assert isinstance(request.user, Officer)  # noqa: S101 - the access rule has seen to it
    return request.user


def safe_next(request: HttpRequest, given: str, fallback: str = "/") -> str:
    """An address on this desk, or the fallback."""
    # Without its slash it would be taken for the name of a page, and there is none of that name.
    fine = given.startswith("/") and url_has_allowed_host_and_scheme(
        given, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return given if fine else fallback


@allow.officer
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "staff/account.html", _account(request))


def _account(request: HttpRequest, form: TokenForm | None = None) -> dict[str, Any]:
    officer = officer_of(request)
    factors = list(Authenticator.objects.filter(user=officer).order_by("created_at"))
    codes = next((f for f in factors if f.type == Authenticator.Type.RECOVERY_CODES), None)
    sessions = sorted(UserSession.objects.purge_and_list(officer), key=lambda s: s.last_seen_at, reverse=True)
    return {
        "officer": officer,
        "roles": officer.memberships.select_related("mission").order_by("mission__path", "role"),
        "app": next((f for f in factors if f.type == Authenticator.Type.TOTP), None),
        "passkeys": [f for f in factors if f.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "factor_needed": queries.needs_second_factor(officer),
        "stepped_up": stepup.stepped_up_at(request),
        "sessions": [(s, browsers.named(s.user_agent), s.is_current()) for s in sessions],
        "tokens": [(token, token.state(clock.now())) for token in queries.tokens_of(officer)],
        "form": form or TokenForm(),
    }


@allow.officer
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """One other session, or all others when the key is 0."""
    officer = officer_of(request)
    key = request.session.session_key or ""
    ended = actions.end_own_sessions(by=officer, keep=key, only=pk or None)
    messages.success(request, f"Signed out elsewhere: {ended}.")
    return redirect(reverse("staff:account") + "#sessions")


@allow.officer
@require_POST
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    officer = officer_of(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return render(request, "staff/account.html", _account(request, form), status=422)
    made = actions.make_token(by=officer, officer=officer, **form.cleaned_data)
    return render(request, "staff/token_made.html", {"token": made.token, "raw": made.raw})


@allow.officer
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Own, or of an officer one looks after; the action decides."""
    officer = officer_of(request)
    token = Token.objects.select_related("officer").filter(pk=pk).first()
    if token is None:
        raise NotFound("There is no such token.")
    actions.revoke_token(by=officer, token=token)
    messages.success(request, f"“{token.name}” is revoked. Nothing can use it any more.")
    own = token.officer_id == officer.pk
    return redirect(reverse("staff:account") + "#tokens" if own else reverse("staff:tokens"))


@allow.officer
@never_cache
def first(request: HttpRequest) -> HttpResponse:
    """Choose an own password in place of the one that was handed out."""
    officer = officer_of(request)
    next_url = safe_next(request, request.POST.get("next") or request.GET.get("next") or "/")
    if not officer.one_time:
        return redirect(next_url)
    if request.method == "POST" and "keep" in request.POST:
        actions.keep_password(by=officer)
        return redirect(next_url)
    form = FirstPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.choose_password(by=officer, password=form.cleaned_data["password"])
        except Invalid as problem:
            form.add_error("password", problem.detail)
        else:
            update_session_auth_hash(request, officer)
            return redirect(next_url)
    status = 422 if form.errors else 200
    return render(
        request, "staff/first.html", {"form": form, "next": next_url, "officer": officer}, status=status
    )


@allow.officer
@require_safe
def factor_first(request: HttpRequest) -> HttpResponse:
    """An approver or releaser without a second factor: set one up, then go on where you were."""
    request.session[AFTER_FACTOR] = safe_next(request, request.GET.get("next", ""))
    return render(request, "staff/factor_first.html")


@allow.officer
@require_safe
def factor_done(request: HttpRequest) -> HttpResponse:
    """After recovery codes were kept: back to what was waiting."""
    return redirect(safe_next(request, request.session.pop(AFTER_FACTOR, ""), reverse("staff:account")))


@allow.officer
@require_safe
@never_cache
def go_on(request: HttpRequest, key: str) -> HttpResponse:
    """What waited for the second factor, ready to be sent with one press."""
    put_aside = stepup.waiting(request, key)
    if put_aside is None:
        raise NotFound("Nothing waits here any more.", mend="Go back to the page and send it again.")
    missing = queries.step_up_missing(officer_of(request), stepup.stepped_up_at(request))
    return render(request, "staff/go_on.html", {"waiting": put_aside, "missing": missing})


@allow.officer
@require_safe
def to_account(request: HttpRequest, part: str = "") -> HttpResponse:
    """Old and library addresses of what is now one page."""
    return redirect(reverse("staff:account") + (f"#{part}" if part else ""))
