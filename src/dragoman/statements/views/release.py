"""Putting out: deciding the moment, and watching it go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.lib.problems import Conflict, Invalid, Problem
from dragoman.staff.models import Officer
from dragoman.staff.stepup import require_step_up
from dragoman.statements.actions import releases
from dragoman.statements.actions.review import standing_of
from dragoman.statements.forms import PlanForm
from dragoman.statements.models import Revision
from dragoman.statements.queries import drafting, lists, pages, progress, readiness, renditions
from dragoman.statements.views.common import officer_of, refused, revision_of, said, to


@allow.officer
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """Now, or at a time with its zone. The order of what follows never changes."""
    officer, revision = officer_of(request), revision_of(request, ref)
    if revision.state not in ("draft", "review", "approved"):
        return to("release", ref)
    form = PlanForm(revision.statement.mission.zone, request.POST or None)
    problem: Problem | None = None
    if request.method == "POST" and form.is_valid():
        first = require_step_up(request)
        if first is not None:
            return first
        try:
            return _release(request, officer, revision, form.cleaned_data)
        except (Conflict, Invalid) as refusal:
            problem = refusal
    shown = renditions.shown(revision)
    findings = drafting.findings(revision, action="release", shown=shown)
    context = {
        "revision": revision,
        "statement": revision.statement,
        "form": form,
        "problem": problem,
        "shown": shown,
        "chain": standing_of(revision),
        "standing_in_way": [item for item in findings if item.stands_in_the_way],
        "langs": [text.lang for text in revision.texts.all()],
        "may_release": pages.may_release(officer, revision.statement),
    }
    return render(request, "statements/plan.html", context, status=422 if problem or form.errors else 200)


@allow.officer
@require_GET
def release(request: HttpRequest, ref: str) -> HttpResponse:
    """The release as it goes, and as it went."""
    return render(request, "statements/release.html", _context(request, ref))


@allow.officer
@require_GET
def release_progress(request: HttpRequest, ref: str) -> HttpResponse:
    """What of it changes, fetched every few seconds; 286 tells htmx that nothing more will come."""
    context = _context(request, ref)
    status = 200 if context["busy"] or context["soon"] else 286
    return render(request, "statements/_release.html", {**context, "fragment": True}, status=status)


@allow("releaser")
@require_POST
def cancel(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a plan back before its moment."""
    revision = revision_of(request, ref)
    planned = pages.release_of(revision)
    if planned is None:
        raise Conflict("There is no plan to take back.", mend="Reload the page.")
    why = request.POST.get("why", "").strip()
    if not why:
        refused(request, Invalid("A reason is needed.", mend="Say why the plan is taken back."))
        return to("release", ref)
    releases.cancel_release(by=officer_of(request), release=planned, why=why)
    said(request, "The plan is taken back. The approvals stand.")
    return to("plan", ref)


@allow("approver", "releaser")
@require_POST
def review_crisis(request: HttpRequest, ref: str) -> HttpResponse:
    """What a second person found in a release of the crisis lane, afterwards."""
    done = pages.release_of(revision_of(request, ref))
    if done is None:
        raise Conflict("It has not been released.")
    releases.review_crisis_release(by=officer_of(request), release=done, note=request.POST.get("note", ""))
    said(request, "The review is recorded.")
    return to("release", ref)


def _release(
    request: HttpRequest, officer: Officer, revision: Revision, data: dict[str, Any]
) -> HttpResponse:
    releases.release_statement(by=officer, revision=revision, at=data["at"], zone=data.get("zone") or "")
    said(request, "Planned. It can be taken back until its moment." if data["at"] else "It is going out.")
    return to("release", revision.statement.ref)


def _context(request: HttpRequest, ref: str) -> dict[str, Any]:
    officer = officer_of(request)
    statement = lists.statement(officer=officer, ref=ref)
    revision = pages.shown_revision(statement, request.GET.get("rev", ""))
    found = pages.release_of(revision)
    planned = found is not None and found.state == "planned"
    lines = progress.lines_of(revision) if found else []
    ready = readiness.readiness_of(found) if found and planned else []
    unsure = [line for line in lines if line.delivery.state == "unsure"]
    refusals = [line for line in lines if line.delivery.state == "refused"]
    busy = found is not None and (
        found.state == "running"
        or any(line.delivery.state in ("queued", "armed", "sending") for line in lines)
        or any(line.delivery.state == "unsure" and not line.delivery.person for line in lines)
    )
    withdrawal = progress.withdrawal_of(revision)
    return {
        "statement": statement,
        "revision": revision,
        "release": found,
        "lines": lines,
        "ready": ready,
        "prepared": sum(row.ahead.ready for row in ready),
        "troubled": sum(row.ahead.stops for row in ready),
        "evidence": found is not None and found.state not in ("planned", "cancelled"),
        "phases": progress.phases_of(found, lines) if found else [],
        "plot": progress.plot_of(lines),
        "entry": progress.entry_of(revision),
        "unsure": unsure,
        "unsure_labels": ", ".join(sorted({line.delivery.channel.label for line in unsure})),
        "refusals": refusals,
        "refusal_words": list(
            dict.fromkeys(f"{line.delivery.channel.label}: {line.delivery.why}" for line in refusals)
        ),
        "sent": sum(line.delivery.state == "sent" for line in lines),
        "withdrawal": withdrawal,
        "busy": bool(busy or (withdrawal and withdrawal.state == "running")),
        "soon": bool(
            found and found.state == "planned" and (found.moment - clock.now()).total_seconds() < 600
        ),
        "langs": sorted(text.lang for text in revision.texts.all()),
        "public_url": settings.DRAGOMAN.public_url,
        "may_release": pages.may_release(officer, statement),
        "may_write": pages.may_write(officer, statement),
    }
