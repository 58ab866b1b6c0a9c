"""Officers and their roles, for administrators; auditors may look."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.lib.problems import Invalid, NotFound, Problem
from dragoman.staff import actions, queries, rules
from dragoman.staff.forms import OfficerChangeForm, OfficerForm, RoleForm
from dragoman.staff.models import Officer
from dragoman.staff.views.account import officer_of


@allow("administrator", "auditor")
@require_safe
def officers(request: HttpRequest) -> HttpResponse:
    by = officer_of(request)
    wanted = request.GET.get("q", "").strip()
    found = queries.visible_officers(by, wanted)
    return render(
        request,
        "staff/officers.html",
        {
            "officers": queries.with_factors(found),
            "wanted": wanted,
            "may_add": by.has_role("administrator"),
            "roles": [(rules.ROLE_WORDS[role], rules.ROLE_DEEDS[role]) for role in rules.ROLES],
        },
    )


@allow("administrator")
@never_cache
def new_officer(request: HttpRequest) -> HttpResponse:
    by = officer_of(request)
    form = OfficerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_officer(by=by, **form.cleaned_data)
        except Problem as problem:
            fail(form, problem)
        else:
            return _handed_over(request, made.officer, made.password, "The account is open.")
    return render(request, "staff/new_officer.html", {"form": form}, status=422 if form.errors else 200)


@allow("administrator", "auditor")
def officer(request: HttpRequest, username: str) -> HttpResponse:
    by = officer_of(request)
    about = _found(by, username)
    manages = by.has_role("administrator") and queries.manages(by, about)
    form = OfficerChangeForm(request.POST or None, initial={"name": about.name, "email": about.email})
    if request.method == "POST" and form.is_valid():
        actions.change_officer(by=by, officer=about, **form.cleaned_data)
        messages.success(request, "Kept.")
        return redirect("staff:officer", about.username)
    return render(request, "staff/officer.html", _officer(by, about, form, manages))


def _officer(by: Officer, about: Officer, form: Any, manages: bool) -> dict[str, Any]:
    return {
        "about": about,
        "form": form,
        "manages": manages,
        "own": by.pk == about.pk,
        "memberships": about.memberships.select_related("mission").order_by("mission__path", "role"),
        "administered": set(by.missions_with("administrator").values_list("pk", flat=True)),
        "role_form": RoleForm(by),
        "factor": queries.has_second_factor(about),
        "factor_needed": queries.needs_second_factor(about),
        "tokens": [(token, token.state(clock.now())) for token in queries.tokens_of(about)],
    }


@allow("administrator")
@require_POST
def add_role(request: HttpRequest, username: str) -> HttpResponse:
    by = officer_of(request)
    about = _found(by, username)
    form = RoleForm(by, request.POST)
    if not form.is_valid():
        raise Invalid("Choose a mission and a role from the lists.")
    given = form.cleaned_data
    actions.set_membership(by=by, officer=about, mission=given["mission"], role=given["role"])
    messages.success(request, f"{about} is {rules.ROLE_WORDS[given['role']].lower()} at {given['mission']}.")
    return redirect("staff:officer", about.username)


@allow("administrator")
@require_POST
def remove_role(request: HttpRequest, username: str) -> HttpResponse:
    by = officer_of(request)
    about = _found(by, username)
    mission = queries.mission_named(request.POST.get("mission", ""))
    role = request.POST.get("role", "")
    actions.remove_membership(by=by, officer=about, mission=mission, role=role)
    messages.success(request, f"{about} is no longer {rules.ROLE_WORDS[role].lower()} at {mission}.")
    return redirect("staff:officer", about.username)


@allow("administrator")
@require_POST
@never_cache
def deed(request: HttpRequest, username: str) -> HttpResponse:
    """What an administrator does to an account: `deed` names it."""
    by = officer_of(request)
    about = _found(by, username)
    why = request.POST.get("why", "").strip()
    match request.POST.get("deed", ""):
        case "deactivate":
            actions.deactivate_officer(by=by, officer=about, why=why)
            messages.success(request, "The account is closed. Sessions have ended, tokens are revoked.")
        case "activate":
            actions.activate_officer(by=by, officer=about, why=why)
            messages.success(request, "The account is open again.")
        case "reset_password":
            password = actions.reset_password(by=by, officer=about, why=why)
            return _handed_over(request, about, password, "The old password no longer works.")
        case "remove_factors":
            actions.remove_factors(by=by, officer=about, why=why)
            messages.success(request, "The second factors are gone.")
        case "end_sessions":
            ended = actions.end_sessions(by=by, officer=about, why=why)
            messages.success(request, f"Signed out everywhere: {ended} sessions.")
        case _:
            raise Invalid("That is nothing one can do to an account.")
    return redirect("staff:officer", about.username)


@allow("administrator")
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    found = queries.managed_tokens(officer_of(request))
    return render(
        request, "staff/tokens.html", {"tokens": [(token, token.state(clock.now())) for token in found[:500]]}
    )


def fail(form: Any, problem: Problem) -> None:
    """Put a refusal beside the fields it names."""
    placed = False
    for place in problem.where:
        if place.get("field") in form.fields:
            form.add_error(place["field"], str(place.get("message") or problem.detail))
            placed = True
    if not placed:
        form.add_error(None, f"{problem.detail} {problem.mend}".strip())


def _found(by: Officer, username: str) -> Officer:
    found = queries.visible_officers(by).filter(username=username).first()
    if found is None:
        raise NotFound(f"There is no officer “{username}” in your missions.")
    return found


def _handed_over(request: HttpRequest, about: Officer, password: str, word: str) -> HttpResponse:
    return render(
        request,
        "staff/handed_over.html",
        {
            "about": about,
            "password": password,
            "word": word,
            "sign_in": request.build_absolute_uri(reverse("account_login")),
        },
    )
