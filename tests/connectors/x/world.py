"""X's world for the contract test: our own fake network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.x import FakeX


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with FakeX().running() as fake:
        settings, secrets, session = fake.account()
        # Without the means to renew it, a sign-in that X refuses is a person's affair.
        session.pop("refresh")

        def break_secret() -> None:
            fake.access = "another"

        yield World(settings, secrets, fake.texts, break_secret, session)
