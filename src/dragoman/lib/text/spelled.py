"""Numbers written in words: five, пяти, zwanzig, اثنتي عشرة, 八十."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from dragoman.lib.text.lexicon import Lexicon, fold_word
from dragoman.lib.text.mentions import Mention
from dragoman.lib.text.unicode_re import regex
from dragoman.lib.text.units import look_up, multiplied, unit_beside

_TOKEN = regex.compile(r"[\p{L}\p{M}\u200c]+(?:['’ʼ][\p{L}\p{M}]+)*")
_JOIN = re.compile(r"[ \u00a0\-‑]{1,3}")
_CJK_ONES = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4,
             "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}  # fmt: skip
_CJK_TENS = {"十": 10, "百": 100, "千": 1000}
_CJK_RUN = re.compile("[零〇一二两兩三四五六七八九十百千万萬]+")


def spelled(folded: str, words: Lexicon) -> Iterator[Mention]:
    """The numbers in words of a text whose digits, dates and times are blanked out already."""
    if words.joined:
        yield from _in_chinese(folded, words)
    elif words.numbers:
        yield from _in_words(folded, words)


def _in_words(folded: str, words: Lexicon) -> Iterator[Mention]:
    tokens = [(match.start(), match.end(), match.group()) for match in _TOKEN.finditer(folded)]
    place = 0
    while place < len(tokens):
        start, _, word = tokens[place]
        dual = look_up(words.duals, word, words)
        if dual:
            yield _number(start, tokens[place][1], Decimal(2), dual)
            place += 1
            continue
        found = _value_at(folded, tokens, place, words)
        if found is None:
            place += 1
            continue
        value, used, unit = found
        end = tokens[place + used - 1][1]
        total, end = multiplied(folded, end, Decimal(value), words)
        if not unit:
            unit, start, end = unit_beside(folded, start, end, words)
        yield _number(start, end, total, unit)
        while place < len(tokens) and tokens[place][0] < end:
            place += 1


def _number(start: int, end: int, value: Decimal, unit: str) -> Mention:
    return Mention("number", start, end, "", value=value, unit=unit, spelled=True)


def _value_at(
    folded: str, tokens: list[tuple[int, int, str]], place: int, words: Lexicon
) -> tuple[int, int, str] | None:
    """The value, how many words it takes, and the unit when it is part of the word (пятидневный)."""
    word = tokens[place][2]
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    joined = following and _JOIN.fullmatch(folded, tokens[place][1], following[0])
    if following and joined:
        pair = fold_word(f"{word} {following[2]}")
        both = next((v for form in words.forms(pair) if (v := words.numbers.exactly(form)) is not None), None)
        if both is not None:
            return both, 2, ""
    value = look_up(words.numbers, word, words)
    if value is None:
        return None
    if following and joined and value in range(20, 100, 10):
        ones = look_up(words.numbers, following[2], words)
        if ones is not None and 0 < ones < 10:
            return value + ones, 2, ""
    return value, 1, _unit_inside(fold_word(word), words)


def _unit_inside(word: str, words: Lexicon) -> str:
    beginning = words.numbers.beginning(word)
    return (words.units.get(word[len(beginning[0]) :]) or "") if beginning else ""


def _in_chinese(folded: str, words: Lexicon) -> Iterator[Mention]:
    """Only with a unit after them: 一 and 两 are parts of too many words."""
    for match in _CJK_RUN.finditer(folded):
        value = _chinese_value(match.group())
        if value is None:
            continue
        unit, start, end = unit_beside(folded, match.start(), match.end(), words)
        if unit or value >= 10:
            yield _number(start, end, Decimal(value), unit)


def _chinese_value(run: str) -> int | None:
    total = section = digit = 0
    for character in run:
        if character in _CJK_ONES:
            digit = _CJK_ONES[character]
        elif character in _CJK_TENS:
            section += (digit or 1) * _CJK_TENS[character]
            digit = 0
        else:
            total += ((section + digit) or 1) * 10_000
            section = digit = 0
    value = total + section + digit
    # a lone 万 or 千 is part of a word more often than a number
    return value if len(run) > 1 or run in _CJK_ONES or run == "十" else None
