"""Channels to send on, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from tests.cast import Cast, assemble
from tests.channels.fake_bluesky import FakeBluesky, fake_bluesky


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBluesky]:
    """Our own Bluesky server, with loopback admitted for the product."""
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    with fake_bluesky() as running:
        yield running
