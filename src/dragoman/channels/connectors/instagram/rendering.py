"""How a piece looks on Instagram: one caption under one to ten pictures. Pure.

A caption holds 2,200 characters and 20 names (developers.facebook.com/documentation/instagram-platform,
reference of ig-user/media). The network does not say what a character is; units of UTF-16 are counted, which
is never fewer than it may count. That reference allows 30 hashtags; since December 2025 several publishers'
tools report that more than five are refused, so five are used. Addresses in a caption lead nowhere when
touched: ours is written out to be read.

There is no post without a picture: a piece without one is over its limit, so that nobody approves it.
"""

from typing import Any

from dragoman.channels.connector import Part, Picture, Piece, Rendition
from dragoman.lib.text.measures import utf16_units
from dragoman.lib.text.unicode_re import regex

MAX_CHARACTERS = 2200
MAX_HASHTAGS = 5
MAX_NAMES = 20
MAX_PICTURES = 10
MAX_ALT = 1000
NARROWEST, WIDEST = 4 / 5, 1.91
SLACK = 0.01  # 1080 by 566 is called 1.91 to 1
UNIT = "characters"

SUMMARY = "summary"
WHOLE = "whole"

_TAG = regex.compile(r"[#＃][\p{L}\p{M}\p{N}_]+")  # also within a word: never fewer than it may count
_NAME = regex.compile(r"(?<![\w/.])@[A-Za-z0-9_.]+")


def count(text: str) -> int:
    """Never fewer than the network may count."""
    return utf16_units(text)


def render(piece: Piece, *, form: str = SUMMARY) -> Rendition:
    """The caption of a piece: title, summary (or, with the form `whole`, all of it where it fits), the
    address of the own page, hashtags. Nothing is cut: what is too long is for a person to shorten."""
    notes: list[str] = []
    caption = _caption(piece, piece.summary or piece.body)
    if form == WHOLE:
        whole = _caption(piece, piece.summary, piece.body)
        if count(whole) <= MAX_CHARACTERS:
            caption = whole
        else:
            notes.append("The whole text is too long for a caption, so only title and summary go out.")
    elif piece.summary:
        notes.append("The body is not in the caption.")
    return Rendition((_part(piece, caption),), " ".join([*notes, *_notes(piece)]), _warnings(piece))


def _caption(piece: Piece, *texts: str) -> str:
    said = "\n\n".join(text.strip() for text in (piece.title, *texts) if text.strip())
    address = piece.url.split("://", 1)[-1]
    blocks = (said, address, " ".join("#" + tag for tag in _used(piece)))
    return "\n\n".join(block for block in blocks if block)


def _plain(tags: tuple[str, ...]) -> list[str]:
    return [tag for tag in (tag.lstrip("#＃").strip() for tag in tags) if tag]


def _used(piece: Piece) -> list[str]:
    """The hashtags that have room beside those that stand in the text."""
    standing = len(_TAG.findall(f"{piece.title}\n{piece.summary}\n{piece.body}"))
    return _plain(piece.tags)[: max(0, MAX_HASHTAGS - standing)]


def _part(piece: Piece, caption: str) -> Part:
    """Counted by what is furthest over its limit in the network's eyes."""
    extra: dict[str, Any] = {"pictures": min(len(piece.pictures), MAX_PICTURES)}
    if not piece.pictures:
        return Part(caption, 1, 0, "posts without a picture", {"needs_picture": True})
    tags, names = len(_TAG.findall(caption)), len(_NAME.findall(caption))
    if count(caption) <= MAX_CHARACTERS and tags > MAX_HASHTAGS:
        return Part(caption, tags, MAX_HASHTAGS, "hashtags", extra)
    if count(caption) <= MAX_CHARACTERS and names > MAX_NAMES:
        return Part(caption, names, MAX_NAMES, "names", extra)
    return Part(caption, count(caption), MAX_CHARACTERS, UNIT, extra)


def _notes(piece: Piece) -> list[str]:
    notes = []
    if piece.url:
        notes.append(
            "The address of the page is written out: Instagram makes no links of addresses in captions."
        )
    left = _plain(piece.tags)[len(_used(piece)) :]
    if left:
        notes.append(f"Instagram takes {MAX_HASHTAGS} hashtags a post; left out: " + ", ".join(left) + ".")
    if not piece.pictures:
        notes.append("Instagram takes no post without a picture: add one, or leave this channel out.")
    if len(piece.pictures) > MAX_PICTURES:
        notes.append(f"Only the first {MAX_PICTURES} pictures are in the post.")
    for n, picture in enumerate(piece.pictures[:MAX_PICTURES], 1):
        if len(picture.alt) > MAX_ALT:
            notes.append(f"The description of picture {n} is cut after {MAX_ALT} characters.")
    if piece.videos:
        notes.append("The film is not in the post.")
    return notes


def _warnings(piece: Piece) -> tuple[str, ...]:
    if not piece.pictures:
        return ()
    wrong = [str(n) for n, one in enumerate(piece.pictures[:MAX_PICTURES], 1) if not well_shaped(one)]
    warnings = [
        "Instagram fetches the pictures from a public address when the post is prepared, before it is out. "
        "Nobody can guess the address, but the network has the pictures from then on.",
        "A post on Instagram cannot be taken down by the desk: somebody must do it in the app.",
    ]
    if wrong:
        warnings.insert(
            0,
            f"Instagram will refuse picture {', '.join(wrong)}: a picture must be between 4 to 5 (upright) "
            "and 1.91 to 1 (broad). Crop it.",
        )
    if len(piece.pictures) > 1:
        warnings.append("Instagram crops all pictures of a post to the shape of the first.")
    return tuple(warnings)


def well_shaped(picture: Picture) -> bool:
    """Neither too tall nor too broad for the network; True when its size is not known."""
    if picture.width < 1 or picture.height < 1:
        return True
    return NARROWEST - SLACK <= picture.width / picture.height <= WIDEST + SLACK
