"""What changes between the agreed text and a party's version of it, in one field, there or back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dragoman.lib.problems import Invalid
from dragoman.negotiations.neutrality.lists import PartyList, party_lists, phrase_of
from dragoman.negotiations.neutrality.mentions import is_form, like, mentions
from dragoman.negotiations.neutrality.patterns import Match, find
from dragoman.negotiations.neutrality.terms import TermSheet


@dataclass(frozen=True, slots=True)
class Way:
    """From the agreed text of a release to the version of a party, or `back`."""

    sheet: TermSheet
    release_number: int
    party: str
    back: bool = False

    def orders(self, lang: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The order of naming where the way begins, and where it ends."""
        agreed = self.sheet.order_for(self.release_number, lang)
        own = self.sheet.order_for(self.release_number, lang, party=self.party)
        return (own, agreed) if self.back else (agreed, own)


@dataclass(frozen=True, slots=True)
class Change:
    """Words that give way to others, and the entry of the sheet that says so; places are of the old text."""

    start: int
    end: int
    old: str
    new: str
    entry: str


def changes(way: Way, lang: str, field: str, text: str) -> list[Change]:
    """What changes in a field, in order, none over another.

    Raises `Invalid` with the place for a list of parties, in a phrase of the sheet, that is not in the order
    where the way begins or whose names are not all in one form: its way back would not be sure.
    """
    places = _known_places(way, lang, text)
    found = [change for change in map(_place_change, places) if change]
    named = mentions(way.sheet, lang, field, text, places=[match for match, *_ in places])
    for parties in party_lists(named, lang, field, text):
        number = phrase_of(way.sheet, lang, text, parties)
        if number is not None:
            found += _list_change(way, lang, text, parties, f"order.phrases.{lang}[{number}]")
    found.sort(key=lambda change: change.start)
    return [change for before, change in zip([None, *found], found, strict=False) if _free(before, change)]


def put(text: str, found: Sequence[Change]) -> str:
    """The text with the changes made."""
    pieces = []
    at = 0
    for change in found:
        pieces += [text[at : change.start], change.new]
        at = change.end
    return "".join([*pieces, text[at:]])


def first_difference(one: str, other: str) -> int | None:
    """Where two texts part; None when they are the same."""
    if one == other:
        return None
    ends = min(len(one), len(other))
    return next((at for at in range(ends) if one[at] != other[at]), ends)


def _free(before: Change | None, change: Change) -> bool:
    return before is None or change.start >= before.end


Known = tuple[Match, str, str, str]  # the words found, their form, what stands in its place, the entry


def _known_places(way: Way, lang: str, text: str) -> list[Known]:
    forms = _forms(way.sheet, way.party, lang, way.back)
    found = []
    for match in find(forms, lang, text):
        form = match.words if match.words in forms else _form_of(match.words, forms)
        if form:
            found.append((match, form, *forms[form]))
    return found


def _form_of(words: str, forms: dict[str, tuple[str, str]]) -> str:
    """The form that stands here with a capital; empty for another spelling, which is no form of the sheet."""
    return next((form for form in forms if is_form(words, form)), "")


@lru_cache(maxsize=256)
def _forms(sheet: TermSheet, party: str, lang: str, back: bool) -> dict[str, tuple[str, str]]:
    """Every name of a place where the way begins: what stands there at its end, and by which entry."""
    forms: dict[str, tuple[str, str]] = {}
    for place in sheet.places:
        own = place.parties.get(party, {}).get(lang, {})
        for key, agreed in place.names.get(lang, {}).items():
            entry = f"places.{place.id}.{party}.{lang}.{key}"
            pair = (agreed, own.get(key, agreed))
            here, there = reversed(pair) if back else pair
            forms.setdefault(here, (there, entry))
    return forms


def _place_change(known: Known) -> Change | None:
    match, form, other, entry = known
    new = like(match.words, form, other)
    return None if new == match.words else Change(match.start, match.end, match.words, new, entry)


def _list_change(way: Way, lang: str, text: str, found: PartyList, entry: str) -> Iterator[Change]:
    here, there = (tuple(party for party in order if party in found.parties) for order in way.orders(lang))
    words = text[found.start : found.end]
    place = f"“{words}” ({lang}, {found.field}, sign {found.start + 1})"
    if found.parties != here:
        raise Invalid(
            f"{place} does not name the parties in the agreed order.",
            mend=f"Name them in this order: {', '.join(way.sheet.name(party, lang) for party in here)}.",
            code="alternat-order",
        )
    if not found.form:
        raise Invalid(
            f"{place} does not name all parties in the same form.",
            mend="Name all of them by their short or all by their full names, as the term sheet has them.",
            code="alternat-form",
        )
    if here != there:
        new = _reordered(way.sheet, lang, text, found, there)
        yield Change(found.start, found.end, words, new, entry)


def _reordered(sheet: TermSheet, lang: str, text: str, found: PartyList, order: Sequence[str]) -> str:
    """The list with its names in another order; a capital stays where it stands."""
    pieces = []
    at = found.start
    for mention, party in zip(found.mentions, order, strict=True):
        form = sheet.parties[mention.party][lang].forms[found.form]
        name = sheet.parties[party][lang].forms[found.form]
        pieces += [text[at : mention.start], like(mention.words, form, name)]
        at = mention.end
    return "".join(pieces)
