"""The clock of a protocol: what is due, what must wait. Time is passed in; every moment has its zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from dragoman.negotiations.rules.protocol import ProtocolRules

SKEW = timedelta(seconds=2)


def quiet_now(rules: ProtocolRules, now: datetime) -> bool:
    """Whether quiet hours hold."""
    raise NotImplementedError


def pulse_due(
    rules: ProtocolRules, last: datetime | None, now: datetime, last_pulse: datetime | None = None
) -> bool:
    """Whether the pulse line must be said: `last` is when anything was published last (None: nothing yet),
    `last_pulse` when the pulse line was. Never in quiet hours."""
    raise NotImplementedError


def objection_ends(opened: datetime, rules: ProtocolRules) -> datetime:
    """When a notice may go out that nobody objected to."""
    raise NotImplementedError


def closes(opened: datetime, rules: ProtocolRules) -> datetime:
    """When a round lapses that not all have consented to."""
    raise NotImplementedError


def may_release(not_before: str | datetime, moment: datetime, now: datetime, skew: timedelta = SKEW) -> bool:
    """Whether a text may go out now: its moment and its not-before have come. The clock may run ahead by no more
    than `skew`."""
    raise NotImplementedError


def stamp(moment: datetime) -> str:
    """A moment as bodies and orders write it: UTC, whole seconds, Z."""
    raise NotImplementedError


def moment(stamped: str) -> datetime:
    """The reverse of `stamp`. Raises Invalid (code `moment`)."""
    raise NotImplementedError
