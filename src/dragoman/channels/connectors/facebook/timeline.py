"""Looks for a post on the Page, by its exact words."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dragoman.channels.connector import Post, TryLater, Unsure
from dragoman.channels.connectors.facebook.talk import Talk, Wrong

BEFORE = timedelta(minutes=5)  # their clock and ours
LAG = timedelta(seconds=15)  # what was posted a moment ago may not be listed yet
PAGE = 100
MOST_PAGES = 10
OURS = frozenset({"access_token", "appsecret_proof"})


def same(theirs: object, ours: str) -> bool:
    """The same words? White space and the form of letters are the network's to change."""
    return _plain(str(theirs)) == _plain(ours)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def too_early(post: Post) -> bool:
    """Is it so soon after the moment that absence proves nothing?"""
    return datetime.now(UTC) < post.at + LAG


async def look(talk: Talk, page: str, post: Post, known: set[str]) -> Mapping[str, Any] | None:
    """The post as the network lists it; None when the whole window since the post's moment was read and it is
    not there. What is `known` belongs to others.

    Raises `TryLater` when the network cannot be read now, `Unsure` when there is too much to read.
    """
    wanted = post.rendition.parts[0].text
    edge = f"{post.reply_to}/comments" if post.reply_to else f"{page}/feed"
    params = {
        "fields": "id,message,created_time,permalink_url,from",
        "since": str(int((post.at - BEFORE).timestamp())),
        "limit": str(PAGE),
    }
    for _ in range(MOST_PAGES):
        found = await _page(talk, edge, params)
        for row in found["data"]:
            sender = row.get("from")
            ours = not isinstance(sender, dict) or str(sender.get("id")) == page
            if ours and same(row.get("message", ""), wanted) and str(row["id"]) not in known:
                return {**row, "id": str(row["id"])}
        following = (found.get("paging") or {}).get("next")
        if not following or not found["data"]:
            return None
        # Only its words are followed, never its address, which holds the token.
        query = dict(parse_qsl(urlsplit(str(following)).query))
        params |= {name: value for name, value in query.items() if name not in OURS}
    raise Unsure(
        "More was posted on this Page than can be read through.", look_for=f"On the Page: “{wanted[:120]}”"
    )


async def _page(talk: Talk, edge: str, params: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = await talk.read(edge, params)
    except Wrong as wrong:
        raise TryLater(f"Facebook does not let us look: {wrong.says}") from None
    rows = found.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
        raise TryLater("Facebook answered with something that is not a list of posts.")
    return found
