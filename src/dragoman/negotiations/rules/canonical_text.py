"""Whether a text may be put to parties: they sign what they see, so nothing in it may be hidden or in two forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal["title", "summary", "body"]


@dataclass(frozen=True)
class Trouble:
    """One thing that keeps a text from being put: where (`at` in code points), what, and how to mend it."""

    field: Field
    at: int
    what: str
    mend: str
    code: str = ""


def troubles(title: str, summary: str, body: str) -> tuple[Trouble, ...]:
    """Everything that is wrong with the three parts of a text; empty when it may be put."""
    raise NotImplementedError


def mended(text: str) -> str:
    """The text with line ends, normal form and trailing spaces put right. Hidden characters stay: a person must
    look at them."""
    raise NotImplementedError


def shown(text: str) -> str:
    """The text with every hidden character written out as [U+200B ZERO WIDTH SPACE]: for the offline tool."""
    raise NotImplementedError
