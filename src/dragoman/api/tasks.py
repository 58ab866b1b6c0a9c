"""The clock of the API."""

from __future__ import annotations

from dragoman.api import actions
from dragoman.base import clock
from dragoman.base.jobs import every


@every("43 * * * *", "api.forget_old")
def forget_old(timestamp: int) -> None:
    """Drop answers and counts that nobody will ask for again."""
    actions.forget_old(now=clock.now())
