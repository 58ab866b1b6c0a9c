"""The shape of a decision table and of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Kind = Literal["country", "choice", "yes-no", "date", "number"]
KINDS: tuple[Kind, ...] = ("country", "choice", "yes-no", "date", "number")
RowOutcome = Literal["no", "depends", "yes"]
ROW_OUTCOMES: tuple[RowOutcome, ...] = ("no", "depends", "yes")
"""The most severe first."""
Outcome = Literal["no", "depends", "yes", "unknown", "revised", "open"]
"""`unknown`: no row holds. `revised`: a fact it leans on changed or ended. `open`: more is to be asked."""

Answer = str | int | bool
"""A code; a whole number; true or false; a day as 2017-02-12."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose. Its code is what conditions name."""

    code: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """`choices` of a country question are answers beside the states. `least` and `most` bound a number."""

    id: str
    kind: str
    texts: Mapping[str, str]
    help: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """What an answer must be: one of `codes` (none of them, if `other`), `flag`, or from `least` to `most`,
    numbers or days; both ends are included, None is no bound. `named`: codes as written, groups by name."""

    codes: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    other: bool = False
    flag: bool | None = None
    least: int | date | None = None
    most: int | date | None = None

    def holds(self, answer: Answer | date) -> bool:
        """Is this answer one of those meant? It must be of the question's kind."""
        if self.codes:
            return (answer in self.codes) is not self.other
        if self.flag is not None:
            return answer is self.flag
        low = self.least is None or self.least <= answer  # type: ignore[operator]  # of one kind: read so
        return low and (self.most is None or answer <= self.most)  # type: ignore[operator]  # as above


@dataclass(frozen=True, slots=True)
class Row:
    """When all of `when` holds, `outcome`; `texts` says why, and `facts` are what it leans on."""

    id: str
    outcome: str
    when: Mapping[str, Condition]
    facts: tuple[str, ...]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Questions in the order in which they are asked, and rows in the order in which reasons are given."""

    questions: tuple[Question, ...]
    rows: tuple[Row, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""

    def question(self, name: str) -> Question | None:
        return next((one for one in self.questions if one.id == name), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the facts of a table stand: those that changed since it was approved, and the last days of some."""

    changed: frozenset[str] = frozenset()
    last_days: Mapping[str, date] = field(default_factory=dict)

    def stale(self, number: str, today: date) -> bool:
        """May no answer lean on this fact any more?"""
        last = self.last_days.get(number)
        return number in self.changed or (last is not None and last < today)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer: what, the rows that say why, and, while it is open, the question to ask next."""

    outcome: str
    rows: tuple[str, ...] = ()
    ask: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "rows": list(self.rows), "ask": self.ask}
