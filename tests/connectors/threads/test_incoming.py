"""What Threads tells: signed calls are read, others refused, and none of any shape does harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.connectors.desk import Desk, signed
from tests.fakes.graph import SECRET
from tests.fakes.threads import Threads as Fake

from dragoman.channels.connector import Refused, WebhookCall
from dragoman.channels.connectors.threads.connector import Threads


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Fake().running() as running:
        yield Desk(running)


TOLD = {
    "app_id": "1",
    "topic": "moderate",
    "values": {
        "value": {
            "id": "8901234",
            "username": "somebody",
            "text": "Reply",
            "permalink": "https://www.threads.com/@somebody/post/Pp",
            "replied_to": {"id": "567890"},
            "timestamp": "2026-08-07T10:33:16+0000",
        },
        "field": "replies",
    },
}


def test_a_call_of_the_network_is_read(desk: Desk) -> None:
    for told in (TOLD, {**TOLD, "values": [TOLD["values"]]}, [TOLD]):
        call = signed(json.dumps(told).encode(), SECRET)

        (one,) = desk.plain(lambda threads, call=call: threads.read_webhook(call))
        assert (one.outside_id, one.text, one.in_reply_to) == ("8901234", "Reply", "567890")
        assert one.at == datetime(2026, 8, 7, 10, 33, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "call",
    [
        signed(b"{}", "another secret"),
        WebhookCall({}, b"{}"),
        WebhookCall({"x-hub-signature-256": "sha256=é"}, b"{}"),
        signed(b"not json", SECRET),
    ],
)
def test_a_call_that_is_not_signed_by_the_app_is_refused(desk: Desk, call: WebhookCall) -> None:
    with pytest.raises(Refused):
        desk.plain(lambda threads: threads.read_webhook(call))


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"values": 1}', b'{"values": [{"field": "replies"}]}', b"null"]
)
def test_a_call_of_any_shape_does_no_harm(desk: Desk, body: bytes) -> None:
    assert list(desk.plain(lambda threads: threads.read_webhook(signed(body, SECRET)))) == []


def test_the_question_whether_the_address_is_ours_is_answered_only_with_the_right_word(
    desk: Desk,
) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "a word of ours"}

    def ask(threads: Threads) -> str:
        return threads.challenge(query)

    assert desk.plain(ask) == "1158201444"
    query["hub.verify_token"] = "another"
    with pytest.raises(Refused):
        desk.plain(ask)
    desk.secrets["webhook_token"] = query["hub.verify_token"] = ""
    with pytest.raises(Refused):
        desk.plain(ask)
