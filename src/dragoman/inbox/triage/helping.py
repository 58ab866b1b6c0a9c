"""Whether a text calls for help. Cut for recall, never gated on the language, and never the last word.

Three detectors, joined by OR: a linear model on the encoder's vector, likeness to prototypes of calls, and word
lists that work with no model. A person who calls and is not heard is the worst that can happen at this desk; a
false alarm costs an officer a look. What was measured stands on the page of quality, not here.
"""

from __future__ import annotations

import math

import numpy as np

from . import parameters
from .helping_words import WordLists, WordSigns
from .values import HelpGuess, Vectors

FILE = "help.npz"
CUT = 0.5
# words alone decide from here on, whatever the model says
STRONG_WORDS = 0.9


class Help:
    """Detects calls for help. Its score is one scale with and without a vector; from `CUT` on it alarms."""

    def __init__(self) -> None:
        held, digest = parameters.arrays(FILE)
        self._words = WordLists()
        self._mean = held["mean"]
        self._weights = held["weights"]
        self._calls = held["calls"]
        self._others = held["others"]
        self._join = [float(value) for value in held["join"]]
        self.model_id = f"help-{digest}-{self._words.digest}"

    def detect(self, text: str, vector: Vectors | None) -> HelpGuess:
        """How likely `text` calls for help. `vector` is the encoder's raw one, or None when there is none."""
        words = self._words.signs(text)
        if vector is None or not np.all(np.isfinite(vector)) or not text.strip():
            score = words.score if text.strip() else 0.0
            return self._guess(score, ("words",) if score >= CUT else ())
        model, likeness = self.evidence(vector)
        score = self._joined(model, likeness, words)
        signs = []
        if model >= 0:
            signs.append("model")
        if likeness >= 0:
            signs.append("prototypes")
        if words.score >= CUT:
            signs.append("words")
        return self._guess(score, tuple(signs) if score >= CUT else ())

    def evidence(self, vector: Vectors) -> tuple[float, float]:
        """What the linear model and the prototypes say, each with nought at its own even chance."""
        centred = vector.astype(np.float32) - self._mean
        model = float(centred @ self._weights[:-1] + self._weights[-1])
        centred /= max(float(np.linalg.norm(centred)), 1e-6)
        near = np.sort(self._calls @ centred)[-3:].mean()
        far = np.sort(self._others @ centred)[-3:].mean()
        return model, float(near - far)

    def _joined(self, model: float, likeness: float, words: WordSigns) -> float:
        bias, of_model, of_likeness, of_words, of_calls = self._join
        strength = (
            bias
            + of_model * model
            + of_likeness * likeness
            + of_words * words.points
            + of_calls * words.calls
        )
        return 1 / (1 + math.exp(-min(max(strength, -30.0), 30.0)))

    def _guess(self, score: float, signs: tuple[str, ...]) -> HelpGuess:
        score = round(min(max(score, 0.0), 1.0), 4)
        return HelpGuess(score, score >= CUT, signs, self.model_id)
