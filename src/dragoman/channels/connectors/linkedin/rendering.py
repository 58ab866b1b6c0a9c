"""How a piece looks on LinkedIn: counted, marked up, with a card or with pictures. Pure.

A post holds 3,000 characters. LinkedIn's own documents do not say so, many who use it do; neither do they say
what a character is, so UTF-16 units are counted, which is never less than what is meant. What readers see is
counted, not the markup.
"""

import unicodedata
from typing import Any

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.channels.connectors.linkedin.little import little
from dragoman.lib.text.measures import utf16_units
from dragoman.lib.text.unicode_re import regex

MAX = 3000
MAX_PICTURES = 20
MAX_ALT = 4086
MAX_CARD_TITLE = 400
MAX_PIXELS = 36_152_320
PICTURE_TYPES = frozenset({"image/jpeg", "image/png"})
UNIT = "characters"

SUMMARY = "summary"
WHOLE = "whole"

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_\u200c]+")


def render(piece: Piece, *, form: str = SUMMARY) -> Rendition:
    """The post of a piece: with a card of our own page, or with pictures and the link in the text.

    `form` is `summary` or `whole`. A whole text that is too long falls back to the summary and says so; a
    summary that is too long is shown as over its limit, for a person to shorten.
    """
    pictures, notes = _pictures(piece)
    tags = " ".join(dict.fromkeys(filter(None, map(hashtag, piece.tags))))
    ends = (tags, piece.url if pictures else "")
    text = _text(piece.title, piece.summary or piece.body, *ends)
    if form == WHOLE:
        whole = _text(piece.title, piece.summary, piece.body, *ends)
        if utf16_units(whole) <= MAX:
            text = whole
        else:
            notes.insert(0, f"The whole text has more than {MAX} characters, so only the summary is posted.")
    elif piece.summary and piece.body:
        notes.insert(0, "The body is not in the post. The link leads to the whole text.")
    markup = little(text)
    extra: dict[str, Any] = {"commentary": markup}
    if pictures:
        extra["pictures"] = pictures
    elif piece.url:
        extra["card"] = {
            "source": piece.url,
            "title": _shortened(_text(piece.title) or piece.url, MAX_CARD_TITLE),
            "description": _shortened(_text(piece.summary), MAX_ALT),
        }
    part = Part(text, utf16_units(text), MAX, UNIT, extra)
    return Rendition((part,), " ".join(notes), _warnings(part, markup))


def hashtag(tag: str) -> str:
    """`#` and the tag in one word; words are joined with capitals."""
    words = _WORD.findall(tag)
    joined = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    return "#" + joined if any(sign.isalpha() for sign in joined) else ""


def _text(*blocks: str) -> str:
    plain = (
        unicodedata.normalize("NFC", block.replace("\r\n", "\n").replace("\r", "\n")) for block in blocks
    )
    return "\n\n".join(filter(None, (block.replace("\0", "").strip() for block in plain)))


def _pictures(piece: Piece) -> tuple[list[dict[str, str]], list[str]]:
    fit = [
        picture
        for picture in piece.pictures
        if picture.media_type in PICTURE_TYPES and picture.width * picture.height <= MAX_PIXELS
    ]
    notes = []
    if len(fit) < len(piece.pictures):
        notes.append("LinkedIn takes JPEG and PNG pictures only; the others are left out.")
    if len(fit) > MAX_PICTURES:
        notes.append(f"A post takes {MAX_PICTURES} pictures; the others are left out.")
    if any(len(picture.alt) > MAX_ALT for picture in fit):
        notes.append(f"A picture's description is longer than {MAX_ALT} characters and ends with “…”.")
    if piece.videos:
        notes.append("The film is not in the post. The link leads to it.")
    shown = [
        {"sha256": picture.sha256, "alt": _shortened(_text(picture.alt), MAX_ALT)}
        for picture in fit[:MAX_PICTURES]
    ]
    return shown, notes


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _warnings(part: Part, markup: str) -> tuple[str, ...]:
    if part.over or utf16_units(markup) <= MAX:
        return ()
    extra = utf16_units(markup) - MAX
    return (
        "LinkedIn wants a mark before some signs, and does not say whether these count. To be safe, shorten "
        f"the text by {extra} characters.",
    )
