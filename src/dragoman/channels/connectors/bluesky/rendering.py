"""How a piece looks on Bluesky: counted, cut into a thread and marked up. Pure.

A post holds at most 300 grapheme clusters and at most 3,000 bytes of UTF-8, both at once (tried against
the network's own server, November 2026). Places inside a text (facets) are counted in bytes.

A text that is too long becomes a thread: cut after a paragraph, else after a sentence, else between words,
and inside a word only where a single word fills a whole post; each post ends with its number, ` (2/5)`.
Between two posts nothing is dropped but white space, and a test proves it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from dragoman.channels.connector import Part, Picture, Piece, Rendition
from dragoman.lib.text.measures import graphemes, utf8_bytes
from dragoman.lib.text.unicode_re import regex

MAX_GRAPHEMES = 300
MAX_BYTES = 3000
MAX_PARTS = 25
MAX_PICTURES = 4
UNIT = "graphemes"

SUMMARY = "summary"
WHOLE = "whole"

IMAGES = "images"
CARD = "card"

_CLUSTER = regex.compile(r"\X")
# A full stop of any script, then whatever closes it; and what may not follow ("Art. 5" and "e.g. this" are
# no ends). East Asian stops need no space after them.
_STOP = regex.compile(r"""[.!?…؟۔।॥。！？]["'”’»)\]」』）]*$""")
_GOES_ON = regex.compile(r"[\p{Ll}\p{N}]")
_TIGHT_STOP = regex.compile(r"""[。！？]["'”’»）」』]*(?=\S)""")
_SPACE = regex.compile(r"\s+")
_LINK = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
_TAG = regex.compile(r"(?<![^\s(])[#＃]([\p{L}\p{M}\p{N}_]*[\p{L}][\p{L}\p{M}\p{N}_]*)")
_LINK_END = ".,;:!?'\"»”’…。，"


def fits(text: str) -> bool:
    """True when the text can be one post."""
    return utf8_bytes(text) <= MAX_BYTES and graphemes(text) <= MAX_GRAPHEMES


def render(piece: Piece, *, form: str = SUMMARY, pictures: str = IMAGES) -> Rendition:
    """The posts of a piece.

    `form` is `summary` (title and summary; the card leads to the whole text) or `whole` (all of it). A whole
    text of more than 25 posts falls back to the summary and says so; a summary of more than that gives a
    single part that is over its limit, for a person to shorten.

    A post holds pictures or a card, not both: with `images` a piece that has pictures shows up to four of
    them with their words, and its link stands in the text; with `card` the first is the picture of the card.
    """
    shown = piece.pictures[:MAX_PICTURES] if pictures == IMAGES else ()
    link = piece.url if shown else ""
    tags = " ".join("#" + tag.lstrip("#") for tag in piece.tags)
    short = _text(piece.title, piece.summary or piece.body, tags, link)
    leads = "link" if shown else "card"
    note = f"The body is not in the post. The {leads} leads to the whole text." if piece.summary else ""
    left_out = _left_out(piece, len(shown))
    if form == WHOLE:
        parts = thread(_text(piece.title, piece.summary, piece.body, tags, link), most=MAX_PARTS)
        if parts:
            return Rendition(_parts(piece, parts, shown), left_out)
        note = f"The whole text needs more than {MAX_PARTS} posts, so only title and summary are posted."
    parts = thread(short, most=MAX_PARTS)
    if parts:
        return Rendition(_parts(piece, parts, shown), _joined(note, left_out))
    over = Slice(short, 0, short, ())
    note = f"The text needs more than {MAX_PARTS} posts. Shorten it."
    return Rendition(_parts(piece, (over,), shown), _joined(note, left_out))


def _left_out(piece: Piece, shown: int) -> str:
    found = []
    if 0 < shown < len(piece.pictures):
        found.append(f"Only the first {shown} of {len(piece.pictures)} pictures are in the post.")
    if piece.videos:
        found.append("The film is not in the post. The page shows it.")
    return " ".join(found)


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def _text(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in blocks if block.strip())


@dataclass(frozen=True, slots=True)
class Slice:
    """One post of a thread: `body` is what was taken from the source at `start`, `text` adds the number."""

    body: str
    start: int
    text: str
    facets: tuple[dict[str, Any], ...]


def thread(source: str, *, most: int = MAX_PARTS) -> tuple[Slice, ...]:
    """The source as posts that fit. Empty when it would take more than `most`."""
    source = source.strip()
    marks = tuple(_marks(source))
    if fits(source):
        return (Slice(source, 0, source, _facets(source, 0, len(source), marks)),)
    cut = _Cutter(source)
    digits = 1
    while True:
        # The number's width must be known before the cut, and the cut gives how many there are.
        cuts = cut.all(len(f" ({'9' * digits}/{'9' * digits})"), most)
        if not cuts:
            return ()
        if len(str(len(cuts))) <= digits:
            break
        digits += 1
    return tuple(
        Slice(source[a:b], a, f"{source[a:b]} ({n}/{len(cuts)})", _facets(source, a, b, marks))
        for n, (a, b) in enumerate(cuts, 1)
    )


