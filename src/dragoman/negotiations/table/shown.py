"""A round's texts as pages show them: by paragraph, each with what was removed and what was added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dragoman.negotiations.queries.table import TextShown
from dragoman.negotiations.rules import diff
from dragoman.negotiations.rules.diff import Piece

GAP = "\n\n"
SIGN = "¶\n"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the new text; what was removed stands where it was."""

    number: int
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Language:
    """One language of a round. `changes` counts places, not words; `fresh`: there is nothing to compare."""

    lang: str
    title: tuple[Piece, ...]
    summary: tuple[Piece, ...]
    paragraphs: tuple[Paragraph, ...]
    sha256: str
    size: int
    changes: int
    fresh: bool
    characters: int


def language(text: TextShown, *, compare: bool = True) -> Language:
    """Compare a text with the one of the round before; without `compare`, or one before, show it alone."""
    fresh = not (text.old_title or text.old_summary or text.old_body)
    parts = [
        _compared(old, new, text.lang, compare=compare and not fresh)
        for old, new in (
            (text.old_title, text.title),
            (text.old_summary, text.summary),
            (text.old_body, text.body),
        )
    ]
    return Language(
        lang=text.lang,
        title=parts[0],
        summary=parts[1],
        paragraphs=tuple(paragraphs(parts[2])),
        sha256=text.sha256,
        size=text.size,
        changes=sum(_places(part) for part in parts),
        fresh=fresh,
        characters=len(text.body),
    )


def paragraphs(found: Iterable[Piece]) -> Iterator[Paragraph]:
    """The pieces by paragraph of the new text. A gap that was removed is shown as a sign, so that joining two
    paragraphs is seen as the change that it is."""
    number, held = 1, list[Piece]()
    for piece in found:
        if piece.kind == "gone":
            held.append(Piece("gone", piece.text.replace(GAP, SIGN)))
            continue
        first, *more = piece.text.split(GAP)
        _hold(held, piece.kind == "new", first)
        for part in more:
            yield Paragraph(number, tuple(held))
            number, held = number + 1, []
            _hold(held, piece.kind == "new", part)
    if held:
        yield Paragraph(number, tuple(held))


def _hold(held: list[Piece], new: bool, text: str) -> None:
    if text:
        held.append(Piece("new" if new else "same", text))


def _compared(old: str, new: str, lang: str, *, compare: bool) -> tuple[Piece, ...]:
    if compare:
        return diff.words(old, new, lang)
    return (Piece("same", new),) if new else ()


def _places(found: Iterable[Piece]) -> int:
    """How many places changed: a removal and the addition beside it are one."""
    count, before = 0, False
    for piece in found:
        now = piece.kind != "same"
        count += now and not before
        before = now
    return count
