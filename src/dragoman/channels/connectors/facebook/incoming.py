"""What people write under our posts: read from the network, or told by it; and its counts.

developers.facebook.com/documentation/pages-api/webhooks-for-pages and docs/graph-api/webhooks/reference/page.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import Batch, Incoming, Receipt, Refused, TryLater, WebhookCall
from dragoman.channels.connectors.facebook.talk import Talk, Wrong, moment, number

COMMENT = "id,message,created_time,permalink_url,from,parent"
LOOKED_BACK = timedelta(days=14)
VERBS = ("add", "edited", "edit")


async def fetch(talk: Talk, page: str, cursor: str) -> Batch:
    """Comments on our posts of the last fortnight that came after the moment in `cursor`."""
    since = moment(cursor) or datetime.now(UTC) - LOOKED_BACK
    begin = str(int((datetime.now(UTC) - LOOKED_BACK).timestamp()))
    fields = f"id,comments.limit(100).filter(stream).order(reverse_chronological){{{COMMENT}}}"
    try:
        found = await talk.read(f"{page}/feed", {"fields": fields, "since": begin, "limit": "50"})
    except Wrong as wrong:
        raise TryLater(f"Facebook does not show the comments: {wrong.says}") from None
    read: list[Incoming] = []
    for post in _rows(found):
        for row in _rows(_inner(post, "comments")):
            at = moment(row.get("created_time"))
            if at is None or at <= since or str(_inner(row, "from").get("id")) == page:
                continue
            parent = str(_inner(row, "parent").get("id") or post.get("id"))
            url = str(row.get("permalink_url") or "")
            read.append(
                Incoming(str(row["id"]), str(row.get("message") or ""), at, url=url, in_reply_to=parent)
            )
    read.sort(key=lambda one: one.at)
    return Batch(tuple(read), (read[-1].at if read else since).isoformat())


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _rows(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = value.get("data")
    return (
        [row for row in found if isinstance(row, dict) and row.get("id")] if isinstance(found, list) else []
    )


def read(call: WebhookCall, secret: str, page: str) -> Sequence[Incoming | Receipt]:
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
    return [one for value in _changes(said, page) if (one := _told(value, page))]


def _changes(said: object, page: str) -> Iterator[Mapping[str, Any]]:
    """What changed on our Page: an app may serve several, and all are told in one call."""
    entries = said.get("entry") if isinstance(said, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or str(entry.get("id")) != page:
            continue
        changes = entry.get("changes")
        for change in changes if isinstance(changes, list) else []:
            if isinstance(change, dict) and change.get("field") == "feed":
                yield _inner(change, "value")


def _told(value: Mapping[str, Any], page: str) -> Incoming | None:
    item, sender = value.get("item"), str(_inner(value, "from").get("id"))
    if value.get("verb") not in VERBS or sender == page:
        return None
    at = datetime.fromtimestamp(number(value.get("created_time")) % 5_000_000_000, UTC)
    text, url = str(value.get("message") or ""), str(_inner(value, "post").get("permalink_url") or "")
    if item == "comment" and value.get("comment_id"):
        parent = str(value.get("parent_id") or value.get("post_id") or "")
        return Incoming(str(value["comment_id"]), text, at, url=url, in_reply_to=parent)
    if item in ("post", "status") and value.get("post_id"):
        return Incoming(str(value["post_id"]), text, at, url=url)
    return None


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
