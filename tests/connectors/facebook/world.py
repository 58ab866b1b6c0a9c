"""A Facebook Page's world for the contract test: our own fake network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.facebook import Facebook


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with Facebook().running() as fake:
        settings, secrets, session = fake.account()

        def break_secret() -> None:
            fake.revoked = 460

        yield World(settings, secrets, fake.texts, break_secret, session)
