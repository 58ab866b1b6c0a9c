"""Calls from X: that they are its own (docs.x.com, Webhooks, Quickstart), and what they say. Pure."""

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dragoman.channels.connector import Gone, Incoming, Receipt, Refused, WebhookCall
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


def read(call: WebhookCall, secret: str, *, own: str) -> Sequence[Incoming | Gone | Receipt]:
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
    value = said if isinstance(said, dict) else {}
    return [
        *(post for post in _posts(value, own) if post.outside_id),
        *_letters(value, own),
        *_gone(value, own),
    ]


def _posts(said: Mapping[str, Any], own: str) -> Iterator[Incoming]:
    data = said.get("data")
    if isinstance(data, dict) and data.get("event_type") == "post.create":  # X Activity API
        payload = data.get("payload")
        if isinstance(payload, dict) and payload.get("id") and str(payload.get("author_id")) != own:
            yield incoming_of(payload)
    for event in _rows(said, "tweet_create_events"):  # Account Activity API
        user = event.get("user")
        if isinstance(user, dict) and event.get("id_str") and str(user.get("id_str")) != own:
            yield _legacy(event, user)


def _letters(said: Mapping[str, Any], own: str) -> Iterator[Incoming]:
    """Direct messages of the Account Activity API."""
    for event in _rows(said, "direct_message_events"):
        letter, number = event.get("message_create"), str(event.get("id") or "")
        held = letter.get("message_data") if isinstance(letter, dict) else None
        if not isinstance(letter, dict) or not isinstance(held, dict) or not number:
            continue
        sender = str(letter.get("sender_id") or "")
        if event.get("type") != "message_create" or not sender or sender == own:
            continue
        yield Incoming(
            f"dm:{number}",
            str(held.get("text") or ""),
            _milliseconds(event.get("created_timestamp")),
            author_id=sender,
            private=True,
            attachments=int("attachment" in held),
        )


def _gone(said: Mapping[str, Any], own: str) -> Iterator[Gone]:
    for event in _rows(said, "tweet_delete_events"):
        status = event.get("status")
        if isinstance(status, dict) and status.get("id") and str(status.get("user_id")) != own:
            yield Gone(str(status["id"]), _milliseconds(event.get("timestamp_ms")))


def _rows(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = said.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _legacy(event: Mapping[str, Any], user: Mapping[str, Any]) -> Incoming:
    long = event.get("extended_tweet")
    text = str((long.get("full_text") if isinstance(long, dict) else None) or event.get("text") or "")
    try:
        at = parsedate_to_datetime(_rfc(str(event.get("created_at", ""))))
    except (ValueError, TypeError):
        at = datetime.now(UTC)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    number = str(event["id_str"])
    history = event.get("edit_history")
    given = history.get("edit_tweet_ids") if isinstance(history, dict) else None
    versions = [str(one) for one in given] if isinstance(given, list) else []
    media = long.get("extended_entities") if isinstance(long, dict) else event.get("extended_entities")
    shown = media.get("media") if isinstance(media, dict) else None
    return Incoming(
        versions[0] if versions and versions[0].isdigit() else number,
        html.unescape(text),
        at,
        lang="" if event.get("lang") in ("und", "zxx", None) else str(event["lang"]),
        url=f"https://x.com/i/status/{number}",
        in_reply_to=str(event.get("in_reply_to_status_id_str") or event.get("quoted_status_id_str") or ""),
        author=str(user.get("screen_name") or ""),
        author_id=str(user.get("id_str") or ""),
        edited=at if len(versions) > 1 else None,
        attachments=len(shown) if isinstance(shown, list) else 0,
    )


def _milliseconds(value: object) -> datetime:
    text = str(value)
    whole = text.isascii() and text.isdigit() and len(text) < 15
    return datetime.fromtimestamp(int(text) / 1000, UTC) if whole else datetime.now(UTC)


def _rfc(text: str) -> str:
    """`Wed Oct 10 20:19:24 +0000 2018` in the order of an e-mail's date."""
    words = text.split()
    return f"{words[0]}, {words[2]} {words[1]} {words[5]} {words[3]} {words[4]}" if len(words) == 6 else ""
