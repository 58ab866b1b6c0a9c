"""What people answer: read from the network, or told by it; and its counts.

developers.facebook.com/documentation/threads/webhooks and .../retrieve-and-manage-replies.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import Batch, Incoming, Receipt, Refused, TryLater, WebhookCall
from dragoman.channels.connectors.threads.talk import Talk, Wrong, moment

FIELDS = "id,text,timestamp,permalink,username,replied_to,root_post,is_reply_owned_by_me"
LOOKED_BACK = timedelta(days=14)
# What is written in the same second as the last, or shown late, is read again.
OVERLAP = timedelta(minutes=5)
MOST_POSTS = 100
MOST_PAGES = 40


async def fetch(talk: Talk, cursor: str) -> Batch:
    """Answers to our posts of the last fortnight that came after the moment in `cursor`."""
    last = moment(cursor)
    since = last - OVERLAP if last else datetime.now(UTC) - LOOKED_BACK
    found = await _since(talk, since)
    newest = max([one.at for one in found[-1:]] + [last or since])
    return Batch(found, newest.isoformat())


async def look_back(talk: Talk, since: datetime) -> Batch:
    """The same since that moment."""
    return Batch(await _since(talk, since), "")


async def _since(talk: Talk, since: datetime) -> tuple[Incoming, ...]:
    begin = min(since, datetime.now(UTC) - LOOKED_BACK)
    posts = await _list(talk, "me/threads", "id,has_replies", begin)
    found: list[Incoming] = []
    for post in posts[:MOST_POSTS]:
        if post.get("has_replies"):
            rows = await _list(talk, f"{post['id']}/conversation", FIELDS, None, most=MOST_PAGES)
            found += [one for row in rows if (one := _reply(row, str(post["id"]))) and one.at > since]
    return tuple(sorted(found, key=lambda one: one.at))


async def _list(
    talk: Talk, path: str, fields: str, since: datetime | None, *, most: int = 1
) -> list[dict[str, Any]]:
    params = {"fields": fields, "limit": "100"}
    if since:
        params["since"] = str(int(since.timestamp()))
    read: list[dict[str, Any]] = []
    for _ in range(most):
        try:
            found = await talk.read(path, params)
        except Wrong as wrong:
            raise TryLater(f"Threads does not show the answers: {wrong.says}") from None
        rows = found.get("data")
        rows = rows if isinstance(rows, list) else []
        read += [row for row in rows if isinstance(row, dict) and row.get("id")]
        paging = _inner(found, "paging")
        after = str(_inner(paging, "cursors").get("after") or "")
        if not rows or not after or not paging.get("next"):
            break
        params["after"] = after
    return read


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _reply(row: Mapping[str, Any], root: str = "") -> Incoming | None:
    at = moment(row.get("timestamp"))
    if row.get("is_reply_owned_by_me") or at is None:
        return None
    parent = str(_inner(row, "replied_to").get("id") or "")
    return Incoming(
        str(row["id"]),
        str(row.get("text") or ""),
        at,
        url=str(row.get("permalink") or ""),
        in_reply_to=parent,
        author=str(row.get("username") or ""),
        conversation=str(_inner(row, "root_post").get("id") or "") or root or parent,
    )


def read(call: WebhookCall, secret: str) -> Sequence[Incoming | Receipt]:
    """The replies in a call; `Refused` when it is not signed with the app's secret."""
    headers = {name.lower(): value for name, value in call.headers.items()}
    ours = "sha256=" + hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(
        ours.encode(), headers.get("x-hub-signature-256", "").encode("utf-8", "replace")
    ):
        raise Refused("The call is not signed as the network signs.")
    try:
        said = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused("The call is not JSON.") from None
    return [one for row in _rows(said) if (one := _reply(row))]


def _rows(said: object) -> Iterator[Mapping[str, Any]]:
    """`values` is an object in the documentation and a list in practice; both are taken."""
    calls = said if isinstance(said, list) else [said]
    for call in calls:
        values = call.get("values") if isinstance(call, dict) else None
        for each in values if isinstance(values, list) else [values]:
            if not isinstance(each, dict) or each.get("field") not in ("replies", "mentions"):
                continue
            value = each.get("value")
            if isinstance(value, dict) and value.get("id"):
                yield value


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
        values = row.get("values") if isinstance(row, dict) else None
        total = row.get("total_value") if isinstance(row, dict) else None
        value = values[0].get("value") if isinstance(values, list) and values else None
        if value is None and isinstance(total, dict):
            value = total.get("value")
        if isinstance(value, int) and not isinstance(value, bool):
            found[str(row.get("name"))] = value
    return found
