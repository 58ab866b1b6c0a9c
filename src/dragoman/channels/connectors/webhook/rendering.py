"""What a receiver is told of a piece: all of it. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connector import Part, Piece, Post, Rendition
from dragoman.lib.text.measures import utf8_bytes

LIMIT = 200_000
UNIT = "bytes"
RELEASED, WITHDRAWN, CHECKED = "statement.released", "statement.withdrawn", "desk.checked"

# A key of the desk begins with the statement's number in the record and its revision.
_OF_A_STATEMENT = re.compile(r"([0-9]{4}-[0-9a-z]{4,12}):([0-9]{1,6}):.*")


def render(piece: Piece) -> Rendition:
    """Title, summary and body, whole. Tags and pictures go as data, the pictures without their bytes."""
    blocks = (piece.title, piece.summary, piece.body)
    text = "\n\n".join(block.strip() for block in blocks if block.strip()) or piece.url
    extra: dict[str, Any] = {"body": piece.body, "tags": [tag.lstrip("#") for tag in piece.tags]}
    part = Part(text, utf8_bytes(text), LIMIT, UNIT, extra)
    note = "Pictures are named by digest and description; their bytes are not sent." if piece.pictures else ""
    return Rendition((part,), note)


def released(post: Post) -> dict[str, Any]:
    """The event of a release. The same post gives the same bytes, however often it is asked."""
    [part] = post.rendition.parts
    data: dict[str, Any] = {
        "key": post.key,
        "language": post.lang,
        "title": post.title,
        "summary": post.summary,
        "text": part.text,
        "tags": list(part.extra.get("tags", ())),
        "url": post.url,
        "pictures": [picture.as_json() for picture in post.pictures],
        **_record(post),
    }
    return {"type": RELEASED, "timestamp": _iso(post.at), "data": data}


def withdrawn(post: Post, at: datetime) -> dict[str, Any]:
    """The event of a withdrawal: names what was told before, and repeats none of it."""
    data = {"key": post.key, "language": post.lang, "url": post.url, **_record(post)}
    return {"type": WITHDRAWN, "timestamp": _iso(at), "data": data}


def event_id(post: Post, what: str = "") -> str:
    """The webhook-id: the delivery's key, made fit for the header. Told again, it is the same."""
    plain = re.sub(r"[^A-Za-z0-9:_-]", "_", post.key)
    return f"{plain}:{what}" if what else plain


def _record(post: Post) -> Mapping[str, str]:
    found = _OF_A_STATEMENT.fullmatch(post.key)
    parts = urlsplit(post.url)
    if found is None or not parts.netloc:
        return {}
    return {"proof": f"{parts.scheme}://{parts.netloc}/record/proof/{found[1]}-{found[2]}.tlog-proof"}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
