"""Whether a text states something that the library denies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.matching import Wording
from dragoman.inbox.triage.values import Vectors


class Claims:
    """What the library states and denies."""

    def learn(self, library: Sequence[Wording], encode: Callable[[Sequence[str]], Vectors]) -> None:
        """Take the statements of a library."""

    def judge(
        self, texts: Sequence[str], raw: Vectors, langs: Sequence[str], kinds: Sequence[str]
    ) -> NDArray[np.float64]:
        """The chance, for each text, that it states something that the library denies."""
        return np.zeros(len(texts))


@cache
def load_claims() -> Claims:
    """The parameters that came with this release."""
    return Claims()
