"""Mastodon's world for the contract test: our own fake server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.mastodon import FakeMastodon


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with FakeMastodon().running() as fake:
        fake.max_characters = 500
        settings, secrets, _ = fake.account()

        def break_secret() -> None:
            fake.token = "another"

        yield World(settings, secrets, fake.texts, break_secret)
