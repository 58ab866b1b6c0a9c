"""The unit beside a number, and the thousands and millions after it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeVar

from dragoman.lib.text.lexicon import Lexicon, Words, fold_word
from dragoman.lib.text.unicode_re import regex

T = TypeVar("T")

_GAP = re.compile(r"[ \u00a0\u202f\u2009\-‑]{0,3}")
_NEXT = regex.compile(r"[ \u00a0\u202f\u2009\-‑]{0,3}([\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)?)")

_SYMBOLS = {
    "%": "percent", "٪": "percent", "％": "percent", "°": "degree", "€": "EUR", "$": "USD", "£": "GBP",
    "₽": "RUB", "₴": "UAH", "₺": "TRY", "₹": "INR", "₩": "KRW", "₸": "KZT", "₾": "GEL",
}  # fmt: skip
_CODES = frozenset(
    [
        "EUR",
        "USD",
        "GBP",
        "BYN",
        "RUB",
        "UAH",
        "PLN",
        "CHF",
        "CNY",
        "JPY",
        "INR",
        "TRY",
        "SEK",
        "NOK",
        "DKK",
        "CZK",
        "KZT",
        "GEL",
        "AZN",
        "AMD",
        "MDL",
        "BRL",
        "CAD",
        "AUD",
        "HUF",
        "RON",
        "BGN",
        "ILS",
        "AED",
        "SAR",
        "EGP",
        "KRW",
    ]
)
_SIGNS = {
    "km": "km",
    "m": "m",
    "kg": "kg",
    "h": "hour",
    "min": "minute",
    "t": "tonne",
    "mm": "mm",
    "cm": "cm",
}


def multiplied(folded: str, end: int, value: Decimal, words: Lexicon) -> tuple[Decimal, int]:
    """10 thousand, 1.2 million, 5 万."""
    while True:
        found = _multiplier_at(folded, end, words)
        if found is None:
            return value, end
        value, end = value * found[0], found[1]


def unit_beside(folded: str, start: int, end: int, words: Lexicon) -> tuple[str, int, int]:
    """The unit beside a number, with the place that number and unit take together."""
    before = re.search(r"([€$£₽₴₺₹₩]|\b[A-Z]{3})[ \u00a0]?$", folded[max(0, start - 5) : start])
    if before and (before[1] in _SYMBOLS or before[1] in _CODES):
        return _SYMBOLS.get(before[1], before[1]), start - len(before.group()), end
    gap = _GAP.match(folded, end)
    after = gap.end() if gap else end
    symbol = _SYMBOLS.get(folded[after : after + 1])
    if symbol:
        return symbol, start, after + 1
    if words.joined:
        joined = _joined_at(folded, end, words.units)
        if joined:
            return joined[0], start, joined[1]
    return _unit_word(folded, start, end, words)


def _unit_word(folded: str, start: int, end: int, words: Lexicon) -> tuple[str, int, int]:
    """The next word, or the one after it ("five calendar days"), as long as nothing else stands between."""
    place = end
    for step in range(2):
        for phrase, unit in words.units.phrases():
            if fold_word(folded[place : place + len(phrase) + 1]).strip() == phrase:
                return unit, start, place + len(phrase) + 1
        match = _NEXT.match(folded, place)
        if not match:
            break
        word = match[1]
        if word in _CODES:
            return word, start, match.end()
        unit = look_up(words.units, word, words) or (_SIGNS.get(word, "") if step == 0 else "")
        if unit:
            return unit, start, match.end()
        if look_up(words.numbers, word, words) is not None:
            break
        place = match.end()
    return "", start, end


def look_up(table: Words[T], word: str, words: Lexicon) -> T | None:
    """What a word stands for, as it is or without the particles joined to it."""
    for form in words.forms(fold_word(word)):
        found = table.get(form)
        if found is not None:
            return found
    return None


def _multiplier_at(folded: str, end: int, words: Lexicon) -> tuple[int, int] | None:
    if words.joined:
        return _joined_at(folded, end, words.multipliers)
    match = _NEXT.match(folded, end)
    number = look_up(words.multipliers, match[1], words) if match else None
    if not match or not number:
        return None
    # the full stop of an abbreviation (10 тыс. евро) does not end the sentence
    dot = len(match[1]) <= 5 and re.match(r"\.(?=[ \u00a0][^\W\d_])", folded[match.end() : match.end() + 3])
    return number, match.end() + (1 if dot else 0)


def _joined_at(folded: str, end: int, table: Words[T]) -> tuple[T, int] | None:
    """The longest listed word that begins right here, in a script without spaces."""
    gap = _GAP.match(folded, end)
    place = gap.end() if gap else end
    found = [(word, value) for word, value in table.items() if folded.startswith(word, place)]
    if not found:
        return None
    word, value = max(found, key=lambda entry: len(entry[0]))
    return value, place + len(word)
