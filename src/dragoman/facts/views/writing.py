"""Changing facts: sheets, facts, proposals, imports."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dragoman.base.access import allow
from dragoman.facts import actions, queries, rules
from dragoman.facts.forms import FactForm, ImportForm, SheetForm, WhyForm
from dragoman.facts.models import Fact, Sheet
from dragoman.facts.views.common import languages_of, officer_of, versions_of
from dragoman.facts.views.reading import differences
from dragoman.lib.problems import NotAllowed, Problem
from dragoman.staff.models import Mission, MissionQuerySet, Officer


def _missions(officer: Officer) -> MissionQuerySet:
    return officer.missions_with(*rules.CHANGERS).order_by("path")


@allow(*rules.CHANGERS)
def new_sheet(request: HttpRequest) -> HttpResponse:
    """Start a sheet; facts follow."""
    officer = officer_of(request)
    form = SheetForm(request.POST or None, missions=_missions(officer))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_sheet(by=officer, mission=form.cleaned_data["mission"], draft=form.draft())
        except Problem as problem:
            form.take(problem)
        else:
            return redirect("facts:sheet", made.slug)
    return render(request, "facts/sheet_form.html", {"form": form}, status=422 if form.errors else 200)


@allow(*rules.CHANGERS)
def change_sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Title, summary, zone and the demonstration mark."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    form = SheetForm(request.POST or None, missions=_missions(officer), sheet=sheet)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_sheet(
                by=officer, sheet=sheet, draft=form.draft(), expected=form.cleaned_data["read"]
            )
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Kept.")
            return redirect("facts:sheet", sheet.slug)
    context = {"form": form, "sheet": sheet}
    return render(request, "facts/sheet_form.html", context, status=422 if form.errors else 200)


@allow(*rules.CHANGERS)
def new_fact(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a fact, or propose one to the owner mission."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    return _fact_form(request, officer, sheet, None)


@allow(*rules.CHANGERS)
def revise(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Revise the current version, or propose a change to the owner mission."""
    officer = officer_of(request)
    sheet, versions = versions_of(officer, slug, number)
    return _fact_form(request, officer, sheet, versions[0])


def _fact_form(request: HttpRequest, officer: Officer, sheet: Sheet, fact: Fact | None) -> HttpResponse:
    own = queries.may_change(officer, fact.mission if fact else sheet.mission)
    if not own and not queries.may_propose(officer, sheet):
        raise NotAllowed("Facts are changed by authors and administrators of the owner mission.")
    owners = _missions(officer) | Mission.objects.filter(
        pk__in=[sheet.mission_id, fact.mission_id if fact else sheet.mission_id]
    )
    form = FactForm(
        request.POST or None,
        sheet=sheet,
        content=fact,
        languages=languages_of(sheet, queries.current_facts(sheet)),
        missions=owners.distinct().order_by("path"),
        must_say_why=not own or bool(fact and fact.cited_at),
    )
    if request.method == "POST" and form.is_valid():
        try:
            return _keep(request, officer, sheet, fact, form, own=own)
        except Problem as problem:
            form.take(problem)
    context = {"form": form, "sheet": sheet, "fact": fact, "own": own}
    return render(request, "facts/fact_form.html", context, status=422 if form.errors else 200)


def _keep(
    request: HttpRequest, officer: Officer, sheet: Sheet, fact: Fact | None, form: FactForm, *, own: bool
) -> HttpResponse:
    draft, why, read = form.draft(), form.cleaned_data["why"], form.cleaned_data["read"]
    if not own:
        actions.propose_fact(by=officer, sheet=sheet, base=fact, draft=draft, why=why)
        messages.success(request, f"Proposed to {sheet.mission.name}. Nothing has changed yet.")
        return redirect("facts:sheet", sheet.slug)
    if fact is None:
        new = actions.add_fact(by=officer, sheet=sheet, draft=draft, why=why)
        messages.success(request, f"{new.number} is in the sheet.")
    else:
        new = actions.revise_fact(by=officer, fact=fact, draft=draft, why=why, expected=read)
        if new.version > fact.version:
            messages.success(
                request, f"Version {new.version} is current; version {fact.version} stays readable."
            )
        else:
            messages.success(request, "Kept.")
    return redirect("facts:fact", sheet.slug, new.number)


@allow.officer
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal; whoever may change the fact adopts or declines it."""
    officer = officer_of(request)
    found = queries.proposal_for(officer, pk)
    owner = found.base.mission if found.base else found.sheet.mission
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["why"]
        try:
            if "adopt" in request.POST:
                fact = actions.adopt_proposal(by=officer, proposal=found, why=why)
                messages.success(request, f"Adopted: {fact.number} is at version {fact.version}.")
                return redirect("facts:fact", found.sheet.slug, fact.number)
            actions.decline_proposal(by=officer, proposal=found, why=why)
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Declined. The proposal stays readable.")
            return redirect("facts:sheet", found.sheet.slug)
    if found.base:
        found.base.sheet = found.sheet
    context = {
        "proposal": found,
        "sheet": found.sheet,
        "form": form,
        "differences": differences(found.base, found) if found.base else (),
        "may_change": queries.may_change(officer, owner),
    }
    return render(request, "facts/proposal.html", context, status=422 if form.errors else 200)


@allow(*rules.CHANGERS)
def import_sheet(request: HttpRequest) -> HttpResponse:
    """A sheet from a file: first what it would change, then, on a yes, the change."""
    officer = officer_of(request)
    form = ImportForm(request.POST or None, request.FILES or None, missions=_missions(officer))
    problem: Problem | None = None
    if request.method == "POST":
        try:
            if form.is_valid():
                return _preview_or_import(request, officer, form)
        except Problem as refusal:
            problem = refusal
    context = {"form": form, "problem": problem, "source": _numbered(form, problem)}
    status = problem.status if problem else 422 if form.errors else 200
    return render(request, "facts/import.html", context, status=status)


def _preview_or_import(request: HttpRequest, officer: Officer, form: ImportForm) -> HttpResponse:
    mission, source = form.cleaned_data["mission"], form.cleaned_data["source"]
    expected = request.POST.get("expected", "")
    if "yes" in request.POST and expected:
        report = actions.import_sheet(by=officer, mission=mission, source=source, expected=expected)
        done = (
            (len(report.added), "new"),
            (len(report.revised), "in a new version"),
            (len(report.amended), "changed"),
        )
        words = ", ".join(f"{n} {what}" for n, what in done if n) or "no fact changed"
        messages.success(request, f"Imported: {words}.")
        return redirect("facts:sheet", report.sheet)
    plan = queries.plan_import(mission, source)
    beliefs = [change.number for change in plan.beliefs if change.fields]
    context = {"plan": plan, "mission": mission, "source": source, "beliefs_change": beliefs}
    return render(request, "facts/preview.html", context)


def _numbered(form: ImportForm, problem: Problem | None) -> list[tuple[int, str, list[dict[str, object]]]]:
    """The lines that faults name, each with its faults, to show beside the words."""
    source = getattr(form, "cleaned_data", {}).get("source", "")
    if not problem or not source:
        return []
    lines = source.replace("\r\n", "\n").split("\n")
    named: dict[int, list[dict[str, object]]] = {}
    for place in problem.where:
        if place.get("line"):
            named.setdefault(int(place["line"]), []).append(place)
    return [
        (n, rules.shown(lines[n - 1])[:200] if n <= len(lines) else "", places)
        for n, places in sorted(named.items())
    ]
