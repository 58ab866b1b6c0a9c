"""What is late: automatic states register how to find their oldest overdue row; health reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Finder = Callable[[], datetime | None]

_finders: dict[str, Finder] = {}


def register(name: str, finder: Finder) -> None:
    """Called from an app's `ready()`. `finder` gives the due time of the oldest overdue row, or None."""
    _finders[name] = finder


def oldest() -> dict[str, datetime]:
    """Name -> due time, of every state that has something overdue."""
    found = {name: finder() for name, finder in _finders.items()}
    return {name: due for name, due in found.items() if due is not None}


def oldest_of(name: str) -> datetime | None:
    """The due time of the oldest overdue row of one automatic state."""
    return _finders[name]()


def names() -> tuple[str, ...]:
    return tuple(_finders)
