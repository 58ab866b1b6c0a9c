"""What a table says to given answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from dragoman.lib.eligibility.countries import CODES
from dragoman.lib.eligibility.values import ROW_OUTCOMES, Answer, Question, Row, Standing, Table, Verdict
from dragoman.lib.problems import Invalid

Given = Mapping[str, Answer | date]
NUMBER = re.compile(r"[0-9]{1,6}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NOTHING = Standing()


def evaluate(table: Table, given: Given, *, today: date, standing: Standing = NOTHING) -> Verdict:
    """The answer, or the question to ask next. `given` as `read` makes it; not every question needs one.

    A no stands as soon as one row says it. A yes is never given while any fact of the table is stale, and
    a no or "a person decides" only on rows whose facts all stand.
    """
    held = [row for row in table.rows if _state(row, given) == "holds"]
    if not any(row.outcome == "no" for row in held):
        wanted = {
            name
            for row in table.rows
            if _state(row, given) == "open"
            for name in row.when
            if name not in given
        }
        ask = next((question.id for question in table.questions if question.id in wanted), "")
        if ask:
            return Verdict("open", (), ask)
    outcome = next((one for one in ROW_OUTCOMES if any(row.outcome == one for row in held)), "unknown")
    rows = [row for row in held if row.outcome == outcome]
    return _fresh(table, outcome, rows, today, standing)


def _fresh(table: Table, outcome: str, rows: list[Row], today: date, standing: Standing) -> Verdict:
    """The verdict, or "being revised" when what it leans on no longer stands."""
    sound = [row for row in rows if not any(standing.stale(number, today) for number in row.facts)]
    if outcome == "yes" and any(standing.stale(n, today) for row in table.rows for n in row.facts):
        sound = []
    if rows and not sound:
        return Verdict("revised", tuple(row.id for row in rows))
    return Verdict(outcome, tuple(row.id for row in sound))


def _state(row: Row, given: Given) -> str:
    """Does the row hold, is it out, or is it open?"""
    answered = [condition.holds(given[name]) for name, condition in row.when.items() if name in given]
    if not all(answered):
        return "out"
    return "holds" if len(answered) == len(row.when) else "open"


def read(table: Table, raw: Mapping[str, object]) -> dict[str, Answer | date]:
    """Answers as a form or JSON gives them, in their kinds; empty ones are none. Raises Invalid, naming each
    question whose answer is not one of its kind, and each name that is no question."""
    given: dict[str, Answer | date] = {}
    where = []
    for name, value in raw.items():
        question = table.question(name)
        if question is None:
            where.append({"field": name[:80], "message": "there is no such question"})
        elif value is not None and value != "":
            answer = _answer(question, value)
            if answer is None:
                where.append({"field": name, "message": f"the answer must be {wanted(question)}"})
            else:
                given[name] = answer
    if where:
        detail = f"{where[0]['field']}: {where[0]['message']}."
        raise Invalid(detail, mend="Mend the answers named.", code="bad-answer", where=where)
    return given


def _answer(question: Question, value: object) -> Answer | date | None:
    """The value in the question's kind; None when it is not of that kind."""
    match question.kind:
        case "yes-no":
            named: dict[object, bool] = {True: True, False: False, "yes": True, "no": False}
            return named.get(value) if isinstance(value, bool | str) else None
        case "number":
            return _number(question, value)
        case "date":
            return _day(value)
        case _:
            return value if isinstance(value, str) and value in codes_of(question) else None


def _number(question: Question, value: object) -> int | None:
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and question.least <= value <= question.most else None  # type: ignore[operator,return-value]  # an int by `whole`


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not DAY.fullmatch(value.strip()):
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:  # the 30th of February
        return None


def codes_of(question: Question) -> frozenset[str]:
    """Every code that is an answer to this question: of a country question the states as well."""
    own = frozenset(choice.code for choice in question.choices)
    return own | CODES if question.kind == "country" else own


def wanted(question: Question) -> str:
    """What an answer to this question must be, in words."""
    return {
        "yes-no": "yes or no",
        "number": f"a whole number from {question.least} to {question.most}",
        "date": "a day, such as 2017-02-12",
        "country": "the two letters of a state (ISO 3166-1), or one of its further answers",
    }.get(question.kind, "one of its answers")
