"""The decision table of a sheet: read it, write its next version, say yes or no to one that waits."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dragoman.base.access import allow
from dragoman.facts import actions, eligibility, queries, rules, toml, toml_table
from dragoman.facts.forms_more import TableForm
from dragoman.facts.models import Conditions, Sheet
from dragoman.facts.table_words import KINDS, rows_in_words
from dragoman.facts.views.common import officer_of
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, Problem
from dragoman.staff.models import Officer
from dragoman.staff.stepup import step_up


@allow.officer
@require_safe
def table(request: HttpRequest, slug: str, version: int | None = None) -> HttpResponse:
    """One version: that which waits, else that which answers, or the one asked for."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    versions = queries.tables_of(sheet)
    if version is not None:
        shown: Conditions | None = queries.table_version(sheet, version)
    else:
        shown = queries.table_in_review(sheet) or queries.current_table(sheet)
        shown = shown or next(iter(versions), None)
    context = {
        "sheet": sheet,
        "shown": shown,
        "versions": versions,
        "may_change": queries.may_change(officer, sheet.mission),
        **(_of(shown, officer, sheet) if shown else {}),
    }
    return render(request, "facts/table.html", context)


def _of(shown: Conditions, officer: Officer, sheet: Sheet) -> dict[str, object]:
    found = shown.draft().table
    yeses = list(shown.yeses.select_related("officer"))
    return {
        "table": found,
        "rows": rows_in_words(found, sheet.source_language),
        "questions": [(one, KINDS[one.kind]) for one in found.questions],
        "combinations": f"{eligibility.report_of(found).combinations:,}",
        "yeses": yeses,
        "needed": queries.yeses_needed(shown),
        "changed": queries.changed_facts(shown),
        "may_approve": queries.may_approve(officer, shown),
        "said_yes": any(one.officer_id == officer.pk for one in yeses),
    }


@allow(*rules.CHANGERS)
def write_table(request: HttpRequest, slug: str) -> HttpResponse:
    """The next version, as TOML: it waits for the yes of others."""
    officer = officer_of(request)
    sheet = queries.sheet_for(officer, slug)
    if not queries.may_change(officer, sheet.mission):
        raise NotAllowed("The table is written by authors and administrators of the sheet’s mission.")
    have = queries.table_in_review(sheet) or queries.current_table(sheet)
    begin = toml_table.dump(have.draft().table, have.risk) if have else ""
    form = TableForm(request.POST or None, initial={"source": begin})
    problem: Problem | None = None
    if request.method == "POST" and form.is_valid():
        try:
            draft = toml.parse_conditions(form.cleaned_data["source"], sheet.source_language)
            why = form.cleaned_data["why"]
            made = actions.propose_conditions(by=officer, sheet=sheet, draft=draft, why=why)
        except Problem as refusal:
            problem = refusal
        else:
            messages.success(request, _told(made))
            return redirect("facts:table", sheet.slug)
    context = {"form": form, "sheet": sheet, "problem": problem}
    status = problem.status if problem else 422 if form.errors else 200
    return render(request, "facts/table_form.html", context, status=status)


def _told(made: Conditions) -> str:
    if made.state == "current":
        return "That is what answers already; nothing was handed in."
    needed = queries.yeses_needed(made)
    return f"Version {made.version} waits for {needed} {'yes' if needed == 1 else 'yeses'}."


@allow(*queries.APPROVERS)
@step_up
@require_POST
def approve_table(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """Yes to the digest that was on the page."""
    officer = officer_of(request)
    shown = queries.table_version(queries.sheet_for(officer, slug), version)
    try:
        made = actions.approve_conditions(by=officer, conditions=shown, digest=request.POST.get("digest", ""))
    except (Conflict, Invalid, NotAllowed) as problem:
        messages.error(request, f"{problem.detail} {problem.mend}".strip())
    else:
        live = made.state == "current"
        messages.success(
            request,
            "Approved. It answers the public now." if live else "Approved. More approvals are wanted.",
        )
    return redirect("facts:table-version", slug, version)


@allow.officer
@require_POST
def decide_table(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """Decline a version that waits, or take the one that answers off the site, with the reason."""
    officer = officer_of(request)
    shown = queries.table_version(queries.sheet_for(officer, slug), version)
    why = request.POST.get("why", "")
    try:
        if "retire" in request.POST:
            actions.retire_conditions(by=officer, conditions=shown, why=why)
            messages.success(request, "The checker answers no longer. Its page goes within a minute.")
        else:
            actions.decline_conditions(by=officer, conditions=shown, why=why)
            messages.success(request, "Declined. The version stays readable.")
    except (Conflict, Invalid, NotAllowed) as problem:
        messages.error(request, f"{problem.detail} {problem.mend}".strip())
    return redirect("facts:table-version", slug, version)
