"""Lists, and the way to one statement."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dragoman.base.access import allow
from dragoman.lib.text.languages import language_name
from dragoman.statements.forms import COMMON_LANGUAGES
from dragoman.statements.queries import lists, pages
from dragoman.statements.views.common import home_of, officer_of, revision_of, to


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All statements that this officer may see; a whole number in the search goes straight to it."""
    officer = officer_of(request)
    filters = pages.Filters(
        state=request.GET.get("state", ""),
        mission=request.GET.get("mission", ""),
        lang=request.GET.get("lang", ""),
        q=request.GET.get("q", "").strip()[:200],
    )
    page = pages.listing(officer, filters, after=request.GET.get("after", ""))
    if len(page.rows) == 1 and page.rows[0].statement.ref == filters.q.lower():
        return redirect("statements:show", ref=page.rows[0].statement.ref)
    context = {
        "page": page,
        "filters": filters,
        "states": pages.SHOWN_STATES,
        "missions": pages.missions_of(officer),
        "languages": [(code, language_name(code)) for code in COMMON_LANGUAGES],
    }
    return render(request, "statements/list.html", context)


@allow.officer
@require_GET
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """To where work on it goes on: the editor, the review, or the release."""
    officer = officer_of(request)
    revision = revision_of(request, ref)
    if revision.state == "review" and pages.may_approve(officer, revision.statement):
        name = "edit" if pages.wrote_in(officer, revision) else "review"
        return to(name, ref)
    return to(home_of(revision.statement), ref)


@allow.officer
@require_GET
def releases(request: HttpRequest) -> HttpResponse:
    """What is planned, under way and done."""
    found = pages.releases(officer_of(request))
    context = {
        "coming": [item for item in found if item.state in ("planned", "running")][::-1],
        "done": [item for item in found if item.state in ("done", "cancelled")],
    }
    return render(request, "statements/releases.html", context)


@allow.officer
@require_GET
def citing(request: HttpRequest, sheet: str, number: str) -> HttpResponse:
    """Every statement that cites each version of a fact, the oldest versions first."""
    rows = list(lists.citing(officer=officer_of(request), sheet=sheet, number=number)[:500])
    newest = pages.newest_version(sheet, number)
    versions = sorted({row.fact.version for row in rows})
    context = {
        "sheet": sheet,
        "number": number,
        "newest": newest,
        "groups": [(version, [row for row in rows if row.fact.version == version]) for version in versions],
        "outdated": sum(row.fact.version < newest for row in rows),
        "total": len(rows),
    }
    return render(request, "statements/citing.html", context)
