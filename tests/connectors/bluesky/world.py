"""Bluesky's world for the contract test: our own fake server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.channels.fake_bluesky import PASSWORD, fake_bluesky
from tests.connectors.world import World


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with fake_bluesky() as fake:
        settings = {name: value for name, value in fake.settings().items() if name != "app_password"}

        def break_secret() -> None:
            fake.password = "another"

        yield World(settings, {"app_password": PASSWORD}, fake.texts, break_secret)
