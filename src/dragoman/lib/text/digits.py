"""Digits of all writing systems, and what a run of digits and marks means."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_OTHER_DIGIT = re.compile(r"[^\x00-\x7f]")
_SPACES = "\u0020\u00a0\u202f\u2009\u2007"
_APOSTROPHES = "'’"
ARABIC_DECIMAL, ARABIC_GROUP = "٫", "٬"

# a run: groups of three set apart by a space, or digits joined by any mark
RUN = re.compile(rf"(?<![\d])(?:\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)(?:[.,٫]\d+)?|\d+(?:[.,'’٫٬]\d+)*)")


def fold_digits(text: str) -> str:
    """The same text, of the same length, with every decimal digit as 0 to 9."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(_digit, text)


def _digit(match: re.Match[str]) -> str:
    value = unicodedata.decimal(match.group(), None)
    return match.group() if value is None else str(value)


def value_of(run: str, *, decimal: str = ".", group: str = "") -> Decimal | None:
    """The value of a folded run, with the marks of its language; None when it is no single number (1.2.3)."""
    run = "".join(character for character in run if character not in _SPACES)
    run = run.replace(ARABIC_GROUP, "")
    if ARABIC_DECIMAL in run:
        whole, _, rest = run.partition(ARABIC_DECIMAL)
        return Decimal(f"{re.sub(r'[.,]', '', whole)}.{rest}") if rest.isdigit() else None
    if any(mark in run for mark in _APOSTROPHES):
        run = re.sub(r"['’](?=\d{3}(?!\d))", "", run)
    marks = [character for character in run if not character.isdigit()]
    if not marks:
        return Decimal(run)
    if len(set(marks)) == 1:
        return _one_mark(run, marks[0], len(marks), decimal, group)
    return _two_marks(run, marks)


def _one_mark(run: str, mark: str, count: int, decimal: str, group: str) -> Decimal | None:
    if mark not in ".,":
        return None
    grouped = bool(re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{2,3})*[.,]\d{3}", run))
    if count > 1:
        return Decimal(run.replace(mark, "")) if grouped else None
    # one mark and three digits: in the language's own writing it is the group mark or the decimal mark
    if grouped and (mark == group or mark != decimal):
        return Decimal(run.replace(mark, ""))
    return Decimal(run.replace(mark, "."))


def _two_marks(run: str, marks: list[str]) -> Decimal | None:
    """1,234.5 and 1.234,5: the last mark is the decimal one."""
    last = marks[-1]
    if len(set(marks)) != 2 or last not in ".," or marks.count(last) != 1:
        return None
    whole, _, rest = run.rpartition(last)
    if not re.fullmatch(r"\d{1,3}(?:[.,]\d{2,3})+", whole):
        return None
    return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{rest}")
