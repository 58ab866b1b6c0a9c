"""What the labelled examples say of a vector: one pass that the detector of help and the kinds share."""

from __future__ import annotations

from functools import cache

import numpy as np

from . import parameters
from .values import Vectors

FILE = "texts.npz"


class Examples:
    """Likeness to weighted examples, in the encoder's space without the directions in which languages
    differ.

    Made by `quality/fit_texts.py` from texts written for this project in over fifty languages.
    """

    def __init__(self, fitted: str = "") -> None:
        held, self.digest = parameters.arrays(f"{fitted}{FILE}")
        self._mean = held["mean"]
        self._away = held["away"]
        self._rows = held["rows"]
        self._weights = held["weights"]
        self._sharpness = float(held["sharpness"])
        self.join = [float(value) for value in held["join"]]
        self.kinds = held["kinds"]
        self._last: tuple[bytes, Vectors] = (b"", np.zeros(0, np.float32))

    def answers(self, vector: Vectors) -> Vectors | None:
        """About -1 to 1 for help and then for each kind; None for a vector that says nothing (nought,
        not finite)."""
        row = np.asarray(vector, dtype=np.float32).reshape(-1)
        if row.shape != self._mean.shape or not np.isfinite(row).all() or not row.any():
            return None
        asked = row.tobytes()
        # help and kind ask one after the other about the same vector
        last, said = self._last
        if last == asked:
            return said
        row = row - self._mean
        row = row - self._away.T @ (self._away @ row)
        row /= max(float(np.linalg.norm(row)), 1e-6)
        # einsum and not @: one row is too little to wake the threads of BLAS, which wait for each other
        # for milliseconds on a busy machine
        likeness = np.exp(self._sharpness * (np.einsum("ij,j->i", self._rows, row) - 1.0))
        said = np.asarray(np.einsum("i,ij->j", likeness, self._weights), dtype=np.float32)
        self._last = (asked, said)
        return said


@cache
def shared(fitted: str = "") -> Examples:
    """The examples for encoders of that folder, read once for a process."""
    return Examples(fitted)
