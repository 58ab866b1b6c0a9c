"""Each of these tests writes into a home of its own. The cast, and channels that nobody is behind."""

from __future__ import annotations

import pytest
from tests.cast import Cast, assemble, officer
from tests.homes import home

from dragoman.channels import actions as channels
from dragoman.channels.models import Channel
from dragoman.staff.models import Officer

__all__ = ["home"]


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def second(cast: Cast) -> Officer:
    """Another administrator of the capital."""
    return officer("second", (cast.capital, "administrator"))


@pytest.fixture
def channel(cast: Cast) -> Channel:
    return channels.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="bluesky",
        slug="bluesky-en",
        label="@ministry.example",
        values={"handle": "ministry.example", "app_password": "abcd-efgh-ijkl-mnop"},
        languages=["en"],
    )


@pytest.fixture
def sandbox(cast: Cast) -> Channel:
    return channels.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="sandbox",
        slug="training",
        label="Training",
        values={"address": "ok"},
    )
