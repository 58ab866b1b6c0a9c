"""What must be looked at before the desk opens: apps register it, the start runs it once, after migration."""

from __future__ import annotations

from collections.abc import Callable

Look = Callable[[], str | None]

_looks: dict[str, Look] = {}


def register(name: str, look: Look) -> None:
    """Called from an app's `ready()`. `look` may heal; it returns a line to be said, or None.

    It raises a Problem when the desk must not open, which then stops the start with its words.
    """
    _looks[name] = look


def all_looks() -> tuple[tuple[str, Look], ...]:
    return tuple(_looks.items())
