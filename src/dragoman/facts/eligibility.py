"""What a sound decision table of a sheet is, and what differs between two. Plain values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from dragoman.facts import rules
from dragoman.facts.values import Fault, Path, TableDraft
from dragoman.lib.eligibility.checking import Report, check
from dragoman.lib.eligibility.countries import CODES
from dragoman.lib.eligibility.values import KINDS, ROW_OUTCOMES, Choice, Condition, Question, Row, Table

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ROW = re.compile(r"[A-Z][A-Z0-9]{0,5}")
MAX_QUESTIONS = 30
MAX_ROWS = 100
MAX_CHOICES = 50
MAX_TEXT = 600
MOST = 100_000
RISKS = {"ordinary": 1, "sensitive": 2}
"""How many people besides the writer must say yes, by risk."""

Texts = Mapping[str, str]


def tidy(table: Table) -> Table:
    """The same table with clean texts."""
    return Table(
        questions=tuple(
            Question(
                id=one.id,
                kind=one.kind,
                texts=rules.clean_all(one.texts),
                help=rules.clean_all(one.help),
                choices=tuple(Choice(each.code, rules.clean_all(each.texts)) for each in one.choices),
                least=one.least,
                most=one.most,
            )
            for one in table.questions
        ),
        rows=tuple(
            Row(row.id, row.outcome, dict(row.when), row.facts, rules.clean_all(row.texts))
            for row in table.rows
        ),
        groups=dict(table.groups),
        note=rules.clean(table.note),
    )


def faults_of_conditions(
    draft: TableDraft, source_language: str, numbers: frozenset[str] | None = None
) -> list[Fault]:
    """Everything wrong in a table and its risk. Paths begin at the sheet: ("conditions", "rows", 2)."""
    faults = faults_of_table(draft.table, source_language, numbers)
    if draft.risk not in RISKS:
        what = f"“{rules.short(draft.risk)}” is not a risk"
        faults.append(Fault(("risk",), what, f"Write one of: {', '.join(RISKS)}."))
    return [Fault(("conditions", *fault.path), fault.what, fault.mend) for fault in faults]


def faults_of_table(table: Table, source_language: str, numbers: frozenset[str] | None = None) -> list[Fault]:
    """Everything wrong in a table: first its parts; when those are sound, the table as a whole.

    Paths begin inside the table: ("rows", 2, "facts"). `numbers`: the facts there are, if they are known.
    """
    faults = _faults_of_groups(table)
    faults += _faults_of_questions(table, source_language)
    for n, row in enumerate(table.rows):
        faults += [
            Fault(("rows", n, *one.path), one.what, one.mend) for one in _faults_of_row(table, row, numbers)
        ]
        faults += [
            Fault(("rows", n, *one.path), one.what, one.mend)
            for one in _faults_of_texts(("texts",), row.texts, source_language)
        ]
    faults += _twice("rows", [row.id for row in table.rows])
    for name, count, most in (
        ("questions", len(table.questions), MAX_QUESTIONS),
        ("rows", len(table.rows), MAX_ROWS),
    ):
        if not 0 < count <= most:
            faults.append(Fault((name,), f"{count} {name}", f"Write from 1 to {most}."))
    return faults or _faults_of_whole(table)


def _twice(name: str, ids: list[str]) -> list[Fault]:
    mend = "Give each its own."
    return [
        Fault((name, n, "id"), f"{one} stands here a second time", mend)
        for n, one in enumerate(ids)
        if one in ids[:n]
    ]


def _faults_of_groups(table: Table) -> list[Fault]:
    faults = []
    for name, codes in table.groups.items():
        if not NAME.fullmatch(name):
            faults.append(
                Fault(
                    ("groups", name),
                    f"“{rules.short(name)}” is not a name",
                    "Write small letters and hyphens.",
                )
            )
        if not codes:
            faults.append(Fault(("groups", name), "the group is empty", "Name its members, or leave it out."))
    return faults


def _faults_of_questions(table: Table, source_language: str) -> list[Fault]:
    faults = _twice("questions", [one.id for one in table.questions])
    for n, one in enumerate(table.questions):
        at: Path = ("questions", n)
        if not NAME.fullmatch(one.id) or len(one.id) > 40:
            what = f"“{rules.short(one.id)}” is not a name for a question"
            faults.append(Fault((*at, "id"), what, "Write small letters, digits and hyphens, such as days."))
        if one.kind not in KINDS:
            what = f"“{rules.short(one.kind)}” is not a kind of question"
            faults.append(Fault((*at, "kind"), what, f"Write one of: {', '.join(KINDS)}."))
        faults += _faults_of_texts((*at, "texts"), one.texts, source_language)
        if one.help:
            faults += _faults_of_texts((*at, "help"), one.help, source_language)
        faults += _faults_of_answers(at, one, source_language)
    return faults


def _faults_of_answers(at: Path, one: Question, source_language: str) -> list[Fault]:
    faults = []
    if one.kind == "number" and not 0 <= one.least < one.most <= MOST:
        mend = f"Write min = 1 and max = 365, within 0 and {MOST:,}."
        faults.append(Fault((*at, "min"), "a number needs a smallest and a largest answer", mend))
    if one.kind == "choice" and len(one.choices) < 2:
        faults.append(Fault((*at, "choices"), "a choice needs at least two answers", "Add [[…choices]]."))
    if one.choices and one.kind not in ("choice", "country"):
        faults.append(Fault((*at, "choices"), f"a {one.kind} question has no choices", "Leave them out."))
    if len(one.choices) > MAX_CHOICES:
        faults.append(Fault((*at, "choices"), f"{len(one.choices)} choices", f"At most {MAX_CHOICES}."))
    codes = [choice.code for choice in one.choices]
    for n, choice in enumerate(one.choices):
        where: Path = (*at, "choices", n)
        if not NAME.fullmatch(choice.code) or choice.code in codes[:n]:
            what = f"“{rules.short(choice.code)}” is not a code, or stands here twice"
            faults.append(Fault((*where, "code"), what, "Write small letters, digits and hyphens."))
        faults += _faults_of_texts((*where, "texts"), choice.texts, source_language)
    return faults


def _faults_of_texts(at: Path, texts: Texts, source_language: str) -> list[Fault]:
    faults = rules.faults_of_texts(at, texts, MAX_TEXT)
    if rules.LANGUAGE.fullmatch(source_language) and not texts.get(source_language, "").strip():
        what = f"there is no text in the source language, {source_language}"
        faults.append(Fault((*at, source_language), what, "Write it."))
    return faults


def _faults_of_row(table: Table, row: Row, numbers: frozenset[str] | None) -> list[Fault]:
    faults = []
    if not ROW.fullmatch(row.id):
        what = f"“{rules.short(row.id)}” is not a name for a row"
        faults.append(Fault(("id",), what, "Write a capital letter and up to five more, such as R3."))
    if row.outcome not in ROW_OUTCOMES:
        what = f"“{rules.short(row.outcome)}” is not an outcome"
        faults.append(Fault(("outcome",), what, "Write yes, no or depends (a person decides)."))
    if not row.when:
        faults.append(Fault(("when",), "the row has no condition", "Say when it holds."))
    if not row.facts:
        faults.append(Fault(("facts",), "the row leans on no fact", "Name at least one."))
    for number in row.facts:
        if not rules.NUMBER.fullmatch(number) or (numbers is not None and number not in numbers):
            what = f"the sheet has no fact {rules.short(number)}"
            faults.append(Fault(("facts",), what, "Name facts of the sheet, such as F3."))
    for name, condition in row.when.items():
        question = table.question(name)
        if question is None:
            what = f"there is no question “{rules.short(name)}”"
            faults.append(Fault(("when", name), what, "Name one of the table’s questions."))
        elif question.kind in KINDS:
            faults += _faults_of_condition(("when", name), question, condition)
    return faults


def _faults_of_condition(at: Path, question: Question, one: Condition) -> list[Fault]:
    ends = [end for end in (one.least, one.most) if end is not None]
    match question.kind:
        case "yes-no":
            ok, mend = one.flag is not None, "Write true or false."
        case "number":
            ok = bool(ends) and all(isinstance(end, int) for end in ends)
            mend = "Write { min = 1, max = 5 }, or one of the two."
        case "date":
            ok = bool(ends) and all(isinstance(end, date) for end in ends)
            mend = "Write { from = 2017-02-12, to = 2018-07-24 }, or one of the two."
        case _:
            known = {choice.code for choice in question.choices} | (
                CODES if question.kind == "country" else set()
            )
            strange = [code for code in one.codes if code not in known]
            if strange:
                what = f"“{rules.short(strange[0])}” is not an answer to “{question.id}”"
                return [Fault(at, what, "Write the code of an answer, or the name of a group.")]
            ok, mend = bool(one.codes), 'Write "code", ["one", "other"] or { not = "group" }.'
    if not ok:
        return [Fault(at, f"this is no condition for a {question.kind} question", mend)]
    if len(ends) == 2 and ends[0] > ends[1]:  # type: ignore[operator]  # of one kind by now
        return [Fault(at, "the first end comes after the last", "Swap the two.")]
    return []


def _faults_of_whole(table: Table) -> list[Fault]:
    report = check(table)
    if report.too_many:
        return [Fault(("rows",), "the rows make too many cases to check", "Make two sheets of it.")]
    faults = [
        Fault(("rows",), f"no row decides {case(one)}", "Add a row that holds then, or widen one.")
        for one in report.undecided
    ]
    for yes, other, example in report.contradictions:
        place = next(n for n, row in enumerate(table.rows) if row.id == yes)
        what = f"{yes} says yes where {other} says otherwise, such as {case(example)}"
        faults.append(
            Fault(("rows", place, "when"), what, f"Add to {yes} the condition that rules {other} out.")
        )
    faults += [_idle(table, name) for name in report.idle_rows]
    for name in report.dead_questions:
        place = next(n for n, one in enumerate(table.questions) if one.id == name)
        what = f"the answer to “{name}” never changes the result"
        faults.append(Fault(("questions", place), what, "Leave the question out, or use it in a row."))
    return faults


def _idle(table: Table, name: str) -> Fault:
    place = next(n for n, row in enumerate(table.rows) if row.id == name)
    what = f"row {name} never decides anything: its conditions cannot hold together, or others always win"
    return Fault(("rows", place), what, "Mend its conditions, or leave it out.")


def case(example: Mapping[str, object]) -> str:
    """A combination of answers in words: nationality AD, days 6, ticket no."""
    said = {True: "yes", False: "no"}
    return ", ".join(
        f"{name} {said[value] if isinstance(value, bool) else value}" for name, value in example.items()
    )


def report_of(table: Table) -> Report:
    """How many combinations there are, and that none is left open. For the desk's page."""
    return check(table)
