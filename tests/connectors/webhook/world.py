"""The signed webhook's world for the contract test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.webhook import Receiver


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with Receiver().running() as fake:
        settings, secrets, _ = fake.account()

        def break_secret() -> None:
            fake.secret = "whsec_" + "QUJD" * 8

        yield World(settings, secrets, fake.texts, break_secret)
