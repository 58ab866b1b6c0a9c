"""The term sheet by which the examples of the rules are judged, and the judging of one example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, cast

from dragoman.negotiations.neutrality.engine import check
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.neutrality.rulebook import Example, Rule, RuleSet
from dragoman.negotiations.neutrality.terms import TermSheet, parse


def judged(rule: Rule, example: Example) -> tuple[Finding, ...]:
    """What the rule alone finds in its example."""
    return check(
        example.texts,
        example_sheet(example.sheet),
        example.release,
        withheld=example.withheld,
        rules=RuleSet(version="", rules=(rule,)),
    )


def example_sheet(changes: Mapping[str, Any] | None = None) -> TermSheet:
    """The sheet of the examples, with some of its keys changed; fewer languages take the others out."""
    sheet = _plain() | dict(changes or {})
    return parse(cast("dict[str, Any]", _only(sheet, set(sheet["languages"]), set(_plain()["languages"]))))


@cache
def _plain() -> dict[str, Any]:
    file = resources.files("dragoman.negotiations.neutrality") / "rules" / "examples.json"
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def _only(value: object, kept: set[str], known: set[str]) -> object:
    if isinstance(value, dict):
        return {
            key: _only(inner, kept, known) for key, inner in value.items() if key in kept or key not in known
        }
    if isinstance(value, list):
        return [_only(inner, kept, known) for inner in value]
    return value
