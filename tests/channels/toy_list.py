"""A kind with recipients, as small as can be: it writes down who received what, and obeys the test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dragoman.channels import connector as port
from dragoman.lib.http import Door

HELP = Path(__file__)
RECEIVED: list[tuple[str, str]] = []  # key of the post, address
OUTCOMES: dict[str, list[str]] = {}  # address -> what its next copies come to
WHOLE: list[Exception] = []  # raised by the next calls, instead of an answer
ABILITIES = frozenset({port.MANY, port.LETTERS})


def forget() -> None:
    """Begin anew."""
    for each in (RECEIVED, OUTCOMES, WHOLE):
        each.clear()


class Toy(port.Base):
    """A list."""

    def render(self, piece: port.Piece) -> port.Rendition:
        extra = {"topics": list(piece.tags)}
        return port.Rendition((port.Part(piece.title, len(piece.title), 1000, "characters", extra),))

    letter = render

    async def check(self) -> port.Health:
        return port.Health(True, "It is a toy.", "toy")

    async def send(self, prepared: port.Prepared) -> port.Sent:
        return port.Sent(f"list:{prepared.post.key}", prepared.post.url, datetime.now(UTC))

    async def find(self, post: port.Post) -> port.Sent | None:
        return None

    async def send_each(
        self, prepared: port.Prepared, recipients: Sequence[port.Recipient]
    ) -> Sequence[port.Copied]:
        if WHOLE:
            raise WHOLE.pop(0)
        return [self._one(prepared.post.key, one) for one in recipients]

    def _one(self, key: str, one: port.Recipient) -> port.Copied:
        address = one.address["email"]
        waiting = OUTCOMES.get(address, [])
        outcome = waiting.pop(0) if waiting else "done"
        if outcome in ("done", "unsure-received"):
            RECEIVED.append((key, address))
        return port.Copied(one.ref, outcome.partition("-")[0], "because" if outcome != "done" else "")


KIND = port.Kind("list", "List", ABILITIES, (port.Field("topics", "Topics", required=False),), (), HELP)
ONCE = port.Kind("list", "List", ABILITIES | {port.FIND, port.SAME_KEY_ONCE}, KIND.fields, (), HELP)


def connect(account: port.Account, door: Door) -> Toy:
    """A toy list."""
    return Toy(account, door)
