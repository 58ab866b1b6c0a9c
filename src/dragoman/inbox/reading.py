"""The models that read messages, loaded once for a process. Without them word lists still look for help."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.core.cache import cache

from dragoman.inbox.triage import normal, personal
from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.values import (
    UNKNOWN,
    Encoder,
    HelpGuess,
    KindGuess,
    LanguageGuess,
    Reading,
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
    join_at: float

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
    """From what likeness on two messages ask the same."""
    return PlainReader.join_at


def threshold() -> float | None:
    """From what confidence on an answer is proposed: fixed beforehand, on labelled data kept for it."""
    return None


def forget() -> None:
    """Load anew at the next use: a model's file was brought, or a setting changed."""
    with _lock:
        _loaded.clear()


def help_by_words(text: str) -> HelpGuess:
    """What the word lists alone say; no model is needed."""
    said = normal.fold(text)
    signs = tuple(word for word in WORDS if word in said)
    return HelpGuess(0.9 if signs else 0.0, bool(signs), signs, "words-0")


WORDS = (
    "passport was stolen",
    "help me",
    "sos",
    "помогите",
    "допоможіть",
    "дапамажыце",
    "in danger",
    "arrested",
)


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


class PlainReader:
    """Vectors and the rules that need no fitted parameters."""

    join_at = 0.9

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.vector_model = encoder.model_id
        self.match_model = ""

    def read(
        self, texts: Sequence[str], library: Sequence[Wording] = (), hints: Sequence[str] = ()
    ) -> list[Reading]:
        vectors = self._encoder.encode(texts)
        return [
            Reading(
                language=LanguageGuess(UNKNOWN, 0.0, ""),
                countries=(),
                help=help_by_words(text),
                kind=KindGuess("question" if "?" in text or "？" in text else "other", 0.5, "plain-0"),
                personal=personal.personal_data(text),
                digest=normal.digest(text),
                near=normal.near(text),
                vector=vector,
            )
            for text, vector in zip(texts, vectors, strict=True)
        ]


def _make() -> Reader:
    return PlainReader(load_encoder())
