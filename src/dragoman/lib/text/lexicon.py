"""What is known of each language's words: `words/<language>.toml`, and months through CLDR.

A word file may have: `numbers` (value -> words), `multipliers` (hundred, thousand ...), `units`, `duals`
(two of a unit in one word), `months` (besides CLDR's), `negation` (hard: makes a sentence negative; soft: may
stand for a negation in another language; idle: phrases with a negative word that negate nothing), `duty`
(words of duty and permission), `particles` (written joined to the next word), `joined` (no spaces between
words), `complete` (known well enough to say that a number or a negation is missing). `*` stands for letters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Generic, TypeVar

from dragoman.lib.text.languages import locale_of
from dragoman.lib.text.unicode_re import regex

T = TypeVar("T")

_VOWEL_SIGNS = re.compile(r"[\u064b-\u0652\u0670\u0640]")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
# small words that stand between the parts of a date, beyond those in CLDR's own patterns
_FILLERS = """
of the st nd rd th de del di do da er ère e г год года году р рік року м d m a i o gada gads
gadā roku rok r metų metais dienos dieną ko eko ren ga den des van ngày năm din na la le los el
al ж سال من yil yili godine god го ค ศ
"""
_DATE_FILLERS = frozenset(_FILLERS.split())


class Words(Generic[T]):
    """Words and what each stands for; `*` at an end of a word stands for any letters."""

    def __init__(self, entries: Iterable[tuple[str, T]] = ()) -> None:
        self._exact: dict[str, T] = {}
        self._starts: list[tuple[str, T]] = []
        self._ends: list[tuple[str, T]] = []
        for word, value in entries:
            plain = fold_word(word.strip("*"))
            if word.startswith("*"):
                self._ends.append((plain, value))
            elif word.endswith("*"):
                self._starts.append((plain, value))
            else:
                self._exact.setdefault(plain, value)
        self._starts.sort(key=lambda entry: -len(entry[0]))

    def get(self, word: str) -> T | None:
        """What a folded word stands for; a whole word comes before a beginning, a long one before a short."""
        found = self._exact.get(word)
        if found is not None:
            return found
        started = self.beginning(word)
        if started is not None:
            return started[1]
        return next((value for end, value in self._ends if word.endswith(end) and word != end), None)

    def exactly(self, word: str) -> T | None:
        """What a folded word stands for when it is listed as a whole."""
        return self._exact.get(word)

    def beginning(self, word: str) -> tuple[str, T] | None:
        """The longest listed beginning of a word, with its value."""
        for start, value in self._starts:
            if word.startswith(start) and len(word) > len(start):
                return start, value
        return None

    def phrases(self) -> list[tuple[str, T]]:
        """The entries of several words."""
        return [(word, value) for word, value in self._exact.items() if " " in word]

    def items(self) -> list[tuple[str, T]]:
        """All whole words."""
        return list(self._exact.items())

    def __bool__(self) -> bool:
        return bool(self._exact or self._starts or self._ends)


@dataclass(frozen=True)
class Lexicon:
    """All that is known of one language."""

    lang: str
    known: bool
    complete: bool
    joined: bool
    capital_months: bool
    particles: tuple[str, ...]
    numbers: Words[int]
    multipliers: Words[int]
    units: Words[str]
    duals: Words[str]
    hard: Words[bool]
    soft: Words[bool]
    idle: tuple[str, ...]
    duty: Words[bool]

    def forms(self, word: str) -> tuple[str, ...]:
        """The word as it stands, then without each particle that may be joined to it."""
        return (
            word,
            *(word[len(p) :] for p in self.particles if word.startswith(p) and len(word) > len(p) + 1),
        )


@dataclass(frozen=True)
class Calendar:
    """How a locale writes dates and numbers: months by name, order of parts, marks in numbers."""

    months: Mapping[str, int]
    stems: Mapping[str, tuple[tuple[str, int, int], ...]]
    phrases: tuple[tuple[str, int], ...]
    fillers: frozenset[str]
    order: str
    month_first: bool
    year_first: bool
    decimal: str
    group: str

    def month(self, word: str) -> int | None:
        """1 to 12 for a folded month name, in any case form that keeps the stem."""
        word = word.rstrip(".")
        exact = self.months.get(word)
        if exact is not None:
            return exact
        for stem, longest, number in self.stems.get(word[:3], ()):
            if word.startswith(stem) and len(word) <= longest + 3:
                return number
        return None


def fold_word(word: str) -> str:
    """Case, Arabic vowel signs and typographic apostrophes set aside."""
    return _VOWEL_SIGNS.sub("", word.casefold().replace("’", "'").replace("ʼ", "'"))


@cache
def lexicon(lang: str) -> Lexicon:
    """The words of a language; of one that has no file, an empty lexicon."""
    table = _table(lang.replace("_", "-").partition("-")[0].lower())
    negation = table.get("negation", {})
    return Lexicon(
        lang=lang,
        known=bool(table),
        complete=table.get("complete", False),
        joined=table.get("joined", False),
        capital_months=table.get("capital_months", False),
        particles=tuple(table.get("particles", ())),
        numbers=_valued({int(value): words for value, words in table.get("numbers", {}).items()}),
        multipliers=_valued({int(value): words for value, words in table.get("multipliers", {}).items()}),
        units=_valued(table.get("units", {})),
        duals=_valued(table.get("duals", {})),
        hard=Words((word, True) for word in negation.get("hard", ())),
        soft=Words((word, True) for word in negation.get("soft", ())),
        idle=tuple(fold_word(phrase) for phrase in negation.get("idle", ())),
        duty=Words((word, True) for word in table.get("duty", ())),
    )


def _valued(table: Mapping[T, list[str]]) -> Words[T]:
    return Words((word, value) for value, words in table.items() for word in words)


def _table(base: str) -> dict[str, Any]:
    if not re.fullmatch(r"[a-z]{2,3}", base):
        return {}
    file = resources.files("dragoman.lib.text").joinpath("words", f"{base}.toml")
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


@cache
def calendar(lang: str) -> Calendar:
    """Months and number marks of a language, from CLDR and its word file; of one unknown, only marks."""
    names = _month_names(lang)
    long, short, month_day, decimal, group = _patterns(lang)
    exact = {name: number for name, number in names if " " not in name}
    return Calendar(
        months=exact,
        stems=_stems(names),
        phrases=tuple((name, number) for name, number in names if " " in name),
        fillers=_DATE_FILLERS | frozenset(fold_word(word) for word in _literals(long)),
        order=_order(short),
        month_first=_before("M", "d", month_day),
        year_first=_before("y", "M", long),
        decimal=decimal,
        group=group,
    )


def _month_names(lang: str) -> list[tuple[str, int]]:
    """Folded names and numbers, without those that hold digits (`2月`) or are only letters' placeholders."""
    found: dict[str, int] = {}
    locale = locale_of(lang)
    if locale is not None:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context].get(width, {}).items():
                    found.setdefault(fold_word(str(name)).rstrip(".॰"), int(number))
    own: dict[str, list[str]] = _table(lang.replace("_", "-").partition("-")[0].lower()).get("months", {})
    for key, words in own.items():
        for word in words:
            found.setdefault(fold_word(word), int(key))
    return [(name, number) for name, number in found.items() if len(name) > 1 and not re.search(r"\d", name)]


