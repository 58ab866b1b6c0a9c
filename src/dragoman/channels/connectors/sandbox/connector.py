"""The sandbox network. It obeys the address it is given, and keeps what it "published" in one file.

The file is the truth about what is out: one JSON line an event, forced to disk before the sandbox answers, so
that a worker killed in the middle finds afterwards what really happened. A second request under one key is
kept as a line of its own ("again") and makes no second post.
"""

import asyncio
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Health,
    Kind,
    Part,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    Shown,
    TryLater,
    Unsure,
)
from dragoman.lib.http import Door
from dragoman.lib.steps import step
from dragoman.lib.text.measures import graphemes

LIMIT = 2000

ADDRESSES = (
    ("ok", "Takes every post"),
    ("slow", "Takes every post, after two seconds"),
    ("fail-once", "Fails the first time, then takes the post"),
    ("rate-limit", "Asks to slow down the first time, then takes the post"),
    ("lost-answer", "Takes the post and gives no answer; can be asked afterwards"),
    ("garbage", "Takes the post and answers nonsense; can be asked afterwards"),
    ("silent", "Takes nothing and gives no answer the first time; can be asked afterwards"),
    ("blind", "Takes the post, gives no answer, and cannot be asked: a person must look"),
    ("refuse", "Refuses every post"),
)

KIND = Kind(
    name="sandbox",
    label="Sandbox (training)",
    about="A network that exists on this machine only. Nothing leaves the desk.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.SAME_KEY_ONCE, port.WITHDRAW, port.TIMELINE, port.TRAINING),
            port.REPLY,
        }
    ),
    fields=(
        port.Field(
            "address",
            "How it behaves",
            choices=ADDRESSES,
            default="ok",
            hint="The sandbox obeys this address, so that every kind of trouble can be practised",
        ),
    ),
    limits=(port.Limit("text", LIMIT, "graphemes", "our own choice"),),
    help_file=Path(__file__).with_name("help.md"),
)


def connect(account: Account, door: Door) -> "Sandbox":
    """A connector for one account."""
    return Sandbox(account, door)


class Sandbox(port.Base):
    """The verbs of the port."""

    @property
    def address(self) -> str:
        return self.account.settings.get("address") or "ok"

    @property
    def file(self) -> Path:
        return self.account.folder / f"{self.account.name}.jsonl"

    def render(self, piece: Piece) -> Rendition:
        """Everything in one post, whole."""
        blocks = (
            piece.title,
            piece.summary,
            piece.body,
            piece.url,
            " ".join(f"#{tag}" for tag in piece.tags),
        )
        text = "\n\n".join(block.strip() for block in blocks if block.strip())
        return Rendition((Part(text, graphemes(text), LIMIT, "graphemes"),))

    async def check(self) -> Health:
        if self.address not in dict(ADDRESSES):
            raise Refused(f"The sandbox knows no address {self.address!r}.", account=True)
        return Health(True, f"The sandbox is on this machine. {dict(ADDRESSES)[self.address]}.", "sandbox")

    async def prepare(self, post: Post) -> Prepared:
        return Prepared(post, {"ready": True}, datetime.now(UTC) + timedelta(hours=1))

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        calls = self._note({"what": "call", "key": post.key})
        await self._before(calls)
        self._note({"what": "post", **_line(post)})
        step("sandbox.accepted")
        return await self._after(post)

    async def _before(self, calls: int) -> None:
        """What happens before the sandbox takes a post. `calls` counts this one."""
        match self.address:
            case "slow":
                await asyncio.sleep(2)
            case "refuse":
                raise Refused(
                    "The sandbox refuses every post at this address.",
                    shown="Give the channel another address.",
                )
            case "fail-once" if calls == 1:
                raise TryLater("The sandbox fails the first time at this address.")
            case "rate-limit" if calls == 1:
                when = datetime.now(UTC) + timedelta(seconds=2)
                raise TryLater("The sandbox asks us to slow down.", when=when)
            case "silent" if calls == 1:
                raise Unsure("The sandbox gave no answer.")

    async def _after(self, post: Post) -> Sent:
        if self.address in ("lost-answer", "blind"):
            raise Unsure("The sandbox gave no answer.", look_for=f"“{post.title}” in the sandbox’s timeline")
        if self.address == "garbage":
            raise Unsure("The sandbox answered with something that is not an answer.")
        return _sent(post)

    async def find(self, post: Post) -> Sent | None:
        if self.address == "blind":
            raise Unsure(
                "The sandbox cannot be asked at this address.",
                look_for=f"“{post.title}” in the sandbox’s timeline",
            )
        return _sent(post) if post.key in self._standing() else None

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        if post.key in self._standing():
            self._note({"what": "withdrawn", "key": post.key, "at": datetime.now(UTC).isoformat()})

    async def timeline(self) -> Sequence[Shown]:
        shown: dict[str, dict[str, Any]] = {}
        for line in self._lines():
            if line["what"] == "post":
                shown.setdefault(line["key"], line)
            elif line["what"] == "withdrawn" and line["key"] in shown:
                shown[line["key"]] = {**shown[line["key"]], "withdrawn": True}
        return [_shown(line) for line in reversed(shown.values())]

    # --- the file ---

    def _standing(self) -> set[str]:
        keys: set[str] = set()
        for line in self._lines():
            if line["what"] == "post":
                keys.add(line["key"])
            elif line["what"] == "withdrawn":
                keys.discard(line["key"])
        return keys

    def _lines(self) -> list[dict[str, Any]]:
        try:
            lines = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.endswith(b"}")]

    def _note(self, line: dict[str, Any]) -> int:
        """Append a line, whole and on disk. Returns how many of its sort this key has, this one counted."""
        with self._locked() as handle:
            before = [
                old for old in self._lines() if old["key"] == line["key"] and old["what"] == line["what"]
            ]
            if line["what"] == "post" and line["key"] in self._standing():
                line = {**line, "what": "again"}
            os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())
            os.fsync(handle)
        return len(before) + 1

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self.account.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


def _number(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def _sent(post: Post) -> Sent:
    return Sent(f"sandbox:{_number(post.key)}", f"sandbox:{_number(post.key)}", datetime.now(UTC))


def _line(post: Post) -> dict[str, Any]:
    return {
        "key": post.key,
        "lang": post.lang,
        "texts": [part.text for part in post.rendition.parts],
        "url": post.url,
        **({"reply_to": post.reply_to} if post.reply_to else {}),
        "at": datetime.now(UTC).isoformat(),
    }


def _shown(line: dict[str, Any]) -> Shown:
    return Shown(
        key=line["key"],
        lang=line["lang"],
        texts=tuple(line["texts"]),
        url=line["url"],
        at=datetime.fromisoformat(line["at"]),
        withdrawn=bool(line.get("withdrawn")),
    )
