"""From an encoder's vectors to vectors that compare meaning: without the language, by a fitted map.

An encoder puts a text near others of its language first and of its meaning second. So the mean of the
language is taken away (of a fixed background of general sentences, shrunk to the mean of all, so that a
language with few sentences is not wiped out), and a linear map that was fitted on translations and
paraphrases weakens what differs between them. Both are frozen: the same text has the same vector in every
campaign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np

from dragoman.inbox.triage.values import ModelMissing, Vectors

FILE = "space.npz"
# How many sentences of the background the mean of all weighs against those of one language.
SHRINK = 10.0


@dataclass(frozen=True)
class Space:
    """The frozen parameters. `background`: mapped vectors of general sentences, to tell what is unusual."""

    means: Mapping[str, Vectors]
    mean: Vectors
    linear: Vectors
    background: Vectors
    model_id: str

    def apply(self, vectors: Vectors, langs: Sequence[str]) -> Vectors:
        """Rows centred by language (an unknown one by the mean of all), mapped, and of length one."""
        if len(vectors) != len(langs):
            raise ValueError(f"{len(vectors)} vectors and {len(langs)} languages do not go together")
        if not len(vectors):
            return np.zeros((0, self.linear.shape[1]), np.float32)
        away = np.stack([self.means.get(lang, self.mean) for lang in langs])
        return unit(((vectors - away) @ self.linear).astype(np.float32))

    def knows(self, lang: str) -> bool:
        """Whether the background had sentences of this language."""
        return lang in self.means


def unit(vectors: Vectors) -> Vectors:
    """Rows of length one; a row of zeros stays so."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found


def language_means(
    vectors: Vectors, langs: Sequence[str], shrink: float = SHRINK
) -> tuple[dict[str, Vectors], Vectors]:
    """The mean of each language shrunk to the mean of languages, and that mean."""
    places: dict[str, list[int]] = {}
    for place, lang in enumerate(langs):
        places.setdefault(lang, []).append(place)
    overall = np.mean([vectors[rows].mean(axis=0) for rows in places.values()], axis=0).astype(np.float32)
    means = {
        lang: ((vectors[rows].sum(axis=0) + shrink * overall) / (len(rows) + shrink)).astype(np.float32)
        for lang, rows in places.items()
    }
    return means, overall


def pack(means: Mapping[str, Vectors], mean: Vectors, linear: Vectors, background: Vectors) -> bytes:
    """The parameters as a small file."""
    langs = sorted(means)
    buffer = BytesIO()
    np.savez_compressed(
        buffer,
        langs=np.array(langs),
        means=np.stack([means[lang] for lang in langs]).astype(np.float16),
        mean=mean.astype(np.float16),
        linear=linear.astype(np.float16),
        background=background.astype(np.float16),
    )
    return buffer.getvalue()


def unpack(data: bytes) -> Space:
    """What `pack` wrote. The id names the contents, so that vectors of two fits are never compared."""
    with np.load(BytesIO(data), allow_pickle=False) as stored:
        parts = {name: stored[name] for name in stored.files}
    digest = hashlib.sha256(b"".join(parts[name].tobytes() for name in sorted(parts))).hexdigest()[:10]
    return Space(
        means={
            str(lang): row.astype(np.float32)
            for lang, row in zip(parts["langs"], parts["means"], strict=True)
        },
        mean=parts["mean"].astype(np.float32),
        linear=parts["linear"].astype(np.float32),
        background=parts["background"].astype(np.float32),
        model_id=f"space-1-{digest}",
    )


@cache
def load_space(fitted: str = "") -> Space:
    """The parameters that came with this release for encoders of that folder (`Encoder.fitted`). Raises
    ModelMissing, in words."""
    file = resources.files("dragoman.inbox.triage").joinpath("data", f"{fitted}{FILE}")
    try:
        return unpack(file.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(
            f"The file {FILE} of triage is missing or broken ({error}); install again."
        ) from None
