"""Calls from X: that they are its own (docs.x.com, Webhooks, Quickstart), and what they say. Pure."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dragoman.channels.connector import Incoming, Receipt, Refused, WebhookCall
from dragoman.channels.connectors.x.reading import incoming_of

SIGNATURE = "x-twitter-webhooks-signature"
LONGEST = 1_000_000


def signature(message: bytes, secret: str) -> str:
    """What X writes under a call, and what it wants to be answered to its question."""
    made = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(made).decode()


TOKEN = re.compile(r"[A-Za-z0-9_.+/=-]{1,300}")


def challenge(query: Mapping[str, str], secret: str) -> str:
    """The answer to X's question whether the address is ours (asked at registration and every hour)."""
    token = query.get("crc_token", "")
    # What is signed here for anybody who asks must never do for a call, which is an object in JSON.
    if not secret or not TOKEN.fullmatch(token):
        raise Refused("This is not a question of X, or the channel has no API key secret.")
    return json.dumps({"response_token": signature(token.encode(), secret)})


def read(call: WebhookCall, secret: str, *, own: str) -> Sequence[Incoming | Receipt]:
    """What people wrote to us. `Refused` where the signature is not made with our secret.

    X signs neither a moment nor a number, so a call that is repeated is as genuine as the first: the outside
    ids of what it says make it harmless.
    """
    headers = {name.lower(): value for name, value in call.headers.items()}
    given = headers.get(SIGNATURE, "").encode()
    if not secret or not hmac.compare_digest(given, signature(call.body, secret).encode()):
        raise Refused("The call is not signed with the channel's API key secret.")
    if len(call.body) > LONGEST:
        raise Refused("The call is longer than X would make it.")
    try:
        said = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused("The call is signed but is not JSON.") from None
    return [post for post in _posts(said if isinstance(said, dict) else {}, own) if post.outside_id]


def _posts(said: Mapping[str, Any], own: str) -> Iterator[Incoming]:
    data = said.get("data")
    if isinstance(data, dict) and data.get("event_type") == "post.create":  # X Activity API
        payload = data.get("payload")
        if isinstance(payload, dict) and payload.get("id") and str(payload.get("author_id")) != own:
            yield incoming_of(payload)
    for event in said.get("tweet_create_events") or ():  # Account Activity API
        user = event.get("user") if isinstance(event, dict) else None
        if isinstance(user, dict) and event.get("id_str") and str(user.get("id_str")) != own:
            yield _legacy(event)


def _legacy(event: Mapping[str, Any]) -> Incoming:
    long = event.get("extended_tweet")
    text = str(long.get("full_text") if isinstance(long, dict) else event.get("text") or "")
    try:
        at = parsedate_to_datetime(_rfc(str(event.get("created_at", ""))))
    except (ValueError, TypeError):
        at = datetime.now(UTC)
    number = str(event["id_str"])
    return Incoming(
        number,
        text,
        at if at.tzinfo else at.replace(tzinfo=UTC),
        lang="" if event.get("lang") in ("und", "zxx", None) else str(event["lang"]),
        url=f"https://x.com/i/status/{number}",
        in_reply_to=str(event.get("in_reply_to_status_id_str") or ""),
    )


def _rfc(text: str) -> str:
    """`Wed Oct 10 20:19:24 +0000 2018` in the order of an e-mail's date."""
    words = text.split()
    return f"{words[0]}, {words[2]} {words[1]} {words[5]} {words[3]} {words[4]}" if len(words) == 6 else ""
