"""How well triage does, for anyone on the desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dragoman.base.access import allow
from dragoman.inbox.queries.quality import FEWEST, LATELY, quality
from dragoman.inbox.views.common import officer_of


@allow.officer
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Models, thresholds, and what officers said of the judgements."""
    context = {"quality": quality(officer_of(request)), "fewest": FEWEST, "lately": LATELY}
    return render(request, "inbox/quality.html", context)
