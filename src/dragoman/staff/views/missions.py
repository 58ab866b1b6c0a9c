"""The tree of missions: administrators keep it, everybody sees their part of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from dragoman.base.access import allow
from dragoman.lib.problems import NotFound, Problem
from dragoman.staff import actions, queries
from dragoman.staff.forms import MissionForm, zones
from dragoman.staff.models import Mission, Officer
from dragoman.staff.views.account import officer_of
from dragoman.staff.views.officers import fail


@allow.officer
@require_safe
def missions(request: HttpRequest) -> HttpResponse:
    by = officer_of(request)
    return render(
        request,
        "staff/missions.html",
        {"missions": queries.mission_tree(by), "may_add": by.has_role("administrator")},
    )


@allow("administrator")
def new_mission(request: HttpRequest) -> HttpResponse:
    by = officer_of(request)
    form = MissionForm(by, request.POST or None, initial={"parent": request.GET.get("below", "")})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_mission(by=by, **form.cleaned_data)
        except Problem as problem:
            fail(form, problem)
        else:
            messages.success(request, f"{made} is in the tree.")
            return redirect("staff:missions")
    context = {"form": form, "zones": zones()}
    return render(request, "staff/new_mission.html", context, status=422 if form.errors else 200)


@allow.officer
def mission(request: HttpRequest, slug: str) -> HttpResponse:
    by = officer_of(request)
    about = Mission.objects.visible_to(by).select_related("parent").filter(slug=slug).first()
    if about is None:
        raise NotFound(f"There is no mission “{slug}” among yours.")
    manages = by.may("administrator", about)
    form = MissionForm(by, request.POST or None, mission=about, initial=_initial(about))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_mission(by=by, mission=about, **form.cleaned_data)
        except Problem as problem:
            fail(form, problem)
        else:
            messages.success(request, "Kept.")
            return redirect("staff:mission", about.slug)
    context = _mission(by, about, form, manages)
    return render(request, "staff/mission.html", context, status=422 if form.errors else 200)


def _mission(by: Officer, about: Mission, form: MissionForm, manages: bool) -> dict[str, Any]:
    return {
        "about": about,
        "line": about.line()[1:][::-1],
        "form": form,
        "manages": manages,
        "zones": zones(),
        "below": about.children.order_by("name"),
        "members": queries.members_of(about),
        "looks": by.has_role("administrator", "auditor"),
    }


def _initial(about: Mission) -> dict[str, Any]:
    return {
        "name": about.name,
        "kind": about.kind,
        "zone": about.zone,
        "country": about.country,
        "parent": about.parent.slug if about.parent else "",
    }
