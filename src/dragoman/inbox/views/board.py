"""The questions board, and its table."""

from __future__ import annotations

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.inbox.queries import board as reads
from dragoman.inbox.queries import misunderstandings
from dragoman.inbox.views.common import officer_of

ORDER_WORDS = (("due", "Due first"), ("size", "Most asked"), ("newest", "Newest"), ("sure", "Surest match"))
SHOW_WORDS = (
    ("open", "Open"),
    ("mine", "Mine"),
    ("answered", "Answered"),
    ("snoozed", "Snoozed"),
    ("closed", "Closed"),
)


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Questions, due first: how many ask, in how many languages, what they touch, how they stand."""
    officer = officer_of(request)
    filters = _filters(request)
    page = reads.board(officer, filters, after=request.GET.get("after", ""))
    if len(page.lines) == 1 and page.lines[0].question.ref.lower() == filters.q.lower():
        return redirect("inbox:question", ref=page.lines[0].question.ref)
    unsorted, oldest = reads.unsorted(officer)
    context = {
        "page": page,
        "filters": filters,
        "shows": [(name, word, page.counts[name]) for name, word in SHOW_WORDS],
        "orders": ORDER_WORDS,
        "missions": reads.missions(officer),
        "first": "after" not in request.GET,
        "unsorted": unsorted,
        "behind": clock.now() - oldest if oldest else None,
        "now": clock.now(),
        "lines": (going := misunderstandings.listing(officer)),
        "plot": misunderstandings.plot(going),
    }
    fragment = request.headers.get("HX-Request") == "true" and "part" in request.GET
    return render(request, "inbox/_board_rows.html" if fragment else "inbox/board.html", context)


@allow.officer
@require_GET
def table(request: HttpRequest) -> HttpResponse:
    """The board as CSV: figures and the officer's words, never what a single person wrote in private."""
    officer = officer_of(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="questions.csv"'
    out = csv.writer(response)
    out.writerow(
        [
            "question",
            "words",
            "state",
            "people",
            "waiting",
            "languages",
            "countries",
            "match",
            "confidence",
            "due",
        ]
    )
    after = ""
    for _ in range(200):
        page = reads.board(officer, _filters(request), after=after)
        for row in page.lines:
            question = row.question
            out.writerow(
                [
                    question.ref,
                    _cell(str(question)),
                    question.state,
                    question.size,
                    question.waiting,
                    row.languages,
                    sum(many >= reads.FEWEST for many in question.countries.values()),
                    question.match,
                    f"{question.confidence:.3f}",
                    question.due_at.isoformat() if question.due_at else "",
                ]
            )
        after = page.after
        if not after:
            break
    return response


def _cell(words: str) -> str:
    """A spreadsheet takes a text that begins so for a formula (OWASP, CSV injection)."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words


def _filters(request: HttpRequest) -> reads.Filters:
    show, order = request.GET.get("show", "open"), request.GET.get("order", "due")
    return reads.Filters(
        show=show if show in reads.SHOWN else "open",
        lang=request.GET.get("lang", "")[:35],
        order=order if order in reads.ORDERS else "due",
        q=request.GET.get("q", "").strip()[:200],
        mission=request.GET.get("mission", "")[:60],
    )
