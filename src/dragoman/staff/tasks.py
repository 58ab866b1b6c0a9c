"""The clock's work for staff."""

from __future__ import annotations

from dragoman.base.actor import System
from dragoman.base.jobs import every
from dragoman.staff import actions

CLOCK = System("clock")


@every("17 3 * * *", "staff.forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Sessions that ended by themselves: what is left of them goes once a day."""
    actions.forget_sessions(by=CLOCK)
