"""The models that read messages, loaded once for a process. Without them word lists still look for help."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.core.cache import cache

from dragoman.inbox.triage import matching, normal, personal
from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.encoders.remote import Service
from dragoman.inbox.triage.engine import LONGEST, Engine, engine_of, load_engine, load_engine_without_model
from dragoman.inbox.triage.grouping import JOIN_APART_AT
from dragoman.inbox.triage.helping import Help
from dragoman.inbox.triage.values import (
    PLAIN,
    UNKNOWN,
    HelpGuess,
    KindGuess,
    LanguageGuess,
    ModelMissing,
    Reading,
    Vectors,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of one approved answer, as matching takes it."""

    answer: str
    question: str
    text: str
    lang: str


class Reader(Protocol):
    """What triage needs of the models. `vector_model` names what its vectors can be compared with."""

    vector_model: str
    match_model: str

    def shared(self, library: Sequence[Wording]) -> Vectors | None: ...

    def read(
        self, texts: Sequence[str], library: Sequence[Wording] = (), hints: Sequence[str] = ()
    ) -> list[Reading]: ...


FAILED = "failed"
TOLD = "inbox.models.missing"
TOLD_FOR = 15 * 60
_lock = threading.Lock()
_loaded: list[Reader] = []


def reader() -> Reader:
    """Loaded at its first use. Raises ModelMissing, in words, as long as a model's file is not there."""
    with _lock:
        if not _loaded:
            _loaded.append(_make())
        return _loaded[0]


def told(missing: str) -> None:
    """The worker says why triage waits, or that it no longer does, for pages of other processes to show."""
    if missing:
        cache.set(TOLD, missing, TOLD_FOR)
    elif cache.get(TOLD):
        cache.delete(TOLD)


def missing() -> str:
    """Why triage waits, in words, as the worker last said; empty when it does not. Loads no model."""
    return str(cache.get(TOLD) or "")


def join_at() -> float | None:
    """From what likeness on two messages ask the same, once what all of them share is taken away."""
    return JOIN_APART_AT


def threshold() -> float | None:
    """From what confidence on an answer is proposed: fixed beforehand, on labelled data kept for it."""
    try:
        return matching.load_weights("" if settings.DRAGOMAN.encoder in ("", "onnx") else PLAIN).threshold
    except ModelMissing:
        return None


def forget() -> None:
    """Load anew at the next use: a model's file was brought, or a setting changed."""
    with _lock:
        _loaded.clear()


@lru_cache(maxsize=1)
def _plain() -> Engine:
    return load_engine_without_model()


@lru_cache(maxsize=1)
def _words() -> Help:
    return Help()


def help_by_words(text: str) -> HelpGuess:
    """What the word lists alone say; no encoder is needed."""
    try:
        return _words().detect(normal.plain(text[:LONGEST]), None)
    except ModelMissing:
        # without its lists nothing is known; who is not called for help is read by officers all the same
        return HelpGuess(0.0, False, (), FAILED)


def read_plainly(text: str, hint: str) -> Reading:
    """What needs no encoder: language, countries, words that call for help, hashes."""
    try:
        return _plain().read([text], hints=[hint])[0]
    except (ModelMissing, ValueError, LookupError, TypeError, ArithmeticError, RuntimeError):
        return unread(text)


def unread(text: str) -> Reading:
    """What can be said of a text on which the models failed: an officer must read it."""
    return Reading(
        language=LanguageGuess(UNKNOWN, 0.0, FAILED),
        countries=(),
        help=help_by_words(text),
        kind=KindGuess("other", 0.0, FAILED),
        personal=personal.personal_data(text),
        digest=normal.digest(text),
        near=normal.near(text),
    )


def _make() -> Reader:
    """As the settings say: the encoder on this machine, or a ministry's own service."""
    chosen = settings.DRAGOMAN
    if chosen.encoder != "openai":
        return load_engine(chosen.encoder, threads=chosen.encoder_threads)
    service = Service(chosen.encoder_url, chosen.encoder_model, chosen.encoder_key.get_secret_value())
    return engine_of(load_encoder("openai", service=service))
