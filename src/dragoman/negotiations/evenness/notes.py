"""What a prober writes down: the first moment at which each place had each entry. Pure: no network, no clock.

One JSON object a line. The first says who looked at what and how far the prober's clock is from the site's;
then come `Seen` lines. `at` is when an entry was first seen at a place, `since` when that place was last
looked at without it: the entry came there between the two, and nothing closer can be said. Times are UTC with
milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from dragoman.lib.problems import Invalid

FORMAT = "dragoman-probe/1"
LONGEST = 10_000_000
PLACES = ("record", "proof", "entries", "stream", "page", "feed")
"""Where is looked; pages and feeds once a language: `page:en`."""


@dataclass(frozen=True)
class Head:
    """What was looked at, from when on, and how often. `clock_ms`: the site's clock less the prober's."""

    site: str
    talks: str
    began: datetime
    every_ms: int
    newest: int
    clock_ms: int = 0
    clock_within_ms: int = 1_000


@dataclass(frozen=True)
class Seen:
    """An entry at one place: it came after `since` and no later than `at`. `since` is None when it was there
    at the first look."""

    number: int
    place: str
    at: datetime
    since: datetime | None


@dataclass
class Watch:
    """Turns looks into notes: each entry once at each place."""

    newest: int
    known: dict[str, set[int]] = field(default_factory=dict)
    looked: dict[str, datetime] = field(default_factory=dict)

    def look(self, place: str, numbers: Collection[int], began: datetime, ended: datetime) -> list[Seen]:
        """A place was looked at, from `began` to `ended`, and had these entries. Gives what is new there;
        what was there before the prober came is no news."""
        known = self.known.setdefault(place, set())
        since = self.looked.get(place)
        fresh = sorted(number for number in set(numbers) - known if number > self.newest)
        known.update(numbers)
        self.looked[place] = began
        return [Seen(number, place, ended, since) for number in fresh]


def head_line(head: Head) -> str:
    return _line({"format": FORMAT, **asdict(head), "began": stamp(head.began)})


def seen_line(one: Seen) -> str:
    since = stamp(one.since) if one.since else None
    return _line({"entry": one.number, "place": one.place, "at": stamp(one.at), "since": since})


def parse(text: str) -> tuple[Head, list[Seen]]:
    """Read a prober's notes. Raises Invalid (code `probe-notes`) with the number of the line that is wrong. A
    last line that was cut off is left out: the prober may have been stopped while it wrote."""
    lines = text.splitlines()
    if lines and not text.endswith("\n"):
        lines.pop()
    if not lines or len(text) > LONGEST:
        raise _wrong(1, "there is nothing, or too much")
    head = _head(lines[0])
    return head, list(_seen(lines[1:]))


def stamp(moment: datetime) -> str:
    """A moment as notes have it: 2026-12-14T06:55:00.420Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _head(line: str) -> Head:
    try:
        value = json.loads(line)
        if value.pop("format") != FORMAT:
            raise ValueError("another format")
        numbers = {name: int(value[name]) for name in ("every_ms", "newest", "clock_ms", "clock_within_ms")}
        return Head(str(value["site"]), str(value["talks"]), _moment(value["began"]), **numbers)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise _wrong(1, "it does not begin as notes of a prober do") from error


def _seen(lines: Iterable[str]) -> Iterator[Seen]:
    for place, line in enumerate(lines, 2):
        try:
            value = json.loads(line)
            since = _moment(value["since"]) if value["since"] is not None else None
            one = Seen(int(value["entry"]), str(value["place"]), _moment(value["at"]), since)
            if one.place.partition(":")[0] not in PLACES or (since and since > one.at):
                raise ValueError("a place or a time that cannot be")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise _wrong(place, "this line cannot be read") from error
        yield one


def _moment(text: object) -> datetime:
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found.astimezone(UTC)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _wrong(line: int, what: str) -> Invalid:
    return Invalid(
        f"Line {line} of the notes: {what}.",
        mend="Give the file that `dragoman probe` wrote, unchanged.",
        code="probe-notes",
    )
