"""The front page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dragoman.base.access import allow
from dragoman.lib.problems import NotAllowed
from dragoman.reports import queries
from dragoman.staff.models import Officer


@allow.officer
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """What needs this officer now, what goes out today, and how the desk is."""
    if not isinstance(request.user, Officer):
        raise NotAllowed("Sign in first.")
    return render(request, "reports/today.html", {"board": queries.today(request.user)})
