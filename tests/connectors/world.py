"""What a kind's `world.py` gives to the contract test: a network to talk to, and a view of what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class World:
    """`posts` are the texts that the public would see now; `break_secret` makes the credentials wrong."""

    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    posts: Callable[[], list[str]]
    break_secret: Callable[[], None] | None = None
