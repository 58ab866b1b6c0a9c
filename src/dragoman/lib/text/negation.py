"""Words that make a sentence negative, and words that may stand for a negation in another language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dragoman.lib.text.lexicon import Lexicon, Words, fold_word, lexicon
from dragoman.lib.text.unicode_re import regex

_TOKEN = regex.compile(r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")


@dataclass(frozen=True, slots=True)
class Cue:
    """A negative word. `hard` makes the sentence negative; soft may say the same as one elsewhere."""

    start: int
    end: int
    words: str
    strength: Literal["hard", "soft"]


def negations(text: str, lang: str) -> tuple[Cue, ...]:
    """All cues, without those of phrases that negate nothing (not only, no later than). Unknown: none."""
    words = lexicon(lang)
    if not words.hard:
        return ()
    masked = _without_idle(text, words)
    return tuple(_in_joined(masked, words) if words.joined else _in_tokens(masked, words))


def _without_idle(text: str, words: Lexicon) -> str:
    lower = text.casefold().replace("’", "'")
    if len(lower) != len(text):
        return text
    for phrase in words.idle:
        stem = phrase.rstrip("*")
        place = lower.find(stem)
        while place >= 0:
            end = place + len(stem)
            if words.joined or place == 0 or not lower[place - 1].isalpha():
                text = text[:place] + " " * (end - place) + text[end:]
            place = lower.find(stem, end)
    return text


def _in_tokens(text: str, words: Lexicon) -> list[Cue]:
    found: list[Cue] = []
    for match in _TOKEN.finditer(text):
        forms = words.forms(fold_word(match.group()))
        if any(words.hard.get(form) for form in forms):
            found.append(Cue(match.start(), match.end(), match.group(), "hard"))
        elif any(words.soft.get(form) for form in forms):
            found.append(Cue(match.start(), match.end(), match.group(), "soft"))
    return found


def _in_joined(text: str, words: Lexicon) -> list[Cue]:
    found: list[Cue] = []
    tables: tuple[tuple[Words[bool], Literal["hard", "soft"]], ...] = (
        (words.hard, "hard"),
        (words.soft, "soft"),
    )
    for table, strength in tables:
        for word, _ in table.items():
            found += [
                Cue(match.start(), match.end(), word, strength)
                for match in regex.finditer(regex.escape(word), text)
            ]
    return sorted(found, key=lambda cue: cue.start)
