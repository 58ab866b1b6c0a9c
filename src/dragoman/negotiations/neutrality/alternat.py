"""The alternat: each party's own version of the one agreed text, and the proof that it says the same.

A party's version names that party first in the phrases that the term sheet lists (“between {parties}”), and
uses the names of places that the sheet gives it. Nothing else changes, and going back restores the agreed
text byte for byte: `version` makes sure of it before it hands a text out, `prove` for a text from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dragoman.lib.problems import Invalid, Problem
from dragoman.negotiations.neutrality.finding import FIELDS
from dragoman.negotiations.neutrality.substitution import Change, Way, changes, first_difference, put
from dragoman.negotiations.neutrality.terms import TermSheet

Text = tuple[str, str, str]  # title, summary, body
Texts = Mapping[str, Text]

_AROUND = 24  # signs shown on either side of a place that is refused


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a version differs from the agreed text, and the entry of the term sheet that allows it.

    `start` and `end` count signs in the agreed text.
    """

    lang: str
    field: str
    start: int
    end: int
    agreed: str
    version: str
    entry: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where a version differs and the sheet does not allow it. `start` counts signs in the agreed text."""

    lang: str
    field: str
    start: int
    agreed: str
    version: str
    why: str


@dataclass(frozen=True, slots=True)
class Proof:
    """All differences between an agreed text and a version, and those that are refused."""

    party: str
    differences: tuple[Difference, ...]
    refusals: tuple[Refusal, ...]

    @property
    def ok(self) -> bool:
        """Whether the versions differ only where the sheet allows, and the way back restores every byte."""
        return not self.refusals

    def as_json(self) -> dict[str, Any]:
        """A plain value for pages and the command line."""
        return {"ok": self.ok, **asdict(self)}


def version(texts: Texts, sheet: TermSheet, release_number: int, party: str) -> dict[str, Text]:
    """The party's own version of an agreed text, in every language.

    Raises `Invalid` with the place where the way back would not be sure: a list of parties that is not in the
    agreed order, or a name of the party's own that the agreed text already uses.
    """
    made = _moved(texts, Way(sheet, release_number, party))
    back = _moved(made, Way(sheet, release_number, party, back=True))
    for lang, field, agreed, restored in _pairs(texts, back):
        at = first_difference(agreed, restored)
        if at is not None:
            raise Invalid(
                f"The way back from the version of {party} is not sure: “{_near(agreed, at)}” "
                f"({lang}, {field}, sign {at + 1}) would come back as “{_near(restored, at)}”.",
                mend="Use agreed names in the agreed text; a party's own names stand in its version alone.",
                code="alternat-way-back",
            )
    return made


def prove(agreed: Texts, version: Texts, sheet: TermSheet, party: str, release_number: int) -> Proof:
    """Whether a version, from anywhere, is the agreed text but for what the sheet allows to this party."""
    there = Way(sheet, release_number, party)
    back = Way(sheet, release_number, party, back=True)
    found: list[Difference | Refusal] = [
        Refusal(lang, "", 0, "", "", "This language is in only one of the two.")
        for lang in sorted(set(agreed) ^ set(version))
    ]
    for lang, field, one, other in _pairs(agreed, version):
        try:
            found += _compared(lang, field, one, other, changes(there, lang, field, one))
            found += _restored(lang, field, one, other, back)
        except Problem as problem:
            found.append(Refusal(lang, field, 0, "", "", problem.detail))
    return Proof(
        party=party,
        differences=tuple(one for one in found if isinstance(one, Difference)),
        refusals=tuple(one for one in found if isinstance(one, Refusal)),
    )


def _moved(texts: Texts, way: Way) -> dict[str, Text]:
    moved = {}
    for lang, fields in texts.items():
        title, summary, body = (
            put(text, changes(way, lang, field, text)) for field, text in zip(FIELDS, fields, strict=True)
        )
        moved[lang] = (title, summary, body)
    return moved


def _pairs(one: Texts, other: Texts) -> Iterator[tuple[str, str, str, str]]:
    for lang in one:
        if lang in other:
            for field, ours, theirs in zip(FIELDS, one[lang], other[lang], strict=True):
                yield lang, field, ours, theirs


def _compared(
    lang: str, field: str, agreed: str, version: str, allowed: list[Change]
) -> Iterator[Difference | Refusal]:
    """Walks both texts side by side, piece by piece, and stops at the first words that are not allowed."""
    at = here = 0
    for change in [*allowed, None]:
        end = change.start if change else len(agreed)
        same = agreed[at:end]
        theirs = version[here : here + len(same)] if change else version[here:]
        parts = first_difference(same, theirs)
        if parts is not None:
            why = "These words differ, and the term sheet does not allow it."
            yield _refused(lang, field, (agreed, at + parts), (version, here + parts), why)
            return
        if change is None:
            return
        here += len(same)
        theirs = version[here : here + len(change.new)]
        if theirs != change.new:
            why = f"The term sheet has “{change.new}” here ({change.entry})."
            yield _refused(lang, field, (agreed, change.start), (version, here), why)
            return
        yield Difference(lang, field, change.start, change.end, change.old, change.new, change.entry)
        at, here = change.end, here + len(change.new)


def _restored(lang: str, field: str, agreed: str, version: str, back: Way) -> Iterator[Refusal]:
    restored = put(version, changes(back, lang, field, version))
    at = first_difference(agreed, restored)
    if at is not None:
        why = "Going back by the term sheet does not restore the agreed text here."
        yield _refused(lang, field, (agreed, at), (restored, at), why)


def _refused(lang: str, field: str, agreed: tuple[str, int], version: tuple[str, int], why: str) -> Refusal:
    return Refusal(lang, field, agreed[1], _near(*agreed), _near(*version), why)


def _near(text: str, at: int) -> str:
    return text[max(0, at - _AROUND) : at + _AROUND].replace("\n", " ")
