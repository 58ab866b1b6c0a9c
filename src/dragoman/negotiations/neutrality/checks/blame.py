"""BLM-1: harm that is told with a doer for one side, and without one for the other."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import Spans, find
from dragoman.negotiations.neutrality.reading import Reading, Sentence
from dragoman.negotiations.neutrality.rulebook import Rule


def blame(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Harm told of a party; and harm told of nobody (“were killed”) beside it."""
    doers = []
    nobody = []
    for sentence in reading.sentences:
        parties = tuple(dict.fromkeys(mention.party for mention in reading.within(sentence)))
        passive = list(_found(reading, rule, sentence, "passive"))
        taken = Spans((hit.start, hit.end) for hit in passive)
        active = [
            hit for hit in _found(reading, rule, sentence, "active") if not taken.hold(hit.start, hit.end)
        ]
        if parties:
            doers += [_with_party(reading, hit, parties) for hit in (*active, *passive)]
        else:
            nobody += passive
    yield from doers
    for hit in nobody:
        yield Hit(
            hit.lang, hit.field, hit.start, hit.end, hit.words,
            why="This harm has no doer, while other harm in the text stands beside a party’s name."
            if doers
            else "This harm has no doer. That is even-handed only if all harm is told so.",
            mend="Tell of harm to every side in the same way: all with a doer that all agree on, or none.",
            severity=None if doers else "note",
        )  # fmt: skip


def _found(reading: Reading, rule: Rule, sentence: Sentence, name: str) -> Iterator[Hit]:
    for match in find(rule.listed(reading.lang, name), reading.lang, sentence.text):
        at = sentence.start + match.start
        yield Hit(reading.lang, sentence.field, at, at + len(match.words), match.words)


def _with_party(reading: Reading, hit: Hit, parties: tuple[str, ...]) -> Hit:
    names = ", ".join(map(reading.name, parties))
    return Hit(
        hit.lang, hit.field, hit.start, hit.end, hit.words,
        why=f"Harm is told in one sentence with {names}: readers will take it for blame.",
        mend="Tell what was agreed for the time to come, or what all parties hold to be so, without a doer.",
    )  # fmt: skip
