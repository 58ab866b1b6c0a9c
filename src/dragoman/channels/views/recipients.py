"""Subscribers of a channel, and the copies of one delivery. No page lists an address."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.channels import queries
from dragoman.channels.actions import copies, recipients
from dragoman.channels.connector import LETTERS, MANY
from dragoman.channels.models import Channel, Delivery
from dragoman.channels.queries import recipients as reads
from dragoman.channels.views.common import do, officer_of
from dragoman.lib import mailaddress
from dragoman.lib.problems import Invalid, NotFound, Problem, TooLarge
from dragoman.staff.models import Officer

DAYS = 30
LARGEST = 20_000_000
COLUMNS = ("address", "language", "topics")


@allow.officer
@require_http_methods(["GET", "POST"])
def subscribers(request: HttpRequest, slug: str) -> HttpResponse:
    """How many there are, by state and language, and how many came day by day. An address that is typed in
    whole is found; it is posted, so that it stands in no log of addresses."""
    officer = officer_of(request)
    channel = _channel(slug, officer)
    may_set_up = officer.may("administrator", channel.mission)
    typed = request.POST.get("address", "").strip() if may_set_up else ""
    context = {
        **_context(channel),
        "may_set_up": may_set_up,
        "typed": typed,
        "found": _find(channel, typed) if typed else None,
    }
    return render(request, "channels/subscribers.html", context)


@allow("administrator")
@require_POST
def erase(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete all that is known of one."""
    officer = officer_of(request)
    channel = _channel(slug, officer)
    row = channel.recipients.filter(ref=request.POST.get("ref", "")).first() if _is_ref(request) else None
    if row is None:
        raise NotFound("There is no such subscriber any more.")
    why = request.POST.get("why", "")
    deed = partial(recipients.erase_recipient, by=officer, recipient=row, why=why)
    return do(request, deed, "Erased.", "channels:subscribers", slug)


@allow("administrator")
@require_POST
def bring(request: HttpRequest, slug: str) -> HttpResponse:
    """Take in a file of addresses that said yes elsewhere."""
    officer = officer_of(request)
    channel = _channel(slug, officer)
    try:
        people = _read(request)
        count = recipients.import_recipients(
            by=officer, channel=channel, people=people, basis=request.POST.get("basis", "")
        )
    except Problem as problem:
        messages.error(request, f"{problem.title}. {problem.detail} {problem.mend}".strip())
    else:
        messages.success(request, f"{count} of {len(people)} were new and now receive what is released.")
    return redirect("channels:subscribers", slug)


@allow.officer
@require_safe
def copies_of(request: HttpRequest, pk: int) -> HttpResponse:
    """How the copies of one delivery stand, and what only a person can decide about them."""
    officer = officer_of(request)
    delivery = queries.delivery(pk, officer)
    progress = reads.progress(delivery)
    if progress is None:
        raise NotFound("This delivery has no copies.")
    context = {
        "delivery": delivery,
        "progress": progress,
        "states": [(name, progress.counts.get(name, 0)) for name in ORDER],
        "may_decide": officer.may("releaser", delivery.channel.mission),
    }
    return render(request, "channels/copies.html", context)


@allow("releaser")
@require_POST
def decide_copies(request: HttpRequest, pk: int) -> HttpResponse:
    """Copies that may or may not have been received."""
    officer = officer_of(request)
    deed = partial(
        copies.decide_copies,
        by=officer,
        delivery=_delivery(pk, officer),
        again=request.POST.get("answer") == "again",
        why=request.POST.get("why", ""),
    )
    return do(request, deed, "Noted.", "channels:copies", pk)


@allow("releaser")
@require_POST
def resume_copies(request: HttpRequest, pk: int) -> HttpResponse:
    """The cause is mended."""
    officer = officer_of(request)
    deed = partial(copies.resume_copies, by=officer, delivery=_delivery(pk, officer))
    return do(request, deed, "They are sent on.", "channels:copies", pk)


ORDER = ("waiting", "sending", "done", "unsure", "gone", "refused", "skipped", "expired")


