"""Whether a text states something that the library denies.

Each sentence of an approved answer is set beside its opposite; a text nearer to the opposite than to the
sentence speaks against it, and so does a number, date or time that goes against the answer's. Beliefs that
officers have labelled, in any language, weigh more than all that where one is near. A question is not a
belief: what asks counts for little, though not for nothing, as it may carry a premise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.calibration import Logistic
from dragoman.inbox.triage.centring import Space, load_space, unit
from dragoman.inbox.triage.matching import Wording
from dragoman.inbox.triage.opposites import opposite, sentences
from dragoman.inbox.triage.quantities import Quantity, compared, quantities
from dragoman.inbox.triage.values import ModelMissing, Vectors
from dragoman.lib.text.negation import negations

FILE = "claims.json"
FEATURES = (
    "lean",
    "lean_scaled",
    "lean_nearest",
    "near",
    "agree",
    "clash",
    "denies",
    "denied",
    "odd",
    "both",
)
# How sharply the nearest sentence of an answer counts before the others.
SHARP = 12.0
# What asks is a belief this seldom, by the labelled lines.
ASKING = 0.35
# A labelled belief this near decides with the rest; nearer, more so.
LABELLED_FROM = 0.45

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Belief:
    """What an officer labelled: a text that holds a wrong belief (`false`) or states the fact."""

    text: str
    lang: str
    false: bool


@dataclass(frozen=True)
class Stated:
    """What one answer states: its sentences and their opposites as centred vectors, and its numbers."""

    for_it: Vectors
    against: Vectors
    negative: tuple[bool, ...]
    numbers: tuple[Quantity, ...]


@dataclass
class Claims:
    """What a library states and denies."""

    space: Space
    curve: Logistic
    model_id: str
    _stated: dict[str, Stated] = field(default_factory=dict)
    _labels: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    _labelled: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def learn(self, library: Sequence[Wording], encode: Callable[[Sequence[str]], Vectors]) -> None:
        """Take the statements of a library, in place of those before. `encode` gives raw vectors."""
        texts: dict[str, tuple[str, str]] = {}
        for one in library:
            if one.text.strip() and (one.answer not in texts or one.lang == "en"):
                texts[one.answer] = (one.text, one.lang)
        parts = {answer: sentences(text) for answer, (text, _) in texts.items()}
        turned = {a: [opposite(one, texts[a][1]) for one in some] for a, some in parts.items()}
        every = [one for some in (*parts.values(), *turned.values()) for one in some]
        if not every:
            self._stated = {}
            return
        raw = dict(zip(every, encode(every), strict=True))
        self._stated = {
            answer: self._state(parts[answer], turned[answer], raw, *texts[answer]) for answer in texts
        }

    def _state(self, some: list[str], turned: list[str], raw: dict[str, Vectors], *text: str) -> Stated:
        whole, lang = text
        away = self.space.means.get(lang, self.space.mean)
        return Stated(
            for_it=unit(np.stack([raw[one] - away for one in some])),
            against=unit(np.stack([raw[one] - away for one in turned])),
            negative=tuple(_denies(one, lang) for one in some),
            numbers=tuple(quantities(whole, lang)),
        )

    def teach(self, beliefs: Sequence[Belief], encode: Callable[[Sequence[str]], Vectors]) -> None:
        """Take what officers labelled, in place of what was before."""
        self._labels = np.array([one.false for one in beliefs], dtype=float)
        if beliefs:
            raw = encode([one.text for one in beliefs])
            self._labelled = self.space.apply(raw, [one.lang for one in beliefs])

    def features(self, text: str, vector: Vectors, lang: str, answer: str) -> Floats | None:
        """What the curve is fitted on, against one answer. `vector` is the raw one. None: nothing stated."""
        stated = self._stated.get(answer)
        if stated is None:
            return None
        mine = unit((vector - self.space.means.get(lang, self.space.mean))[None, :])[0]
        near, far = stated.for_it @ mine, stated.against @ mine
        weight = np.exp(SHARP * (near - near.max()))
        weight /= weight.sum()
        size = np.maximum(np.linalg.norm(stated.against - stated.for_it, axis=1), 0.05)
        agree, clash = compared(quantities(text, lang), stated.numbers)
        denies, denied = _denies(text, lang), stated.negative[int(np.argmax(near))]
        return np.array(
            [
                float((weight * (far - near)).sum()),
                float((weight * (far - near) / size).sum()),
                float(far.max() - near.max()),
                float(near.max()),
                agree,
                clash,
                float(denies),
                float(denied),
                float(denies != denied),
                float(denies and denied),
            ]
        )

    def judge(self, text: str, vector: Vectors, lang: str, answer: str, *, asks: bool) -> float:
        """The chance that `text` states what `answer`, its nearest, denies."""
        row = self.features(text, vector, lang, answer)
        chance = 0.0 if row is None else float(self.curve(row[None, :])[0])
        known = self._known(vector, lang)
        if known is not None:
            near, side = known
            chance = (1 - near) * chance + near * side
        return chance * (ASKING if asks else 1.0)

    def _known(self, vector: Vectors, lang: str) -> tuple[float, float] | None:
        """How much the labelled beliefs weigh here, and what they say."""
        if not len(self._labels):
            return None
        likeness = self._labelled @ self.space.apply(vector[None, :], [lang])[0]
        best = float(likeness.max())
        if best < LABELLED_FROM:
            return None
        weight = np.exp(20.0 * (likeness - best))
        side = float((weight * self._labels).sum() / weight.sum())
        return min(0.95, 0.5 + (best - LABELLED_FROM)), side


def _denies(text: str, lang: str) -> bool:
    return any(cue.strength == "hard" for cue in negations(text, lang))


def load_claims(space: Space | None = None, fitted: str = "") -> Claims:
    """With the parameters that came with this release. Raises ModelMissing, in words."""
    curve, model_id = _curve(fitted)
    return Claims(space or load_space(fitted), curve, model_id)


@cache
def _curve(fitted: str) -> tuple[Logistic, str]:
    file = resources.files("dragoman.inbox.triage").joinpath("data", f"{fitted}{FILE}")
    try:
        data = file.read_bytes()
        values = json.loads(data)
        if tuple(values["features"]) != FEATURES:
            raise ValueError("it was fitted for other features")
        parts = [np.array(values[name], dtype=float) for name in ("mean", "scale", "weights")]
        curve = Logistic(parts[0], parts[1], parts[2], float(values["bias"]))
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(
            f"The file {FILE} of triage is missing or broken ({error}); install again."
        ) from None
    return curve, f"claims-1-{hashlib.sha256(data).hexdigest()[:10]}"
