"""X's sign-in as the desk does it: authorisation code with PKCE, and refresh tokens that change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.fakes.x import CLIENT, FakeX

from dragoman.channels import oauth
from dragoman.channels.connector import Account, Refused
from dragoman.channels.connectors.x.connector import KIND, X
from dragoman.lib.http import Door

BACK = "https://desk.example/channels/sign-in/"
NOW = datetime.now(UTC)


@pytest.fixture
def fake() -> Iterator[FakeX]:
    with FakeX().running() as running:
        yield running


def account(fake: FakeX, **session: Any) -> Account:
    return Account("x", fake.settings(), {"client_secret": CLIENT[1]}, Path(), session)


def test_the_officer_is_sent_to_x_with_all_that_x_wants(fake: FakeX) -> None:
    assert KIND.oauth is not None
    begun = oauth.begin(KIND.oauth, account(fake), BACK)
    parts = urlsplit(begun.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{fake.url}/i/oauth2/authorize"
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked["scope"] == "tweet.read tweet.write users.read media.write offline.access"
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT[0])
    assert asked["code_challenge_method"] == "S256"


def test_what_comes_of_it_is_seen_to_be_the_right_account_and_works(fake: FakeX) -> None:
    async def go() -> dict[str, Any]:
        assert KIND.oauth is not None
        async with Door(allow_loopback=True) as door:
            tokens = await oauth.exchange(
                door, KIND.oauth, account(fake), code="c", verifier="v", redirect_uri=BACK, now=NOW
            )
            kept = dict(await X(account(fake), door).signed_in(tokens))
            assert (await X(account(fake, **kept), door).check()).ok
            return kept

    kept = asyncio.run(go())
    assert kept["username"] == "MinistryExample"
    assert kept["refresh"] == "refresh-1"
    assert datetime.fromisoformat(kept["access_until"]) == NOW + timedelta(hours=2)
    asked = next(asked for asked in fake.asked if asked.path == "/2/oauth2/token")
    assert asked.headers["authorization"].startswith("Basic ")
    assert "client_secret" not in asked.form


def test_an_old_sign_in_is_renewed_and_the_used_one_is_worth_nothing(fake: FakeX) -> None:
    async def go() -> dict[str, Any]:
        assert KIND.oauth is not None
        async with Door(allow_loopback=True) as door:
            old = account(fake, access="access-0", refresh="refresh-0")
            kept = await oauth.refresh(door, KIND.oauth, old, now=NOW)
            assert (await X(account(fake, **kept), door).check()).ok
            with pytest.raises(Refused) as refused:
                await oauth.refresh(door, KIND.oauth, old, now=NOW)
            assert refused.value.account
            return kept

    assert asyncio.run(go())["refresh"] == "refresh-1"
