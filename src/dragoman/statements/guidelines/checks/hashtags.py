"""ACS-3: what a screen reader stumbles over: run-together hashtags, heaps of emoji, capitals throughout."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from dragoman.lib.text.unicode_re import regex
from dragoman.statements.guidelines.blocks import Block
from dragoman.statements.guidelines.model import DraftText, Hit, Rule
from dragoman.statements.guidelines.reading import Reading

_HASHTAG = regex.compile(r"(?<![\p{L}\p{N}_&/])#([\p{L}\p{M}\p{N}_]+)")
_WORD = regex.compile(r"[\p{L}\p{M}]{2,}")
_EMOJI = regex.compile(
    r"(?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2})"
    r"(?:\u200d\p{Extended_Pictographic}|[\ufe0f\p{Emoji_Modifier}\U000e0020-\U000e007f])*"
)
_PLAIN_SIGNS = set("©®™↔↕ℹ‼⁉▪▫")
_CAPITALS = regex.compile(r"(?:\p{Lu}[\p{Lu}\p{M}'’-]{2,}[\s,]+){3,}\p{Lu}[\p{Lu}\p{M}'’-]{2,}")


def readable_marks(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """ACS-3 over all texts."""
    longest_word = rule.parameters.get("longest_word", 14)
    for text in reading.draft.languages:
        known = _vocabulary(text, rule)
        for field, block in reading.places(text):
            yield from _hashtags(text.lang, field, block, known, longest_word)
            yield from _capitals(text.lang, field, block)
        yield from _emoji(reading, text, rule)


def _hashtags(lang: str, field: str, block: Block, known: frozenset[str], longest_word: int) -> Iterator[Hit]:
    for match in _HASHTAG.finditer(block.prose):
        tag = match[1]
        # mixed case, underscores and scripts without capitals are as good as they get
        if not tag.islower() or "_" in tag or tag.upper() == tag:
            continue
        parts = _split(tag, known)
        if parts is None and len(tag) <= longest_word:
            continue
        suggestion = "#" + "".join(part[:1].upper() + part[1:] for part in parts) if parts else ""
        yield Hit(
            words=match.group(),
            lang=lang,
            field=field,
            paragraph=block.number or None,
            start=block.start + match.start(),
            end=block.start + match.end(),
            why="A screen reader reads it as one word.",
            mend=f"Write {suggestion}."
            if suggestion
            else "Begin each word of the hashtag with a capital letter.",
            suggestion=suggestion,
        )


def _vocabulary(text: DraftText, rule: Rule) -> frozenset[str]:
    """Words that the hashtag may be made of: those of the statement itself, and those the rule names."""
    words = _HASHTAG.sub(" ", f"{text.title} {text.summary} {text.body}").casefold()
    return frozenset(_WORD.findall(words)) | frozenset(rule.parameters.get("words", ()))


def _split(tag: str, known: frozenset[str]) -> list[str] | None:
    """Two or more known words that make up the whole tag, the longest first; None when there are none."""
    tag = tag.casefold()

    @cache
    def parts_from(start: int) -> tuple[str, ...] | None:
        if start == len(tag):
            return ()
        for end in range(len(tag) - (1 if start == 0 else 0), start + 1, -1):
            if tag[start:end] in known or tag[start:end].isdigit():
                rest = parts_from(end)
                if rest is not None:
                    return (tag[start:end], *rest)
        return None

    parts = parts_from(0) if len(tag) <= 100 else None
    return list(parts) if parts and len(parts) > 1 else None


def _emoji(reading: Reading, text: DraftText, rule: Rule) -> Iterator[Hit]:
    """Each is read out by name: few, and at the end."""
    most = rule.parameters.get("most_emoji", 3)
    for field, block in reading.places(text):
        found = [m for m in _EMOJI.finditer(block.prose) if m.group() not in _PLAIN_SIGNS]
        if not found:
            continue
        first = found[0]
        if len(found) > most:
            words = "".join(match.group() for match in found[: most + 1])
            why = f"{len(found)} emoji in one paragraph, at most {most}; a screen reader reads each by name."
        elif regex.search(r"\p{L}", block.prose[first.end() :]):
            words = first.group()
            why = "An emoji in the middle of a sentence breaks it for who hears it read."
        else:
            continue
        start, end = block.start + first.start(), block.start + first.end()
        mend = "Take some out, and put the rest at the end."
        number = block.number or None
        yield Hit(
            words=words,
            lang=text.lang,
            field=field,
            paragraph=number,
            start=start,
            end=end,
            why=why,
            mend=mend,
        )


def _capitals(lang: str, field: str, block: Block) -> Iterator[Hit]:
    match = _CAPITALS.search(block.prose)
    if match:
        words = match.group()
        yield Hit(
            words=words,
            lang=lang,
            field=field,
            paragraph=block.number or None,
            start=block.start + match.start(),
            end=block.start + match.end(),
            why="Words in capitals throughout are hard to read, and some screen readers spell them out.",
            mend="Write them in small letters; use emphasis instead.",
        )
