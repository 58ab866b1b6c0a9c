"""The sheet that answers cite, a network that takes replies, and a home of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cast import Cast
from tests.homes import home
from tests.inbox.answers import answering_network as network
from tests.make import make_sheet

from dragoman.base.actor import System
from dragoman.channels import actions as channels
from dragoman.channels import registry
from dragoman.channels.models import Channel

__all__ = ["home"]


@pytest.fixture
def sheet(cast: Cast) -> None:
    make_sheet(cast)


@pytest.fixture
def talking(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    """A channel that takes replies."""
    monkeypatch.setitem(registry.KINDS, "answering", "tests.inbox.answers.answering_network")
    network.forget()
    yield channels.create_channel(
        by=System("test"),
        mission=cast.capital,
        kind="answering",
        slug="talking",
        label="@talking",
        values={},
    )
    network.forget()


@pytest.fixture
def silent(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """A channel that takes none."""
    monkeypatch.setitem(registry.KINDS, "silent", "tests.inbox.answers.silent_network")
    return channels.create_channel(
        by=System("test"), mission=cast.capital, kind="silent", slug="silent", label="@silent", values={}
    )
