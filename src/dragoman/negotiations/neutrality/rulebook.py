"""Rules as plain values: what their files say, and the examples by which they are tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.negotiations.neutrality.finding import Severity
from dragoman.negotiations.neutrality.patterns import base

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Texts in a rule's own file that must pass, or must fail and have `words` found.

    They are judged by the sheet of the examples (`rules/examples.json`), changed where `sheet` says so.
    """

    shows: str
    fails: bool
    texts: Mapping[str, tuple[str, str, str]]
    words: str = ""
    release: int = 1
    withheld: tuple[str, ...] = ()
    sheet: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file tells it; `check` names the function that looks for it.

    `words` are its lists by language: {"en": {"loaded": ("claim*", ...)}}. `subject` says in a few words what
    is not checked where a language has no list.
    """

    id: str
    title: str
    severity: Severity
    check: str
    subject: str
    text: str
    why: str
    source: str
    mend: str
    words: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def listed(self, lang: str, name: str) -> Words:
        """The words of a list in a language; none when there is no such list."""
        lists = self.words.get(lang) or self.words.get(base(lang)) or {}
        return lists.get(name, ())

    def knows(self, lang: str) -> bool:
        """Whether there are lists of this language."""
        return lang in self.words or base(lang) in self.words


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in force; `version` is the SHA-256 of their files."""

    version: str
    rules: tuple[Rule, ...]

    def __getitem__(self, rule_id: str) -> Rule:
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)
