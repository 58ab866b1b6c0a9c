"""A decision table in words, for the desk. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dragoman.lib.eligibility.values import Condition, Question, Row, Table

OUTCOMES = {"yes": "Yes", "no": "No", "depends": "A person decides"}
KINDS = {
    "country": "a state",
    "choice": "one of its answers",
    "yes-no": "yes or no",
    "date": "a day",
    "number": "a whole number",
}


@dataclass(frozen=True, slots=True)
class RowWords:
    """A row as the desk's table shows it."""

    row: Row
    outcome: str
    when: tuple[str, ...]


def rows_in_words(table: Table, lang: str) -> tuple[RowWords, ...]:
    """Every row, its conditions in the order of the questions."""
    return tuple(
        RowWords(
            row,
            OUTCOMES[row.outcome],
            tuple(
                condition_in_words(table, one, row.when[one.id], lang)
                for one in table.questions
                if one.id in row.when
            ),
        )
        for row in table.rows
    )


def condition_in_words(table: Table, question: Question, one: Condition, lang: str) -> str:
    """days: at most 5."""
    return f"{question.id}: {_said(table, question, one, lang)}"


def _said(table: Table, question: Question, one: Condition, lang: str) -> str:
    if one.flag is not None:
        return "yes" if one.flag else "no"
    if one.codes:
        named = " or ".join(_named(table, question, name, lang) for name in one.named)
        return f"not {named}" if one.other else named
    low, high = (_end(end) for end in (one.least, one.most))
    if low and high:
        return low if low == high else f"{low} to {high}"
    return f"at least {low}" if low and not isinstance(one.least, date) else _open(low, high, one)


def _open(low: str, high: str, one: Condition) -> str:
    days = isinstance(one.least, date) or isinstance(one.most, date)
    if low:
        return f"from {low}"
    return f"until {high}" if days else f"at most {high}"


def _end(end: int | date | None) -> str:
    return "" if end is None else str(end)


def _named(table: Table, question: Question, name: str, lang: str) -> str:
    if name in table.groups:
        return f"in “{name}” ({len(table.groups[name])})"
    choice = next((one for one in question.choices if one.code == name), None)
    return f"“{choice.texts.get(lang, name)}”" if choice else name
