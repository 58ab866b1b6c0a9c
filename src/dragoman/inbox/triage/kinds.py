"""What kind of message a text is: question, complaint, help, press, thanks, spam, abuse or other.

Help wins first and nothing after it hides. Critique of a policy, a minister or a state, however sharp, is a
complaint or other, never abuse: a viewpoint is no ground here. Abuse is an attack on people.
"""

from __future__ import annotations

import numpy as np

from . import parameters
from .normal import LINK, QUESTION_MARKS
from .values import KINDS, HelpGuess, KindGuess, Vectors

FILE = "kinds.npz"
FITTED = tuple(kind for kind in KINDS if kind != "help")


class Kinds:
    """Names the kind of a text, after help has been looked for."""

    def __init__(self) -> None:
        held, digest = parameters.arrays(FILE)
        self._mean = held["mean"]
        self._weights = held["weights"]
        self.model_id = f"kinds-{digest}"

    def judge(self, text: str, vector: Vectors | None, help_guess: HelpGuess) -> KindGuess:
        """The kind of `text`. Without a vector: help when the words say so, a question when it asks, else other."""
        if help_guess.is_help:
            return KindGuess("help", help_guess.score, self.model_id)
        asks = any(mark in text for mark in QUESTION_MARKS)
        if vector is None or not text.strip() or not np.all(np.isfinite(vector)):
            return KindGuess("question" if asks else "other", 0.5 if asks else 0.3, self.model_id)
        chances = self.chances(text, vector)
        best = int(chances.argmax())
        return KindGuess(FITTED[best], round(float(chances[best]), 4), self.model_id)

    def chances(self, text: str, vector: Vectors) -> Vectors:
        """The probability of each of `FITTED`."""
        row = np.concatenate([vector.astype(np.float32) - self._mean, signs(text), np.ones(1, np.float32)])
        strengths = self._weights @ row
        grown = np.exp(strengths - strengths.max())
        return np.asarray(grown / grown.sum(), dtype=np.float32)


def signs(text: str) -> Vectors:
    """What can be seen without reading: asking, linking, shouting, length."""
    letters = sum(map(str.isalpha, text[:2000])) or 1
    capitals = sum(map(str.isupper, text[:2000]))
    return np.array(
        [
            float(any(mark in text for mark in QUESTION_MARKS)),
            float(bool(LINK.search(text))),
            float(letters > 10 and capitals / letters > 0.6),
            min(letters, 300) / 300,
            min(sum(map(str.isdigit, text[:2000])), 20) / 20,
        ],
        dtype=np.float32,
    ) * np.float32(0.5)
