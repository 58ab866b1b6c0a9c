"""Fitted parameters as they lie in the package: small arrays made by `quality/fit_texts.py`, read
once."""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .values import ModelMissing

DATA = "dragoman.inbox.triage"


def read(name: str) -> bytes:
    """The bytes of `data/<name>`; `ModelMissing`, in words, when the file is not there."""
    try:
        return resources.files(DATA).joinpath("data", name).read_bytes()
    except OSError as error:
        raise ModelMissing(
            f"The file {name} of the triage package is missing or cannot be read. Install the package again,"
            " or make the file with `python -m quality.fit_texts`; triage goes on by itself then."
        ) from error


@cache
def arrays(name: str) -> tuple[dict[str, NDArray[np.float32]], str]:
    """The arrays of `data/<name>`, and a short digest of the file that goes into the model's id."""
    data = read(name)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            found = {key: np.asarray(held[key], dtype=np.float32) for key in held.files}
    except (ValueError, OSError, EOFError) as error:
        raise ModelMissing(
            f"The file {name} of the triage package is damaged. Install the package again."
        ) from error
    return found, hashlib.blake2b(data, digest_size=4).hexdigest()


@cache
def table(name: str) -> tuple[Any, str]:
    """The JSON of `data/<name>`, and a short digest of the file."""
    data = read(name)
    return json.loads(data), hashlib.blake2b(data, digest_size=4).hexdigest()
