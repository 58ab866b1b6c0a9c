"""From agreed to released."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from dragoman.base.access import allow
from dragoman.negotiations.actions import releasing as deeds
from dragoman.negotiations.models import Round
from dragoman.negotiations.queries import desk_pages as pages
from dragoman.negotiations.views.common import for_round, moment_of
from dragoman.staff.models import Officer
from dragoman.staff.stepup import step_up


@allow(*pages.HOSTS)
@step_up
@require_POST
def plan(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Release it now, or arm it for a moment."""

    def deed(officer: Officer, found: Round) -> str:
        zone = found.process.zone
        now = request.POST.get("when") != "at"
        moment = None if now else moment_of(request.POST.get("moment", ""), zone, "moment")
        deeds.plan_release(by=officer, round=found, moment=moment, zone=zone)
        if moment:
            return "Armed. Until its moment any party may take its consent back, and the plan with it."
        return "It is going out, to everybody at the same instant."

    return for_round(request, ref, number, deed)


@allow(*pages.HOSTS)
@require_POST
def unplan(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Take the plan back."""

    def deed(officer: Officer, found: Round) -> str:
        deeds.unplan(by=officer, round=found, why=request.POST.get("why", "").strip())
        return "The plan is taken back. The consents stand."

    return for_round(request, ref, number, deed)
