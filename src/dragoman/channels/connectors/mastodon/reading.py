"""A post as the server gives it back, compared with what we sent. Pure."""

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_BREAK = re.compile(r"<br\s*/?>|</p>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_SERVER = re.compile(r"(@\w+)@[\w.-]*\w")


def text_of(content: str) -> str:
    """The words of a post, without its HTML."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", content))).strip()


def same(content: str, text: str) -> bool:
    """Is this post that text? White space is the server's affair, and so is the server part of a name."""
    return _bare(text_of(content)) == _bare(text)


def _bare(text: str) -> str:
    return "".join(_SERVER.sub(r"\1", unicodedata.normalize("NFC", text)).split())


def moment(value: object) -> datetime | None:
    """A time as the server writes it."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


def is_post(value: Any) -> bool:
    """Does the answer name a post?"""
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str)
        and bool(value["id"])
        and isinstance(value.get("content"), str)
    )


def chain(
    posts: Sequence[Mapping[str, Any]], texts: Sequence[str], reply_to: str = ""
) -> list[Mapping[str, Any]]:
    """Our thread among the account's posts, as far as it is there: each text in reply to the one before."""
    found: list[Mapping[str, Any]] = []
    parent = reply_to
    for text in texts:
        fitting = [
            post
            for post in posts
            if (post.get("in_reply_to_id") or "") == parent and same(str(post.get("content")), text)
        ]
        if not fitting:
            break
        found.append(min(fitting, key=lambda post: (str(post.get("created_at")), str(post["id"]))))
        parent = str(found[-1]["id"])
    return found
