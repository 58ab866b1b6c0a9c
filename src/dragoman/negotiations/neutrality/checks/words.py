"""JDG-1: adjectives and adverbs that judge or praise, and quotation marks that doubt a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import find
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule

_OPENS = re.compile(r"[\"“„«‘‹「]\s?\Z")
_CLOSES = re.compile(r"\s?[\"”“»’›」]")


def judgement(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Words that judge need a reason, those that praise are noted; a name in quotation marks is doubted."""
    for field, text in reading.fields:
        for match in find(rule.listed(reading.lang, "judging"), reading.lang, text):
            yield Hit(reading.lang, field, match.start, match.end, match.words)
        for match in find(rule.listed(reading.lang, "praising"), reading.lang, text):
            yield Hit(
                reading.lang, field, match.start, match.end, match.words,
                why="Praise is a judgement too: who praises one step blames those who wanted another.",
                severity="note",
            )  # fmt: skip
    for mention in reading.mentions:
        text = reading.text(mention.field)
        before, after = text[max(0, mention.start - 2) : mention.start], text[mention.end : mention.end + 2]
        if _OPENS.search(before) and _CLOSES.match(after):
            yield Hit(
                reading.lang, mention.field, mention.start, mention.end, mention.words,
                why="A party’s name in quotation marks reads as “so-called”.",
                mend="Take the quotation marks away.",
            )  # fmt: skip
