"""What comes in from X: mentions that are read, and calls of its webhook that are proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.x.test_trouble import do
from tests.fakes.x import FakeX

from dragoman.channels.connector import Account, Gone, Incoming, Refused, WebhookCall
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
        author_id="8",
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


def test_a_burst_is_read_to_its_end(fake: FakeX) -> None:
    fake.from_others("@MinistryExample before")
    cursor = do(fake, lambda x: x.fetch("")).cursor
    for number in range(820):
        fake.from_others(f"@MinistryExample m{number}")
    batch = do(fake, lambda x: x.fetch(cursor))
    assert (len(batch.incoming), batch.more) == (800, True)  # X gives back no more than the last 800
    last = do(fake, lambda x: x.fetch(batch.cursor))
    assert (last.incoming, last.more) == ((), False)


@pytest.mark.parametrize("fields", ["post.fields", "tweet.fields"])
def test_a_changed_post_keeps_the_id_of_the_first(fake: FakeX, fields: str) -> None:
    fake.fields = fields
    root = fake.from_others("Ours")
    one = fake.from_others("@MinistryExample when?", reply_to=root)
    first = do(fake, lambda x: x.fetch("")).incoming[0]
    fake.edit(one, "@MinistryExample when &amp; where?")
    again = do(fake, lambda x: x.look_back(datetime.now(UTC) - timedelta(hours=1), "")).incoming[0]
    assert (first.outside_id, first.edited) == (one, None)
    assert again.outside_id == one
    assert again.edited is not None
    assert (again.in_reply_to, again.conversation) == (root, root)


def test_signs_that_x_writes_as_html_are_read_as_they_were_written(fake: FakeX) -> None:
    fake.from_others("@MinistryExample passports < 10 years & visas?")
    [said] = do(fake, lambda x: x.fetch("")).incoming
    assert said.text == "@MinistryExample passports < 10 years & visas?"


def test_what_was_taken_back_is_what_x_cannot_find(fake: FakeX) -> None:
    ids = [fake.from_others(f"m{number}") for number in range(150)]
    fake.gone.add(ids[3])
    gone = do(fake, lambda x: x.vanished([*ids, "dm:7"]))
    assert [one.outside_id for one in gone] == [ids[3]]


LETTER = (
    b'{"for_user_id":"1","direct_message_events":[{"type":"message_create","id":"55",'
    b'"created_timestamp":"1507672764000","message_create":{"sender_id":"8","target":{"recipient_id":"1"},'
    b'"message_data":{"text":"I lost my passport"}}},{"type":"message_create","id":"56",'
    b'"message_create":{"sender_id":"1","message_data":{"text":"ours"}}}],'
    b'"tweet_delete_events":[{"status":{"id":"7","user_id":"8"},"timestamp_ms":"1507672764000"}]}'
)


def test_letters_come_in_as_private_and_takebacks_as_such(fake: FakeX) -> None:
    letter, gone = hook(fake, LETTER, signature(LETTER, "s3cret"))
    at = datetime(2017, 10, 10, 21, 59, 24, tzinfo=UTC)
    assert (letter.outside_id, letter.text, letter.private, letter.at) == (
        "dm:55",
        "I lost my passport",
        True,
        at,
    )
    assert gone == Gone("7", at)
