"""The values that the extractors give, and the one door to them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["date", "time", "number"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A date, a time of day or a number in a text; `text[start:end] == words`.

    A date has any of year, month and day; a time has hour and minute; a number has a value and perhaps a unit
    (day, hour, EUR, percent ...). `spelled` says that a number is written in words.
    """

    kind: Kind
    start: int
    end: int
    words: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    value: Decimal | None = None
    unit: str = ""
    spelled: bool = False


def blank(text: str, mentions: Iterable[Mention]) -> str:
    """The text with the places already read replaced by a character that is no digit, letter or space."""
    pieces, last = [], 0
    for mention in sorted(mentions, key=lambda mention: mention.start):
        pieces += [text[last : mention.start], "\ue000" * (mention.end - mention.start)]
        last = mention.end
    return "".join([*pieces, text[last:]]) if pieces else text
