"""Tables as plain data: what is stored, what a page carries for its script, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dragoman.lib.eligibility.values import Choice, Condition, Question, Row, Table


def as_plain(table: Table) -> dict[str, Any]:
    """The table as JSON holds it. `from_plain` gives the same table back."""
    return {
        "questions": [_question(one) for one in table.questions],
        "rows": [
            {
                "id": row.id,
                "outcome": row.outcome,
                "facts": list(row.facts),
                "when": {name: _condition(one) for name, one in row.when.items()},
                "texts": dict(row.texts),
            }
            for row in table.rows
        ],
        "groups": {name: list(codes) for name, codes in table.groups.items()},
        "note": table.note,
    }


def _question(one: Question) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": one.id, "kind": one.kind, "texts": dict(one.texts), "help": dict(one.help)}
    if one.choices:
        plain["choices"] = [{"code": choice.code, "texts": dict(choice.texts)} for choice in one.choices]
    if one.kind == "number":
        plain |= {"least": one.least, "most": one.most}
    return plain


def _condition(one: Condition) -> dict[str, Any]:
    if one.codes:
        return {"not" if one.other else "in": list(one.codes), "named": list(one.named)}
    if one.flag is not None:
        return {"is": one.flag}
    ends = {"least": one.least, "most": one.most}
    return {
        name: end.isoformat() if isinstance(end, date) else end
        for name, end in ends.items()
        if end is not None
    }


def from_plain(data: Mapping[str, Any]) -> Table:
    """The table that `as_plain` wrote."""
    return Table(
        questions=tuple(
            Question(
                id=one["id"],
                kind=one["kind"],
                texts=one["texts"],
                help=one["help"],
                choices=tuple(Choice(each["code"], each["texts"]) for each in one.get("choices", ())),
                least=one.get("least", 0),
                most=one.get("most", 0),
            )
            for one in data["questions"]
        ),
        rows=tuple(
            Row(
                id=row["id"],
                outcome=row["outcome"],
                facts=tuple(row["facts"]),
                when={name: _read(one) for name, one in row["when"].items()},
                texts=row["texts"],
            )
            for row in data["rows"]
        ),
        groups={name: tuple(codes) for name, codes in data.get("groups", {}).items()},
        note=data.get("note", ""),
    )


def _read(plain: Mapping[str, Any]) -> Condition:
    if "in" in plain or "not" in plain:
        codes, other = tuple(plain.get("in") or plain.get("not") or ()), "not" in plain
        return Condition(codes=codes, named=tuple(plain.get("named", codes)), other=other)
    if "is" in plain:
        return Condition(flag=plain["is"])
    return Condition(least=_end(plain.get("least")), most=_end(plain.get("most")))


def _end(value: Any) -> int | date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
