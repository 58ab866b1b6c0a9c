"""A WebSub hub's world for the contract test. A ping makes nothing public, so nothing is ever seen there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.websub import Hub


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with Hub().running() as fake:
        settings, secrets, _ = fake.account()
        yield World(settings, secrets, fake.texts, shown=lambda parts: [])
