"""Text into the pieces of the model's vocabulary: SentencePiece's unigram model, as XLM-RoBERTa uses it.

The likeliest way to write a text as pieces (Viterbi; Kudo 2018, "Subword Regularization"). No piece crosses a
space, so each word is cut for itself and common words are remembered.
"""

from __future__ import annotations

import re
from array import array
from functools import lru_cache

from dragoman.inbox.triage.encoders.weights import Weights

SPACE = "▁"
# An unknown character costs this much more than the rarest piece (SentencePiece's kUnkPenalty).
UNKNOWN_PENALTY = 10.0
REMEMBERED = 20_000
LONGEST_REMEMBERED = 24
_WORD = re.compile(f"{SPACE}?[^{SPACE}]+|{SPACE}")


class Pieces:
    """Cuts text by one vocabulary. Any thread may use it."""

    def __init__(self, weights: Weights) -> None:
        special = {weights.begin, weights.end, weights.pad, weights.unknown, len(weights.pieces) - 1}
        self._pieces = {piece: number for number, piece in enumerate(weights.pieces) if number not in special}
        # an array of C, for a list of 250,000 numbers takes eight times the room
        self._scores = array("f", weights.scores.tobytes())
        self._written_as = weights.written_as
        self._unknown = weights.unknown
        self._cost = min(self._scores) - UNKNOWN_PENALTY
        self._longest = max(map(len, self._pieces))
        self._remembered = lru_cache(REMEMBERED)(self._cut)

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces, without the marks of beginning and end."""
        plain = re.sub(" {2,}", " ", text.translate(self._written_as)).replace(" ", SPACE)
        if not plain.startswith(SPACE):
            plain = SPACE + plain
        found: list[int] = []
        for word in _WORD.findall(plain):
            cut = self._remembered if len(word) <= LONGEST_REMEMBERED else self._cut
            found.extend(cut(word))
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        size = len(word)
        best = [0.0, *([float("-inf")] * size)]
        came: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        for start in range(size):
            for stop in range(start + 1, min(size, start + self._longest) + 1):
                piece = self._pieces.get(word[start:stop])
                if piece is not None and best[start] + self._scores[piece] > best[stop]:
                    best[stop] = best[start] + self._scores[piece]
                    came[stop] = (start, piece)
            if best[start] + self._cost > best[start + 1]:
                best[start + 1] = best[start] + self._cost
                came[start + 1] = (start, self._unknown)
        return tuple(_backwards(came))[::-1]


def _backwards(came: list[tuple[int, int]]) -> list[int]:
    numbers = []
    at = len(came) - 1
    while at:
        at, number = came[at]
        numbers.append(number)
    return numbers
