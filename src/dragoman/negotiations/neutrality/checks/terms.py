"""TRM-1 and TRM-2: words that the term sheet avoids; names of places that only one party uses."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.patterns import find
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule


def agreed_terms(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """Forbidden and contested words. Words within an agreed name are the name's."""
    lang = reading.lang
    for term in reading.sheet.terms:
        instead = term.instead.get(lang, "")
        for field, text in reading.fields:
            for match in find(term.forms.get(lang, ()), lang, text):
                if not reading.in_a_name(field, match.start, match.end):
                    yield Hit(
                        lang, field, match.start, match.end, match.words,
                        why=f"The parties agreed not to use this word ({term.kind}). {term.why}",
                        mend=f"Write “{instead}”." if instead else "Choose other words.",
                        severity="blocks" if term.kind == "forbidden" else None,
                    )  # fmt: skip


def own_places(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """A name by which one party calls a place, in the text that is everybody's."""
    lang = reading.lang
    for place in reading.sheet.places:
        agreed = place.names.get(lang, {})
        for party, languages in place.parties.items():
            own = {form: key for key, form in languages.get(lang, {}).items() if agreed.get(key) != form}
            for field, text in reading.fields:
                for match in find(own, lang, text):
                    if not reading.in_a_name(field, match.start, match.end):
                        instead = agreed.get(own.get(match.words, "name"), agreed.get("name", ""))
                        yield Hit(
                            lang, field, match.start, match.end, match.words,
                            why=f"Only {reading.name(party)} calls the place so; agreed is “{instead}”.",
                            mend=f"Write “{instead}”. In its own version {reading.name(party)} has its name.",
                        )  # fmt: skip
