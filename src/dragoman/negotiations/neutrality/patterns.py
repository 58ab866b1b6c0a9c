"""Words of rules and sheets as patterns: whole words in any script, a star for any ending.

`claim*` stands for claim, claims, claimed; words apart may be parted by any white space. Arabic words are
found with or without vowel signs, whatever their alef, and behind the letters that are written together with
them (and, so, by, for, as, the). Chinese has no gaps between words, so there a pattern is found wherever its
signs stand. All patterns take time in proportion to the text: nothing in them is tried twice.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

MARKS = "\u0300-\u036f\u0640\u064b-\u065f\u0670"  # accents and vowel signs belong to the letter before them
ARABIC_BEFORE = "[وف]?[بلكس]?(?:ال)?"
# a line below is no letter: it makes words slanted in Markdown
NO_LETTER_BEFORE = r"(?<![^\W_])"
NO_LETTER_AFTER = r"(?![^\W_])"

_LETTER = rf"(?:[^\W_]|[{MARKS}])"
_UNPARTED = ("zh", "ja", "th")
_APOSTROPHES = re.compile("['’ʼ]")
_VOWEL_SIGNS = "[\u0640\u064b-\u0652\u0670]*+"
_ALEFS = "اأإآٱ"


@dataclass(frozen=True, slots=True)
class Match:
    """Words found in a text, from start to end."""

    start: int
    end: int
    words: str


class Spans:
    """Places in a text, none over another, to ask in short time whether a word lies in one of them."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._ends: list[int] = []
        self._starts: list[int] = []
        for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
            if not self._ends or end > self._ends[-1]:
                self._starts.append(start)
                self._ends.append(end)

    def hold(self, start: int, end: int) -> bool:
        """Whether all of it lies in one of the spans."""
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and end <= self._ends[at]


@lru_cache(maxsize=4096)
def compiled(words: tuple[str, ...], lang: str) -> re.Pattern[str] | None:
    """One pattern for all the words; its group 1 is the words found. None when there are no words."""
    arabic, star = base(lang) == "ar", parted(lang)
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    parts = [_one(word, arabic=arabic, star=star) for word in longest_first if word.strip("* ")]
    if not parts:
        return None
    before, after = around(lang)
    return re.compile(f"{before}({'|'.join(parts)}){after}", re.IGNORECASE)


def find(words: Iterable[str], lang: str, text: str) -> Iterator[Match]:
    """Where any of the words stands in the text."""
    pattern = compiled(tuple(words), lang)
    if pattern is not None:
        for found in pattern.finditer(text):
            yield Match(found.start(1), found.end(1), found[1])


def holds(words: Iterable[str], lang: str, text: str) -> bool:
    """Whether any of the words stands in the text."""
    return next(find(words, lang, text), None) is not None


def around(lang: str) -> tuple[str, str]:
    """What must stand before and after a whole word in this language."""
    if not parted(lang):
        return "", ""
    before = NO_LETTER_BEFORE + (ARABIC_BEFORE if base(lang) == "ar" else "")
    return before, rf"(?!{_LETTER})"


def parted(lang: str) -> bool:
    """Whether words stand apart in this language."""
    return base(lang) not in _UNPARTED


def base(lang: str) -> str:
    """The language without its script and region."""
    return lang.partition("-")[0].lower()


def _one(word: str, *, arabic: bool, star: bool) -> str:
    pieces = unicodedata.normalize("NFC", word).split()
    return r"\s++".join(_piece(piece, arabic=arabic, star=star) for piece in pieces)


def _piece(piece: str, *, arabic: bool, star: bool) -> str:
    # where words are not parted a star would run on to the end of the sentence
    ending = rf"{_LETTER}*+" if star and piece.endswith("*") else ""
    plain = piece.rstrip("*")
    if arabic:
        return "".join(map(_arabic_letter, plain)) + ending
    return _APOSTROPHES.sub("['’ʼ]", re.escape(plain)) + ending


def _arabic_letter(letter: str) -> str:
    return (f"[{_ALEFS}]" if letter in _ALEFS else re.escape(letter)) + _VOWEL_SIGNS
