"""PRC-1 and PRC-2: how many words each side gets, and who has the title and the first word."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import parted
from dragoman.negotiations.neutrality.reading import Reading, Sentence
from dragoman.negotiations.neutrality.rulebook import Rule


def equal_length(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Words of sentences that name one party alone, side by side with those of the others."""
    words = dict.fromkeys(reading.order, 0)
    first: dict[str, Sentence] = {}
    for sentence, party in _about_one(reading):
        words[party] += sentence.length
        first.setdefault(party, sentence)
    if not first:
        return
    most, least = max(words.values()), min(words.values())
    # signs are about as many as words times two
    enough = rule.parameters["least"] * (1 if parted(reading.lang) else 2)
    if most - least < enough or least * 100 >= most * (100 - rule.parameters["percent"]):
        return
    party = next(party for party in reading.order if words[party] == most)
    unit = "words" if parted(reading.lang) else "signs"
    told = "; ".join(f"{reading.name(each)} {words[each]}" for each in reading.order)
    yield _hit(
        reading, first[party],
        why=f"Sentences about one party alone give unequal room ({unit}): {told}.",
        mend=f"Say as much of each side, or say less of {reading.name(party)}.",
    )  # fmt: skip


def precedence(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """A title or summary that names one party alone; a first word that is not the first party's."""
    for field in ("title", "summary"):
        named = reading.named_in(field)
        parties = {mention.party for mention in named}
        if len(parties) == 1 and len(reading.order) > 1:
            yield Hit(
                reading.lang, field, named[0].start, named[0].end, named[0].words,
                why=f"The {field} names {named[0].words} alone.",
                mend="Name every party here, in the agreed order, or none.",
            )  # fmt: skip
    told = [(sentence, party) for sentence, party in _about_one(reading) if sentence.field == "body"]
    parties = {party for _, party in told}
    if len(parties) > 1:
        sentence, party = told[0]
        first = next(each for each in reading.order if each in parties)
        if party != first:
            yield _hit(
                reading, sentence,
                why=f"{reading.name(party)} has the first sentence of its own; the order of release "
                f"{reading.release_number} begins with {reading.name(first)}.",
                mend="Tell of the parties in the agreed order.",
            )  # fmt: skip


def _about_one(reading: Reading) -> Iterator[tuple[Sentence, str]]:
    for sentence in reading.sentences:
        parties = {mention.party for mention in reading.within(sentence)}
        if len(parties) == 1:
            yield sentence, next(iter(parties))


def _hit(reading: Reading, sentence: Sentence, *, why: str, mend: str) -> Hit:
    return Hit(reading.lang, sentence.field, sentence.start, sentence.end, sentence.text, why=why, mend=mend)
