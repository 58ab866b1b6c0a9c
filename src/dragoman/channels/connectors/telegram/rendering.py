"""How a piece looks in a Telegram channel: counted, cut into messages, marked up. Pure.

A message holds 4,096 characters and a caption 1,024 "after entities parsing" (Bot API 10.1). A character is a
code point: 4,096 emoji were taken and 4,097 refused when it was tried on the network (August 2026, in the
issues of another project). Places inside a text (entities) are counted in UTF-16 units. Since other sources
hold that the limit is in these units too, a text is cut so that it keeps to the limit in both.

Nothing is escaped: the text is sent as it is, with explicit entities in place of a markup language.
"""

from typing import Any

from dragoman.channels.connector import Part, Picture, Piece, Rendition
from dragoman.lib.text.measures import code_points, utf16_units
from dragoman.lib.text.threads import Atom, split
from dragoman.lib.text.unicode_re import regex

MAX = 4096
MAX_CAPTION = 1024
MAX_PARTS = 10
MAX_PICTURES = 10
MAX_PICTURE_BYTES = 10_000_000
PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
UNIT = "characters"

SUMMARY = "summary"
WHOLE = "whole"

_CLUSTER = regex.compile(r"\X")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_\u200c]+")


def render(piece: Piece, *, form: str = WHOLE) -> Rendition:
    """The messages of a piece: the pictures with a caption first, where there are any.

    `form` is `summary` or `whole`. A whole text of more than ten messages falls back to the summary and says
    so; a summary of more than that gives a single part that is over its limit, for a person to shorten.
    """
    pictures, notes = _pictures(piece)
    tags = " ".join(dict.fromkeys(filter(None, map(hashtag, piece.tags))))
    inside = (piece.summary, piece.body) if form == WHOLE else (piece.summary or piece.body,)
    parts = _parts(piece, (*inside, tags, piece.url), pictures)
    if not parts and form == WHOLE:
        notes.append(f"The whole text needs more than {MAX_PARTS} messages, so only the summary is posted.")
        parts = _parts(piece, (piece.summary or piece.body, tags, piece.url), pictures)
    elif form == SUMMARY and piece.summary and piece.body:
        notes.append("The body is not in the message.")
    if not parts:
        text = _text(piece.title, piece.summary or piece.body, tags, piece.url)
        notes.append(f"The text needs more than {MAX_PARTS} messages. Shorten it.")
        parts = (_part(piece, text, MAX, {}),)
    return Rendition(parts, " ".join(notes))


def hashtag(tag: str) -> str:
    """`#` and the tag in one word; words are joined with capitals."""
    words = _WORD.findall(tag)
    joined = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    return "#" + joined if any(sign.isalpha() for sign in joined) else ""


def messages(source: str, *, most: int = MAX_PARTS) -> tuple[str, ...]:
    """The source as messages that fit. Empty when it would take more than `most`."""
    return tuple(each.text for each in split(source, _atoms, limit=MAX, most=most))


def _parts(piece: Piece, inside: tuple[str, ...], pictures: list[dict[str, str]]) -> tuple[Part, ...]:
    whole = _text(piece.title, *inside)
    if not pictures:
        return tuple(_part(piece, text, MAX, {}) for text in messages(whole))
    extra = {"pictures": pictures}
    if utf16_units(whole) <= MAX_CAPTION:
        return (_part(piece, whole, MAX_CAPTION, extra),)
    caption = _part(piece, _text(piece.title), MAX_CAPTION, extra)
    following = messages(_text(*inside), most=MAX_PARTS - 1)
    return (caption, *(_part(piece, text, MAX, {}) for text in following)) if following else ()


def _part(piece: Piece, text: str, limit: int, extra: dict[str, Any]) -> Part:
    """The title is bold where the text begins with it; the card leads to our own page, and to no other."""
    title = _text(piece.title)
    if title and text.startswith(title):
        extra = {**extra, "entities": [{"type": "bold", "offset": 0, "length": utf16_units(title)}]}
    if "pictures" not in extra:
        own = piece.url and piece.url in text
        extra = {**extra, "preview": {"url": piece.url} if own else {"is_disabled": True}}
    return Part(text, code_points(text), limit, UNIT, extra)


def _text(*blocks: str) -> str:
    plain = (block.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip() for block in blocks)
    return "\n\n".join(filter(None, plain))


def _atoms(source: str) -> list[Atom]:
    atoms: list[Atom] = []
    for match in _CLUSTER.finditer(source):
        weight = utf16_units(match.group())
        if weight <= MAX // 16:
            atoms.append(Atom(match.end(), weight))
        else:  # a letter under hundreds of accents may have to be cut between them
            atoms += [Atom(match.start() + n, utf16_units(sign)) for n, sign in enumerate(match.group(), 1)]
    return atoms


def _pictures(piece: Piece) -> tuple[list[dict[str, str]], list[str]]:
    fit = [picture for picture in piece.pictures if _fits(picture)]
    notes = []
    if len(fit) < len(piece.pictures):
        notes.append(
            "Telegram does not take every picture (JPEG, PNG and WebP, not longer than 20 times its width); "
            "the others are left out."
        )
    if len(fit) > MAX_PICTURES:
        notes.append(f"An album takes {MAX_PICTURES} pictures; the others are left out.")
    if any(picture.alt for picture in fit):
        notes.append("Telegram shows no descriptions of pictures: they are on the statement's page.")
    if piece.videos:
        notes.append("The film is not in the message. The link leads to it.")
    shown = [{"sha256": picture.sha256, "media_type": picture.media_type} for picture in fit[:MAX_PICTURES]]
    return shown, notes


def _fits(picture: Picture) -> bool:
    """The rules of sendPhoto: width and height together 10,000 at most, ratio 20 at most."""
    sides = sorted((max(picture.width, 1), max(picture.height, 1)))
    return picture.media_type in PICTURE_TYPES and sum(sides) <= 10_000 and sides[1] <= 20 * sides[0]
