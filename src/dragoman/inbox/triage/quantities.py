"""Numbers, dates and times of two texts set against each other, across languages and units of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.inbox.triage.spelled_units import days
from dragoman.lib.text.mentions import Mention
from dragoman.lib.text.numbers import mentions

# Days in each; a month is taken for 30, as people say it.
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with what it measures: days, a currency, a unit, "date", "time", or "" when not said."""

    value: float
    unit: str


def quantities(text: str, lang: str) -> list[Quantity]:
    """All of a text, times of length in days."""
    found = [one for mention in mentions(text, lang) if (one := _quantity(mention)) is not None]
    seen = {one.value for one in found if one.unit == "days"}
    return found + [Quantity(value, "days") for value in days(text, lang) if value not in seen]


def _quantity(mention: Mention) -> Quantity | None:
    if mention.kind == "date":
        return Quantity(float((mention.month or 0) * 100 + (mention.day or 0)), "date")
    if mention.kind == "time":
        return Quantity(float((mention.hour or 0) * 60 + (mention.minute or 0)), "time")
    if mention.value is None or not mention.value.is_finite() or abs(mention.value) > 10**15:
        return None
    value, unit = float(mention.value), mention.unit
    if unit in _DAYS:
        return Quantity(value * _DAYS[unit], "days")
    return Quantity(value, unit)


def compared(said: Sequence[Quantity], known: Sequence[Quantity]) -> tuple[float, float]:
    """How many of `said` agree with what is known, and how many go against it. One that is measured in
    something that `known` does not mention says nothing; without a unit a difference counts half. The same
    number of another currency goes against it."""
    agree = clash = 0.0
    for one in said:
        like = [other for other in known if other.unit == one.unit or not other.unit or not one.unit]
        if any(_same(one, other) for other in like):
            agree += 1
        elif one.unit and any(other.unit == one.unit for other in like):
            clash += 1
        elif like:
            clash += 0.5
        elif one.unit.isupper() and any(other.unit.isupper() and other.value == one.value for other in known):
            clash += 1
    return min(agree, 2.0), min(clash, 2.0)


def _same(one: Quantity, other: Quantity) -> bool:
    # a month has 28 to 31 days, and four weeks are one
    slack = 0.07 * other.value if one.unit == "days" and max(one.value, other.value) >= 28 else 0.0
    return abs(other.value - one.value) <= slack + 1e-9
