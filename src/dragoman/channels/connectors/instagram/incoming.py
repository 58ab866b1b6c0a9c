"""What people write under our posts: read from the network, or told by it; and its counts.

developers.facebook.com/documentation/instagram-platform/webhooks/examples and .../ig-media/comments.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import (
    Batch,
    Gone,
    Incoming,
    Receipt,
    Refused,
    TryLater,
    WebhookCall,
)
from dragoman.channels.connectors.instagram.talk import Talk, Wrong, moment, number

REPLY = "id,text,timestamp,username,from,parent_id"
FIELDS = f"{REPLY},replies.limit(50){{{REPLY}}}"
LOOKED_BACK = timedelta(days=14)
# What is written in the same second as the last, or shown late, is read again.
OVERLAP = timedelta(minutes=5)
MOST_POSTS = 100
MOST_PAGES = 40
COMMENTS = ("comments", "live_comments", "mentions")


async def fetch(talk: Talk, user: str, cursor: str) -> Batch:
    """Comments on our posts of the last fortnight that came after the moment in `cursor`."""
    last = moment(cursor)
    since = last - OVERLAP if last else datetime.now(UTC) - LOOKED_BACK
    found = await _since(talk, user, since)
    newest = max([one.at for one in found[-1:]] + [last or since])
    return Batch(found, newest.isoformat())


async def look_back(talk: Talk, user: str, since: datetime) -> Batch:
    """The same since that moment."""
    return Batch(await _since(talk, user, since), "")


async def _since(talk: Talk, user: str, since: datetime) -> tuple[Incoming, ...]:
    begin = str(int(min(since, datetime.now(UTC) - LOOKED_BACK).timestamp()))
    posts = await _list(talk, f"{user}/media", {"fields": "id,comments_count,permalink", "since": begin})
    found: list[Incoming] = []
    for post in posts[:MOST_POSTS]:
        if number(post.get("comments_count")):
            # The network does not say in which order it gives comments: all of them are read.
            rows = await _list(talk, f"{post['id']}/comments", {"fields": FIELDS}, most=MOST_PAGES)
            rows += [reply for row in rows for reply in _replies(row)]
            read = [_comment(talk, row, str(post["id"]), str(post.get("permalink") or "")) for row in rows]
            found += [one for one in read if one and one.at > since]
    return tuple(sorted(found, key=lambda one: one.at))


async def _list(talk: Talk, path: str, params: Mapping[str, str], *, most: int = 2) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = []
    asked = {**params, "limit": "50"}
    for _ in range(most):
        try:
            found = await talk.read(path, asked)
        except Wrong as wrong:
            raise TryLater(f"Instagram does not show the comments: {wrong.says}") from None
        rows = found.get("data")
        rows = rows if isinstance(rows, list) else []
        read += [row for row in rows if isinstance(row, dict) and row.get("id")]
        paging = _inner(found, "paging")
        after = str(_inner(paging, "cursors").get("after") or "")
        if not rows or not after or not paging.get("next"):
            break
        asked["after"] = after
    return read


def _replies(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = _inner(row, "replies").get("data")
    found = [one for one in rows if isinstance(one, dict) and one.get("id")] if isinstance(rows, list) else []
    return [{"parent_id": row.get("id"), **one} for one in found]


def _comment(talk: Talk, row: Mapping[str, Any], post: str, url: str) -> Incoming | None:
    at = moment(row.get("timestamp"))
    if at is None or _ours(talk.session, row):
        return None
    sender = _inner(row, "from")
    return Incoming(
        str(row["id"]),
        str(row.get("text") or ""),
        at,
        url=url,
        in_reply_to=str(row.get("parent_id") or post),
        author=str(row.get("username") or sender.get("username") or ""),
        author_id=str(sender.get("id") or ""),
        conversation=post,
    )


def _ours(session: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    sender = row.get("from")
    names = {str(row.get("username") or "")}
    if isinstance(sender, dict):
        names |= {str(sender.get("username") or ""), str(sender.get("id") or "")}
    return bool(names & {str(session.get("username") or "-"), str(session.get("user") or "-")})


def read(call: WebhookCall, secret: str, session: Mapping[str, Any]) -> Sequence[Incoming | Gone | Receipt]:
    """The comments in a call; `Refused` when it is not signed with the app's secret."""
    headers = {name.lower(): value for name, value in call.headers.items()}
    ours = "sha256=" + hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
    given = headers.get("x-hub-signature-256", "").encode("utf-8", "replace")
    if not secret or not hmac.compare_digest(ours.encode(), given):
        raise Refused("The call is not signed as the network signs.")
    try:
        said = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused("The call is not JSON.") from None
    told = [_heard(value, at) for value, at in _values(said) if not _ours(session, value)]
    return [*told, *_letters(said, session)]


