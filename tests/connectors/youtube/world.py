"""YouTube's world for the contract test: our own fake service, and a statement with a film."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.youtube import FakeYouTube

from dragoman.channels.connector import Piece, Video

DATA = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 2600
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nGood day.\n"


def film(folder: Path, data: bytes = DATA) -> Video:
    """A film in a file, with captions in two languages."""
    number = sha256(data).hexdigest()
    place = folder / number
    place.write_bytes(data)
    captions = {"en": VTT, "lt": VTT}
    return Video(number, "video/mp4", len(data), 65.5, "Five days, explained", captions, str(place))


def piece(folder: Path) -> Piece:
    return Piece(
        "en",
        "How the five days are counted",
        "Arrival and departure both count.",
        "Citizens of 80 states may enter. " * 20,
        "https://mfa.example/en/statements/five-days/",
        ("visa",),
        videos=(film(folder),),
    )


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with FakeYouTube().running() as fake:
        settings, secrets, session = fake.account()

        def break_secret() -> None:
            fake.token = "another"

        yield World(settings, secrets, fake.texts, break_secret, session=session, piece=piece(folder))
