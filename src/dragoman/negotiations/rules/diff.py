"""What changed from one text to the next, word by word; sign by sign where no spaces part the words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from dragoman.lib.text.unicode_re import regex

Kind = Literal["same", "gone", "new"]
_MOST = 2_000_000  # pairs of words that are compared; a longer stretch that was rewritten is shown whole
_FLOOD = 200_000  # pairs of equal things: each place that matches goes through them once more
_BY_SIGN = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_TOKEN = regex.compile(
    rf"[{_BY_SIGN}]\p{{M}}*|(?:(?![{_BY_SIGN}])[\p{{L}}\p{{M}}\p{{N}}'’\u200c\u200d])+|\n|[^\S\n]+|."
)

_SENTENCE = regex.compile(
    r"[^.!?\u3002\uff01\uff1f\u061f\u0964\n]+[.!?\u3002\uff01\uff1f\u061f\u0964]*\s*|.|\n"
)


@dataclass(frozen=True)
class Piece:
    """A stretch of text: in both, only in the old, or only in the new."""

    kind: Kind
    text: str


def words(old: str, new: str, lang: str = "") -> tuple[Piece, ...]:
    """The pieces in the order of reading. `same` and `gone` joined are the old text exactly, `same` and `new`
    the new one. The script of each word tells how it is cut; `lang` is taken so that callers need not
    know."""
    del lang
    return tuple(_tidied(_by_line(old, new)))


def _by_line(old: str, new: str) -> Iterator[Piece]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for kind, gone, fresh in _matched(before, after):
        if kind == "equal":
            yield Piece("same", gone)
        else:
            yield from _by_sentence(gone, fresh)


def _by_sentence(old: str, new: str) -> Iterator[Piece]:
    """Long stretches are first cut at the ends of sentences: to compare all words with all takes too long."""
    if len(_TOKEN.findall(old)) * len(_TOKEN.findall(new)) <= _MOST:
        yield from _by_word(old, new)
        return
    for kind, gone, fresh in _matched(_SENTENCE.findall(old), _SENTENCE.findall(new)):
        if kind == "equal":
            yield Piece("same", gone)
        else:
            yield from _by_word(gone, fresh)


def _by_word(old: str, new: str) -> Iterator[Piece]:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(before) * len(after) > _MOST:
        yield from (Piece("gone", old), Piece("new", new))
        return
    for kind, gone, fresh in _matched(before, after):
        if kind == "equal":
            yield Piece("same", gone)
        else:
            yield from (Piece("gone", gone), Piece("new", fresh))


def _matched(before: list[str], after: list[str]) -> Iterator[tuple[str, str, str]]:
    # With "autojunk" long texts would lose matches on frequent words such as "the".
    flood = _flood(before, after)
    matcher = SequenceMatcher(flood.__contains__ if flood else None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        yield kind, "".join(before[a:b]), "".join(after[c:d])


def _flood(before: list[str], after: list[str]) -> set[str]:
    """What occurs so often in both that comparing it takes too long, such as thousands of empty lines: it is
    matched beside other things only. Else a party's own words could keep every page of a round busy."""
    here, there = Counter(before), Counter(after)
    pairs = {one: here[one] * there[one] for one in here if one in there}
    total, found = sum(pairs.values()), set[str]()
    for one in sorted(pairs, key=lambda one: (-pairs[one], one)):
        if total <= _FLOOD:
            break
        found.add(one)
        total -= pairs[one]
    return found


def _tidied(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Without empty pieces; a lone space between two changes is taken into them, for that reads better."""
    kept = [piece for piece in pieces if piece.text]
    gone = new = same = ""
    for number, piece in enumerate(kept):
        between = (gone or new) and number + 1 < len(kept) and kept[number + 1].kind != "same"
        if piece.kind == "same" and piece.text.isspace() and "\n" not in piece.text and between:
            gone, new = gone + piece.text, new + piece.text
        elif piece.kind == "same":
            yield from _change(gone, new)
            gone = new = ""
            same += piece.text
        else:
            if same:
                yield Piece("same", same)
                same = ""
            gone += piece.text if piece.kind == "gone" else ""
            new += piece.text if piece.kind == "new" else ""
    yield from _change(gone, new)
    if same:
        yield Piece("same", same)


def _change(gone: str, new: str) -> Iterator[Piece]:
    if gone:
        yield Piece("gone", gone)
    if new:
        yield Piece("new", new)
