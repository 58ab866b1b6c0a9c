"""What a kind's `world.py` gives to the contract test: a network to talk to, and a view of what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragoman.channels.connector import Piece, Recipient


@dataclass(frozen=True)
class World:
    """`posts` are the texts that the public would see now; `break_secret` makes the credentials wrong.

    `session` is the sign-in of a kind with `OAUTH`; `piece` is for a network that does not take the usual one
    (it wants a picture); `recipients` are those of a kind with `MANY`; `shown` is what `posts` holds for a
    post, where that is not the texts of its parts.
    """

    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    posts: Callable[[], list[str]]
    break_secret: Callable[[], None] | None = None
    session: Mapping[str, Any] = field(default_factory=dict)
    piece: Piece | None = None
    recipients: Sequence[Recipient] = ()
    shown: Callable[[Sequence[str]], list[str]] = list
