"""How a piece looks on Threads: counted, cut into a thread, with its link and its topic. Pure.

A post holds 500 characters; emojis count as their bytes in UTF-8, and at most five different links are taken
(developers.facebook.com/documentation/threads/posts, read November 2026). The network does not say what else
is one character; code points are counted, which is never fewer than it may count.

The link to the own page is a card under a post without pictures, and stands at the end of the text of a post
with pictures, which the network gives no card. One topic a post: the first hashtag that can be one.
"""

from typing import Any

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.lib.text.measures import utf8_bytes
from dragoman.lib.text.threads import Atom, split
from dragoman.lib.text.unicode_re import regex

MAX_CHARACTERS = 500
MAX_LINKS = 5
MAX_PARTS = 25
MAX_PICTURES = 20
MAX_ALT = 1000
MAX_TOPIC = 50
UNIT = "characters"

SUMMARY = "summary"
WHOLE = "whole"

_CLUSTER = regex.compile(r"\X")
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3\ufe0f]")
_LINK = regex.compile(r"(?:https?://|www\.)[^\s<>\"]+", regex.IGNORECASE)
_LINK_END = ".,;:!?'\"»”’…)。，"


def count(text: str) -> int:
    """As the network counts."""
    return sum(atom.weight for atom in atoms(text))


def atoms(text: str) -> list[Atom]:
    """What a cut may not divide, and how much it weighs. A cluster longer than a post could be is divided."""
    found = []
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if len(cluster) > MAX_CHARACTERS // 10:
            weigh = utf8_bytes if _EMOJI.search(cluster) else len
            found += [Atom(match.start() + n, weigh(one)) for n, one in enumerate(cluster, 1)]
        else:
            found.append(Atom(match.end(), _weight(cluster)))
    return found


def _weight(cluster: str) -> int:
    return utf8_bytes(cluster) if _EMOJI.search(cluster) else len(cluster)


def links(text: str) -> set[str]:
    """The different links in a text."""
    return {match.group().rstrip(_LINK_END) for match in _LINK.finditer(text)}


def topic(tags: tuple[str, ...]) -> str:
    """The first hashtag that can be a topic: at most 50 characters, without `.` and `&`."""
    plain = (tag.lstrip("#").strip() for tag in tags)
    return next((tag for tag in plain if tag and len(tag) <= MAX_TOPIC and not set(tag) & set(".&")), "")


def render(piece: Piece, *, form: str = SUMMARY) -> Rendition:
    """The posts of a piece.

    `form` is `summary` (title and summary, with the link to the whole) or `whole` (all of it, as a thread).
    A whole text of more than 25 posts falls back to the summary and says so; a summary of more than that
    gives a single part that is over its limit, for a person to shorten.
    """
    tail = piece.url if piece.pictures else ""
    notes = _notes(piece)
    short = _text(piece.title, piece.summary or piece.body, tail)
    if form == WHOLE:
        parts = _cut(_text(piece.title, piece.summary, piece.body, tail))
        if parts:
            return Rendition(_parts(piece, parts), " ".join(notes), _warnings(piece))
        notes.insert(0, f"The whole text needs over {MAX_PARTS} posts, so only title and summary go out.")
    elif piece.summary:
        notes.insert(0, "The body is not in the post. The link leads to the whole text.")
    parts = _cut(short)
    if not parts:
        notes.insert(0, f"The text needs more than {MAX_PARTS} posts. Shorten it.")
        parts = (short,)
    return Rendition(_parts(piece, parts), " ".join(notes), _warnings(piece))


def _text(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in blocks if block.strip())


def _cut(text: str) -> tuple[str, ...]:
    return tuple(each.text for each in split(text, atoms, limit=MAX_CHARACTERS, most=MAX_PARTS))


def _parts(piece: Piece, texts: tuple[str, ...]) -> tuple[Part, ...]:
    return tuple(_part(piece, text, first=n == 0) for n, text in enumerate(texts))


def _part(piece: Piece, text: str, *, first: bool) -> Part:
    extra: dict[str, Any] = {}
    found = links(text)
    if first and piece.pictures:
        extra["pictures"] = min(len(piece.pictures), MAX_PICTURES)
    elif first and piece.url:
        extra["link"] = piece.url
        found.add(piece.url)
    if first and topic(piece.tags):
        extra["topic"] = topic(piece.tags)
    weight = count(text)
    if weight <= MAX_CHARACTERS and len(found) > MAX_LINKS:
        return Part(text, len(found), MAX_LINKS, "links", extra)
    return Part(text, weight, MAX_CHARACTERS, UNIT, extra)


def _notes(piece: Piece) -> list[str]:
    """What the form leaves out."""
    notes = []
    used = topic(piece.tags)
    left = [tag for tag in piece.tags if tag.lstrip("#").strip() != used]
    if used:
        notes.append(f"The topic of the post is “{used}”.")
    if left:
        notes.append("Threads takes one topic a post; left out: " + ", ".join(left) + ".")
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
    return (
        "Threads fetches the pictures from a public address when the post is prepared, before it is out. "
        "Nobody can guess the address, but the network has the pictures from then on.",
    )
