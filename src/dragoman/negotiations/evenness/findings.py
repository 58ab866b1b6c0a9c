"""What an auditor tells, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["same", "word", "differs", "unknown"]
"""Worked out anew and the same; the host's word only; worked out anew and not the same; could not be told."""


@dataclass(frozen=True)
class Line:
    """One thing that was looked at. `where` names the entry, the ledger or the file."""

    verdict: Verdict
    where: str
    words: str


def same(where: str, words: str) -> Line:
    return Line("same", where, words)


def word(where: str, words: str) -> Line:
    return Line("word", where, words)


def differs(where: str, words: str) -> Line:
    return Line("differs", where, words)


def unknown(where: str, words: str) -> Line:
    return Line("unknown", where, words)


def compare(where: str, what: str, said: object, found: object) -> Line:
    """The same, or not: then with both."""
    if said == found:
        return same(where, what)
    return differs(where, f"{what}: it says {said}; worked out was {found}")


def disagrees(lines: Iterable[Line]) -> bool:
    """Whether any line differs."""
    return any(line.verdict == "differs" for line in lines)
