"""Dates and times of day in a text, in the writing of its language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dragoman.lib.text.digits import fold_digits
from dragoman.lib.text.lexicon import Calendar, calendar, fold_word, lexicon
from dragoman.lib.text.mentions import Mention, blank
from dragoman.lib.text.unicode_re import regex

_MARK = "[\u200e\u200f]?"
_SEP = rf"{_MARK}([-/.]){_MARK}"
_ISO = re.compile(rf"(?<![\d.,/:-])(\d{{4}})\.?{_SEP}[ ]?(\d{{1,2}}){_MARK}\2{_MARK}[ ]?(\d{{1,2}})(?![\d])")
_NUMERIC = re.compile(
    rf"(?<![\d.,/:-])(\d{{1,2}}){_SEP}[ ]?(\d{{1,2}}){_MARK}\2{_MARK}[ ]?(\d{{4}}|\d{{2}})(?![\d]|[.,/:-]\d)"
)
_CJK = re.compile(
    r"(?:(\d{4})\s?[年년]\s?)?(?<![\d.,])(\d{1,2})\s?[月월]\s?(?:份)?(?:(\d{1,2})\s?[日号號일])?"
)
_VIETNAMESE = re.compile(
    r"(?:(?<!\d)(\d{1,2})[\s,]+)?th(?:án)?g[\s]+(\d{1,2})(?!\d)(?:[\s,]*(?:năm\s+)?(\d{4}))?", re.IGNORECASE
)
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_WORD = regex.compile(r"[\p{L}\p{M}\u200c]+(?:\.(?=[\p{L}]))?[\p{L}\p{M}\u200c]*")
_DIGITS = re.compile(r"\d+")
_REACH = 22

_TIME = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?![\d:])")
_TIME_H = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4])\s?[hH]\s?([0-5]\d)(?![\d])")
_TIME_DOT = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4])\.([0-5]\d)(?=\s?(?:Uhr|[aApP]\.?[mM]\b))")
_TIME_WORD = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4])(?=\s?(?:Uhr\b|[aApP]\.?[mM]\b))")
_TIME_CJK = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4])[时時点點시](?!间|間|간)(?:([0-5]?\d)[分분])?")
_AFTER = re.compile(r"\s?([aApP])\.?[mM]\b\.?")
_AFTERNOON = re.compile(r"(?:下午|晚上|午后|午後|오후)\s?$")


def dates(text: str, lang: str) -> tuple[Mention, ...]:
    """Every date that names a month, in order. A year alone is a number."""
    folded = fold_digits(text)
    if not _DIGITS.search(folded):
        return ()
    known = calendar(lang)
    found: list[Mention] = []
    for look in (_numeric_dates, _joined_dates, _named_dates):
        more = list(look(blank(folded, found), known, lang))
        found += more
    found = [replace(mention, words=text[mention.start : mention.end]) for mention in found]
    return tuple(sorted(found, key=lambda mention: mention.start))


def times(text: str, lang: str) -> tuple[Mention, ...]:
    """Every time of day written with digits: 23:40, 11.40 p.m., 23 h 40, 23.40 Uhr, 23时40分."""
    folded = fold_digits(text)
    found: list[Mention] = []
    for pattern in (_TIME, _TIME_H, _TIME_DOT, _TIME_WORD, _TIME_CJK):
        for match in pattern.finditer(blank(folded, found)):
            hour, minute = int(match[1]), int(match[2] or 0) if pattern.groups > 1 else 0
            after = _AFTER.match(folded, match.end())
            end = after.end() if after else match.end()
            if after and hour <= 12:
                hour = hour % 12 + (12 if after[1].lower() == "p" else 0)
            elif hour < 12 and _AFTERNOON.search(folded, 0, match.start()):
                hour += 12
            found.append(
                Mention("time", match.start(), end, text[match.start() : end], hour=hour % 24, minute=minute)
            )
    return tuple(sorted(found, key=lambda mention: mention.start))


def _numeric_dates(folded: str, known: Calendar, _lang: str) -> Iterator[Mention]:
    taken: list[Mention] = []
    for match in _ISO.finditer(folded):
        date = _date(match.start(), match.end(), int(match[1]), int(match[3]), int(match[4]))
        if date:
            taken.append(date)
    yield from taken
    for match in _NUMERIC.finditer(blank(folded, taken)):
        parts = [int(match[1]), int(match[3]), int(match[4])]
        if len(match[4]) == 2 and known.order == "ymd":
            year, month, day = parts
        elif known.order == "mdy" and parts[0] <= 12:
            month, day, year = parts
        else:
            day, month, year = parts
            if month > 12 >= day:
                day, month = month, day
        if year < 100:
            year += 2000 if year < 70 else 1900
        date = _date(match.start(), match.end(), year, month, day)
        if date:
            yield date


def _joined_dates(folded: str, _known: Calendar, lang: str) -> Iterator[Mention]:
    """2017年2月12日, 2017년 2월 12일, 12 tháng 2, 2017."""
    for match in _CJK.finditer(folded):
        date = _date(match.start(), match.end(), *_integers(match))
        if date:
            yield date
    if lang.startswith("vi"):
        for match in _VIETNAMESE.finditer(folded):
            day, month, year = _integers(match)
            date = _date(match.start(), match.end(), year, month, day) if day or year else None
            if date:
                yield date


def _integers(match: re.Match[str]) -> list[int | None]:
    return [int(part) if part else None for part in match.groups()]


def _named_dates(folded: str, known: Calendar, lang: str) -> Iterator[Mention]:
    words = lexicon(lang)
    last = 0
    for place in _month_places(folded, known, lang):
        if place[0] < last or (words.capital_months and not folded[place[0]].isupper()):
            continue
        date = _around(folded, place, known, last)
        if date:
            last = date.end
            yield date


def _month_places(folded: str, known: Calendar, lang: str) -> list[tuple[int, int, int]]:
    words = lexicon(lang)
    places: list[tuple[int, int, int]] = []
    lower = folded.casefold() if known.phrases else ""
    if len(lower) == len(folded):
        for phrase, number in known.phrases:
            places += [(m.start(), m.end(), number) for m in re.finditer(re.escape(phrase), lower)]
    for match in _WORD.finditer(folded):
        for form in words.forms(fold_word(match.group())):
            month = known.month(form)
            if month:
                places.append((match.start(), match.end(), month))
                break
    return sorted(places, key=lambda place: (place[0], -place[1]))


def _around(folded: str, place: tuple[int, int, int], known: Calendar, last: int) -> Mention | None:
    """Joins a month with the day and year beside it, whatever their order."""
    start, end, month = place
    before = _numbers_before(folded, start, known, last)
    after = _numbers_after(folded, end, known)
    day = next((number for number in before[:1] if _is_day(number)), None)
    right = next((number for number in after[:1] if _is_day(number)), None)
    if day and right and known.month_first and not _close(folded[day.end() : start]):
        day = None
    if day:
        years = [*after[:1], *(before[1:2] if known.year_first else [])]
    elif right:
        day, years = right, [*after[1:2], *before[:1]]
    else:
        years = [*after[:1], *before[:1]]
    year = next((number for number in years if _is_year(number)), None)
    if not day and not year:
        return None
    places = [(start, end), *((number.start(), number.end()) for number in (day, year) if number)]
    return _date(
        min(first for first, _ in places),
        max(final for _, final in places),
        int(year.group()) if year else None,
        month,
        int(day.group()) if day else None,
    )


def _close(between: str) -> bool:
    return len(between) <= 3


def _numbers_before(folded: str, start: int, known: Calendar, last: int) -> list[re.Match[str]]:
    """The one or two numbers before a place, nearest first, with only fillers between."""
    floor = max(last, start - _REACH)
    found: list[re.Match[str]] = []
    edge = start
    for match in reversed(list(_DIGITS.finditer(folded, floor, start))):
        cut_off = match.start() == floor and floor > 0 and folded[floor - 1].isdigit()
        if cut_off or not _only_fillers(folded[match.end() : edge], known) or len(found) == 2:
            break
        found.append(match)
        edge = match.start()
    return found


def _numbers_after(folded: str, end: int, known: Calendar) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    edge = end
    for match in _DIGITS.finditer(folded, end, end + _REACH):
        if not _only_fillers(folded[edge : match.start()], known) or len(found) == 2:
            break
        if match.end() == end + _REACH and folded[match.end() : match.end() + 1].isdigit():
            break
        found.append(match)
        edge = match.end()
    return found


def _only_fillers(between: str, known: Calendar) -> bool:
    if re.search(r"[;:!?\n\ue000%€$£]", between):
        return False
    return all(fold_word(word) in known.fillers for word in _LETTERS.findall(between))


def _is_day(number: re.Match[str]) -> bool:
    return len(number.group()) <= 2 and 1 <= int(number.group()) <= 31 and _stands_alone(number)


def _is_year(number: re.Match[str]) -> bool:
    return len(number.group()) == 4 and 1000 <= int(number.group()) <= 2999


def _stands_alone(number: re.Match[str]) -> bool:
    """Not the tail of 10,12 or the head of 12:30."""
    before = number.string[max(0, number.start() - 2) : number.start()]
    after = number.string[number.end() : number.end() + 2]
    return not re.fullmatch(r"\d[.,:/]", before) and not re.fullmatch(r"[:/]\d", after)


def _date(start: int, end: int, year: int | None, month: int | None, day: int | None) -> Mention | None:
    if not month or not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    return Mention("date", start, end, "", year=year, month=month, day=day)
