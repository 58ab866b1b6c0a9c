"""What changed from one text to the next, word by word (sign by sign where words are not parted by spaces)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Piece:
    """A stretch of text: in both, only in the old, or only in the new."""

    kind: Literal["same", "gone", "new"]
    text: str


def words(old: str, new: str, lang: str = "") -> tuple[Piece, ...]:
    """The pieces in the order of reading. `same` and `gone` joined are the old text exactly, `same` and `new`
    the new one."""
    raise NotImplementedError
