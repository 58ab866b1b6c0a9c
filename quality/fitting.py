"""What the fits of the texts stand on: logistic regression, folds, and the figures that choose between
fits.

Numpy only, so that a refit needs nothing that the desk does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def logistic(rows: Floats, truth: Floats, strength: float, rounds: int = 40) -> Floats:
    """Weights (the last is the bias) of a logistic regression with an L2 penalty; both classes weigh
    the same."""
    wide = np.hstack([rows, np.ones((len(rows), 1))])
    weigh = np.where(truth == 1, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    penalty = np.full(wide.shape[1], strength)
    penalty[-1] = 1e-6
    weights = np.zeros(wide.shape[1])
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(wide @ weights, -30, 30)))
        slope = wide.T @ (weigh * (chance - truth)) + penalty * weights
        curve = (wide * (weigh * chance * (1 - chance))[:, None]).T @ wide + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-7:
            break
    return weights


def kernel(rows: Floats, others: Floats, sharpness: float) -> Floats:
    """How alike unit rows are: 1 for the same, falling with the angle (a Gaussian of the chord)."""
    return np.asarray(np.exp(sharpness * (rows @ others.T - 1)))


def ridge(likeness: Floats, wanted: Floats, strength: float, weigh: Floats) -> Floats:
    """Weights of the examples, by kernel ridge regression; an example that weighs more is met more
    closely."""
    return np.asarray(np.linalg.solve(likeness + strength * np.diag(1 / weigh), wanted))


def folds(
    groups: Sequence[str], fit: Callable[[NDArray[np.bool_]], Callable[[NDArray[np.bool_]], Floats]]
) -> Floats:
    """Out-of-fold values: `fit(inside)` learns from all groups but one and answers for that one."""
    names = np.array(groups)
    first = None
    for name in np.unique(names):
        out = names == name
        values = fit(~out)(out)
        if first is None:
            first = np.zeros((len(names), *values.shape[1:]))
        first[out] = values
    assert first is not None  # noqa: S101 - a fold of nothing is a mistake of the caller
    return first


def auroc(scores: Floats, truth: Floats) -> float:
    """Area under the curve: how often a true one stands above a false one."""
    order = scores.argsort()
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    count = truth.sum()
    return float((ranks[truth == 1].sum() - count * (count + 1) / 2) / (count * (len(truth) - count)))


def recall_at(scores: Floats, truth: Floats, false_alarms: float) -> tuple[float, float]:
    """Recall where `false_alarms` of the false ones are above the cut, and that cut."""
    others = np.sort(scores[truth == 0])
    cut = float(others[min(int((1 - false_alarms) * len(others)), len(others) - 1)])
    return float((scores[truth == 1] > cut).mean()), cut
