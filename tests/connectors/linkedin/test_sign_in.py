"""LinkedIn's sign-in as the desk does it; only approved apps are given the means to renew it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.fakes.linkedin import FakeLinkedIn

from dragoman.channels import oauth
from dragoman.channels.connector import Account, Refused
from dragoman.channels.connectors.linkedin.connector import KIND, LinkedIn
from dragoman.lib.http import Door

BACK = "https://desk.example/channels/sign-in/"
NOW = datetime.now(UTC)


@pytest.fixture
def fake() -> Iterator[FakeLinkedIn]:
    with FakeLinkedIn().running() as running:
        yield running


def account(fake: FakeLinkedIn, **session: Any) -> Account:
    return Account("l", fake.settings(), {"client_secret": "secret-of-app"}, Path(), session)


def signed_in(fake: FakeLinkedIn) -> dict[str, Any]:
    async def go() -> dict[str, Any]:
        assert KIND.oauth is not None
        async with Door(allow_loopback=True) as door:
            kept = await oauth.exchange(
                door, KIND.oauth, account(fake), code="c", verifier="v", redirect_uri=BACK, now=NOW
            )
            assert (await LinkedIn(account(fake, **kept), door).check()).ok
            return kept

    return asyncio.run(go())


def test_the_officer_is_sent_to_linkedin_with_all_four_permissions(fake: FakeLinkedIn) -> None:
    assert KIND.oauth is not None
    begun = oauth.begin(KIND.oauth, account(fake), BACK)
    parts = urlsplit(begun.url)
    assert parts.path == "/oauth/v2/authorization"
    (scope,) = parse_qs(parts.query)["scope"]
    assert set(scope.split()) == set(KIND.oauth.scopes)


def test_without_approval_the_sign_in_ends_after_sixty_days(fake: FakeLinkedIn) -> None:
    kept = signed_in(fake)
    assert "refresh" not in kept
    assert datetime.fromisoformat(kept["access_until"]) == NOW + timedelta(days=60)

    async def go() -> None:
        assert KIND.oauth is not None
        async with Door(allow_loopback=True) as door:
            await oauth.refresh(door, KIND.oauth, account(fake, **kept), now=NOW)

    with pytest.raises(Refused) as refused:
        asyncio.run(go())
    assert refused.value.account


def test_with_approval_it_is_renewed(fake: FakeLinkedIn) -> None:
    fake.approved = True
    kept = signed_in(fake)

    async def go() -> dict[str, Any]:
        assert KIND.oauth is not None
        async with Door(allow_loopback=True) as door:
            return await oauth.refresh(door, KIND.oauth, account(fake, **kept), now=NOW)

    assert asyncio.run(go())["access"] == "access-2"
