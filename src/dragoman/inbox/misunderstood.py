"""How a misunderstanding goes: rising, falling, faded. Pure: hours and shares are passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# A share is only spoken of when enough was asked in the time it is taken over.
ENOUGH = 5
STEP = 1.25


@dataclass(frozen=True)
class Trend:
    """Share of all questions, now and before, over windows of the same length; `word` is rising, falling,
    steady or quiet."""

    now: float
    before: float
    word: str


def hour_key(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H}"


def series(hours: Mapping[str, Sequence[int]], until: datetime, many: int) -> list[tuple[datetime, int, int]]:
    """The last `many` hours, each with how many held the belief and how many asked anything."""
    last = until.replace(minute=0, second=0, microsecond=0)
    found = []
    for back in range(many - 1, -1, -1):
        at = last - timedelta(hours=back)
        held, asked = hours.get(hour_key(at), (0, 0))
        found.append((at, int(held), int(asked)))
    return found


def share(rows: Sequence[tuple[datetime, int, int]]) -> float:
    """Of all questions in these hours, how many held it; 0 when nothing was asked."""
    asked = sum(row[2] for row in rows)
    return sum(row[1] for row in rows) / asked if asked else 0.0


def trend(hours: Mapping[str, Sequence[int]], until: datetime, window: int = 6) -> Trend:
    """The last `window` hours against those before them."""
    rows = series(hours, until, window * 2)
    early, late = rows[:window], rows[window:]
    now, before = share(late), share(early)
    held = sum(row[1] for row in rows)
    if held == 0:
        word = "quiet"
    elif held < ENOUGH or before == now:
        word = "steady"
    elif now > before * STEP:
        word = "rising"
    elif now * STEP < before:
        word = "falling"
    else:
        word = "steady"
    return Trend(now, before, word)


def faded(hours: Mapping[str, Sequence[int]], corrected: datetime, now: datetime, window: int = 24) -> bool:
    """Did it fade after its correction: at most half the share that it had before, over the last day?

    Says no while less than `window` hours have passed since, or nothing was asked.
    """
    if now - corrected < timedelta(hours=window):
        return False
    after = series(hours, now, window)
    before = series(hours, corrected - timedelta(hours=1), window)
    if not sum(row[2] for row in after):
        return False
    was = share(before)
    return was > 0 and share(after) <= was / 2


def half_life(
    hours: Mapping[str, Sequence[int]], corrected: datetime, now: datetime, window: int = 6
) -> timedelta | None:
    """From the correction until the share first fell to half of what it was; None while it has not."""
    was = share(series(hours, corrected - timedelta(hours=1), 24))
    if not was:
        return None
    at = corrected + timedelta(hours=window)
    while at <= now:
        rows = series(hours, at, window)
        if sum(row[2] for row in rows) and share(rows) <= was / 2:
            return at - corrected
        at += timedelta(hours=1)
    return None
