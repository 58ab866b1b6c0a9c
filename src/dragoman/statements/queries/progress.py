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


@dataclass(frozen=True)
class Phase:
    """One step of the order that never changes."""

    label: str
    state: str
    word: str
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One delivery, with its distance from the first in milliseconds."""

    delivery: Delivery
    offset: int | None
    answer: int | None
    attempts: int


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
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    words: str


def lines_of(revision: Revision) -> list[Line]:
    """Every delivery of the revision, the first to leave on top. Two queries."""
    found = list(
        Delivery.objects.filter(source=revision.statement.ref, rev=revision.number)
        .select_related("channel")
        .prefetch_related("attempts", "takedown")
    )
    sends = {item.pk: [one for one in item.attempts.all() if one.verb == "send"] for item in found}
    first = min((tries[0].started for tries in sends.values() if tries), default=None)
    lines = [_line(item, sends[item.pk], first) for item in found]
    return sorted(lines, key=lambda line: (line.offset is None, line.offset or 0, line.delivery.pk))


def _line(delivery: Delivery, sends: Sequence[Attempt], first: datetime | None) -> Line:
    """The offset is that of the attempt that counts: the last, which sent it or left it where it is."""
    last = sends[-1] if sends else None
    offset = _ms(last.started - first) if last and first else None
    answer = _ms(last.ended - last.started) if last and last.ended else None
    return Line(delivery, offset, answer, len(sends))


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


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
    """The skew plot; None when nothing has left yet."""
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
    marks = tuple(
        Mark(
            f"{_short(line.delivery.channel.label)} {line.delivery.lang}",
            round(PLOT_FROM + (line.offset or 0) * scale, 1),
            38 + number * ROW,
            line.delivery.state,
            line.offset or 0,
            "" if line.delivery.state == "sent" else line.delivery.state,
        )
        for number, line in enumerate(seen)
    )
    ticks = tuple(
        (round(PLOT_FROM + at * scale, 1), _ahead(at) if at else "first") for at in range(0, top + 1, step)
    )
    middle = sorted(line.offset or 0 for line in seen)[len(seen) // 2]
    words = f"median {middle:,} ms, last {last:,} ms"
    return Plot(marks, ticks, 38 + len(seen) * ROW + 16, words)


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
