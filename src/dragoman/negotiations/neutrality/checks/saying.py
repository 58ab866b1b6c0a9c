"""SAY-1: verbs of saying that doubt, accuse, heat or believe; one verb for one side, another for another."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import find
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule, Words

_WHY = {
    "doubt": "It casts doubt on what was said.",
    "guilt": "It makes of what was said a confession.",
    "heat": "It tells a temper or a threat, not what was said.",
    "truth": "It takes what was said for true.",
}


def verbs(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Loaded verbs anywhere; and neutral verbs that differ from party to party."""
    neutral = _verbs(rule.listed(reading.lang, "neutral"))
    instead = neutral[0][0] if neutral else ""
    for name, why in _WHY.items():
        words = rule.listed(reading.lang, name)
        for field, text in reading.fields:
            for match in find(words, reading.lang, text):
                yield Hit(
                    reading.lang, field, match.start, match.end, match.words, why=why,
                    mend=f"Write “{instead}”, of each side alike." if instead else "",
                )  # fmt: skip
    yield from _unlike(reading, neutral)


def _verbs(listed: Words) -> tuple[Words, ...]:
    """Each entry is one verb, its forms parted by strokes: say/says/said."""
    return tuple(tuple(entry.split("/")) for entry in listed)


def _unlike(reading: Reading, neutral: tuple[Words, ...]) -> Iterator[Hit]:
    used: dict[str, dict[str, Hit]] = {}
    for sentence in reading.sentences:
        parties = {mention.party for mention in reading.within(sentence)}
        if len(parties) != 1:
            continue
        party = next(iter(parties))
        for verb in neutral:
            for match in find(verb, reading.lang, sentence.text):
                at = sentence.start + match.start
                hit = Hit(reading.lang, sentence.field, at, at + len(match.words), match.words)
                used.setdefault(party, {}).setdefault(verb[0], hit)
    for party, verbs_of_one in used.items():
        for other, verbs_of_other in used.items():
            for form, hit in verbs_of_one.items():
                if party != other and form not in verbs_of_other:
                    words = next(iter(verbs_of_other.values())).words
                    yield Hit(
                        hit.lang, hit.field, hit.start, hit.end, hit.words,
                        why=f"{reading.name(party)} has “{hit.words}” and {reading.name(other)} “{words}”: "
                        "two verbs weigh two ways.",
                        mend="Use one and the same verb for every side.",
                        severity="note",
                    )  # fmt: skip
                    return
