"""One reading of a draft: cuts and extractions made once and shared by all checks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from dragoman.statements.guidelines.blocks import Block, cut, whole
from dragoman.statements.guidelines.model import FIELDS, Draft, DraftText


class Reading:
    """The draft with its blocks; lives for one `check()`."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._cut = cache(cut)

    def blocks(self, text: DraftText) -> tuple[Block, ...]:
        """The blocks of the body."""
        return self._cut(text.body)

    def places(self, text: DraftText) -> Iterator[tuple[str, Block]]:
        """Every block of every field that has words, with the field's name."""
        for name in FIELDS:
            words: str = getattr(text, name)
            if name == "body":
                yield from (("body", block) for block in self.blocks(text))
            elif words.strip():
                yield name, whole(words)
