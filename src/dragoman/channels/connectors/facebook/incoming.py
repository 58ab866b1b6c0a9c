"""What people write under our posts: read from the network, or told by it; and its counts.

developers.facebook.com/documentation/pages-api/webhooks-for-pages and docs/graph-api/webhooks/reference/page.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dragoman.channels.connector import (
    Batch,
    Gone,
    Incoming,
    Receipt,
    Refused,
    TryLater,
    WebhookCall,
)
from dragoman.channels.connectors.facebook.talk import Talk, Wrong, moment, number
from dragoman.channels.connectors.facebook.timeline import OURS

COMMENT = "id,message,created_time,permalink_url,from,parent,attachment"
COMMENTS = {"filter": "stream", "order": "reverse_chronological", "limit": "100", "fields": COMMENT}
LOOKED_BACK = timedelta(days=14)
# What is written in the same second as the last, or shown late, is read again.
OVERLAP = timedelta(minutes=5)
POSTS, MOST_POSTS, MOST_PAGES = 50, 200, 60
VERBS = ("add", "edited", "edit")


async def fetch(talk: Talk, page: str, cursor: str) -> Batch:
    """Comments on our posts of the last fortnight, and what visitors post, since the moment in `cursor`."""
    last = moment(cursor)
    since = last - OVERLAP if last else datetime.now(UTC) - LOOKED_BACK
    read = await _since(talk, page, since)
    newest = max([one.at for one in read[-1:]] + [last or since])
    return Batch(read, newest.isoformat())


async def look_back(talk: Talk, page: str, since: datetime) -> Batch:
    """The same since that moment."""
    return Batch(await _since(talk, page, since), "")


async def _since(talk: Talk, page: str, since: datetime) -> tuple[Incoming, ...]:
    begin = min(since, datetime.now(UTC) - LOOKED_BACK)
    inline = f"comments.limit(100).filter(stream).order(reverse_chronological){{{COMMENT}}}"
    fields = f"id,message,created_time,permalink_url,from,{inline}"
    params = {"fields": fields, "since": str(int(begin.timestamp())), "limit": str(POSTS)}
    read: list[Incoming] = []
    for _ in range(MOST_POSTS // POSTS):
        found = await _asked(talk, f"{page}/feed", params)
        for post in _rows(found):
            read += [one for one in [_visitor(post, page)] if one and one.at > since]
            rows = await _under(talk, post, since)
            read += [one for row in rows if (one := _comment(row, post, page)) and one.at > since]
        following = _following(found)
        if not following:
            break
        params |= following
    return tuple(sorted(read, key=lambda one: one.at))


async def _under(talk: Talk, post: Mapping[str, Any], since: datetime) -> list[dict[str, Any]]:
    """The comments under a post, the newest first, as far back as is needed."""
    found = _inner(post, "comments")
    rows = _rows(found)
    for _ in range(MOST_PAGES):
        at = moment(rows[-1].get("created_time")) if rows else None
        following = _following(found)
        if not following or at is None or at <= since:
            break
        found = await _asked(talk, f"{post['id']}/comments", {**COMMENTS, **following})
        rows += _rows(found)
    return rows


async def _asked(talk: Talk, edge: str, params: Mapping[str, str]) -> dict[str, Any]:
    try:
        return await talk.read(edge, params)
    except Wrong as wrong:
        raise TryLater(f"Facebook does not show the comments: {wrong.says}") from None


def _following(found: Mapping[str, Any]) -> dict[str, str]:
    """What to ask for next. Only the words of the address are followed: it holds the token."""
    query = dict(parse_qsl(urlsplit(str(_inner(found, "paging").get("next") or "")).query))
    return {name: value for name, value in query.items() if name not in (*OURS, "limit", "order", "filter")}


def _visitor(post: Mapping[str, Any], page: str) -> Incoming | None:
    at, sender = moment(post.get("created_time")), str(_inner(post, "from").get("id") or "")
    if at is None or not sender or sender == page or not post.get("message"):
        return None
    return Incoming(
        str(post["id"]),
        str(post["message"]),
        at,
        url=str(post.get("permalink_url") or ""),
        author=str(_inner(post, "from").get("name") or ""),
        author_id=sender,
    )


def _comment(row: Mapping[str, Any], post: Mapping[str, Any], page: str) -> Incoming | None:
    at, sender = moment(row.get("created_time")), _inner(row, "from")
    if at is None or str(sender.get("id")) == page:
        return None
    return Incoming(
        str(row["id"]),
        str(row.get("message") or ""),
        at,
        url=str(row.get("permalink_url") or ""),
        in_reply_to=str(_inner(row, "parent").get("id") or post.get("id")),
        author=str(sender.get("name") or ""),
        author_id=str(sender.get("id") or ""),
        conversation=str(post.get("id") or ""),
        attachments=int(bool(row.get("attachment"))),
    )


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _rows(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = value.get("data")
    return (
        [row for row in found if isinstance(row, dict) and row.get("id")] if isinstance(found, list) else []
    )


def read(call: WebhookCall, secret: str, page: str) -> Sequence[Incoming | Gone | Receipt]:
    """The comments and visitors' posts in a call; `Refused` when it is not signed with the app's secret."""
    headers = {name.lower(): value for name, value in call.headers.items()}
    ours = "sha256=" + hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
    given = headers.get("x-hub-signature-256", "").encode("utf-8", "replace")
    if not secret or not hmac.compare_digest(ours.encode(), given):
        raise Refused("The call is not signed as the network signs.")
    try:
        said = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused("The call is not JSON.") from None
    told = [one for value, at in _changes(said, page) if (one := _told(value, page, at))]
    return [*told, *_letters(said, page)]


def _entries(said: object, page: str) -> Iterator[Mapping[str, Any]]:
    """What is told of our Page: an app may serve several, and all are told in one call."""
    entries = said.get("entry") if isinstance(said, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and str(entry.get("id")) == page:
            yield entry


def _changes(said: object, page: str) -> Iterator[tuple[Mapping[str, Any], datetime]]:
    for entry in _entries(said, page):
        changes = entry.get("changes")
        for change in changes if isinstance(changes, list) else []:
            if isinstance(change, dict) and change.get("field") == "feed":
                yield _inner(change, "value"), _second(entry.get("time"))


def _told(value: Mapping[str, Any], page: str, called: datetime) -> Incoming | Gone | None:
    item, verb = value.get("item"), value.get("verb")
    name = str(value.get("comment_id" if item == "comment" else "post_id") or "")
    sender = _inner(value, "from")
    if not name or item not in ("comment", "post", "status") or str(sender.get("id")) == page:
        return None
    if verb == "remove":
        return Gone(name, called)
    if verb not in VERBS:
        return None
    post, photos = str(value.get("post_id") or ""), value.get("photos")
    comment = item == "comment"
    return Incoming(
        name,
        str(value.get("message") or ""),
        _second(value.get("created_time")),
        url=str(_inner(value, "post").get("permalink_url") or ""),
        in_reply_to=str(value.get("parent_id") or post) if comment else "",
        author=str(sender.get("name") or ""),
        author_id=str(sender.get("id") or ""),
        conversation=post if comment else "",
        edited=None if verb == "add" else called,
        attachments=len(photos) if isinstance(photos, list) else int(bool(value.get("photo"))),
    )


def _letters(said: object, page: str) -> Iterator[Incoming]:
    """What people write to the Page itself, where the app is subscribed to `messages`
    (developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages)."""
    for entry in _entries(said, page):
        rows = entry.get("messaging")
        for row in rows if isinstance(rows, list) else []:
            held = _inner(row, "message") if isinstance(row, dict) else {}
            sender = str(_inner(row, "sender").get("id") or "") if held else ""
            if not held.get("mid") or held.get("is_echo") or sender in ("", page):
                continue
            files = held.get("attachments")
            yield Incoming(
                str(held["mid"]),
                str(held.get("text") or ""),
                _second(row.get("timestamp")),
                author_id=sender,
                private=True,
                attachments=len(files) if isinstance(files, list) else 0,
            )


def _second(value: object) -> datetime:
    """A moment in seconds or milliseconds; now, where none is told."""
    told = number(value)
    told = told // 1000 if told > 100_000_000_000 else told
    return datetime.fromtimestamp(told, UTC) if 0 < told < 5_000_000_000 else datetime.now(UTC)


def challenge(query: Mapping[str, str], token: str) -> str:
    """The word to give back when the network asks whether the address is ours
    (developers.facebook.com/docs/graph-api/webhooks/getting-started)."""
    given = query.get("hub.verify_token", "")
    right = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    if query.get("hub.mode") != "subscribe" or not right:
        raise Refused("The verify token is not the one entered for this channel.")
    return query.get("hub.challenge", "")


def counts(said: Mapping[str, Any]) -> dict[str, int]:
    """Counts by name: those of a post's own fields, and those of its insights."""
    found: dict[str, int] = {}
    for name in ("reactions", "comments"):
        summary = _inner(_inner(said, name), "summary")
        if "total_count" in summary:
            found[name] = number(summary["total_count"])
    if "count" in _inner(said, "shares"):
        found["shares"] = number(_inner(said, "shares")["count"])
    rows = said.get("data")
    for row in rows if isinstance(rows, list) else []:
        values = row.get("values") if isinstance(row, dict) else None
        first = values[0] if isinstance(values, list) and values and isinstance(values[0], dict) else {}
        if isinstance(first.get("value"), int):
            found[str(row.get("name"))] = number(first["value"])
    return found
