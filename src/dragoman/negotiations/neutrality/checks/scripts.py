"""SCR-1: words of two scripts, which look like a name and are found in no list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "Latin": re.compile("[A-Za-zÀ-ɏ]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
}


def mixed_scripts(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """Words that mix letters which look alike."""
    for field, text in reading.fields:
        for match in _WORD.finditer(text):
            found = [name for name, letters in _SCRIPTS.items() if letters.search(match.group())]
            if len(found) > 1:
                yield Hit(
                    reading.lang, field, match.start(), match.end(), match.group(),
                    why=f"The word mixes {' and '.join(found)} letters that look alike.",
                )  # fmt: skip
