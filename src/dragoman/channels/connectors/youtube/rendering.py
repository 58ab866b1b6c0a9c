"""How a piece looks on YouTube: a film with a title and a description. Pure.

A title has at most 100 characters (counted here in UTF-16 units, the strictest of the ways to count them), a
description at most 5,000 bytes of UTF-8, and neither may hold < or > (YouTube Data API, videos resource).
These two become ‹ and ›, and the note says so.
"""

from typing import Any

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.lib.text.measures import utf8_bytes, utf16_units

MAX_TITLE = 100
MAX_DESCRIPTION = 5000
MAX_TAGS = 500

SUMMARY = "summary"
WHOLE = "whole"


def render(piece: Piece, *, form: str = WHOLE) -> Rendition:
    """The film of a piece, with the words around it. Without a film there is nothing to post, and the part
    is over its limit of none."""
    notes: list[str] = []
    tags = " ".join("#" + tag.lstrip("#") for tag in piece.tags)
    film = piece.videos[0] if piece.videos else None
    title = ((film.title if film else "") or piece.title).strip()
    description = short = _text(piece.summary, piece.url, tags)
    if form == WHOLE:
        description = _text(piece.summary, piece.body, piece.url, tags)
        if utf8_bytes(_plain(description)) > MAX_DESCRIPTION:
            description = short
            notes.append("The whole text is too long for a description, so only the summary is in it.")
    if set("<>") & set(title + description):
        notes.append("YouTube takes no < and >; they are written ‹ and ›.")
    title, description = _plain(title), _plain(description)
    if len(piece.videos) > 1:
        notes.append(f"Only the first of {len(piece.videos)} films is posted.")
    extra: dict[str, Any] = {"title": title, "description": description}
    if film:
        extra |= {"film": film.sha256, "captions": sorted(film.captions)}
    return Rendition((_part(title, description, extra, film is not None),), " ".join(notes), _warnings(piece))


def _part(title: str, description: str, extra: dict[str, Any], film: bool) -> Part:
    text = f"{title}\n\n{description}"
    if not film:
        return Part(text, 1, 0, "posts without a film", extra)
    if utf16_units(title) > MAX_TITLE:
        return Part(text, utf16_units(title), MAX_TITLE, "characters of the title", extra)
    if not title:
        return Part(text, 1, 0, "films without a title", extra)
    return Part(text, utf8_bytes(description), MAX_DESCRIPTION, "bytes of the description", extra)


def _text(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in blocks if block.strip())


def _plain(text: str) -> str:
    return text.replace("<", "‹").replace(">", "›")


def _warnings(piece: Piece) -> tuple[str, ...]:
    if piece.videos and piece.lang not in piece.videos[0].captions:
        return (f"The film has no captions in the language of this text ({piece.lang}).",)
    return ()
