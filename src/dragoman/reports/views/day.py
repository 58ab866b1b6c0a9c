"""The page of a day of questions: plots, the same as tables, and as CSV."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_GET

from dragoman.base.access import allow
from dragoman.lib.problems import Invalid, NotAllowed, NotFound
from dragoman.reports.queries import listening
from dragoman.staff.models import Officer

TABLES = ("hours", "languages", "countries", "misunderstandings")


@allow.officer
@require_GET
def day(request: HttpRequest) -> HttpResponse:
    """One day, on the clock of the officer's mission."""
    _, found = _day(request)
    context = {
        "day": found,
        "before": found.day - timedelta(days=1),
        "after": found.day + timedelta(days=1),
        "drawn": drawn(found),
        "borders": static("vendor/borders.json"),
    }
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, "reports/_day.html" if fragment else "reports/day.html", context)


@allow.officer
@require_GET
def day_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One of its tables."""
    if table not in TABLES:
        raise NotFound("There is no such table.", mend=f"One of {', '.join(TABLES)}.")
    _, found = _day(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table}-{found.day:%Y-%m-%d}.csv"'
    out = csv.writer(response)
    if table == "hours":
        out.writerow(["hour", "messages", "asked", "answered", "calls_for_help"])
        out.writerows([row.at.isoformat(), row.all, row.asked, row.answered, row.help] for row in found.hours)
    elif table == "languages":
        out.writerow(["language", "asked", "answered"])
        out.writerows(found.languages)
    elif table == "countries":
        out.writerow(["country", "asked"])
        out.writerows((country.code, country.many) for country in found.countries)
        out.writerow([f"countries of fewer than {listening.FEWEST}, not named", found.hidden_countries])
    else:
        out.writerow(["belief", "state", "people", "share_of_six_hours", "trend", "first_seen", "corrected"])
        for line in found.beliefs:
            row = line.row
            cells = [row.belief or row.ref, row.state, row.count, f"{line.trend.now:.3f}", line.trend.word]
            out.writerow([*cells, row.first_at or "", row.corrected_at or ""])
    return response


def drawn(found: listening.Day) -> dict[str, Any]:
    """What the plots are drawn from; the tables beside them hold the same."""
    return {
        "hours": [[f"{row.at:%H}:00", row.all, row.asked, row.answered, row.help] for row in found.hours],
        "languages": [list(row) for row in found.languages[: listening.TOP]],
        "countries": [[one.number, one.name, one.many, one.code] for one in found.countries],
    }


def _day(request: HttpRequest) -> tuple[Officer, listening.Day]:
    if not isinstance(request.user, Officer):
        raise NotAllowed("Sign in first.")
    zone = listening.zone_for(request.user)
    text = request.GET.get("day", "")
    try:
        which = date.fromisoformat(text) if text else listening.latest_day(request.user, zone)
        if not date(1990, 1, 2) <= which <= date(2199, 12, 30):
            raise ValueError
    except ValueError:
        raise Invalid("That is no day.", mend="Write it as 2026-11-22.", where=[{"field": "day"}]) from None
    return request.user, listening.day(request.user, which, zone)
