"""Instagram's world for the contract test: our own fake network, and a server that has the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.instagram import Instagram
from tests.fakes.pictures import Pictures

from dragoman.channels.connector import Piece


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with Instagram().running() as fake, Pictures().running() as pictures:
        settings, secrets, session = fake.account()

        def break_secret() -> None:
            fake.revoked = 460

        piece = Piece(
            "en",
            "How the five days are counted",
            "Arrival and departure both count.",
            "Citizens of 80 states may enter. " * 20,
            "https://mfa.example/en/statements/five-days/",
            ("visa",),
            (pictures.one(),),
        )
        yield World(settings, secrets, fake.texts, break_secret, session, piece)
