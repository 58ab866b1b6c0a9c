"""A network that takes replies, and remembers each: for who is told what, and how often."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Account, Health, Kind, Part, Piece, Post, Prepared, Rendition, Sent
from dragoman.lib.http import Door

KIND = Kind(
    "answering",
    "Answering",
    frozenset({port.FIND, port.REPLY, port.TRAINING, port.SAME_KEY_ONCE}),
    (),
    (),
    Path(__file__),
)

# The key, the message that it answers, and the words, in the order in which they came.
heard: list[tuple[str, str, str]] = []
refuses: set[str] = set()
# Where it is remembered beyond the death of a process, for the tests in which one dies.
kept: Path | None = None


def forget() -> None:
    heard.clear()
    refuses.clear()


def kept_lines() -> list[str]:
    return kept.read_text().splitlines() if kept is not None and kept.exists() else []


def connect(account: Account, door: Door) -> Network:
    return Network(account, door)


class Network(port.Base):
    """The verbs. It knows no keys: what is sent twice stands there twice."""

    def render(self, piece: Piece) -> Rendition:
        text = "\n\n".join(part for part in (piece.title, piece.summary, piece.body, piece.url) if part)
        return Rendition((Part(text, len(text), 3000, "characters"),))

    async def check(self) -> Health:
        return Health(True, "Well.")

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        if post.reply_to in refuses:
            raise port.Refused("Its writer has switched replies off.")
        heard.append((post.key, post.reply_to, post.rendition.parts[0].text))
        if kept is not None:
            with kept.open("a") as file:
                file.write(json.dumps(heard[-1]) + "\n")
        return Sent(f"reply:{post.key}", "https://network.example/1", datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        known = [json.loads(line)[0] for line in kept_lines()] or [key for key, _, _ in heard]
        found = [key for key in known if key == post.key]
        return Sent(f"reply:{post.key}", "https://network.example/1", datetime.now(UTC)) if found else None
