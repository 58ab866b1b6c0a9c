"""Is a table whole? Every combination of answers is looked at, by classes of answers that no condition tells
apart; a combination is known by the set of rows that can still hold, so that few need to be gone through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dragoman.lib.eligibility.countries import CODES
from dragoman.lib.eligibility.values import ROW_OUTCOMES, Answer, Condition, Question, Table

MOST_SETS = 100_000
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

Combination = tuple[Answer | date, ...]


@dataclass(frozen=True, slots=True)
class Class:
    """Answers to a question that no condition tells apart: the two at its ends, and what they let hold."""

    first: Answer | date
    last: Answer | date
    rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a table as a whole. Combinations are examples: question -> answer."""

    undecided: tuple[dict[str, Answer | date], ...] = ()
    contradictions: tuple[tuple[str, str, dict[str, Answer | date]], ...] = ()
    idle_rows: tuple[str, ...] = ()
    dead_questions: tuple[str, ...] = ()
    combinations: int = 0
    too_many: bool = False

    @property
    def sound(self) -> bool:
        return not (
            self.undecided or self.contradictions or self.idle_rows or self.dead_questions or self.too_many
        )


class TooMany(Exception):
    """More sets of rows than anyone could oversee."""


def check(table: Table) -> Report:
    """Look at every combination of answers. The table's parts must be sound one by one."""
    classes = [classes_of(table, question) for question in table.questions]
    total = 1
    for each in classes:
        total *= len(each)
    try:
        final = _final(len(table.rows), classes)
        dead = [question.id for n, question in enumerate(table.questions) if _is_dead(table, classes, n)]
    except TooMany:
        return Report(combinations=total, too_many=True)
    names = [question.id for question in table.questions]
    winners = [_winners(table, rows) for rows in final]
    decisive = {n for won in winners for n in won}
    return Report(
        undecided=tuple(dict(zip(names, path, strict=True)) for rows, path in final.items() if not rows)[:3],
        contradictions=tuple(_contradictions(table, names, final))[:3],
        idle_rows=tuple(row.id for n, row in enumerate(table.rows) if n not in decisive),
        dead_questions=tuple(dead),
        combinations=total,
    )


def classes_of(table: Table, question: Question) -> tuple[Class, ...]:
    """The answers to a question, put together where every condition takes them alike."""
    conditions = [(n, row.when.get(question.id)) for n, row in enumerate(table.rows)]
    found: dict[int, Class] = {}
    kept: list[Class] = []
    for first, last in _stretches(question, [one for _, one in conditions if one]):
        rows = sum(1 << n for n, one in conditions if one is None or one.holds(first))
        if question.kind in ("date", "number"):
            kept.append(Class(first, last, rows))
        else:
            found[rows] = Class(found[rows].first if rows in found else first, last, rows)
    return (*kept, *found.values())


def _stretches(
    question: Question, conditions: list[Condition]
) -> Iterator[tuple[Answer | date, Answer | date]]:
    """Runs of answers from the first to the last, within which no condition begins or ends."""
    match question.kind:
        case "yes-no":
            yield from ((True, True), (False, False))
        case "number":
            yield from _numbers(question.least, question.most, conditions)
        case "date":
            yield from _days(conditions)
        case _:
            codes = [choice.code for choice in question.choices]
            codes += sorted(CODES) if question.kind == "country" else []
            yield from ((code, code) for code in codes)


def _numbers(least: int, most: int, conditions: list[Condition]) -> Iterator[tuple[int, int]]:
    begins = {least}
    for one in conditions:
        begins |= {one.least} if isinstance(one.least, int) else set()
        begins |= {one.most + 1} if isinstance(one.most, int) else set()
    starts = sorted(start for start in begins if least <= start <= most)
    for start, after in zip(starts, [*starts[1:], most + 1], strict=True):
        yield start, after - 1


def _days(conditions: list[Condition]) -> Iterator[tuple[date, date]]:
    day = timedelta(days=1)
    begins = {FIRST_DAY}
    for one in conditions:
        begins |= {one.least} if isinstance(one.least, date) else set()
        begins |= {one.most + day} if isinstance(one.most, date) else set()
    starts = sorted(start for start in begins if FIRST_DAY <= start <= LAST_DAY)
    for start, after in zip(starts, [*starts[1:], LAST_DAY + day], strict=True):
        yield start, after - day


def _final(rows: int, classes: Iterable[tuple[Class, ...]]) -> dict[int, Combination]:
    """Each set of rows that some combination makes hold, with one such combination."""
    sets: dict[int, Combination] = {(1 << rows) - 1: ()}
    for answers in classes:
        after: dict[int, Combination] = {}
        for held, path in sets.items():
            for one in answers:
                after.setdefault(held & one.rows, (*path, one.first))
        if len(after) > MOST_SETS:
            raise TooMany
        sets = after
    return sets


def _winners(table: Table, rows: int) -> tuple[int, ...]:
    """The places of the rows that decide, of those that hold."""
    held = [n for n in range(len(table.rows)) if rows >> n & 1]
    for outcome in ROW_OUTCOMES:
        won = tuple(n for n in held if table.rows[n].outcome == outcome)
        if won:
            return won
    return ()


def _is_dead(table: Table, classes: list[tuple[Class, ...]], place: int) -> bool:
    """Does the answer to this question never change what is said?"""
    if len({one.rows for one in classes[place]}) < 2:
        return True
    others = _final(len(table.rows), [each for n, each in enumerate(classes) if n != place])
    return all(len({_winners(table, held & one.rows) for one in classes[place]}) == 1 for held in others)


def _contradictions(
    table: Table, names: list[str], final: dict[int, Combination]
) -> Iterator[tuple[str, str, dict[str, Answer | date]]]:
    """A yes that holds together with a no, or with "a person decides": it forgot a condition."""
    told = set()
    for rows, path in final.items():
        held = [table.rows[n] for n in range(len(table.rows)) if rows >> n & 1]
        yeses = [row for row in held if row.outcome == "yes"]
        against = [row for row in held if row.outcome != "yes"]
        if yeses and against and (yeses[0].id, against[0].id) not in told:
            told.add((yeses[0].id, against[0].id))
            yield yeses[0].id, against[0].id, dict(zip(names, path, strict=True))
