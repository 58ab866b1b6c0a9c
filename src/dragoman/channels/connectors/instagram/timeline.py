"""Looks for a post on the account's own page, by its exact words."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import Post, TryLater, Unsure
from dragoman.channels.connectors.instagram.talk import Talk, Wrong, moment

BEFORE = timedelta(minutes=5)  # their clock and ours
LAG = timedelta(seconds=15)  # what was posted a moment ago may not be listed yet
PAGE = 50
MOST_PAGES = 10


def same(theirs: object, ours: str) -> bool:
    """The same words? White space and the form of letters are the network's to change."""
    return _plain(str(theirs)) == _plain(ours)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def too_early(post: Post) -> bool:
    """Is it so soon after the moment that absence proves nothing?"""
    return datetime.now(UTC) < post.at + LAG


async def look(talk: Talk, user: str, post: Post, known: set[str]) -> Mapping[str, Any] | None:
    """The post as the network lists it; None when the whole window since the post's moment was read and it is
    not there. What is `known` belongs to others.

    Raises `TryLater` when the network cannot be read now, `Unsure` when there is too much to read.
    """
    wanted = post.rendition.parts[0].text
    since = post.at - BEFORE
    params = {
        "fields": "id,caption,timestamp,permalink",
        "since": str(int(since.timestamp())),
        "limit": str(PAGE),
    }
    for _ in range(MOST_PAGES):
        found = await _page(talk, user, params)
        for row in found["data"]:
            at = moment(row.get("timestamp"))
            if at is not None and at < since - BEFORE:
                return None  # newest first: what follows is older still
            if same(row.get("caption", ""), wanted) and str(row.get("id")) not in known:
                return {**row, "id": str(row["id"])}
        after = ((found.get("paging") or {}).get("cursors") or {}).get("after")
        if not after or not found["data"]:
            return None
        params["after"] = str(after)
    raise Unsure(
        "More was posted on this account than can be read through.",
        look_for=f"On the account's own page: “{wanted[:120]}”",
    )


async def _page(talk: Talk, user: str, params: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = await talk.read(f"{user}/media", params)
    except Wrong as wrong:
        raise TryLater(f"Instagram does not let us look: {wrong.says}") from None
    rows = found.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
        raise TryLater("Instagram answered with something that is not a list of posts.")
    return found
