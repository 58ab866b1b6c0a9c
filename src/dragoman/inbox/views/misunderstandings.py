"""Misunderstandings: what goes round, since when, in which languages, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.facts.models import Sheet
from dragoman.facts.values import BeliefDraft
from dragoman.inbox.actions import misunderstandings as deeds
from dragoman.inbox.models import Misunderstanding
from dragoman.inbox.queries import misunderstandings as reads
from dragoman.inbox.views.common import officer_of, refused, said
from dragoman.lib.problems import Invalid, NotFound, Problem
from dragoman.staff.models import Officer

WORKERS = ("author", "approver", "releaser")


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Proposals to decide first, then what is alive, the most held first; with a plot of shares by hour."""
    officer = officer_of(request)
    lines = reads.listing(officer)
    context = {
        "proposed": [one for one in lines if one.row.state == "proposed"],
        "lines": [one for one in lines if one.row.state not in ("proposed", "dismissed")],
        "dismissed": [one for one in lines if one.row.state == "dismissed"],
        "plot": reads.plot(lines),
    }
    return render(request, "inbox/misunderstandings.html", context)


@allow.officer
@require_GET
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """One of them: the claim, the facts, examples by language, its course, the plan."""
    officer = officer_of(request)
    row = reads.misunderstanding_of(officer, ref)
    one = reads.line(row, clock.now())
    belief = deeds.belief_of(row)
    sheets = Sheet.objects.all().visible_to(officer) if row.state == "proposed" else Sheet.objects.none()
    context = {
        "row": row,
        "line": one,
        "belief": belief,
        "plot": reads.plot([one], hours=48),
        "lines": [one],
        "examples": reads.examples(row),
        "sheets": list(sheets),
        "may_work": any(officer.may(role, row.mission) for role in WORKERS),
    }
    return render(request, "inbox/misunderstanding.html", context)


@allow(*WORKERS)
@require_POST
def confirm(request: HttpRequest, ref: str) -> HttpResponse:
    """A proposal is a wrong belief: it joins the sheet's known ones."""

    def deed(officer: Officer, row: Misunderstanding) -> str:
        sheet = Sheet.objects.all().visible_to(officer).filter(slug=request.POST.get("sheet", "")).first()
        if sheet is None:
            raise NotFound("Choose the fact sheet that it clashes with.")
        lang = request.POST.get("lang", "") or sheet.source_language
        claim, right = request.POST.get("claim", "").strip(), request.POST.get("correction", "").strip()
        numbers = tuple(request.POST.get("facts", "").upper().replace(",", " ").split())
        draft = BeliefDraft(
            code="",
            title=request.POST.get("title", "").strip(),
            facts=numbers,
            statements={lang: claim},
            corrections={lang: right},
            source=f"messages to the desk ({row.ref})",
        )
        done = deeds.confirm_misunderstanding(by=officer, misunderstanding=row, sheet=sheet, draft=draft)
        return f"It is {done.belief} from now on."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def dismiss(request: HttpRequest, ref: str) -> HttpResponse:
    """It is none."""

    def deed(officer: Officer, row: Misunderstanding) -> str:
        deeds.dismiss_misunderstanding(by=officer, misunderstanding=row, why=request.POST.get("why", ""))
        return "Dismissed. It is not proposed again."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """What will be said against it."""

    def deed(officer: Officer, row: Misunderstanding) -> str:
        deeds.plan_correction(
            by=officer,
            misunderstanding=row,
            plan=request.POST.get("plan", ""),
            at=_when(request.POST.get("at", ""), row.mission.zone),
            statement=request.POST.get("statement", "").strip(),
        )
        return "Planned."

    return _do(request, ref, deed)


@allow(*WORKERS)
@require_POST
def corrected(request: HttpRequest, ref: str) -> HttpResponse:
    """The correction is out."""

    def deed(officer: Officer, row: Misunderstanding) -> str:
        at = _when(request.POST.get("at", ""), row.mission.zone) or clock.now()
        deeds.mark_corrected(by=officer, misunderstanding=row, at=at)
        return "Noted. Whether it fades is counted from now."

    return _do(request, ref, deed)


def _do(request: HttpRequest, ref: str, deed: Callable[[Officer, Misunderstanding], str]) -> HttpResponse:
    officer = officer_of(request)
    row = reads.misunderstanding_of(officer, ref)
    try:
        said(request, deed(officer, row))
    except Problem as problem:
        refused(request, problem)
    return redirect("inbox:misunderstanding", ref=row.ref)


def _when(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("That is no time.", mend="Such as 2026-11-30T09:00.", where=[{"field": "at"}]) from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
