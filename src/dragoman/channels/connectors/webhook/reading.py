"""What a receiver may tell us in turn, by calls of the same form. Pure.

Two events are understood: `message.received` with `data` of `id`, `text`, `at`, and if it likes `language`,
`url` and `in_reply_to`; and `delivery.confirmed` with `data` of `key`, `outcome` and `at`. Others are
ignored.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Incoming, Receipt, Refused, WebhookCall
from dragoman.lib.signatures import webhooks
from dragoman.lib.signatures.request import BadSignature

MESSAGE, CONFIRMED = "message.received", "delivery.confirmed"
MOST_BYTES = 256_000
MOST_TEXT = 50_000


def read(call: WebhookCall, secrets: Sequence[bytes], now: datetime) -> list[Incoming | Receipt]:
    """`Refused` when it is not signed by one of the secrets, or not in the form above."""
    if len(call.body) > MOST_BYTES:
        raise Refused(f"The call is longer than {MOST_BYTES} bytes.")
    headers = {name.lower(): value for name, value in call.headers.items()}
    try:
        webhooks.verify(headers, call.body, secrets, now=now)
    except BadSignature as problem:
        raise Refused(f"The call is not proved to come from the receiver: {problem}.") from None
    try:
        event = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused("The call is signed, but its body is not JSON.") from None
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict):
        raise Refused("The call is signed, but is no event with data.")
    if event.get("type") == MESSAGE:
        return [_message(data)]
    if event.get("type") == CONFIRMED:
        return [Receipt(_text(data, "key", 500), _text(data, "outcome", 40), _moment(data))]
    return []


def _message(data: dict[str, Any]) -> Incoming:
    return Incoming(
        outside_id=_text(data, "id", 500),
        text=_text(data, "text", MOST_TEXT),
        at=_moment(data),
        lang=_text(data, "language", 35, needed=False),
        url=_text(data, "url", 2000, needed=False),
        in_reply_to=_text(data, "in_reply_to", 500, needed=False),
    )


def _text(data: dict[str, Any], name: str, most: int, *, needed: bool = True) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > most or "\x00" in value or (needed and not value.strip()):
        raise Refused(f"The event's {name} is missing, too long or not a text.")
    return value


def _moment(data: dict[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(data, "at", 40))
    except ValueError:
        raise Refused("The event's at is not a moment in ISO 8601.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