def _channel(slug: str, officer: Officer) -> Channel:
    channel = queries.channel(slug, officer)
    if not queries.able(channel, MANY):
        raise NotFound("This channel has no subscribers.")
    return channel


def _delivery(pk: int, officer: Officer) -> Delivery:
    delivery = queries.delivery(pk, officer)
    if reads.progress(delivery) is None:
        raise NotFound("This delivery has no copies.")
    return delivery


def _is_ref(request: HttpRequest) -> bool:
    ref = request.POST.get("ref", "")
    return len(ref) == 36 and all(char in "0123456789abcdef-" for char in ref)


def _find(channel: Channel, typed: str) -> object:
    try:
        identity = mailaddress.identity(mailaddress.read(typed))
    except ValueError:
        identity = typed
    return reads.by_identity(channel, identity) or "nobody"


def _context(channel: Channel) -> dict[str, object]:
    rows = reads.recipient_counts(channel)
    by_state: dict[str, int] = {}
    by_lang: dict[str, int] = {}
    for row in rows:
        by_state[row["state"]] = by_state.get(row["state"], 0) + row["count"]
        if row["state"] == "confirmed":
            by_lang[row["lang"]] = by_lang.get(row["lang"], 0) + row["count"]
    return {
        "channel": channel,
        "by_letter": queries.able(channel, LETTERS),
        "by_state": [(state, by_state.get(state, 0)) for state in ("confirmed", "asked", "left", "gone")],
        "by_lang": sorted(by_lang.items(), key=lambda item: -item[1]),
        "all": by_state.get("confirmed", 0),
        "plot": _plot(reads.joined_by_day(channel, clock.now() - timedelta(days=DAYS - 1))),
        "days": DAYS,
    }


def _plot(by_day: Sequence[tuple[str, int]]) -> dict[str, object]:
    """Bars of how many confirmed, one a day, as places in a drawing of 300 by 60."""
    known = dict(by_day)
    today = clock.now().date()
    days = [(today - timedelta(days=back)).isoformat() for back in reversed(range(DAYS))]
    most = max([known.get(day, 0) for day in days] + [1])
    bars = [
        {"x": place * 10, "y": 60 - height, "height": height, "day": day, "count": known.get(day, 0)}
        for place, day in enumerate(days)
        for height in [round(58 * known.get(day, 0) / most, 1)]
    ]
    return {"bars": bars, "most": most, "sum": sum(known.values())}


def _read(request: HttpRequest) -> list[tuple[str, str, Sequence[str]]]:
    """A CSV of `address,language,topics` with that first line; topics with semicolons."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid("No file was chosen.", mend="Choose a CSV file.", code="file")
    if (file.size or 0) > LARGEST:
        raise TooLarge(f"The file has more than {LARGEST:,} bytes.", mend="Bring it in parts.")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text.", mend="Save it as CSV in UTF-8.", code="file") from None
    rows = csv.DictReader(io.StringIO(text))
    try:
        return _people(rows)
    except csv.Error as error:
        why = f"Line {rows.line_num + 1} of the file cannot be read: {error}."
        raise Invalid(why, mend="Save it as CSV in UTF-8.", code="file") from None


def _people(rows: csv.DictReader[str]) -> list[tuple[str, str, Sequence[str]]]:
    if not rows.fieldnames or rows.fieldnames[0] != "address":
        raise Invalid(
            f"The first line must be {','.join(COLUMNS)}.",
            mend="Add it, and send the file again.",
            code="file",
        )
    return [_person(place, row) for place, row in enumerate(rows, 2)]


def _person(line: int, row: dict[str, str]) -> tuple[str, str, Sequence[str]]:
    try:
        address = mailaddress.read(row.get("address") or "")
    except ValueError as error:
        raise Invalid(f"Line {line} of the file is not an address: {error}.", code="file") from None
    topics = [topic for topic in (row.get("topics") or "").split(";") if topic.strip()]
    return address, (row.get("language") or "").strip(), topics
