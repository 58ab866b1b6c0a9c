"""What kind of message a text is: question, complaint, help, press, thanks, spam, abuse or other.

Help wins first and nothing after it hides. Critique of a policy, a minister or a state, however sharp,
is a complaint or other, never abuse: a viewpoint is no ground here. Abuse is an attack on people.
"""

from __future__ import annotations

import numpy as np

from .judging import Examples, shared
from .normal import LINK, QUESTION_MARKS
from .values import KINDS, HelpGuess, KindGuess, Vectors

FITTED = tuple(kind for kind in KINDS if kind != "help")
LIMIT = 2_000


class Kinds:
    """Names the kind of a text, after help has been looked for."""

    def __init__(self, examples: Examples | None = None) -> None:
        self._examples = examples or shared()
        self.model_id = f"kinds-{self._examples.digest}"

    def judge(self, text: str, vector: Vectors | None, help_guess: HelpGuess) -> KindGuess:
        """The kind of `text`. Without a vector: help when the words say so, a question when it asks,
        else other."""
        if help_guess.is_help:
            return KindGuess("help", help_guess.score, self.model_id)
        answers = self._examples.answers(vector) if vector is not None and text.strip() else None
        if answers is None:
            asks = any(mark in text for mark in QUESTION_MARKS)
            return KindGuess("question" if asks else "other", 0.5 if asks else 0.3, self.model_id)
        strengths = self._examples.kinds @ np.concatenate([answers[1:], signs(text), np.ones(1, np.float32)])
        chances = np.exp(strengths - strengths.max())
        chances /= chances.sum()
        best = int(chances.argmax())
        return KindGuess(FITTED[best], round(float(chances[best]), 4), self.model_id)


def signs(text: str) -> Vectors:
    """What can be seen without reading: asking, linking, shouting, length, digits."""
    seen = text[:LIMIT]
    letters = sum(map(str.isalpha, seen)) or 1
    found = (
        any(mark in seen for mark in QUESTION_MARKS),
        bool(LINK.search(seen)),
        letters > 10 and sum(map(str.isupper, seen)) / letters > 0.6,
        min(letters, 300) / 300,
        min(sum(map(str.isdigit, seen)), 20) / 20,
    )
    return np.array(found, dtype=np.float32)
