"""LNG-2: dates, times, numbers, units and negation say the same in every language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from dragoman.lib.text.languages import language_name
from dragoman.lib.text.lexicon import lexicon
from dragoman.lib.text.mentions import Mention
from dragoman.statements.guidelines.agreement import Known, left_over
from dragoman.statements.guidelines.blocks import Block, whole
from dragoman.statements.guidelines.model import DraftText, Hit, Rule
from dragoman.statements.guidelines.reading import Reading


def languages_agree(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Compares every language with the source language, block by block where they have as many blocks."""
    draft = reading.draft
    source = draft.text(draft.source_language)
    if source is None:
        return
    with_negation = rule.parameters.get("negation", True)
    for text in draft.languages:
        if text.lang == source.lang:
            continue
        for pair in _pairs(reading, source, text):
            yield from _numbers(reading, pair)
            # in a whole body some sentence always denies something
            if with_negation and pair.block.kind != "body":
                yield from _negation(reading, pair)


@dataclass(frozen=True)
class _Pair:
    """A block of the source and its counterpart."""

    source_lang: str
    lang: str
    field: str
    source: Block
    block: Block

    def hit(self, mentions: Sequence[Mention], *, words: str, why: str, mend: str) -> Hit:
        start = min((mention.start for mention in mentions), default=0)
        end = max((mention.end for mention in mentions), default=0)
        return Hit(
            words=words,
            lang=self.lang,
            field=self.field,
            paragraph=self.block.number or None,
            start=self.block.start + start,
            end=self.block.start + end,
            why=why,
            mend=mend,
            beside=self.source.text,
        )


def _pairs(reading: Reading, source: DraftText, text: DraftText) -> Iterator[_Pair]:
    for field in ("title", "summary"):
        one, other = getattr(source, field), getattr(text, field)
        if one.strip() and other.strip():
            yield _Pair(source.lang, text.lang, field, whole(one), whole(other))
    ours, theirs = reading.blocks(source), reading.blocks(text)
    if len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield _Pair(source.lang, text.lang, "body", one, other)
    elif ours and theirs:
        yield _Pair(source.lang, text.lang, "body", _joined(source.body), _joined(text.body))


def _joined(body: str) -> Block:
    """A whole body as one block, for texts that are cut differently."""
    block = whole(body)
    return Block(number=0, start=0, text=body, prose=block.prose, kind="body")


def _numbers(reading: Reading, pair: _Pair) -> Iterator[Hit]:
    ours = reading.mentions(pair.source, pair.source_lang)
    theirs = reading.mentions(pair.block, pair.lang)
    if not ours and not theirs:
        return
    left = left_over(ours, theirs, _known(pair.source_lang), _known(pair.lang))
    if not left.here and not left.there:
        return
    name, source_name = language_name(pair.lang), language_name(pair.source_lang)
    here, there = _words(left.here), _words(left.there)
    if left.there and left.here:
        why = f"{name} says {there}; {source_name} says {here}."
        mend = f"Make {name} say what {source_name} says, or give the reason for the difference."
    elif left.there:
        why = f"{name} says {there}; {source_name} does not."
        mend = f"Take it out of {name}, add it to {source_name}, or give the reason."
    else:
        why = f"{source_name} says {here}; {name} does not."
        mend = f"Add it to {name}, or give the reason why it is not there."
    yield pair.hit(left.there, words=there or here, why=why, mend=mend)


def _words(mentions: Sequence[Mention]) -> str:
    return ", ".join(dict.fromkeys(f"“{' '.join(mention.words.split())}”" for mention in mentions))


@cache
def _known(lang: str) -> Known:
    words = lexicon(lang)
    return Known(numbers=words.complete and bool(words.numbers), units=bool(words.units))


def _negation(reading: Reading, pair: _Pair) -> Iterator[Hit]:
    """One language denies what the other asserts. Quiet wherever a soft word may carry the negation."""
    if not (lexicon(pair.source_lang).complete and lexicon(pair.lang).complete):
        return
    ours = reading.negations(pair.source, pair.source_lang)
    theirs = reading.negations(pair.block, pair.lang)
    name, source_name = language_name(pair.lang), language_name(pair.source_lang)
    if not theirs and (hard := [cue for cue in ours if cue.strength == "hard"]):
        yield pair.hit(
            (),
            words=f"“{hard[0].words}”",
            why=f"{source_name} has a negation (“{hard[0].words}”); none was seen in {name}.",
            mend=f"Check that {name} denies the same thing, or give the reason.",
        )
    elif not ours and (hard := [cue for cue in theirs if cue.strength == "hard"]):
        cue = hard[0]
        yield Hit(
            words=f"“{cue.words}”",
            lang=pair.lang,
            field=pair.field,
            paragraph=pair.block.number or None,
            start=pair.block.start + cue.start,
            end=pair.block.start + cue.end,
            why=f"{name} has a negation (“{cue.words}”); none was seen in {source_name}.",
            mend=f"Check that {name} does not deny what {source_name} says, or give the reason.",
            beside=pair.source.text,
        )
