"""How sure a match is: a logistic curve on a few features, an isotonic one when officers have decided enough.

The threshold above which a match counts as an answer is fixed beforehand, on labelled texts of subjects that
the fit did not see, so that 95 % of what is answered is right; it is stored with the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# From so many decisions of officers on, their curve is used instead of the fitted one.
ENOUGH = 200


@dataclass(frozen=True)
class Logistic:
    """Probability from features: weights on standardised values."""

    mean: Numbers
    scale: Numbers
    weights: Numbers
    bias: float

    def __call__(self, features: Numbers) -> Numbers:
        """One probability for each row."""
        sums = ((features - self.mean) / self.scale) @ self.weights + self.bias
        found: Numbers = 1.0 / (1.0 + np.exp(-np.clip(sums, -40.0, 40.0)))
        return found


def fit_logistic(
    features: Numbers,
    right: Numbers,
    *,
    penalty: float = 1.0,
    weights: Numbers | None = None,
    rounds: int = 50,
) -> Logistic:
    """Newton's method with a penalty on the weights (not on the bias)."""
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    rows = np.hstack([(features - mean) / scale, np.ones((len(features), 1))])
    shares = np.ones(len(rows)) if weights is None else weights
    ridge = np.diag([penalty] * features.shape[1] + [1e-6])
    found = np.zeros(rows.shape[1])
    for _ in range(rounds):
        chance = 1.0 / (1.0 + np.exp(-np.clip(rows @ found, -30.0, 30.0)))
        slope = rows.T @ (shares * (chance - right)) + ridge @ found
        curve = (rows * (shares * chance * (1 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curve, slope)
        found -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Logistic(mean, scale, found[:-1], float(found[-1]))


@dataclass(frozen=True)
class Isotonic:
    """A rising staircase from a score to a probability."""

    edges: Numbers
    values: Numbers

    def __call__(self, scores: Numbers) -> Numbers:
        """One probability for each score; between steps a straight line."""
        found: Numbers = np.interp(scores, self.edges, self.values)
        return found


def fit_isotonic(scores: Sequence[float], right: Sequence[bool]) -> Isotonic:
    """Pool adjacent violators. Each step is drawn to one half by one case, so that none says 0 or 1."""
    if len(scores) != len(right) or not scores:
        raise ValueError("as many decisions as scores are needed, and at least one")
    order = np.argsort(np.asarray(scores, dtype=float), kind="stable")
    blocks: list[list[float]] = []  # sum of scores, sum of right, count
    for place in order:
        blocks.append([float(scores[place]), float(right[place]), 1.0])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    edges = np.array([total / count for total, _, count in blocks])
    values = np.array([(hits + 0.5) / (count + 1.0) for _, hits, count in blocks])
    return Isotonic(edges, np.maximum.accumulate(values))


def recalibrated(scores: Sequence[float], right: Sequence[bool]) -> Isotonic | None:
    """The officers' own curve over the model's confidence, or None while they have decided too little."""
    return fit_isotonic(scores, right) if len(scores) >= ENOUGH else None


def expected_calibration_error(chances: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Mean distance between what was said and what came true, over bins of equal width, weighted by their
    size (Naeini, Cooper, Hauskrecht 2015)."""
    said, true = np.asarray(chances, dtype=float), np.asarray(right, dtype=float)
    if not len(said):
        return 0.0
    place = np.minimum((said * bins).astype(int), bins - 1)
    gaps = [
        abs(float(said[place == one].mean() - true[place == one].mean())) * float((place == one).sum())
        for one in range(bins)
        if bool((place == one).any())
    ]
    return sum(gaps) / len(said)


def lower_bound(hits: int, count: int, z: float = 1.0) -> float:
    """The lower end of Wilson's interval for a share."""
    if not count:
        return 0.0
    share = hits / count
    centre = share + z * z / (2 * count)
    spread = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return float((centre - spread) / (1 + z * z / count))


def threshold_for(
    chances: Sequence[float], right: Sequence[bool], precision: float = 0.95, z: float = 1.0
) -> float:
    """The lowest threshold from which on the share of right ones surely is at least `precision` (`z` standard
    errors below the share counted). 1.01, which nothing reaches, when there is none."""
    order = sorted(zip(chances, right, strict=True), reverse=True)
    hits, found = 0, 1.01
    for count, (chance, good) in enumerate(order, 1):
        hits += bool(good)
        last_of_its_kind = count == len(order) or order[count][0] < chance
        if last_of_its_kind and lower_bound(hits, count, z) >= precision:
            found = chance
    return found
