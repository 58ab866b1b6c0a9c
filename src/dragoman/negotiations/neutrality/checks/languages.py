"""LNG-1 and LNG-2: every language names the same parties and places as often, and says the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import find
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule
from dragoman.statements import guidelines

_NUMBERS = "LNG-2"  # the guideline that compares dates, numbers, units and negation


def names_agree(readings: Mapping[str, Reading], _rule: Rule) -> Iterator[Hit]:
    """A party or place that one language names and another does not; parties named more often in one."""
    known = {lang: reading for lang, reading in readings.items() if lang in reading.sheet.languages}
    if len(known) < 2:
        return
    first, *others = known.values()
    counts = {lang: Counter(mention.party for mention in reading.mentions) for lang, reading in known.items()}
    places = {lang: set(_places(reading)) for lang, reading in known.items()}
    for reading in others:
        lang = reading.lang
        for party in reading.order:
            here, there = counts[lang][party], counts[first.lang][party]
            if here != there:
                yield _hit(
                    reading,
                    why=f"{reading.name(party)} is named {here} times in {lang}, {there} in {first.lang}.",
                    note=bool(here and there),
                )
        for place in first.sheet.places:
            if (place.id in places[lang]) != (place.id in places[first.lang]):
                has, lacks = (lang, first.lang) if place.id in places[lang] else (first.lang, lang)
                name = place.names[first.lang]["name"]
                why = f"The place “{name}” is named in {has} and not in {lacks}."
                yield _hit(reading, why=why, note=False)


def numbers_agree(readings: Mapping[str, Reading], _rule: Rule) -> Iterator[Hit]:
    """Dates, numbers, units and negation, as the guidelines of all statements compare them."""
    if len(readings) < 2:
        return
    draft = guidelines.Draft(
        source_language=next(iter(readings)),
        languages=tuple(guidelines.DraftText(lang, *one.texts[lang]) for lang, one in readings.items()),
    )
    rules = guidelines.load_rules()
    for found in guidelines.check(draft, guidelines.RuleSet(rules.version, (rules[_NUMBERS],))):
        yield Hit(
            found.lang, found.field, found.start or 0, found.end or 0, found.words.strip("“”"),
            why=found.why, mend=found.mend,
        )  # fmt: skip


def _places(reading: Reading) -> Iterator[str]:
    for place in reading.sheet.places:
        forms = tuple(place.names.get(reading.lang, {}).values())
        if any(next(find(forms, reading.lang, text), None) for _, text in reading.fields):
            yield place.id


def _hit(reading: Reading, *, why: str, note: bool) -> Hit:
    return Hit(reading.lang, "", 0, 0, "", why=why, severity="note" if note else None)
