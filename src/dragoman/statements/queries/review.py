"""What an approver reads: what the yes binds, and what has changed since the last one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from dragoman.statements.guidelines import blocks
from dragoman.statements.models import Revision, Text
from dragoman.statements.queries import renditions

WORDS = re.compile(r"\s+|[^\s]+")
MOST = 4_000  # words in one block beyond which a difference is shown block by block


@dataclass(frozen=True)
class Piece:
    """A stretch of text: "same", "in" or "out"."""

    kind: str
    words: str


@dataclass(frozen=True)
class Change:
    """One place of a text: the title, the summary, or a paragraph."""

    place: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True)
class TextChanges:
    """One language: what became of it. `kind` is new, removed, changed or same."""

    lang: str
    kind: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Bound:
    """One language of what a yes binds."""

    text: Text
    renditions: tuple[renditions.Shown, ...]


def bound(revision: Revision, shown: Sequence[renditions.Shown]) -> list[Bound]:
    """Every text with every rendition, as it will go out."""
    source = revision.statement.source_language
    texts = sorted(revision.texts.all(), key=lambda text: (text.lang != source, text.lang))
    return [Bound(text, tuple(item for item in shown if item.lang == text.lang)) for text in texts]


def differences(old: Iterable[Text], new: Iterable[Text]) -> list[TextChanges]:
    """Language by language, what the new texts changed in the old."""
    olds, news = {text.lang: text for text in old}, {text.lang: text for text in new}
    found = []
    for lang in sorted(olds | news):
        before, after = olds.get(lang), news.get(lang)
        changes = tuple(_changes(before, after))
        kind = "new" if before is None else "removed" if after is None else "changed"
        if kind == "changed" and not any(change.changed for change in changes):
            kind = "same"
        found.append(TextChanges(lang, kind, changes))
    return found


def _changes(old: Text | None, new: Text | None) -> Iterable[Change]:
    for place in ("title", "summary"):
        before, after = getattr(old, place, ""), getattr(new, place, "")
        if before or after:
            yield Change(place, compare(before, after))
    before_blocks = [block.text for block in blocks.cut(old.body)] if old else []
    after_blocks = [block.text for block in blocks.cut(new.body)] if new else []
    for number, (before, after) in enumerate(_aligned(before_blocks, after_blocks), 1):
        yield Change(f"¶{number}", compare(before, after))


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Paragraphs that belong together, so that one put in does not make all later ones differ."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(old[a1:a2], new[b1:b2], strict=True)
        else:
            yield from zip_longest(old[a1:a2], new[b1:b2], fillvalue="")


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """The difference word by word; spaces belong to the words before them."""
    if old == new:
        return (Piece("same", old),) if old else ()
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > MOST:
        return (Piece("out", old), Piece("in", new))
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(before[a1:a2])))
            continue
        if a1 < a2:
            pieces.append(Piece("out", "".join(before[a1:a2])))
        if b1 < b2:
            pieces.append(Piece("in", "".join(after[b1:b2])))
    return tuple(pieces)
