"""What a sentence denies: the same sentence turned to its opposite, by rule.

An encoder hardly sees a negation. But a text that holds the opposite is a little nearer to the opposite
than to the sentence, and that little is what `claims` measures. English is turned by its verbs; of other
languages the negative words that are known are taken away, or the sentence is denied as a whole.
"""

from __future__ import annotations

import re

from dragoman.lib.text.negation import negations

_VERB = r"(?:is|are|was|were|may|can|must|will|should|has to|have to|does|do|has|have|need|needs)"
# The first that changes the sentence is taken: what is negative loses it, what is not gains it.
_TURNS = tuple(
    (re.compile(old, re.IGNORECASE), new)
    for old, new in (
        (r"\bcan(?:not|'t)\b", "can"),
        (r"\bwon't\b", "will"),
        (r"n't\b", ""),
        (rf"\b({_VERB}) not\b", r"\1"),
        (r"\b(is|are|was|were) never\b", r"\1 always"),
        (r"\bnever\b", "always"),
        (r"\bthere (is|are) no\b", r"there \1"),
        (r"\bneeds? no\b", "needs a"),
        (r"\bno (\w+) (is|are) (needed|required|necessary)", r"\1 \2 \3"),
        (r"\bnobody\b", "everybody"),
        (r"\bnothing\b", "something"),
        (r"\bnot\b", ""),
        (r"\bmust\b", "need not"),
        (r"\b(may|can|will|should|could|would)\b", r"\1 not"),
        (r"\b(?:has|have) to\b", "do not have to"),
        (r"\b(is|are|was|were)\b", r"\1 not"),
        (r"\bneeds? ", "does not need "),
        (r"\bfree\b", "not free"),
        (r"\bonly\b", "not only"),
        (r"\bno\b", ""),
        (r"\bwithout\b", "with"),
    )
)
_END = re.compile(r"(?<=[.!?;。！？؟।])\s*")
SHORTEST = 6
MANY = 12


def sentences(text: str) -> list[str]:
    """The statements of an answer: its sentences, without those that ask or say next to nothing."""
    parts = [part.strip() for part in _END.split(text)]
    # a full stop inside a number or an abbreviation has no space after it and another text before
    joined: list[str] = []
    for part in parts:
        if joined and part and (part[0].islower() or part[0].isdigit()) and joined[-1].endswith("."):
            joined[-1] += part if part[0].isdigit() else f" {part}"
        elif part:
            joined.append(part)
    kept = [part for part in joined if len(part) >= SHORTEST and part[-1] not in "?？؟"]
    return kept[:MANY] or ([text.strip()] if text.strip() else [])


def opposite(sentence: str, lang: str) -> str:
    """The sentence turned to its opposite; never the sentence itself."""
    if lang in ("en", ""):
        for old, new in _TURNS:
            turned = old.sub(new, sentence, count=1)
            if turned != sentence:
                return turned
        return f"It is not true that {sentence[:1].lower()}{sentence[1:]}"
    cues = [cue for cue in negations(sentence, lang) if cue.strength == "hard"]
    if cues:
        return f"{sentence[: cues[0].start]}{sentence[cues[0].end :]}".strip() or f"Not: {sentence}"
    return f"It is not true that: {sentence}"
