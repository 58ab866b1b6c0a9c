"""The term sheet of a process: what parties, offices and places are called, in which order, what is avoided.

It is consented by every party together with the protocol and is kept in the public record, so it is a value
with exactly one form in bytes (`dump`), and it holds nothing that may not be read by everyone: names of
people who are not public are handed to the check beside it and never written here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from dragoman.lib import canonical
from dragoman.lib.problems import Invalid, NotFound
from dragoman.negotiations.neutrality import terms_reading

Value = TypeVar("Value")

OrderRule = Literal["fixed", "rotate", "alphabetical", "alternat"]
Forms = Mapping[str, str]  # "short", "full", "gen"... -> the very words


@dataclass(frozen=True, slots=True)
class PartyTerms:
    """A party in one language. `forms` are its agreed names; `also` are patterns that count as naming it."""

    forms: Forms
    also: tuple[str, ...]

    @property
    def short(self) -> str:
        """The name in running text."""
        return self.forms["short"]


@dataclass(frozen=True, slots=True)
class Title:
    """The agreed title of a person or an office of a party, per language every form it may take."""

    id: str
    party: str
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """A place: the agreed name in the one text, and those by which single parties call it in their version.

    Both are written form by form (`name`, `gen`, ...): the same keys on both sides, so that each form has its
    counterpart and the way back is as sure as the way there.
    """

    id: str
    names: Mapping[str, Forms]
    parties: Mapping[str, Mapping[str, Forms]]


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are not used: `forbidden` by agreement or `contested` between the parties."""

    id: str
    kind: Literal["forbidden", "contested"]
    forms: Mapping[str, tuple[str, ...]]
    instead: Mapping[str, str]
    why: str


@dataclass(frozen=True, slots=True)
class TermSheet:
    """A term sheet as it was consented. Two are equal when their canonical bytes are."""

    data: bytes
    process: str = field(compare=False)
    version: int = field(compare=False)
    languages: tuple[str, ...] = field(compare=False)
    rule: OrderRule = field(compare=False)
    order: tuple[str, ...] = field(compare=False)
    phrases: Mapping[str, tuple[str, ...]] = field(compare=False)
    parties: Mapping[str, Mapping[str, PartyTerms]] = field(compare=False)
    titles: tuple[Title, ...] = field(compare=False)
    places: tuple[Place, ...] = field(compare=False)
    terms: tuple[Term, ...] = field(compare=False)
    chatham_house: bool = field(compare=False)

    def name(self, party: str, lang: str) -> str:
        """What the party is called in running text. NotFound for a party or language not in the sheet."""
        try:
            return self.parties[party][lang].short
        except KeyError:
            raise NotFound(
                f"The term sheet of {self.process} has no party “{party}” in {lang}.",
                mend=f"Parties: {', '.join(self.order)}; languages: {', '.join(self.languages)}.",
            ) from None

    def order_for(self, release_number: int, lang: str, *, party: str | None = None) -> tuple[str, ...]:
        """The parties in the order in which the release of this number names them in this language.

        With `party`, the order in that party's own version: itself first, the others as they stood
        (the rule of the alternat). Releases count from 1.
        """
        if release_number < 1:
            raise Invalid(f"Releases count from 1; there is no release {release_number}.")
        order = self._agreed(release_number, lang)
        if party is None:
            return order
        self.name(party, lang)
        return (party, *(other for other in order if other != party))

    def _agreed(self, release_number: int, lang: str) -> tuple[str, ...]:
        if self.rule == "rotate":
            first = (release_number - 1) % len(self.order)
            return self.order[first:] + self.order[:first]
        if self.rule == "alphabetical":
            return tuple(sorted(self.order, key=lambda party: _letters(self.name(party, lang))))
        return self.order


def parse(data: bytes | Mapping[str, Any]) -> TermSheet:
    """Read a term sheet from JSON, canonical or not, or from the object that it stands for. Raises `Invalid`
    naming every mistake at once: where in the sheet, what is wrong and how to mend it."""
    sheet = terms_reading.read(data if isinstance(data, bytes) else terms_reading.bytes_of(data))
    return TermSheet(
        data=canonical.dumps(sheet),
        process=sheet["process"],
        version=sheet["version"],
        languages=tuple(sheet["languages"]),
        rule=sheet["order"]["rule"],
        order=tuple(sheet["order"]["parties"]),
        phrases=_tuples(sheet["order"].get("phrases", {})),
        parties=_frozen({name: _party(entry) for name, entry in sheet["parties"].items()}),
        titles=tuple(
            Title(entry["id"], entry["party"], _tuples(entry["names"])) for entry in sheet.get("titles", ())
        ),
        places=tuple(_place(entry) for entry in sheet.get("places", ())),
        terms=tuple(_term(entry) for entry in sheet.get("terms", ())),
        chatham_house=sheet.get("confidentiality", "chatham-house") == "chatham-house",
    )


def dump(sheet: TermSheet) -> bytes:
    """The canonical bytes: what is consented, hashed and kept in the record."""
    return sheet.data


def _party(entry: Mapping[str, Mapping[str, Any]]) -> Mapping[str, PartyTerms]:
    return _frozen(
        {
            lang: PartyTerms(
                forms=_frozen({key: words for key, words in forms.items() if key != "also"}),
                also=tuple(forms.get("also", ())),
            )
            for lang, forms in entry.items()
        }
    )


def _place(entry: Mapping[str, Any]) -> Place:
    names = {lang: _frozen(forms) for lang, forms in entry["names"].items()}
    parties = {
        party: _frozen({lang: _frozen(forms) for lang, forms in languages.items()})
        for party, languages in entry.get("parties", {}).items()
    }
    return Place(entry["id"], _frozen(names), _frozen(parties))


def _term(entry: Mapping[str, Any]) -> Term:
    return Term(
        id=entry["id"],
        kind=entry["kind"],
        forms=_tuples(entry["forms"]),
        instead=_frozen(entry.get("instead", {})),
        why=entry["why"],
    )


def _frozen(mapping: Mapping[str, Value]) -> Mapping[str, Value]:
    return MappingProxyType(dict(mapping))


def _tuples(mapping: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return _frozen({key: tuple(values) for key, values in mapping.items()})


def _letters(name: str) -> tuple[str, str]:
    """A key by letters, accents second; the same on every machine, whatever its locale."""
    return unicodedata.normalize("NFKD", name).casefold(), name
