"""What a seated person reads: the talks, a round, the protocol, receipts; and the files they take home."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dragoman.lib.problems import NotFound
from dragoman.negotiations.queries import bodies, named, table, table_pages
from dragoman.negotiations.table import access, agreed_shown, pages, round_shown
from dragoman.negotiations.table.frame import language_of
from dragoman.negotiations.table.middleware import NOT_HERE, Sitting, sitting_of
from dragoman.record import keys as record_keys


def seated(request: HttpRequest) -> Sitting:
    """Who has the seat; the middleware let nobody else come here."""
    sitting = sitting_of(request)
    if sitting is None:
        raise NotFound(NOT_HERE)
    return sitting


@access.seated
@require_safe
def talks(request: HttpRequest, ref: str) -> HttpResponse:
    """The talks of this person: what is due first, then everything else."""
    person = seated(request).person
    lines = table_pages.round_lines(person)
    context = {
        "here": "talks",
        "rounds": lines,
        "due": table_pages.due(lines, person),
        "parties": table_pages.parties(person),
        "protocol": table_pages.protocol_in_force(person),
        "receipts": table.receipts(person).count(),
        "not_named": not person.party.observer and not named.is_named(person),
        "pulse_rule": not person.party.observer and table_pages.may_hold_pulse(person),
    }
    return render(request, "table/talks.html", context)


@access.seated
@require_safe
def protocol(request: HttpRequest, ref: str) -> HttpResponse:
    """The protocol in force, in words."""
    person = seated(request).person
    found = table_pages.protocol_in_force(person)
    context: dict[str, Any] = {"here": "talks", "protocol": found}
    if found is not None:
        context["agreed"] = agreed_shown.of(found, person.party.process, language_of(request))
    return render(request, "table/protocol.html", context)


@access.seated
@require_safe
def round_page(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """One round: every word of it, what changed, what was answered, and what may be done."""
    return show_round(request, number)


def show_round(request: HttpRequest, number: int, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a round, with what a deed that went wrong has to say."""
    person = seated(request).person
    shown = table.round_shown(person, number)
    context = round_shown.context(request, person, shown, language_of(request))
    return render(request, "table/round.html", context | more, status=status)


@access.party
@require_safe
def round_file(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """The round's file for work on one's own machine."""
    data = table.round_file(seated(request).person, number)
    return pages.download(data, f"{ref}-round-{number}.json", "application/json")


@access.party
@require_safe
def body(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """The very bytes that are signed."""
    shown = table.round_shown(seated(request).person, number)
    if not shown.round.body:
        raise NotFound(NOT_HERE)
    return pages.download(shown.round.body.encode(), f"{ref}-round-{number}.txt")


@access.seated
@require_safe
def text(request: HttpRequest, ref: str, number: int, lang: str) -> HttpResponse:
    """The very bytes of one language."""
    shown = table.round_shown(seated(request).person, number)
    found = shown.round.texts.filter(lang=lang).first()
    if found is None:
        raise NotFound(NOT_HERE)
    data = bodies.bytes_of(shown.round.kind, found)
    return pages.download(data, f"{ref}-round-{number}.{lang}.txt")


@access.party
@require_safe
def receipts(request: HttpRequest, ref: str) -> HttpResponse:
    """All receipts of the party."""
    person = seated(request).person
    context = {
        "here": "receipts",
        "receipts": table.receipts(person).select_related("round"),
        "log_keys": [str(key.verifier) for key in record_keys.signing()],
    }
    return render(request, "table/receipts.html", context)


@access.party
@require_safe
def receipt(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """One receipt, to keep."""
    found = table_pages.receipt(seated(request).person, number)
    return pages.download(found.note, f"{ref}-receipt-{number}.txt")


@access.party
@require_safe
def all_receipts(request: HttpRequest, ref: str) -> HttpResponse:
    """All receipts in one file, oldest first, each after a line that says which."""
    found = table.receipts(seated(request).person).order_by("number")
    parts = [f"===== receipt {one.number} =====\n{one.note}" for one in found]
    return pages.download("\n".join(parts), f"{ref}-receipts.txt")