class _Cutter:
    """Finds where to cut one source. Sizes are kept as running sums, so each cut is a look-up."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.ends = [match.end() for match in _CLUSTER.finditer(source)]
        sizes = (utf8_bytes(source[a:b]) for a, b in zip([0, *self.ends], self.ends, strict=False))
        self.bytes = list(accumulate(sizes))
        paragraphs, sentences, words = _gaps(source)
        # Best kind first, and how much of a post it must fill: a title is no post of its own.
        self.gaps = [(paragraphs, 0.5), (sentences, 0.0), (paragraphs, 0.0), (words, 0.0)]

    def all(self, reserve: int, most: int) -> list[tuple[int, int]]:
        """The cuts, each leaving `reserve` free; empty when there are more than `most`."""
        cuts: list[tuple[int, int]] = []
        start = 0
        while start < len(self.source):
            if len(cuts) == most:
                return []
            end, following = self.next(start, MAX_GRAPHEMES - reserve, MAX_BYTES - reserve)
            cuts.append((start, end))
            start = following
        return cuts

    def next(self, start: int, clusters: int, size: int) -> tuple[int, int]:
        """Where the post that begins at `start` ends, and where the one after it begins."""
        reach = self._reach(start, clusters, size)
        if reach >= len(self.source):
            return len(self.source), len(self.source)
        for gaps, filled in self.gaps:
            at = bisect_right(gaps, (reach, len(self.source))) - 1
            if at >= 0 and gaps[at][0] > start + (reach - start) * filled:
                return gaps[at]
        return reach, reach

    def _reach(self, start: int, clusters: int, size: int) -> int:
        first = bisect_right(self.ends, start)
        spent = self.bytes[first - 1] if first else 0
        last = min(first + clusters, bisect_right(self.bytes, spent + size), len(self.ends))
        if last > first:
            return self.ends[last - 1]
        # One cluster alone is larger than a post (a letter under a thousand accents): cut between its
        # code points, for there is no better place.
        end = start
        while end < len(self.source) and utf8_bytes(self.source[start : end + 1]) <= size:
            end += 1
        return max(end, start + 1)


Gaps = list[tuple[int, int]]


def _gaps(source: str) -> tuple[Gaps, Gaps, Gaps]:
    """Between paragraphs, sentences, words: where the text before ends, and where the text after begins."""
    words = [match.span() for match in _SPACE.finditer(source)]
    paragraphs = [gap for gap in words if source.count("\n", *gap) > 1]
    sentences = [gap for gap in words if _ends_sentence(source, *gap)]
    sentences += [(match.end(), match.end()) for match in _TIGHT_STOP.finditer(source)]
    return paragraphs, sorted(sentences), words


def _ends_sentence(source: str, end: int, following: int) -> bool:
    return bool(_STOP.search(source[max(0, end - 8) : end])) and not _GOES_ON.match(source, following)


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    feature: dict[str, str]


def _marks(source: str) -> Iterator[_Mark]:
    """Links and hashtags, by their place in the source. `@names` stay plain: nobody is called out."""
    links = []
    for match in _LINK.finditer(source):
        address = _trim(match.group())
        links.append((match.start(), match.start() + len(address)))
        yield _Mark(
            match.start(),
            match.start() + len(address),
            {"$type": "app.bsky.richtext.facet#link", "uri": address},
        )
    for match in _TAG.finditer(source):
        inside = any(a <= match.start() < b for a, b in links)
        if not inside and graphemes(match.group(1)) <= 64 and utf8_bytes(match.group(1)) <= 640:
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": match.group(1)}
            yield _Mark(match.start(), match.end(), feature)


def _trim(address: str) -> str:
    while True:
        if address[-1] in _LINK_END or (address.endswith(")") and address.count("(") < address.count(")")):
            address = address[:-1]
        else:
            return address


def _facets(source: str, start: int, end: int, marks: tuple[_Mark, ...]) -> tuple[dict[str, Any], ...]:
    """The marks that touch [start, end), in bytes of that slice. A mark that a cut divides keeps its whole
    target on both sides, so that half a link still leads to the right page."""
    found = []
    for mark in sorted(marks, key=lambda mark: mark.start):
        a, b = max(mark.start, start), min(mark.end, end)
        if a < b:
            index = {"byteStart": utf8_bytes(source[start:a]), "byteEnd": utf8_bytes(source[start:b])}
            found.append({"index": index, "features": [dict(mark.feature)]})
    return tuple(found)


def _parts(piece: Piece, slices: tuple[Slice, ...], shown: Sequence[Picture]) -> tuple[Part, ...]:
    return tuple(_part(piece, each, shown, first=n == 0) for n, each in enumerate(slices))


def _part(piece: Piece, each: Slice, shown: Sequence[Picture], *, first: bool) -> Part:
    extra: dict[str, Any] = {"facets": [dict(facet) for facet in each.facets]}
    if first and shown:
        extra["images"] = [
            {"sha256": one.sha256, "alt": one.alt, "width": one.width, "height": one.height} for one in shown
        ]
    elif first and piece.url:
        extra["card"] = {"uri": piece.url, "title": piece.title, "description": piece.summary}
    count, limit, unit = graphemes(each.text), MAX_GRAPHEMES, UNIT
    if utf8_bytes(each.text) > MAX_BYTES and count <= MAX_GRAPHEMES:
        count, limit, unit = utf8_bytes(each.text), MAX_BYTES, "bytes"
    return Part(each.text, count, limit, unit, extra)
