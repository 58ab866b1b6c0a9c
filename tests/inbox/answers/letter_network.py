"""A channel that writes letters to single people, and remembers them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Copied,
    Health,
    Kind,
    Part,
    Piece,
    Prepared,
    Recipient,
    Rendition,
)
from dragoman.lib.http import Door

KIND = Kind(
    "letters",
    "Letters",
    frozenset({port.LETTERS, port.MANY, port.TRAINING}),
    (),
    (),
    Path(__file__),
)

# Address and words, in the order in which they were sent; and what becomes of the next ones.
letters: list[tuple[str, str]] = []
outcomes: list[str] = []


def connect(account: Account, door: Door) -> Letters:
    return Letters(account, door)


class Letters(port.Base):
    """The verbs."""

    def render(self, piece: Piece) -> Rendition:
        return self.letter(piece)

    def letter(self, piece: Piece) -> Rendition:
        text = "\n\n".join((piece.title, piece.summary, piece.url))
        return Rendition((Part(text, len(text), 9000, "characters"),))

    async def check(self) -> Health:
        return Health(True, "Well.")

    async def send_each(self, prepared: Prepared, recipients: Sequence[Recipient]) -> Sequence[Copied]:
        outcome = outcomes.pop(0) if outcomes else "done"
        if outcome == "done":
            letters.extend(
                (one.address["email"], prepared.post.rendition.parts[0].text) for one in recipients
            )
        return [Copied(one.ref, outcome, "The relay said so.") for one in recipients]
