"""The decision table's part of a sheet's TOML, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import tomli_w

from dragoman.facts.toml_reader import Reader
from dragoman.facts.values import Path
from dragoman.lib.eligibility.values import Choice, Condition, Question, Row, Table

AT: Path = ("conditions",)
KEYS = ("risk", "note", "groups", "questions", "rows")
QUESTION_KEYS = ("id", "kind", "texts", "help", "min", "max", "choices")
CHOICE_KEYS = ("code", "texts")
ROW_KEYS = ("id", "outcome", "facts", "when", "texts")
END_KEYS = {"min": "least", "from": "least", "max": "most", "to": "most"}


class TableReader:
    """Reads [conditions]; notes what is wrong with the reader of the whole sheet."""

    def __init__(self, reader: Reader, language: str) -> None:
        self.r = reader
        self.language = language
        self.groups: dict[str, tuple[str, ...]] = {}

    def table(self, value: Any) -> Table | None:
        if not isinstance(value, dict):
            self.r.wrong(AT, value, "a table", "Begin it with a line [conditions].")
            return None
        self.r.unknown(AT, value, KEYS)
        groups = value.get("groups", {})
        if not isinstance(groups, dict):
            self.r.wrong((*AT, "groups"), groups, "a table of lists", 'Write name = ["AD", "AE"].')
            groups = {}
        self.groups = {name: self.r.names((*AT, "groups", name), codes) for name, codes in groups.items()}
        mend = "Begin each with a line of its own: [[conditions.questions]] or [[conditions.rows]]."
        questions = self.r.tables((*AT, "questions"), value, mend)
        rows = self.r.tables((*AT, "rows"), value, mend)
        return Table(
            questions=tuple(self._question(n, one) for n, one in enumerate(questions)),
            rows=tuple(self._row(n, one) for n, one in enumerate(rows)),
            groups=self.groups,
            note=self.r.text((*AT, "note"), value.get("note")),
        )

    def _question(self, n: int, table: Mapping[str, Any]) -> Question:
        at: Path = (*AT, "questions", n)
        self.r.unknown(at, table, QUESTION_KEYS)
        self.r.required(at, table, ("id", "kind", "texts"))
        choices = self.r.tables((*at, "choices"), table, "Begin each with [[conditions.questions.choices]].")
        return Question(
            id=self.r.text((*at, "id"), table.get("id")),
            kind=self.r.text((*at, "kind"), table.get("kind")),
            texts=self.r.texts((*at, "texts"), table.get("texts"), self.language),
            help=self.r.texts((*at, "help"), table.get("help"), self.language),
            choices=tuple(self._choice((*at, "choices", k), one) for k, one in enumerate(choices)),
            least=self._whole((*at, "min"), table.get("min", 0)),
            most=self._whole((*at, "max"), table.get("max", 0)),
        )

    def _choice(self, at: Path, table: Mapping[str, Any]) -> Choice:
        self.r.unknown(at, table, CHOICE_KEYS)
        self.r.required(at, table, CHOICE_KEYS)
        texts = self.r.texts((*at, "texts"), table.get("texts"), self.language)
        return Choice(self.r.text((*at, "code"), table.get("code")), texts)

    def _row(self, n: int, table: Mapping[str, Any]) -> Row:
        at: Path = (*AT, "rows", n)
        self.r.unknown(at, table, ROW_KEYS)
        self.r.required(at, table, ROW_KEYS)
        when = table.get("when", {})
        if not isinstance(when, dict):
            self.r.wrong((*at, "when"), when, "a table of conditions", "Write when = { days = { max = 5 } }.")
            when = {}
        return Row(
            id=self.r.text((*at, "id"), table.get("id")),
            outcome=self.r.text((*at, "outcome"), table.get("outcome")),
            when={name: self._condition((*at, "when", name), one) for name, one in when.items()},
            facts=self.r.names((*at, "facts"), table.get("facts")),
            texts=self.r.texts((*at, "texts"), table.get("texts"), self.language),
        )

    def _condition(self, at: Path, value: Any) -> Condition:
        if isinstance(value, bool):
            return Condition(flag=value)
        if isinstance(value, str | list):
            return self._codes(at, value, other=False)
        if isinstance(value, dict) and set(value) == {"not"}:
            return self._codes((*at, "not"), value["not"], other=True)
        if isinstance(value, dict) and value and set(value) <= set(END_KEYS):
            ends = {END_KEYS[name]: self._end((*at, name), one) for name, one in value.items()}
            return Condition(least=ends.get("least"), most=ends.get("most"))
        mend = 'Write true, "code", ["one", "other"], { not = "code" }, { min = 1 } or { from = 2017-02-12 }.'
        self.r.wrong(at, value, "a condition", mend)
        return Condition()

    def _codes(self, at: Path, value: Any, *, other: bool) -> Condition:
        named = self.r.names(at, value)
        codes = {code for name in named for code in self.groups.get(name, (name,))}
        return Condition(codes=tuple(sorted(codes)), named=named, other=other)

    def _end(self, at: Path, value: Any) -> int | date | None:
        if at[-1] in ("min", "max"):
            return self._whole(at, value)
        return self.r.day(at, value)

    def _whole(self, at: Path, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1_000_000_000:
            return value
        self.r.wrong(at, value, "a whole number", "Write digits without quotes.")
        return 0


def dump(table: Table, risk: str) -> str:
    """The part as a person can read and edit it."""
    head: dict[str, Any] = {"risk": risk} | ({"note": table.note} if table.note else {})
    if table.groups:
        head["groups"] = {name: list(codes) for name, codes in table.groups.items()}
    parts = [_nested("conditions", head, "[conditions]")]
    for one in table.questions:
        parts.append(_nested("conditions.questions", _question(one), "[[conditions.questions]]"))
        parts += [
            _nested(
                "conditions.questions.choices",
                {"code": choice.code, "texts": dict(choice.texts)},
                "[[conditions.questions.choices]]",
            )
            for choice in one.choices
        ]
    parts += [_nested("conditions.rows", _row(row), "[[conditions.rows]]") for row in table.rows]
    return "\n".join(parts)


def _nested(name: str, table: dict[str, Any], header: str) -> str:
    return f"{header}\n" + tomli_w.dumps(table).replace("\n[", f"\n[{name}.")


def _question(one: Question) -> dict[str, Any]:
    table: dict[str, Any] = {"id": one.id, "kind": one.kind}
    if one.kind == "number":
        table |= {"min": one.least, "max": one.most}
    table["texts"] = dict(one.texts)
    if one.help:
        table["help"] = dict(one.help)
    return table


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "outcome": row.outcome,
        "facts": list(row.facts),
        "when": {name: _plain(one) for name, one in row.when.items()},
        "texts": dict(row.texts),
    }


def _plain(one: Condition) -> Any:
    if one.flag is not None:
        return one.flag
    if one.codes:
        named = list(one.named) if len(one.named) > 1 else one.named[0]
        return {"not": named} if one.other else named
    days = isinstance(one.least, date) or isinstance(one.most, date)
    names = ("from", "to") if days else ("min", "max")
    return {name: end for name, end in zip(names, (one.least, one.most), strict=True) if end is not None}
