"""Whether a text calls for help. Cut for recall, never gated on the language, and never the last word.

Likeness to labelled examples in the encoder's space (prototypes, each with its weight), and word lists
that work with no model, joined so that either alone can raise the alarm. A person who calls and is not
heard is the worst that can happen at this desk; a false alarm costs an officer a look.
"""

from __future__ import annotations

import math

from .helping_words import WordLists
from .judging import Examples, shared
from .values import HelpGuess, Vectors

CUT = 0.5
# words alone decide from here on, whatever the model says: two calls, or a call and two things that
# happened
STRONG_POINTS = 3.2


class Help:
    """Detects calls for help. Its score is one scale with and without a vector; from `CUT` on it
    alarms."""

    def __init__(self, examples: Examples | None = None) -> None:
        self._examples = examples or shared()
        self._words = WordLists()
        self.model_id = f"help-{self._examples.digest}-{self._words.digest}"

    def detect(self, text: str, vector: Vectors | None) -> HelpGuess:
        """How likely `text` calls for help. `vector` is the encoder's raw one, or None when there is
        none."""
        if not text.strip():
            return self._guess(0.0, ())
        words = self._words.signs(text)
        answers = None if vector is None else self._examples.answers(vector)
        if answers is None:
            return self._guess(words.score, ("words",))
        bias, of_model, of_words = self._examples.join
        model = of_model * float(answers[0])
        score = _chance(bias + model + of_words * words.points)
        if words.points >= STRONG_POINTS:
            score = max(score, words.score)
        signs = []
        if bias + model >= 0:
            signs.append("examples")
        if words.points >= 1:
            signs.append("words")
        return self._guess(score, tuple(signs))

    def _guess(self, score: float, signs: tuple[str, ...]) -> HelpGuess:
        score = round(min(max(score, 0.0), 1.0), 4)
        return HelpGuess(score, score >= CUT, signs if score >= CUT else (), self.model_id)


def _chance(strength: float) -> float:
    return 1 / (1 + math.exp(-min(max(strength, -30.0), 30.0)))