def _stems(names: list[tuple[str, int]]) -> dict[str, tuple[tuple[str, int, int], ...]]:
    """Beginnings that all long forms of a month share, keyed by their first three letters."""
    forms: dict[int, list[str]] = {}
    for name, number in names:
        if len(name) > 3 or number == 5:
            forms.setdefault(number, []).append(name)
    stems: dict[str, list[tuple[str, int, int]]] = {}
    for number, words in forms.items():
        for word in words:
            kin = [other for other in words if other[:3] == word[:3]]
            stem = _shared(kin)
            if len(stem) >= 3:
                stems.setdefault(stem[:3], []).append((stem, max(map(len, kin)), number))
    return {
        key: tuple(sorted(set(entries), key=lambda entry: -len(entry[0])))
        for key, entries in stems.items()
        # two months that begin alike (juin, juillet) must not answer for each other
        if len({entry[2] for entry in entries}) == len({entry[0] for entry in entries})
    }


def _shared(words: list[str]) -> str:
    first, last = min(words), max(words)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length]


def _patterns(lang: str) -> tuple[str, str, str, str, str]:
    locale = locale_of(lang)
    if locale is None:
        return "d MMMM y", "dd/MM/y", "d MMMM", ".", ""
    symbols = locale.number_symbols.get("latn", {})
    skeleton = locale.datetime_skeletons.get("MMMMd")
    return (
        locale.date_formats["long"].pattern,
        locale.date_formats["short"].pattern,
        skeleton.pattern if skeleton else "d MMMM",
        symbols.get("decimal") or ".",
        symbols.get("group") or "",
    )


def _literals(pattern: str) -> list[str]:
    """The words between the parts of a date: `de` of "d 'de' MMMM 'de' y"."""
    quoted = re.findall(r"'([^']*)'", pattern)
    return [word for part in [*quoted, "".join(quoted)] for word in _LETTERS.findall(part)]


def _before(first: str, second: str, pattern: str) -> bool:
    bare = re.sub(r"'[^']*'", "", pattern)
    return 0 <= bare.find(first) < bare.find(second)


def _order(pattern: str) -> str:
    bare = re.sub(r"'[^']*'", "", pattern)
    places = {part: bare.find(part) for part in "dMy"}
    return "".join(sorted(places, key=lambda part: places[part])).lower()
