"""The fediverse for the contract test: our own site and a server where two people follow the ministry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.activitypub import Server

from dragoman.channels.connector import Recipient


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with Server(folder).running() as fake:
        settings, secrets, _ = fake.account()

        def break_secret() -> None:
            secrets["private_key"] = "a key that is none"

        followers = [Recipient(name, fake.address(name)) for name in fake.people]
        yield World(settings, secrets, fake.texts, break_secret, recipients=followers)
