"""What a signature of each kind proves and cannot prove, in the reader's language."""

from __future__ import annotations

from dragoman.negotiations.rules import vkeys
from dragoman.negotiations.rules.vkeys import Assurance, Kind
from dragoman.negotiations.table import words_of


def all_kinds(lang: str) -> list[Assurance]:
    """All kinds of keys, with the plainest first."""
    return [of(kind, lang) for kind in vkeys.KINDS]


def of(kind: Kind, lang: str) -> Assurance:
    """One kind. The rules say it in English; where a language has its own words, in those."""
    plain = vkeys.assurance(kind)
    known = words_of.load(lang)
    return Assurance(
        kind,
        known.get(f"worth_{kind}_label", plain.label),
        known.get(f"worth_{kind}_says", plain.says),
        known.get(f"worth_{kind}_cannot", plain.cannot),
    )
