"""How a piece looks on X: counted, cut into a thread, priced. Pure.

X counts weighted characters (docs.x.com, Counting characters; twitter-text, config v3): the text is taken in
normal form C, most letters of European and Semitic scripts weigh one, all others two, any emoji two however
long its sequence, and any link 23 however long it is. `twitter-text-parser` does the counting.
"""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from twitter_text import (  # type: ignore[import-untyped]  # it ships no types
    extract_emojis_with_indices,
    extract_urls_with_indices,
    parse_tweet,
)
from twitter_text.config import config  # type: ignore[import-untyped]  # it ships no types

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.lib.text.threads import Atom, Slice, split
from dragoman.lib.text.unicode_re import regex

MAX = 280
MAX_PARTS = 25
MAX_PICTURES = 4
MAX_ALT = 1000
MAX_PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
UNIT = "characters as X counts"

HEADLINE = "headline"
SUMMARY = "summary"
WHOLE = "whole"
LAST = "last"
NONE = "none"
PAY_PER_USE = "pay-per-use"
ENTERPRISE = "enterprise"
PUBLIC_UTILITY = "public-utility"

# US dollars for one request (docs.x.com, Pricing; changelog of 16 April 2026).
PRICE = Decimal("0.015")
PRICE_WITH_LINK = Decimal("0.200")
PRICE_SUMMONED = Decimal("0.010")
PRICE_ALT = Decimal("0.005")

_CLUSTER = regex.compile(r"\X")
_NAME = regex.compile(r"(?<![\p{L}\p{N}_@/])[@＠]\w{1,15}\b")
_CASHTAG = regex.compile(r"(?<!\S)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![A-Za-z0-9_])")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_\u200c]+")
_UNKNOWN = dict.fromkeys((0xFFFE, 0xFFFF, 0xFEFF))  # X takes no text with these; none of them is visible


@lru_cache(maxsize=512)  # while a text is typed, most of its posts stay as they are
def count(text: str) -> int:
    """The weighted length."""
    return int(parse_tweet(text).weightedLength)


