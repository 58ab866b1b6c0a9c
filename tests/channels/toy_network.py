"""A kind that talks to nobody and does what a test tells it: for the sender, paces, rests and circuits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Health,
    Kind,
    Pace,
    Part,
    Piece,
    Post,
    Prepared,
    Rendition,
    Sent,
)
from dragoman.lib.http import Door

FIELDS = (
    port.Field("handle", "Handle", required=False),
    port.Field("secret", "Secret", secret=True, required=False),
)


def kind(name: str, *, pace: Pace | None = None, oauth: port.OAuth | None = None) -> Kind:
    """A kind of the toy."""
    abilities = {port.PREPARE, port.FIND, *([port.OAUTH] if oauth else [])}
    return Kind(name, name.title(), frozenset(abilities), FIELDS, (), Path(__file__), oauth=oauth, pace=pace)


KIND = kind("toy")

# What the next calls of an account do: a value to return, an error to raise, or a function to be awaited.
plans: dict[tuple[str, str], deque[Any]] = defaultdict(deque)
said: list[tuple[str, str, float]] = []
built: list[str] = []
threads: set[str] = set()


def forget() -> None:
    """A new network."""
    plans.clear()
    said.clear()
    built.clear()
    threads.clear()


def connect(account: Account, door: Door) -> Toy:
    built.append(account.name)
    return Toy(account, door)


class Toy(port.Base):
    """The verbs."""

    def render(self, piece: Piece) -> Rendition:
        return Rendition((Part(piece.title, len(piece.title), 1000, "characters"),))

    async def check(self) -> Health:
        found: Health = await self._do("check", "", Health(True, "Well."))
        return found

    async def renew(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._do("renew", "", None)
        return found

    async def prepare(self, post: Post) -> Prepared:
        found: Prepared = await self._do("prepare", post.key, Prepared(post, {"made": True}))
        return found

    async def send(self, prepared: Prepared) -> Sent:
        assert prepared.data == {"made": True}
        key = prepared.post.key
        sent = Sent(f"toy:{key}", "https://toy.example/1", datetime.now(UTC))
        found: Sent = await self._do("send", key, sent)
        return found

    async def find(self, post: Post) -> Sent | None:
        found: Sent | None = await self._do("find", post.key, None)
        return found

    async def _do(self, verb: str, key: str, otherwise: Any) -> Any:
        said.append((verb, key or self.account.name, time.monotonic()))
        threads.add(threading.current_thread().name)
        plan = plans[self.account.name, verb]
        what = plan.popleft() if plan else otherwise
        if isinstance(what, Exception):
            raise what
        if callable(what):
            what = what()
        if asyncio.iscoroutine(what):
            what = await what
        return otherwise if what is None else what


def verbs(what: str) -> list[str]:
    """The keys or accounts of which this was asked, in order."""
    return [key for verb, key, _ in said if verb == what]
