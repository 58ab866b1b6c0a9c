"""What comes in from X: mentions that are read, and calls of its webhook that are proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.x.test_trouble import do
from tests.fakes.x import FakeX

from dragoman.channels.connector import Account, Incoming, Refused, WebhookCall
from dragoman.channels.connectors.x import hooks
from dragoman.channels.connectors.x.connector import X
from dragoman.channels.connectors.x.hooks import signature
from dragoman.lib.http import Door


@pytest.fixture
def fake() -> Iterator[FakeX]:
    with FakeX().running() as running:
        yield running


def test_mentions_are_read_once(fake: FakeX) -> None:
    fake.from_others("@MinistryExample when do the visas come?")
    first = do(fake, lambda x: x.fetch(""))
    assert [each.text for each in first.incoming] == ["@MinistryExample when do the visas come?"]
    fake.from_others("@ministryexample and now?")
    second = do(fake, lambda x: x.fetch(first.cursor))
    assert [each.text for each in second.incoming] == ["@ministryexample and now?"]
    third = do(fake, lambda x: x.fetch(second.cursor))
    assert (third.incoming, third.cursor) == ((), second.cursor)


BODY = (
    b'{"tweet_create_events":[{"id_str":"7","text":"@m hello","created_at":"Wed Oct 10 20:19:24 +0000 2018",'
    b'"user":{"id_str":"8"},"lang":"en","in_reply_to_status_id_str":"5"},{"id_str":"9","user":{"id_str":"1"}}]}'
)


def hook(fake: FakeX, body: bytes, given: str) -> Any:
    settings = fake.settings()
    account = Account("x", settings, {"consumer_secret": "s3cret"}, Path(), {"user_id": "1"})
    return X(account, Door()).read_webhook(WebhookCall({"X-Twitter-Webhooks-Signature": given}, body))


def test_a_signed_call_is_read_and_our_own_posts_are_left_out(fake: FakeX) -> None:
    (said,) = hook(fake, BODY, signature(BODY, "s3cret"))
    assert said == Incoming(
        "7",
        "@m hello",
        datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC),
        "en",
        "https://x.com/i/status/7",
        "5",
    )


@pytest.mark.parametrize("given", ["", "sha256=AAAA", "sha256=é", signature(BODY, "other")])
def test_a_call_with_a_wrong_signature_is_refused(fake: FakeX, given: str) -> None:
    with pytest.raises(Refused, match="not signed"):
        hook(fake, BODY, given)


@pytest.mark.parametrize("body", [b"[1]", b'{"tweet_create_events":[1,{}]}', b'{"data":[]}', b"{}"])
def test_a_signed_call_of_any_form_does_no_harm(fake: FakeX, body: bytes) -> None:
    assert list(hook(fake, body, signature(body, "s3cret"))) == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[" * 100_000])
def test_a_signed_call_that_is_not_json_is_refused(fake: FakeX, body: bytes) -> None:
    with pytest.raises(Refused, match="JSON"):
        hook(fake, body, signature(body, "s3cret"))


def test_x_is_answered_when_it_asks_whose_address_this_is(fake: FakeX) -> None:
    account = Account("x", fake.settings(), {"consumer_secret": "s3cret"}, Path())
    said = X(account, Door()).challenge({"crc_token": "abc"})
    assert signature(b"abc", "s3cret") in said
    with pytest.raises(Refused):
        X(account, Door()).challenge({})


@pytest.mark.parametrize("asked", ['{"tweet_create_events":[]}', " {}", "[]", '"a"', "a\n", ""])
def test_nobody_gets_a_call_signed_by_asking_whether_the_address_is_ours(asked: str) -> None:
    with pytest.raises(Refused):
        hooks.challenge({"crc_token": asked}, "secret")
