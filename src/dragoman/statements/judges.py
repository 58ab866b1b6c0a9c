"""Who is asked, in the very transaction in which a joint release begins, whether its parties still agree.

The app that holds the parties registers itself, for this one knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable

Judge = Callable[[str, int], None]

_judges: list[Judge] = []


def register(judge: Judge) -> None:
    """Called from an app's `ready()`. `judge(ref, rev)` raises a Problem when the text must not go out."""
    if judge not in _judges:
        _judges.append(judge)


def ask(ref: str, rev: int) -> None:
    """Raises what a judge raises: then the release does not begin, and nothing of it goes into the record."""
    for judge in _judges:
        judge(ref, rev)
