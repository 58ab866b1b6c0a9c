"""A receiver in trouble: told again under the same id, or left to a person, and never twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from tests.fakes.network import LOST_ANSWERS, TROUBLES, Says
from tests.fakes.webhook import SECRET, Receiver

from dragoman.channels.connector import (
    Account,
    Incoming,
    Piece,
    Post,
    Prepared,
    Receipt,
    Refused,
    TryLater,
    Unsure,
    WebhookCall,
)
from dragoman.channels.connectors.webhook.connector import Webhook
from dragoman.lib.http import Door, Limits
from dragoman.lib.signatures import webhooks

T = TypeVar("T")
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PIECE = Piece("en", "Title", "Summary", "Body", "https://mfa.example/en/statements/a/")
QUICK = Limits(connect=1, read=0.5, total=1.0)


@pytest.fixture
def fake() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


def _do(fake: Receiver, verb: Callable[[Webhook], Awaitable[T]], *, loopback: bool = True, **more: str) -> T:
    settings, secrets, session = fake.account()
    secrets |= {name: more.pop(name) for name in ("secret", "old_secret") if name in more}

    async def go() -> T:
        async with Door(allow_loopback=loopback, limits=QUICK) as door:
            account = Account("t", {**settings, **more}, secrets, Path(), session)
            return await verb(Webhook(account, door))

    return asyncio.run(go())


def _post(key: str = "s:1:7:en:1") -> Post:
    form = Webhook(Account("t", {}, {}, Path()), Door()).render(PIECE)
    return Post(key, form, "en", PIECE.url, AT, PIECE.title, PIECE.summary)


def _send(fake: Receiver, **more: str) -> object:
    return _do(fake, lambda hook: hook.send(Prepared(_post())), **more)


@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name not in ("ok", "slow")])
def test_after_any_trouble_it_is_told_once(fake: Receiver, trouble: str) -> None:
    fake.will("call", trouble)
    try:
        _send(fake)
    except Refused:
        assert trouble in ("redirect", "expired")
        return
    except TryLater:
        _send(fake)
    assert fake.made(_post().rendition.parts[0].text) == 1


@pytest.mark.parametrize("trouble", ["silent-after", "hang-after", "reset-after", "500-after", "half-after"])
def test_a_lost_answer_waits_for_a_person_where_the_receiver_keeps_no_ids(
    fake: Receiver, trouble: str
) -> None:
    assert trouble in LOST_ANSWERS
    fake.will("call", trouble)
    with pytest.raises(Unsure) as unsure:
        _send(fake, repeats="unknown")
    assert unsure.value.look_for


def test_slowing_down_is_for_the_whole_account(fake: Receiver) -> None:
    fake.will("call", "429")
    with pytest.raises(TryLater) as later:
        _send(fake)
    assert later.value.account
    assert later.value.when is not None


@pytest.mark.parametrize(
    ("status", "account"), [(410, True), (401, True), (403, True), (404, True), (400, False), (422, False)]
)
def test_a_clear_no_is_refused(fake: Receiver, status: int, account: bool) -> None:
    fake.says = Says(status, {})
    with pytest.raises(Refused) as refused:
        _send(fake)
    assert refused.value.account is account
    assert refused.value.shown


def test_a_redirect_is_not_followed_and_names_the_mistake(fake: Receiver) -> None:
    fake.will("call", "redirect")
    with pytest.raises(Refused, match="another address"):
        _send(fake)


def test_an_address_without_https_is_refused_in_service(fake: Receiver) -> None:
    with pytest.raises(Refused, match="https"):
        _send(fake, loopback=False)  # type: ignore[arg-type]  # the switch of the door


def test_while_the_secret_changes_both_sign(fake: Receiver) -> None:
    _send(fake, secret=webhooks.new_secret(), old_secret=SECRET)
    assert len(fake.ledger) == 1


def test_a_secret_that_is_none_is_refused_before_anything_is_sent(fake: Receiver) -> None:
    with pytest.raises(Refused) as refused:
        _send(fake, secret="whsec_no")
    assert refused.value.account
    assert not fake.calls


def test_a_withdrawal_names_what_was_told(fake: Receiver) -> None:
    _send(fake)
    for _ in range(2):
        _do(fake, lambda hook: hook.withdraw(_post(), None))
    assert [event["type"] for event in fake.events] == ["statement.released", "statement.withdrawn"]
    assert fake.texts() == []


# --- what the receiver tells us ---


def _call(event: object, *, at: datetime | None = None, secret: str = SECRET) -> WebhookCall:
    body = json.dumps(event).encode()
    raw = webhooks.secret_bytes(secret)
    return WebhookCall(webhooks.signed("id-1", body, at or datetime.now(UTC), [raw]), body)


def _read(fake: Receiver, call: WebhookCall) -> object:
    settings, secrets, _ = fake.account()
    return Webhook(Account("t", settings, secrets, Path()), Door()).read_webhook(call)


MESSAGE = {"id": "m1", "text": "How many days?", "at": "2026-11-22T09:00:00Z", "language": "en"}


def test_a_signed_message_is_read(fake: Receiver) -> None:
    found = _read(fake, _call({"type": "message.received", "data": MESSAGE}))
    assert found == [Incoming("m1", "How many days?", AT, "en")]
    receipt = {"type": "delivery.confirmed", "data": {"key": "k", "outcome": "shown", "at": MESSAGE["at"]}}
    assert _read(fake, _call(receipt)) == [Receipt("k", "shown", AT)]
    assert _read(fake, _call({"type": "something.else", "data": {}})) == []


@pytest.mark.parametrize(
    "event",
    [[], {}, {"type": "message.received"}, {"type": "message.received", "data": {"id": "x"}}]
    + [
        {"type": "message.received", "data": {**MESSAGE, name: value}}
        for name, value in [("at", "x"), ("id", 1)]
    ],
)
def test_a_signed_call_that_is_no_event_is_refused(fake: Receiver, event: object) -> None:
    with pytest.raises(Refused):
        _read(fake, _call(event))


def test_a_call_by_another_secret_or_of_another_time_is_refused(fake: Receiver) -> None:
    event = {"type": "message.received", "data": MESSAGE}
    with pytest.raises(Refused):
        _read(fake, _call(event, secret=webhooks.new_secret()))
    with pytest.raises(Refused):
        _read(fake, _call(event, at=datetime.now(UTC) - timedelta(minutes=6)))
    with pytest.raises(Refused):
        _read(fake, WebhookCall({}, b"{}"))
