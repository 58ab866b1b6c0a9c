"""What triage takes and gives: frozen values, and the small faces behind which each model can be replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# "und" (BCP 47): no language could be told, as with very short texts, numbers and emoji.
UNKNOWN = "und"
# Where the parameters lie, under `data/`, that were fitted to the vectors of an encoder without the adapter.
PLAIN = "plain/"
KINDS = ("question", "complaint", "help", "press", "thanks", "spam", "abuse", "other")


class ModelMissing(Exception):
    """A model's file or library is not there. The text says which, and how to bring it; triage waits."""


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """`lang` is a BCP 47 primary tag (or `UNKNOWN`); `confidence` is 0 to 1."""

    lang: str
    confidence: float
    model: str


@dataclass(frozen=True, slots=True)
class CountryGuess:
    """A country that the writer states of themselves: ISO 3166-1 alpha-2, `kind` nationality, residence or
    place, `how` the words that told. Never inferred from the language alone."""

    code: str
    kind: str
    how: str
    model: str


@dataclass(frozen=True, slots=True)
class HelpGuess:
    """How likely the text is a call for help, 0 to 1; `signs` name which detectors fired."""

    score: float
    is_help: bool
    signs: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True)
class KindGuess:
    """One of `KINDS`."""

    kind: str
    score: float
    model: str


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Personal data written in public: `what` (passport, phone, email, card, iban...), where it stands."""

    what: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """An approved answer that may answer the text; `score` orders, `Reading.confidence` is calibrated."""

    answer: str
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All that triage says of one text. `vector` is centred and normalised, ready for grouping."""

    language: LanguageGuess
    countries: tuple[CountryGuess, ...]
    help: HelpGuess
    kind: KindGuess
    personal: tuple[PersonalData, ...]
    digest: str
    near: int
    vector: Vectors | None = None
    matches: tuple[Match, ...] = ()
    confidence: float = 0.0
    answered: bool = False
    contradicts: float = 0.0


class Encoder(Protocol):
    """Texts into vectors of `dim` numbers, L2-normalised. `model_id` is stored beside each of them; `fitted`
    is the folder of `data/` with the parameters for them: "" or `PLAIN`."""

    model_id: str
    dim: int
    fitted: str

    def encode(self, texts: Sequence[str]) -> Vectors: ...


class LanguageIdentifier(Protocol):
    """The language of one text."""

    model_id: str

    def identify(self, text: str) -> LanguageGuess: ...


class HelpDetector(Protocol):
    """Whether a text calls for help. `vector` is the encoder's raw one, or None when there is none yet: word
    lists alone must still work then."""

    model_id: str

    def detect(self, text: str, vector: Vectors | None) -> HelpGuess: ...
