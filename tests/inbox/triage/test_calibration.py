"""How sure is sure: curves, thresholds, and their error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.calibration import (
    ENOUGH,
    expected_calibration_error,
    fit_isotonic,
    fit_logistic,
    recalibrated,
    threshold_for,
)


def test_a_curve_finds_what_tells() -> None:
    dice = np.random.default_rng(1)
    rows = dice.normal(size=(600, 3))
    right = (rows[:, 0] + 0.3 * dice.normal(size=600) > 0).astype(float)
    said = fit_logistic(rows, right)(rows)
    assert said[right == 1].mean() > 0.85
    assert said[right == 0].mean() < 0.15
    assert expected_calibration_error(list(said), list(right > 0.5)) < 0.08


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_an_isotonic_curve_never_falls_and_never_says_surely(pairs: list[tuple[float, bool]]) -> None:
    curve = fit_isotonic([score for score, _ in pairs], [right for _, right in pairs])
    said = curve(np.linspace(0, 1, 50))
    assert np.all(np.diff(said) >= -1e-12)
    assert 0 < said.min() <= said.max() < 1


def test_officers_curve_waits_for_enough_decisions() -> None:
    assert recalibrated([0.5] * (ENOUGH - 1), [True] * (ENOUGH - 1)) is None
    assert recalibrated([0.5] * ENOUGH, [True] * ENOUGH) is not None


def test_decisions_and_scores_must_go_together() -> None:
    with pytest.raises(ValueError, match="as many decisions"):
        fit_isotonic([0.1], [])


def test_the_threshold_keeps_its_precision_with_a_margin() -> None:
    chances = [place / 1000 for place in range(1000)]
    right = [place >= 300 for place in range(1000)]
    found = threshold_for(chances, right)
    above = [good for chance, good in zip(chances, right, strict=True) if chance >= found]
    assert sum(above) / len(above) >= 0.95
    assert found < 0.31
    assert threshold_for([0.9, 0.8], [False, False]) > 1


def test_a_tie_is_answered_whole_or_not_at_all() -> None:
    assert threshold_for([0.5] * 100, [True] * 50 + [False] * 50) > 1


def test_the_error_of_a_perfect_and_of_a_vain_judge() -> None:
    assert expected_calibration_error([1.0, 0.0], [True, False]) == 0
    assert expected_calibration_error([1.0, 1.0], [False, False]) == 1
    assert expected_calibration_error([], []) == 0
