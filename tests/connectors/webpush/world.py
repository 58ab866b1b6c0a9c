"""The world of Web Push for the contract test: a push service of our own with two browsers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.webpush import PushService

from dragoman.channels.connector import Recipient


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with PushService().running() as service:
        settings, secrets, _ = service.account()
        recipients = [
            Recipient(f"0000-{name}", service.browser(name).address, "en") for name in ("ann", "bob")
        ]

        def shown(texts: Sequence[str]) -> list[str]:
            return [*texts] * len(recipients)

        yield World(settings, secrets, service.texts, recipients=recipients, shown=shown)
