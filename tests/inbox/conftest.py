"""The cast, and a channel on which people write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cast import Cast, assemble
from tests.channels.help import sandbox

from dragoman.channels.models import Channel
from dragoman.inbox.actions import grouping


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def channel(cast: Cast) -> Channel:
    return sandbox(cast)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """What a process remembers of questions is not another test's."""
    grouping.forget()
    yield
    grouping.forget()
