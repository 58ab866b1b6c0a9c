"""Channels to send on, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from tests.cast import Cast, assemble
from tests.channels import toy_network as toy
from tests.channels.fake_bluesky import FakeBluesky, fake_bluesky

from dragoman.channels import registry


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBluesky]:
    """Our own Bluesky server, with loopback admitted for the product."""
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    with fake_bluesky() as running:
        yield running


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kinds that do as they are told, and have nothing left from another test."""
    monkeypatch.setitem(registry.KINDS, "toy", "tests.channels.toy_network")
    monkeypatch.setitem(registry.KINDS, "paced", "tests.channels.toy_paced")
    monkeypatch.setitem(registry.KINDS, "signed", "tests.channels.toy_signed")
    toy.forget()
    yield
    toy.forget()
