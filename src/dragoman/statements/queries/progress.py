"""How a release goes: its phases, its deliveries, how far apart the channels were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dragoman.channels.models import Attempt, Delivery
from dragoman.record import queries as record
from dragoman.record.values import Sealed
from dragoman.statements.models import Release, Revision, Withdrawal

DONE = ("sent", "refused", "expired", "cancelled", "withdrawn")
PLOT_FROM, PLOT_TO = 150, 660
ROW = 24
LABEL = 15
# Beyond so many, a dot for each and a name for the last few: the table beside names them all.
MOST_NAMED = 40
DENSE = 7
NAMED_AT_END = 3


@dataclass(frozen=True)
class Phase:
    """One step of the order that never changes."""

    label: str
    state: str
    word: str
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One delivery. `left` is when the attempt that counts left us: the last, which sent it or left it where
    it is; `offset_us` its distance from the first of all."""

    delivery: Delivery
    left: datetime | None
    offset_us: int | None
    answer_us: int | None
    attempts: int

    @property
    def offset(self) -> int | None:
        """In whole milliseconds, as people read it."""
        return None if self.offset_us is None else round(self.offset_us / 1000)

    @property
    def answer(self) -> int | None:
        return None if self.answer_us is None else round(self.answer_us / 1000)


@dataclass(frozen=True)
class Mark:
    """One line of the skew plot, in its coordinates."""

    label: str
    x: float
    y: int
    state: str
    offset: int
    word: str


@dataclass(frozen=True)
class Plot:
    """`dense`: too many to name each."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    words: str
    dense: bool


def lines_of(revision: Revision) -> list[Line]:
    """Every delivery of the revision, the first to leave on top. Two queries."""
    found = list(
        Delivery.objects.filter(source=revision.statement.ref, rev=revision.number)
        .select_related("channel")
        .prefetch_related("attempts", "takedown")
    )
    sends = {item.pk: [one for one in item.attempts.all() if one.verb == "send"] for item in found}
    first = min((_left(tries[0]) for tries in sends.values() if tries), default=None)
    lines = [_line(item, sends[item.pk], first) for item in found]
    return sorted(lines, key=lambda line: (line.offset_us is None, line.offset_us or 0, line.delivery.pk))


def _line(delivery: Delivery, sends: Sequence[Attempt], first: datetime | None) -> Line:
    last = sends[-1] if sends else None
    left = _left(last) if last else None
    back = (last.answered or last.ended) if last else None
    offset = _us(left - first) if left and first else None
    return Line(delivery, left, offset, _us(back - left) if back and left else None, len(sends))


def _left(attempt: Attempt) -> datetime:
    """When its first byte that could change something was written; of an old attempt, when it began."""
    return attempt.began or attempt.started


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def phases_of(release: Release, lines: Sequence[Line]) -> list[Phase]:
    """The eight steps, each with its time or where it stands."""
    running = release.state == "running"
    sealed, page = release.sealed_at, release.page_at

    def step(label: str, at: datetime | None, begun: bool, word: str = "") -> Phase:
        if at:
            return Phase(label, "sent", word, at)
        return Phase(
            label, "sending" if begun and running else "queued", "under way" if begun and running else "waits"
        )

    entry = f"{release.entry_index:,}" if release.entry_index is not None else ""
    done = sum(line.delivery.state in DONE for line in lines)
    channels_word = f"{done} of {len(lines)}" if lines else "none chosen"
    channels_state = "sent" if release.channels_at and done == len(lines) else "sending" if page else "queued"
    if any(line.delivery.state in ("unsure", "refused") for line in lines):
        channels_state = "unsure"
    return [
        step("Text, media", sealed, running),
        step("Log entry", sealed, running, entry),
        step("Checkpoint", sealed, running),
        step("Proof", sealed, running),
        step("Page, feeds", page, bool(sealed)),
        step("Live stream", page, bool(sealed)),
        Phase("Channels", channels_state, channels_word),
    ]


def plot_of(lines: Sequence[Line]) -> Plot | None:
    """The skew plot; None when nothing has left yet. A dot for each delivery, in the order they left."""
    seen = [line for line in lines if line.offset is not None]
    if len(seen) < 2:
        return None
    last = max(line.offset or 0 for line in seen)
    step = next(
        (size for size in (10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15000, 60000) if last <= size * 5),
        300000,
    )
    top = step * max(1, -(-last // step))
    scale = (PLOT_TO - PLOT_FROM) / top
    dense = len(seen) > MOST_NAMED
    row = DENSE if dense else ROW
    marks = tuple(
        Mark(
            "" if dense and number < len(seen) - NAMED_AT_END else _name(line),
            round(PLOT_FROM + (line.offset_us or 0) / 1000 * scale, 1),
            38 + number * row + (max(0, number - len(seen) + NAMED_AT_END) * (ROW - row) if dense else 0),
            line.delivery.state,
            line.offset or 0,
            "" if line.delivery.state == "sent" else line.delivery.state,
        )
        for number, line in enumerate(seen)
    )
    ticks = tuple(
        (round(PLOT_FROM + at * scale, 1), _ahead(at) if at else "first") for at in range(0, top + 1, step)
    )
    return Plot(marks, ticks, marks[-1].y + ROW + 16, _told(seen), dense)


def _told(seen: Sequence[Line]) -> str:
    offsets = sorted(line.offset or 0 for line in seen)
    return f"{len(seen)} left; median {offsets[len(offsets) // 2]:,} ms, last {offsets[-1]:,} ms"


def _name(line: Line) -> str:
    return f"{_short(line.delivery.channel.label)} {line.delivery.lang}"


def _short(label: str) -> str:
    return label if len(label) <= LABEL else label[: LABEL - 1].rstrip() + "…"


def _ahead(ms: int) -> str:
    return f"+{ms} ms" if ms < 1000 else f"+{ms / 1000:g} s"


def entry_of(revision: Revision) -> Sealed | None:
    """Where the record holds it, or None before it has a proof."""
    return record.find_sealed(revision.statement.ref, revision.number)


def withdrawal_of(revision: Revision) -> Withdrawal | None:
    """The statement's tombstone, if there is one."""
    return Withdrawal.objects.filter(statement=revision.statement).select_related("officer").first()
