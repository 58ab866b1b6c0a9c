"""One reading of a draft: cuts and extractions made once and shared by all checks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from dragoman.lib.text.mentions import Mention
from dragoman.lib.text.negation import Cue, negations
from dragoman.lib.text.numbers import mentions
from dragoman.statements.guidelines.blocks import Block, cut, whole
from dragoman.statements.guidelines.model import FIELDS, Draft, DraftText


class Reading:
    """The draft with its blocks; lives for one `check()`."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._cut = cache(cut)
        self._mentions = cache(mentions)
        self._negations = cache(negations)

    def blocks(self, text: DraftText) -> tuple[Block, ...]:
        """The blocks of the body."""
        return self._cut(text.body)

    def mentions(self, block: Block, lang: str) -> tuple[Mention, ...]:
        """Dates, times and numbers of a block; their places count from the block's start."""
        return self._mentions(block.prose, lang)

    def negations(self, block: Block, lang: str) -> tuple[Cue, ...]:
        """Negative words of a block."""
        return self._negations(block.prose, lang)

    def places(self, text: DraftText) -> Iterator[tuple[str, Block]]:
        """Every block of every field that has words, with the field's name."""
        for name in FIELDS:
            words: str = getattr(text, name)
            if name == "body":
                yield from (("body", block) for block in self.blocks(text))
            elif words.strip():
                yield name, whole(words)
