"""One reading of a draft: cuts and extractions made once and shared by all checks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from dragoman.lib.text.mentions import Mention
from dragoman.lib.text.negation import Cue, negations
from dragoman.lib.text.numbers import mentions
from dragoman.statements.guidelines.blocks import Block, cut, whole
from dragoman.statements.guidelines.model import FIELDS, Draft, DraftText

# a text under work is read again at every pause of its writer; most blocks are then as they were
_mentions = lru_cache(maxsize=8192)(mentions)
_negations = lru_cache(maxsize=8192)(negations)


class Reading:
    """The draft with its blocks; lives for one `check()`."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._cut = cache(cut)

    def blocks(self, text: DraftText) -> tuple[Block, ...]:
        """The blocks of the body."""
        return self._cut(text.body)

    def mentions(self, block: Block, lang: str) -> tuple[Mention, ...]:
        """Dates, times and numbers of a block; their places count from the block's start."""
        return _mentions(block.prose, lang)

    def fact_mentions(self, text: str, lang: str) -> tuple[Mention, ...]:
        """Dates, times and numbers of a fact's text."""
        return _mentions(text, lang)

    def negations(self, block: Block, lang: str) -> tuple[Cue, ...]:
        """Negative words of a block."""
        return _negations(block.prose, lang)

    def places(self, text: DraftText) -> Iterator[tuple[str, Block]]:
        """Every block of every field that has words, with the field's name."""
        for name in FIELDS:
            words: str = getattr(text, name)
            if name == "body":
                yield from (("body", block) for block in self.blocks(text))
            elif words.strip():
                yield name, whole(words)
