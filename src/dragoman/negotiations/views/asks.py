"""Corrections that parties ask for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import NotFound
from dragoman.negotiations.actions import asks as deeds
from dragoman.negotiations.models import Ask, Process
from dragoman.negotiations.queries import desk_pages as pages
from dragoman.negotiations.views.common import for_process
from dragoman.staff.models import Officer


@allow(*pages.HOSTS)
@require_POST
def grant(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Grant it."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.grant_ask(by=officer, ask=_ask(process, pk), why=request.POST.get("why", "").strip())
        return "Granted. Write the corrected text as a new round; all parties must sign it."

    return for_process(request, ref, deed)


@allow(*pages.HOSTS)
@require_POST
def refuse(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Refuse it."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.refuse_ask(by=officer, ask=_ask(process, pk), why=request.POST.get("why", "").strip())
        return "Refused, with your words. The ledger counts it."

    return for_process(request, ref, deed)


def _ask(process: Process, pk: int) -> Ask:
    found = process.asks.filter(pk=pk).first()
    if found is None:
        raise NotFound("Nobody asked for that correction in these talks.")
    return found
