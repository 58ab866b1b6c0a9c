"""A kind of channel for the benchmark: one request a post, and a body as large as most networks take."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Kind,
    Part,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    Unsure,
)
from dragoman.lib.http import Door, DoorError

KIND = Kind(
    name="bench",
    label="Bench",
    abilities=frozenset(),
    fields=(port.Field("service", "Server"), port.Field("token", "Token", secret=True)),
    limits=(),
    help_file=Path(__file__),
)


def connect(account: Account, door: Door) -> Bench:
    return Bench(account, door)


class Bench(port.Base):
    """The verbs that a release uses."""

    def render(self, piece: Piece) -> Rendition:
        return Rendition((Part(piece.body, len(piece.body), 10_000, "characters"),))

    async def check(self) -> port.Health:
        return port.Health(True, "Well.")

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        try:
            answer = await self.door.call(
                "POST",
                f"{self.account.settings['service']}/posts",
                headers={
                    "authorization": f"Bearer {self.account.secrets['token']}",
                    "idempotency-key": post.key,
                },
                json={"text": post.rendition.parts[0].text, "lang": post.lang},
            )
            said = answer.json()
        except DoorError as problem:
            raise Unsure(str(problem)) from None
        if not answer.ok:
            raise Refused(f"It answered {answer.status}.")
        return Sent(str(said["id"]), str(said["url"]), datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        raise Unsure("It cannot be asked.")