def plain(text: str) -> str:
    """The text as X will keep it: normal form C, one kind of line end, nothing that X refuses."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNKNOWN))
    return text.strip()


def links(text: str) -> list[tuple[int, int]]:
    """Where X will see links; a bare domain name is one."""
    return [(int(found["indices"][0]), int(found["indices"][1])) for found in extract_urls_with_indices(text)]


def hashtag(tag: str) -> str:
    """`#` and the tag in one word. Words are joined with capitals, which a screen reader reads one by one."""
    words = _WORD.findall(tag)
    joined = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    return "#" + joined if any(sign.isalpha() for sign in joined) else ""


def render(piece: Piece, *, form: str = SUMMARY, link: str = LAST, plan: str = PAY_PER_USE) -> Rendition:
    """The posts of a piece.

    `form` is `headline` (the title), `summary` (title and summary) or `whole`; `link` is `last` or `none`. A
    whole text of more than 25 posts falls back to the summary and says so; a summary of more than that gives
    a single part that is over its limit, for a person to shorten.
    """
    tags = " ".join(dict.fromkeys(filter(None, map(hashtag, piece.tags))))
    ends = (tags, piece.url if link == LAST else "")
    notes = []
    slices: tuple[Slice, ...] = ()
    if form == WHOLE:
        slices = thread(_text(piece.title, piece.summary, piece.body, *ends))
        if not slices:
            notes.append(f"The whole text needs more than {MAX_PARTS} posts, so it is not posted whole.")
            form = SUMMARY
    if form == SUMMARY:
        slices = thread(_text(piece.title, piece.summary or piece.body, *ends))
        if slices and piece.summary and piece.body:
            notes.append("The body is not in the post.")
    elif form == HEADLINE:
        slices = thread(_text(piece.title or piece.summary or piece.body, *ends))
        notes.append("Only the title is posted.")
    if not slices:
        text = _text(piece.title, piece.summary or piece.body, *ends)
        slices = (Slice(0, len(text), text),)
        notes.append(f"The text needs more than {MAX_PARTS} posts. Shorten it.")
    pictures, unfit = _pictures(piece)
    extra = {"pictures": pictures} if pictures else {}
    parts = tuple(_part(each.text, extra if n == 0 else {}) for n, each in enumerate(slices))
    return Rendition(parts, " ".join(notes + unfit), _warnings(piece, parts, plan))


def thread(source: str, *, most: int = MAX_PARTS) -> tuple[Slice, ...]:
    """The source as posts that fit. Empty when it would take more than `most`."""
    room = MAX
    while True:
        slices = split(source, _atoms, limit=room, most=most)
        # A cut can make a link of what was none (a letter before a bare domain name goes away); then the
        # posts are made a little shorter, until all of them fit.
        over = max((count(each.text) - MAX for each in slices), default=0)
        if over <= 0 or room <= MAX // 2:
            return slices
        room -= over


def _text(*blocks: str) -> str:
    return "\n\n".join(filter(None, map(plain, blocks)))


def _part(text: str, extra: Mapping[str, Any]) -> Part:
    return Part(text, count(text), MAX, UNIT, extra)


def _atoms(source: str) -> list[Atom]:
    """Links, emoji and grapheme clusters, with what each weighs."""
    whole = [(start, end, config["defaults"]["transformed_url_length"]) for start, end in links(source)]
    taken = list(whole)
    for found in extract_emojis_with_indices(source):
        start, end = found["indices"]
        if not any(a < end and start < b for a, b, _ in taken):
            whole.append((start, end, 2))
    atoms: list[Atom] = []
    at = 0
    for start, end, weight in [*sorted(whole), (len(source), len(source), 0)]:
        for match in _CLUSTER.finditer(source[at:start]):
            atoms += _clusters(match.group(), at + match.start())
        if end > start:
            atoms.append(Atom(end, weight))
        at = end
    return atoms


def _clusters(cluster: str, start: int) -> list[Atom]:
    weights = [_weight(sign) for sign in cluster]
    if sum(weights) <= MAX // 4:
        return [Atom(start + len(cluster), sum(weights))]
    # A letter under a hundred accents may have to be cut between them: there is no better place.
    return [Atom(start + n, weight) for n, weight in enumerate(weights, 1)]


@cache
def _ranges() -> tuple[tuple[int, int, int], ...]:
    settings = config["defaults"]
    return tuple((r["start"], r["end"], r["weight"] // settings["scale"]) for r in settings["ranges"])


def _weight(sign: str) -> int:
    return next((weight for start, end, weight in _ranges() if start <= ord(sign) <= end), 2)


def _pictures(piece: Piece) -> tuple[list[dict[str, str]], list[str]]:
    """The pictures of the first post with their alt texts, and what is said of the others."""
    fit = [picture for picture in piece.pictures if picture.media_type in PICTURE_TYPES]
    notes = []
    if len(fit) < len(piece.pictures):
        notes.append("X takes JPEG, PNG and WebP pictures only; the others are left out.")
    if len(fit) > MAX_PICTURES:
        notes.append(f"A post takes {MAX_PICTURES} pictures; the others are left out.")
    if any(len(picture.alt) > MAX_ALT for picture in fit[:MAX_PICTURES]):
        notes.append(f"A picture's description is longer than {MAX_ALT} characters and ends with “…”.")
    if piece.videos:
        notes.append("The film is not in the post. The link leads to it.")
    shown = [
        {"sha256": picture.sha256, "alt": _shortened(plain(picture.alt))} for picture in fit[:MAX_PICTURES]
    ]
    return shown, notes


def _shortened(alt: str) -> str:
    return alt if len(alt) <= MAX_ALT else alt[: MAX_ALT - 1].rstrip() + "…"


# --- what the officer should know before ---


def _warnings(piece: Piece, parts: tuple[Part, ...], plan: str) -> tuple[str, ...]:
    if plan == ENTERPRISE:
        return ()
    said = []
    if piece.reply_to:
        said.append(
            "This is a reply. Except on the Enterprise plan, X takes replies by API only where the author of "
            "the other post has mentioned this account or quoted one of its posts; otherwise it refuses."
        )
    if len(parts) > 1:
        said.append(
            "A thread is made of replies to oneself. X does not say whether its rule on replies by API "
            "covers them; if it does, only the first post comes out, and the desk says so."
        )
    if any(_NAME.search(part.text) for part in parts):
        said.append("The text calls an account by its @name. X limits that by API, and may refuse the post.")
    if any(len(_CASHTAG.findall(part.text)) > 1 for part in parts):
        said.append("A post names more than one $TICKER. X refuses that by API.")
    if plan == PAY_PER_USE:
        said.append(_price(piece, parts))
    return tuple(said)


def _price(piece: Piece, parts: tuple[Part, ...]) -> str:
    linked = sum(bool(links(part.text)) for part in parts)
    total = PRICE_WITH_LINK * linked + PRICE * (len(parts) - linked)
    total += PRICE_ALT * sum(bool(shown["alt"]) for shown in parts[0].extra.get("pictures", ()))
    words = f"X charges about {total} US dollars for this: {PRICE_WITH_LINK} for each post with a link"
    words += f" ({linked} of {len(parts)}), {PRICE} for each other."
    if piece.reply_to:
        words += f" A reply to somebody who called for one costs {PRICE_SUMMONED}."
    return words
