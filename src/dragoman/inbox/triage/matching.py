"""Which approved answer fits a text: scores against every wording, and how sure that is.

An answer has wordings: a question and/or the answer's own text, in any language. A text's likeness to the
best question and to the best answer text are summed (fitted weights), the latter partly to the best sentence
of it, since an answer of several cases is asked about one; a wording that everything is near to loses what it
is near to a background of unrelated sentences (Conneau et al. 2018, CSLS). How sure the first
place is comes from `calibration`, fitted on subjects that it had not seen.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.calibration import Logistic
from dragoman.inbox.triage.centring import Space
from dragoman.inbox.triage.opposites import sentences
from dragoman.inbox.triage.values import Match, ModelMissing, Vectors

FILE = "matching.json"
TOP = 5
# How much the best sentence of an answer counts beside all of it. Tried 0, .2 and .4: first answer right
# .868, .873, .873 on quality/train/held.jsonl, .708, .717, .725 on development lines of quality/test.
SENTENCE = 0.4
# So many of the background are "everything that is near".
NEAR = 10
FEATURES = (
    *("score", "question", "answer", "margin", "spread", "unusual", "alike", "length", "questioned", "known"),
    "same",
)

Floats = NDArray[np.float64]


class Wording(Protocol):
    """One wording of one approved answer: a question, the text of the answer, or both."""

    @property
    def answer(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def lang(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PlainWording:
    """A wording by itself."""

    answer: str
    question: str
    text: str
    lang: str


@dataclass(frozen=True)
class Weights:
    """The fitted numbers of matching, with the threshold for 95 % precision."""

    question: float
    answer: float
    hub: float
    slope: float
    shift: float
    back_slope: float
    back_shift: float
    curve: Logistic
    threshold: float
    model_id: str


@cache
def load_weights(fitted: str = "") -> Weights:
    """The numbers that came with this release for encoders of that folder. Raises ModelMissing, in words."""
    file = resources.files("dragoman.inbox.triage").joinpath("data", f"{fitted}{FILE}")
    try:
        data = file.read_bytes()
        return weights_from(json.loads(data), hashlib.sha256(data).hexdigest()[:10])
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(
            f"The file {FILE} of triage is missing or broken ({error}); install again."
        ) from None


def weights_from(values: Mapping[str, object], digest: str) -> Weights:
    """From what the fit wrote."""
    curve = values["curve"]
    if not isinstance(curve, dict) or tuple(curve["features"]) != FEATURES:
        raise ValueError("it was fitted for other features")

    def number(name: str) -> float:
        return float(str(values[name]))

    return Weights(
        question=number("question"),
        answer=number("answer"),
        hub=number("hub"),
        slope=number("slope"),
        shift=number("shift"),
        back_slope=number("back_slope"),
        back_shift=number("back_shift"),
        curve=Logistic(
            np.array(curve["mean"]),
            np.array(curve["scale"]),
            np.array(curve["weights"]),
            float(curve["bias"]),
        ),
        threshold=number("threshold"),
        model_id=f"matching-1-{digest}",
    )


@dataclass
class Library:
    """The approved answers as vectors: of each row whose it is, and whether it asks or is a sentence of a
    longer text."""

    answers: list[str] = field(default_factory=list)
    owner: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    asks: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    langs: list[str] = field(default_factory=list)
    hubs: Vectors = field(default_factory=lambda: np.zeros(0, np.float32))
    parts: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __len__(self) -> int:
        return len(self.answers)


def build(
    wordings: Sequence[Wording],
    vectors_of: Callable[[Sequence[str], Sequence[str]], Vectors],
    background: Vectors,
) -> Library:
    """The library of these wordings. `vectors_of` gives the vectors of texts in languages."""
    places: dict[str, int] = {}
    rows: dict[tuple[int, bool, str], str] = {}
    sentence: dict[tuple[int, bool, str], str] = {}
    for one in wordings:
        place = places.setdefault(one.answer, len(places))
        if one.question.strip():
            rows.setdefault((place, True, one.question), one.lang)
        if one.text.strip():
            rows.setdefault((place, False, one.text), one.lang)
            for part in sentences(one.text):
                sentence.setdefault((place, False, part), one.lang)
    if not rows:
        return Library()
    every = [*rows, *sentence]
    langs = [*rows.values(), *sentence.values()]
    vectors = vectors_of([text for _, _, text in every], langs)
    return Library(
        answers=list(places),
        owner=np.array([place for place, _, _ in every]),
        asks=np.array([asks for _, asks, _ in every]),
        vectors=vectors,
        langs=langs,
        hubs=nearness(vectors, background),
        parts=np.arange(len(every)) >= len(rows),
    )


def nearness(vectors: Vectors, background: Vectors) -> Vectors:
    """For each row the mean likeness to what is nearest to it in the background."""
    if not len(background) or not len(vectors):
        return np.zeros(len(vectors), np.float32)
    likeness = vectors @ background.T
    many = min(NEAR, likeness.shape[1])
    found: Vectors = np.sort(likeness, axis=1)[:, -many:].mean(axis=1).astype(np.float32)
    return found


@dataclass(frozen=True)
class Asked:
    """Texts with their languages and vectors."""

    texts: Sequence[str]
    langs: Sequence[str]
    vectors: Vectors


@dataclass(frozen=True)
class Scores:
    """For each text (row) and answer (column): the sum that orders, and its parts (missing ones bridged)."""

    total: Floats
    question: Floats
    answer: Floats
    nearest: NDArray[np.int64]


def score(vectors: Vectors, library: Library, weights: Weights) -> Scores:
    """Every text against every answer."""
    likeness = (vectors @ library.vectors.T - weights.hub * library.hubs).astype(np.float64)
    shape = (len(vectors), len(library))
    question, answer = np.full(shape, np.nan), np.full(shape, np.nan)
    nearest = np.zeros(shape, np.int64)
    for place in range(len(library)):
        mine = np.flatnonzero((library.owner == place) & ~library.parts)
        nearest[:, place] = mine[np.argmax(likeness[:, mine], axis=1)]
        for part, which in ((question, library.asks), (answer, ~library.asks)):
            chosen = mine[which[mine]]
            if len(chosen):
                part[:, place] = _best(likeness[:, chosen])
        said = np.flatnonzero((library.owner == place) & library.parts)
        if len(said):
            answer[:, place] += SENTENCE * (likeness[:, said].max(axis=1) - answer[:, place])
    asked = np.where(np.isnan(question), weights.slope * answer + weights.shift, question)
    told = np.where(np.isnan(answer), weights.back_slope * question + weights.back_shift, answer)
    return Scores(weights.question * asked + weights.answer * told, asked, told, nearest)


def _best(likeness: Floats) -> Floats:
    """The nearest wording counts most, the second steadies it."""
    if likeness.shape[1] == 1:
        only: Floats = likeness[:, 0]
        return only
    two = np.sort(likeness, axis=1)[:, -2:]
    found: Floats = np.maximum(0.75 * two[:, 1] + 0.25 * two[:, 0], two[:, 1] - 0.05)
    return found


def features(scores: Scores, asked: Asked, library: Library, space: Space) -> Floats:
    """What the curve is fitted on, one row for each text; the names are `FEATURES`."""
    rows = np.arange(len(asked.vectors))
    order = np.sort(scores.total, axis=1)[:, ::-1]
    best = np.argmax(scores.total, axis=1)
    second = order[:, 1] if order.shape[1] > 1 else np.zeros(len(rows))
    rest = order[:, 1:6].mean(axis=1) if order.shape[1] > 1 else np.zeros(len(rows))
    unusual = nearness(asked.vectors, space.background)
    questioned = np.zeros(len(library), bool)
    questioned[library.owner[library.asks]] = True
    wording = scores.nearest[rows, best]
    same = [library.langs[place] == lang for place, lang in zip(wording, asked.langs, strict=True)]
    return np.column_stack(
        [
            order[:, 0],
            scores.question[rows, best],
            scores.answer[rows, best],
            order[:, 0] - second,
            order[:, 0] - rest,
            unusual,
            order[:, 0] - unusual,
            [min(math.log(1 + len(text)), 6.5) for text in asked.texts],
            questioned[best].astype(float),
            np.array([space.knows(lang) for lang in asked.langs], float),
            np.array(same, float),
        ]
    )


def matches(scores: Scores, library: Library) -> list[tuple[Match, ...]]:
    """The best answers for each text, at most `TOP`."""
    order = np.argsort(-scores.total, axis=1, kind="stable")[:, :TOP]
    return [
        tuple(Match(library.answers[place], round(float(scores.total[row, place]), 4)) for place in places)
        for row, places in enumerate(order)
    ]
