"""What probers saw, against what the host says. Only what is proven by two looks is called uneven: an entry
that came to a place between two looks may have come at either end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.negotiations.evenness.findings import Line, differs, same, unknown
from dragoman.negotiations.evenness.notes import Head, Seen
from dragoman.negotiations.evenness.reading import Talks

TOLERANCE = timedelta(seconds=10)
"""How much later than the first place another may have an entry: pages may be kept for five seconds."""
CLOCK = timedelta(seconds=2)
"""How far a prober's clock may be off beyond what it measured itself."""

Notes = tuple[Head, Sequence[Seen]]


def compare(talks: Talks, ledgers: Sequence[Mapping[str, Any]], notes: Notes) -> Iterator[Line]:
    """One prober's notes against the entries and the ledgers."""
    head, seen = notes
    if head.talks != talks.ref:
        yield unknown("probe", f"these notes are about {head.talks}")
        return
    by_number: dict[int, list[Seen]] = {}
    for one in seen:
        by_number.setdefault(one.number, []).append(one)
    if not by_number:
        yield unknown("probe", "nothing was published while it watched")
    stood = {int(one["ledger"]["release"]["entry"]): one["ledger"]["times"].get("page") for one in ledgers}
    for number, found in sorted(by_number.items()):
        where = f"entry {number}, probe"
        if number not in talks.entries:
            yield differs(where, "it was seen, and is not among the entries now")
            continue
        yield from _order(where, found)
        yield _spread(where, found)
        if said := stood.get(number):
            yield from _page(where, datetime.fromisoformat(said), found, head)


def latest_start(found: Sequence[Seen]) -> Seen | None:
    """The place that provably had it last: looked at without it at the latest moment."""
    known = [one for one in found if one.since is not None]
    return max(known, key=lambda one: one.since or one.at, default=None)


def lag(found: Sequence[Seen]) -> tuple[timedelta, Seen, Seen] | None:
    """By how much one place provably came after another: at least so much, and which two."""
    last = latest_start(found)
    others = [one for one in found if last is not None and one.place != last.place]
    if last is None or last.since is None or not others:
        return None
    first = min(others, key=lambda one: one.at)
    return last.since - first.at, first, last


def _spread(where: str, found: Sequence[Seen]) -> Line:
    proven = lag(found)
    places = len({one.place for one in found})
    width = max(one.at for one in found) - min(one.at for one in found)
    if proven is not None and proven[0] > TOLERANCE:
        least, first, last = proven
        words = f"{last.place} came at least {least.total_seconds():.1f} s after {first.place}"
        return differs(where, words)
    return same(where, f"{places} places had it within {width.total_seconds():.1f} s, as far as can be told")


def _order(where: str, found: Sequence[Seen]) -> Iterator[Line]:
    """Nothing may be shown before its proof can be read."""
    proof = next((one for one in found if one.place == "proof"), None)
    if proof is None or proof.since is None:
        return
    ahead = [one.place for one in found if one.place not in ("proof", "record") and one.at < proof.since]
    if ahead:
        yield differs(where, f"shown before its proof could be read: {', '.join(sorted(ahead))}")
    else:
        yield same(where, "nowhere seen before its proof")


def _page(where: str, said: datetime, found: Sequence[Seen], head: Head) -> Iterator[Line]:
    """The host's moment of the page, against the looks at the pages."""
    slack = CLOCK + timedelta(milliseconds=head.clock_within_ms)
    shift = timedelta(milliseconds=head.clock_ms)
    said = said.astimezone(UTC)
    for one in found:
        if not one.place.startswith("page:"):
            continue
        at, since = one.at + shift, one.since + shift if one.since else None
        if since is not None and since > said + slack:
            yield differs(
                where,
                f"{one.place} did not have it {(since - said).total_seconds():.1f} s after the ledger's time",
            )
        elif at < said - slack:
            yield differs(
                where, f"{one.place} had it {(said - at).total_seconds():.1f} s before the ledger's time"
            )
        else:
            yield same(where, f"{one.place} as the ledger says")
