"""Numbers with their units, written in digits of any writing system or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from dragoman.lib.text.dates import dates, times
from dragoman.lib.text.digits import RUN, fold_digits, value_of
from dragoman.lib.text.lexicon import Calendar, Lexicon, calendar, lexicon
from dragoman.lib.text.mentions import Mention, blank
from dragoman.lib.text.spelled import spelled
from dragoman.lib.text.unicode_re import regex
from dragoman.lib.text.units import multiplied, unit_beside

_PHONE = re.compile(r"\+\d[\d ()\-\u00a0]{7,}\d")
# a digit that belongs to a name: F1, A320, COVID-19
_IN_NAME = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}]$|[\p{L}][-‑–]$")


def numbers(text: str, lang: str) -> tuple[Mention, ...]:
    """Every number that is no part of a date, a time of day, a telephone number or a name such as F1."""
    return tuple(mention for mention in mentions(text, lang) if mention.kind == "number")


def mentions(text: str, lang: str) -> tuple[Mention, ...]:
    """Dates, times of day and numbers of a text, in order, none over another."""
    found = list(dates(text, lang))
    folded = blank(fold_digits(text), found)
    found += times(folded, lang)
    folded = blank(folded, found)
    folded = _PHONE.sub(lambda match: "\ue000" * len(match.group()), folded)
    words, known = lexicon(lang), calendar(lang)
    in_digits = list(_in_digits(folded, words, known))
    folded = blank(folded, in_digits)
    found += in_digits
    found += spelled(folded, words)
    return tuple(
        replace(mention, words=text[mention.start : mention.end])
        for mention in sorted(found, key=lambda mention: mention.start)
    )


def _in_digits(folded: str, words: Lexicon, known: Calendar) -> Iterator[Mention]:
    position = 0
    while match := RUN.search(folded, position):
        position = match.end()
        if _IN_NAME.search(folded, max(0, match.start() - 2), match.start()):
            continue
        value = value_of(match.group(), decimal=known.decimal, group=known.group)
        if value is None:
            # a list without spaces, or a version: each part by itself
            for part in re.finditer(r"\d+", match.group()):
                start = match.start() + part.start()
                yield Mention("number", start, start + len(part.group()), "", value=Decimal(part.group()))
            continue
        value, end = multiplied(folded, match.end(), value, words)
        unit, start, end = unit_beside(folded, match.start(), end, words)
        if unit == "year" and _looks_like_year(match.group()):
            unit = ""
        yield Mention("number", start, end, "", value=_plain(value), unit=unit)
        position = max(position, end)


def _looks_like_year(run: str) -> bool:
    return len(run) == 4 and run.isdigit() and 1000 <= int(run) <= 2999


def _plain(value: Decimal) -> Decimal:
    """5.0 and 5 are one value. What has more digits than arithmetic keeps is left as it is written."""
    if len(value.as_tuple().digits) > 27 or abs(value.adjusted()) > 27:
        return value
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
