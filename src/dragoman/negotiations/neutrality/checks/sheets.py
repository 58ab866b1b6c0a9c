"""SHT-1: the text and the term sheet are in the same languages, and there is something to read in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.lists import known
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule


def languages_of_sheet(readings: Mapping[str, Reading], _rule: Rule) -> Iterator[Hit]:
    """Languages that only one of the two has; languages without a word; those whose lists are not known."""
    for lang, reading in readings.items():
        if lang not in reading.sheet.languages:
            yield Hit(
                lang, "", 0, 0, "",
                why=f"The term sheet has nothing in {lang}: names, order, places and terms were not checked.",
                mend="Agree on the terms in this language, or leave the language out of the text.",
            )  # fmt: skip
        if not any(sign.isalpha() for _, text in reading.fields for sign in text):
            yield Hit(
                lang, "", 0, 0, "",
                why=f"There is not one word in {lang}, so there was nothing to check.",
                mend="Write the text in this language, or leave the language out.",
            )  # fmt: skip
        if not known(lang):
            yield Hit(
                lang, "", 0, 0, "",
                why=f"Not checked in {lang}: the order in lists joined by a word such as “and”. "
                "Lists with commas were checked.",
                mend="Read the lists of parties in this language for their order.",
                severity="note",
            )  # fmt: skip
    sheet = next((reading.sheet for reading in readings.values()), None)
    for lang in sheet.languages if sheet else ():
        if lang not in readings:
            yield Hit(
                lang, "", 0, 0, "",
                why=f"The term sheet knows {lang}, and there is no text in it.",
                mend="Write the text in every language of the process.",
            )  # fmt: skip
