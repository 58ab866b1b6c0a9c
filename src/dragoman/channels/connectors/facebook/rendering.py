"""How a piece looks on a Facebook Page: one post, with the link as a card or with pictures. Pure.

A post holds 63,206 characters (the number that publishers' tools go by; Meta's documentation names none).
What is one character is not said; units of UTF-16 are counted, which is never fewer than it may count.
"""

from typing import Any

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.lib.text.measures import utf16_units

MAX_CHARACTERS = 63206
MAX_COMMENT = 8000
MAX_PICTURES = 10
UNIT = "characters"

SUMMARY = "summary"
WHOLE = "whole"


def count(text: str) -> int:
    """Never fewer than the network may count."""
    return utf16_units(text)


def render(piece: Piece, *, form: str = SUMMARY) -> Rendition:
    """The post: title, then summary (`summary`) or all of it (`whole`), and hashtags.

    The link to the own page is a card under a post without pictures, and stands in the text of one with
    pictures or of an answer. Nothing is cut: what is too long is for a person to shorten.
    """
    written = bool(piece.pictures or piece.reply_to)
    texts = (piece.summary, piece.body) if form == WHOLE else (piece.summary or piece.body,)
    tags = " ".join("#" + tag for tag in (tag.lstrip("#").strip() for tag in piece.tags) if tag)
    text = _text(piece.title, *texts, piece.url if written else "", tags)
    extra: dict[str, Any] = {}
    if piece.pictures and not piece.reply_to:
        extra["pictures"] = min(len(piece.pictures), MAX_PICTURES)
    elif piece.url and not written:
        extra["link"] = piece.url
    limit = MAX_COMMENT if piece.reply_to else MAX_CHARACTERS
    return Rendition((Part(text, count(text), limit, UNIT, extra),), " ".join(_notes(piece, form)))


def _text(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in blocks if block.strip())


def _notes(piece: Piece, form: str) -> list[str]:
    notes = []
    if form != WHOLE and piece.summary and piece.body.strip():
        notes.append("The body is not in the post. The link leads to the whole text.")
    if piece.reply_to and piece.pictures:
        notes.append("Pictures are not in an answer.")
    elif len(piece.pictures) > MAX_PICTURES:
        notes.append(f"Only the first {MAX_PICTURES} pictures are in the post.")
    if piece.videos:
        notes.append("The film is not in the post.")
    return notes
