"""Known wrong beliefs of a sheet: the list, one of them in every language, noting and deciding."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from dragoman.base.access import allow
from dragoman.facts import actions, queries, rules
from dragoman.facts.forms import WhyForm
from dragoman.facts.forms_more import BeliefForm
from dragoman.facts.models import Belief, Sheet
from dragoman.facts.views.common import languages_of, officer_of
from dragoman.lib.problems import NotAllowed, Problem
from dragoman.staff.models import Officer


@allow.officer
@require_safe
def beliefs(request: HttpRequest, slug: str) -> HttpResponse:
    """Every wrong belief of the sheet, in its source language."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    context = {
        "sheet": sheet,
        "beliefs": queries.beliefs_of(sheet),
        "may_propose": queries.may_propose(officer, sheet),
    }
    return render(request, "facts/beliefs.html", context)


@allow.officer
def belief(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One belief in every language; whoever may change the sheet confirms or retires it."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    found = queries.belief_for(sheet, code)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            words = _decide(request, officer, found, form.cleaned_data["why"])
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, words)
            return redirect("facts:belief", slug, code)
    known = next(one for one in queries.beliefs_of(sheet) if one.code == code)
    languages = [sheet.source_language, *sorted(set(found.statements) - {sheet.source_language})]
    context = {
        "sheet": sheet,
        "belief": found,
        "known": known,
        "digest": found.content_digest(),
        "form": form,
        "texts": [
            (lang, found.statements.get(lang, ""), found.corrections.get(lang, "")) for lang in languages
        ],
        "may_change": queries.may_change(officer, sheet.mission),
    }
    return render(request, "facts/belief.html", context, status=422 if form.errors else 200)


def _decide(request: HttpRequest, officer: Officer, found: Belief, why: str) -> str:
    if "retire" in request.POST:
        actions.retire_belief(by=officer, belief=found, why=why)
        return "Retired: messages are compared with it no longer."
    actions.confirm_belief(by=officer, belief=found, why=why, expected=request.POST.get("read", ""))
    return "Confirmed: messages are compared with it from now on."


@allow(*rules.CHANGERS)
def new_belief(request: HttpRequest, slug: str) -> HttpResponse:
    """Note a wrong belief; the sheet's mission confirms it."""
    officer = officer_of(request)
    return _form(request, officer, queries.sheet_for(officer, slug), None)


@allow(*rules.CHANGERS)
def revise_belief(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Change what a belief says."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    if not queries.may_change(officer, sheet.mission):
        raise NotAllowed("Beliefs are changed by authors and administrators of the sheet’s mission.")
    return _form(request, officer, sheet, queries.belief_for(sheet, code))


def _form(request: HttpRequest, officer: Officer, sheet: Sheet, found: Belief | None) -> HttpResponse:
    facts = list(queries.current_facts(sheet))
    languages = languages_of(sheet, facts)
    if found:
        languages += sorted(set(found.statements) - set(languages))
    form = BeliefForm(request.POST or None, belief=found, languages=languages, facts=facts)
    if request.method == "POST" and form.is_valid():
        try:
            if found is None:
                made = actions.add_belief(by=officer, sheet=sheet, draft=form.draft())
            else:
                made = actions.revise_belief(
                    by=officer, belief=found, draft=form.draft(), expected=form.cleaned_data["read"]
                )
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Kept.")
            return redirect("facts:belief", sheet.slug, made.code)
    context = {"form": form, "sheet": sheet, "belief": found}
    return render(request, "facts/belief_form.html", context, status=422 if form.errors else 200)
