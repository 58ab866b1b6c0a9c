"""Do two texts name the same dates, times and numbers? A pure comparison that says what is left over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from dragoman.lib.text.mentions import Mention

_THOUSANDS = (Decimal(1000), Decimal(10_000), Decimal(1_000_000), Decimal(1_000_000_000))


@dataclass(frozen=True, slots=True)
class Known:
    """How well a language is known: whether a missing word for a number or unit means that it is missing."""

    numbers: bool
    units: bool


@dataclass(frozen=True, slots=True)
class Left:
    """What one side has and the other has not."""

    here: tuple[Mention, ...]
    there: tuple[Mention, ...]


def left_over(here: Sequence[Mention], there: Sequence[Mention], know_here: Known, know_there: Known) -> Left:
    """The mentions without a counterpart, after everything that may be a matter of style is forgiven."""
    ours, theirs = _once(here), _once(there)
    # most have an equal, which is found without looking at every pair
    alone_here = _alone([one for key, one in ours.items() if key not in theirs], theirs.values())
    alone_there = _alone([one for key, one in theirs.items() if key not in ours], ours.values())
    return Left(
        here=tuple(one for one in alone_here if _tells(one, alone_there, know_there)),
        there=tuple(one for one in alone_there if _tells(one, alone_here, know_here)),
    )


def _once(mentions: Sequence[Mention]) -> dict[Mention, Mention]:
    """The first of each meaning, whatever its words and place: a repetition is a matter of style."""
    found: dict[Mention, Mention] = {}
    for mention in mentions:
        found.setdefault(replace(mention, start=0, end=0, words="", spelled=False), mention)
    return found


def _alone(some: Iterable[Mention], others: Collection[Mention]) -> tuple[Mention, ...]:
    return tuple(one for one in some if not any(_same(one, other) for other in others))


def _same(one: Mention, other: Mention) -> bool:
    if one.kind != other.kind:
        return _across(one, other) or _across(other, one)
    if one.kind == "date":
        return _agree(one.year, other.year) and one.month == other.month and _agree(one.day, other.day)
    if one.kind == "time":
        return (one.hour, one.minute) == (other.hour, other.minute)
    return one.value == other.value and (one.unit == other.unit or not one.unit or not other.unit)


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _across(number: Mention, other: Mention) -> bool:
    """One side has a number where the other has a date or time: 23.40, 10 часов, от 12 до 14 февраля."""
    if number.kind != "number" or number.value is None or number.unit not in ("", "hour", "year", "day"):
        return False
    whole, rest = int(number.value), number.value % 1 * 100
    if other.kind == "time":
        return whole == other.hour and (rest == other.minute or not rest)
    if other.kind == "date":
        return (whole in (other.day, other.year) and not rest) or (whole == other.day and rest == other.month)
    return False


def _tells(one: Mention, others: Sequence[Mention], know_others: Known) -> bool:
    """Whether a mention without a counterpart is worth a person's time."""
    rivals = [other for other in others if other.kind == one.kind]
    if one.kind == "date":
        # "January and February 2017" names the year once: a month without a day needs a rival
        return not _month_unknown(one, others) and (one.day is not None or bool(rivals))
    if one.kind == "time":
        # midnight and noon are often words
        return bool(rivals) or (one.hour, one.minute) not in ((0, 0), (12, 0))
    return _number_tells(one, rivals, know_others)


def _number_tells(one: Mention, rivals: Sequence[Mention], know_others: Known) -> bool:
    value = one.value or Decimal(0)
    clash = [rival for rival in rivals if one.unit and rival.unit and _kin(one.unit, rival.unit)]
    if clash:
        return True
    if value in (0, 1) or (one.spelled and value == 2):
        return False
    if one.spelled and not one.unit:
        return bool(rivals) and not any(rival.unit for rival in rivals)
    if not know_others.numbers and value <= 20:
        return False
    if not know_others.units and any(
        rival.value == value / times for rival in rivals for times in _THOUSANDS
    ):
        return False
    return not (one.spelled and not know_others.numbers)


_KIN = (
    {"second", "minute", "hour", "day", "week", "month", "year"},
    {"km", "m", "cm", "mm"},
    {"kg", "tonne"},
    {"percent"},
)


def _kin(one: str, other: str) -> bool:
    """Units of one dimension, so that a difference is a contradiction; two currencies are."""
    if one.isupper() and other.isupper():
        return True
    return any(one in kin and other in kin for kin in _KIN)


def _month_unknown(date: Mention, others: Sequence[Mention]) -> bool:
    """The other side has the day and the year as numbers: its month's name was not understood."""
    values = {int(other.value) for other in others if other.kind == "number" and other.value is not None}
    parts = {part for part in (date.day, date.year) if part is not None}
    return bool(parts) and parts <= values and not any(other.kind == "date" for other in others)


def contradicts(one: Mention, fact: Sequence[Mention]) -> Mention | None:
    """The figure of a fact that a figure in a text contradicts; None when it agrees or is of something else.

    Only what can be compared is: dates with dates, numbers of one dimension. A time of day or a number
    without a unit in a text may be an example, and is let be.
    """
    if any(_same(one, other) for other in fact) or one.kind == "time":
        return None
    if one.kind == "date":
        return next((other for other in fact if other.kind == "date" and other.day is not None), None)
    if one.value in (0, 1) or not one.unit:
        return None
    return next((other for other in fact if other.kind == "number" and _kin(one.unit, other.unit)), None)
