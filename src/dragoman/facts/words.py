"""Differences between two texts, word by word, and the names of a fact's parts. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

FIELD_WORDS = {
    "titles": "title",
    "summaries": "summary",
    "texts": "text",
    "basis": "legal basis",
    "sources": "sources",
    "valid_from": "valid from",
    "valid_to": "valid to",
    "owner": "owner mission",
    "source_language": "source language",
    "zone": "time zone",
    "demonstration": "demonstration",
    "new": "",
}
# Chinese, Japanese and Thai set no blanks between words: there each character stands for itself.
_NO_BLANKS = {"zh", "ja", "th", "lo", "km", "my"}
# Below this share of common words a reader is better served by the whole old text and the whole new one.
ALIKE = 0.5
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of text: "same", "out" (only in the old) or "in" (only in the new)."""

    kind: str
    text: str


def field_words(kind: str) -> str:
    """The name of a part of a fact, for people."""
    return FIELD_WORDS.get(kind, kind)


def change_words(name: str) -> str:
    """ "texts.ar" -> "text (ar)"."""
    kind, _, lang = name.partition(".")
    return f"{field_words(kind)} ({lang})" if lang else field_words(kind)


def word_changes(old: str, new: str, lang: str) -> tuple[Word, ...]:
    """What went out and what came in, as stretches in reading order."""
    before, after = _cut(old, lang), _cut(new, lang)
    found: list[Word] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return tuple(word for word in (Word("out", old), Word("in", new)) if word.text)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found.append(Word("same", "".join(before[a:b])))
            continue
        if b > a:
            found.append(Word("out", "".join(before[a:b])))
        if d > c:
            found.append(Word("in", "".join(after[c:d])))
    return tuple(found)


def _cut(text: str, lang: str) -> list[str]:
    return list(text) if lang.split("-", maxsplit=1)[0] in _NO_BLANKS else _WORDS.findall(text)
