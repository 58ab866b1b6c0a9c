"""A body cut into its blocks (paragraphs, headings, list items), with what is no prose blanked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.lib.text.unicode_re import regex

CITATION = regex.compile(r"\[((?:[a-z0-9][a-z0-9-]*/)?F[1-9][0-9]*)\](?!\()")
_BARE_URL = r"(?:https?://|www\.)[^\s<>()\[\]]+|(?<![\p{L}\d@.-])(?:[a-z0-9-]++\.)++[a-z]{2,}/[^\s<>()\[\]]*"
# Possessive, and with one pair of brackets inside, so that an open bracket never reads on to the end.
_LINK_TARGET = regex.compile(r"\]\([^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+\)")
_URL = regex.compile(_BARE_URL, regex.IGNORECASE)
_MARKER = regex.compile(r"[ \t]*(?:#{1,6}[ \t]+|[-*+][ \t]+|\d{1,4}[.)][ \t]+|>[ \t]?)*")
_OWN_BLOCK = regex.compile(r"[ \t]*(?:#{1,6}[ \t]|[-*+][ \t]|\d{1,4}[.)][ \t]|>)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a field; `text[i]` stands at `start + i` of the field. `prose` has the same length."""

    number: int
    start: int
    text: str
    prose: str
    kind: str


def cut(text: str) -> tuple[Block, ...]:
    """Cut at blank lines, and before every heading, list item and quotation, as the canonical text does."""
    return tuple(_numbered(text))


def whole(text: str) -> Block:
    """A title or summary as one block."""
    return Block(number=0, start=0, text=text, prose=blank_out(text), kind="line")


def blank_out(text: str) -> str:
    """The same length with block markers, citations, link targets and bare links replaced by spaces."""
    for pattern in (CITATION, _LINK_TARGET, _URL):
        text = pattern.sub(_spaces, text)
    marker = _MARKER.match(text)
    return " " * marker.end() + text[marker.end() :] if marker else text


def _spaces(match: regex.Match[str]) -> str:
    return " " * len(match.group())


def _numbered(text: str) -> Iterator[Block]:
    for number, (start, end) in enumerate(_spans(text), 1):
        piece = text[start:end]
        kind = "heading" if piece.lstrip().startswith("#") else "paragraph"
        yield Block(number=number, start=start, text=piece, prose=blank_out(piece), kind=kind)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start: int | None = None
    position = end = 0
    heading = False
    for line in text.splitlines(keepends=True):
        content = line.strip()
        own = bool(_OWN_BLOCK.match(line))
        if start is not None and (not content or own or heading):
            yield start, end
            start = None
        if content and start is None:
            start = position + len(line) - len(line.lstrip())
            heading = content.startswith("#")
        if content:
            end = position + len(line.rstrip())
        position += len(line)
    if start is not None:
        yield start, end
