"""SCR-1: words that look like others and are found in no list: of two scripts, or with signs within."""

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


# a sign by its number (&#111;) and bold letters within a word show as a word that no list knows
_BY_NUMBER = re.compile(r"&#?[0-9A-Za-z]{1,32};")
_PARTED = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:\*{1,3}[^\W\d_]++)++")


def mixed_scripts(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """Words that mix letters which look alike; words that are written so that they are not found."""
    for field, text in reading.fields:
        for match in _WORD.finditer(text):
            found = [name for name, letters in _SCRIPTS.items() if letters.search(match.group())]
            if len(found) > 1:
                yield Hit(
                    reading.lang, field, match.start(), match.end(), match.group(),
                    why=f"The word mixes {' and '.join(found)} letters that look alike.",
                )  # fmt: skip
        for pattern, why in (
            (_BY_NUMBER, "A sign is written by its number or name, so that the word around it is not found."),
            (_PARTED, "Stars part a word, so that it is not found."),
        ):
            for match in pattern.finditer(text):
                yield Hit(
                    reading.lang, field, match.start(), match.end(), match.group(),
                    why=why, mend="Write the word in plain letters.",
                )  # fmt: skip
