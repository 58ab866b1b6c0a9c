"""What goes wrong in which release: drawn from a seed, so that a run can be repeated and resumed. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What a network may do to one call, and how often. Weighed towards lost answers, which are the hard ones.
TROUBLES: Mapping[str, int] = {
    "500-after": 10,
    "silent-after": 10,
    "reset-after": 8,
    "garbage-after": 6,
    "html-200-after": 6,
    "empty-200-after": 5,
    "half-after": 5,
    "hang-after": 3,
    "500-before": 6,
    "503-html-before": 5,
    "silent-before": 5,
    "reset-before": 4,
    "hang-before": 2,
    "garbage-before": 3,
    "html-200-before": 3,
    "429": 8,
    "expired": 4,
    "redirect": 3,
    "huge-after": 2,
    "slow": 4,
}
STEPS = (
    "channels.before-claim",
    "channels.claimed",
    "channels.before-send",
    "channels.answered",
    "channels.booked",
    "channels.before-find",
    "channels.found",
    "channels.renewed",
)
CALLS_IN_TROUBLE = 0.35
WORKERS_KILLED = 0.7
DATABASE_CUT = 0.15


@dataclass(frozen=True)
class Life:
    """One worker's life: it ends itself when it comes to `step`, once so many seconds are over."""

    step: str
    after: float


@dataclass(frozen=True)
class Batch:
    """Some releases that go out together, and what happens meanwhile."""

    number: int
    releases: tuple[int, ...]
    troubles: Mapping[str, Sequence[tuple[str, str]]]
    cut_after: float | None


def batch(seed: int, number: int, releases: Sequence[int], calls: Mapping[str, Sequence[str]]) -> Batch:
    """The batch of this number. `calls` names the calls of each network."""
    dice = random.Random(f"{seed}:{number}")  # noqa: S311 - it must be repeatable, not secret
    kinds = list(TROUBLES)
    weights = list(TROUBLES.values())
    troubles = {
        network: [
            (call, dice.choices(kinds, weights)[0] if dice.random() < CALLS_IN_TROUBLE else "ok")
            for _ in releases
            for call in names
        ]
        for network, names in sorted(calls.items())
    }
    cut = dice.uniform(0.2, 2.0) if dice.random() < DATABASE_CUT else None
    return Batch(number, tuple(releases), troubles, cut)


def life(seed: int, number: int) -> Life | None:
    """The end of the worker of this number; None: it is let live."""
    dice = random.Random(f"{seed}:life:{number}")  # noqa: S311 - it must be repeatable
    if dice.random() > WORKERS_KILLED:
        return None
    return Life(dice.choice(STEPS), dice.uniform(0.0, 2.5))