def _heard(value: Mapping[str, Any], at: datetime) -> Incoming:
    post, sender = str(_inner(value, "media").get("id") or ""), _inner(value, "from")
    return Incoming(
        str(value["id"]),
        str(value.get("text") or ""),
        at,
        in_reply_to=str(value.get("parent_id") or post),
        author=str(sender.get("username") or ""),
        author_id=str(sender.get("id") or ""),
        conversation=post,
    )


def _letters(said: object, session: Mapping[str, Any]) -> Iterator[Incoming | Gone]:
    """What people write to the account itself, where the app is subscribed to `messages`."""
    for call in said if isinstance(said, list) else [said]:
        entries = call.get("entry") if isinstance(call, dict) else None
        for entry in entries if isinstance(entries, list) else []:
            rows = entry.get("messaging") if isinstance(entry, dict) else None
            for row in rows if isinstance(rows, list) else []:
                held = _inner(row, "message") if isinstance(row, dict) else {}
                sender, at = (
                    (_inner(row, "sender") if held else {}),
                    _told(number(held and row.get("timestamp"))),
                )
                if not held.get("mid") or held.get("is_echo") or _ours(session, {"from": sender}):
                    continue
                if held.get("is_deleted"):
                    yield Gone(str(held["mid"]), at)
                    continue
                files = held.get("attachments")
                yield Incoming(
                    str(held["mid"]),
                    str(held.get("text") or ""),
                    at,
                    author_id=str(sender.get("id") or ""),
                    private=True,
                    attachments=len(files) if isinstance(files, list) else 0,
                )


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _values(said: object) -> Iterator[tuple[Mapping[str, Any], datetime]]:
    """Each comment with its moment. The field stands in `changes`, or (in the examples) in the entry."""
    for call in said if isinstance(said, list) else [said]:
        entries = call.get("entry") if isinstance(call, dict) else None
        for entry in entries if isinstance(entries, list) else []:
            if not isinstance(entry, dict):
                continue
            changes = entry.get("changes")
            for change in changes if isinstance(changes, list) else [entry]:
                value = change.get("value") if isinstance(change, dict) else None
                if isinstance(value, dict) and value.get("id") and change.get("field") in COMMENTS:
                    yield value, _told(number(entry.get("time")))


def _told(seconds: int) -> datetime:
    """The network tells when it called, in seconds or milliseconds; now, when it does not."""
    if seconds > 100_000_000_000:
        seconds //= 1000
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 5_000_000_000 else datetime.now(UTC)


def challenge(query: Mapping[str, str], token: str) -> str:
    """The word to give back when the network asks whether the address is ours
    (developers.facebook.com/docs/graph-api/webhooks/getting-started)."""
    given = query.get("hub.verify_token", "")
    right = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    if query.get("hub.mode") != "subscribe" or not right:
        raise Refused("The verify token is not the one entered for this channel.")
    return query.get("hub.challenge", "")


def counts(said: Mapping[str, Any]) -> dict[str, int]:
    """The network's counts by name; what it does not give is left out."""
    found: dict[str, int] = {}
    rows = said.get("data")
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        values = row.get("values")
        first = values[0] if isinstance(values, list) and values and isinstance(values[0], dict) else {}
        value = first.get("value", _inner(row, "total_value").get("value"))
        if isinstance(value, int) and not isinstance(value, bool):
            found[str(row.get("name"))] = value
    return found
