"""Reads of the audit: a page of events, all of them in order, and whether the chain holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.audit import rules
from dragoman.audit.models import Event, EventQuerySet, Link

PAGE = 50
BATCH = 1000
MOST_VERBS = 300


@dataclass(frozen=True)
class Page:
    """Events newest first. `older` and `newer` are the ids to go on from, or None at either end."""

    events: list[Event]
    older: int | None
    newer: int | None


def page(events: EventQuerySet, *, before: int | None = None, after: int | None = None) -> Page:
    """One page by key, so that the ten-thousandth costs what the first does."""
    if after is not None:
        found = list(events.filter(id__gt=after).order_by("id")[: PAGE + 1])
        more = len(found) > PAGE
        shown = found[:PAGE][::-1]
        return Page(shown, shown[-1].pk if shown else None, shown[0].pk if more and shown else None)
    narrowed = events.filter(id__lt=before) if before is not None else events
    found = list(narrowed.order_by("-id")[: PAGE + 1])
    shown = found[:PAGE]
    newer = shown[0].pk if before is not None and shown else None
    return Page(shown, shown[-1].pk if len(found) > PAGE else None, newer)


def in_order(events: EventQuerySet) -> Iterator[Event]:
    """Every event, oldest first, a batch at a time: an export holds no connection open for an hour."""
    last = 0
    while True:
        batch = list(events.filter(id__gt=last).select_related("link").order_by("id")[:BATCH])
        if not batch:
            return
        yield from batch
        last = batch[-1].pk


def verbs() -> list[str]:
    """Every deed that has been noted, by walking the index and not the table."""
    found: list[str] = []
    while True:
        after = Event.objects.filter(verb__gt=found[-1]) if found else Event.objects.all()
        verb = after.order_by("verb").values_list("verb", flat=True).first()
        if verb is None or len(found) >= MOST_VERBS:
            return found
        found.append(verb)


def link_of(event: Event) -> Link | None:
    return Link.objects.filter(event_id=event.pk).first()


@dataclass(frozen=True)
class Chain:
    """What the check of the chain found. `broken` is empty when every event is as it was written."""

    length: int
    head: str
    broken: str = ""

    @property
    def whole(self) -> bool:
        return not self.broken


def verify_chain() -> Chain:
    """Recompute every digest and every link. Finds an event that was changed, removed, added past the
    product, or put in another place; stops at the first. Says nothing of a cut at the end: keep `head`."""
    hash_before, seq = rules.BEGINNING, 0
    while True:
        links = list(Link.objects.filter(seq__gt=seq).order_by("seq")[:BATCH])
        if not links:
            break
        events = Event.objects.in_bulk([link.event_id for link in links])
        for link in links:
            wrong = _wrong(link, events.get(link.event_id), seq, hash_before)
            if wrong:
                return Chain(seq, hash_before, wrong)
            seq, hash_before = link.seq, link.hash
    loose = Event.objects.filter(link=None).order_by("id").first()
    if loose:
        return Chain(seq, hash_before, f"Event {loose.pk} ({loose.verb}) is not in the chain.")
    return Chain(seq, hash_before)


def _wrong(link: Link, event: Event | None, seq: int, hash_before: str) -> str:
    if link.seq != seq + 1:
        return f"Links {seq + 1} to {link.seq - 1} are missing from the chain."
    if event is None:
        return f"Event {link.event_id}, at place {link.seq} of the chain, has been removed."
    if event.computed_digest() != event.digest:
        return f"Event {event.pk} ({event.verb}) is not as it was written."
    if rules.link(hash_before, event.digest) != link.hash:
        return f"The chain does not hold at place {link.seq}, event {event.pk} ({event.verb})."
    return ""
