"""All that triage says of texts, in batches: help first, then language, kind, country, answers,
contradiction.

The engine works without an encoder, too: language, country, words that call for help and the hashes need
none, and the rest waits (`vector` is None then).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dragoman.inbox.triage import grouping, judging, matching, normal, personal
from dragoman.inbox.triage.centring import Space, load_space
from dragoman.inbox.triage.claims import Claims, load_claims
from dragoman.inbox.triage.country import Countries
from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.helping import Help
from dragoman.inbox.triage.kinds import Kinds
from dragoman.inbox.triage.language import Languages
from dragoman.inbox.triage.matching import Asked, Library, Wording
from dragoman.inbox.triage.values import Encoder, LanguageGuess, ModelMissing, Reading, Vectors

# Longer texts are read to here: an encoder's window, and time, end somewhere.
LONGEST = 4000
# Distinct texts whose vectors are kept: a wave of copies costs one encoding.
KEPT = 20_000
BATCH = 256
SURELY_ASKS = 0.97


@dataclass(frozen=True)
class Judges:
    """What judges a text. Each can be replaced."""

    languages: Languages
    countries: Countries
    help: Help
    kinds: Kinds


class Engine:
    """Reads texts. `vector_model` names what its vectors may be compared with; `match_model` what matched."""

    def __init__(
        self, encoder: Encoder | None, judges: Judges, space: Space | None, claims: Claims | None
    ) -> None:
        self._encoder = encoder if space is not None else None
        self._judges = judges
        self._space = space
        self._claims = claims
        fitted = encoder.fitted if encoder is not None else ""
        self._weights = matching.load_weights(fitted) if space is not None else None
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._library: tuple[tuple[tuple[str, str, str, str], ...], Library] = ((), Library())
        self.vector_model = f"{encoder.model_id}+{space.model_id}" if encoder and space else ""
        self.match_model = self._weights.model_id if self._weights and self.vector_model else ""

    def read(
        self, texts: Sequence[str], library: Sequence[Wording] = (), hints: Sequence[str] = ()
    ) -> list[Reading]:
        """One reading for each text, in order. `hints` are the languages that the networks name, or "".

        Raises whatever the encoder raises; never an error for what a text holds.
        """
        known = self.prepare(library)
        given = list(hints) or [""] * len(texts)
        if len(given) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(given)} hints do not go together")
        distinct = list(OrderedDict.fromkeys(zip(texts, given, strict=True)))
        found: dict[tuple[str, str], Reading] = {}
        for start in range(0, len(distinct), BATCH):
            part = distinct[start : start + BATCH]
            found.update(zip(part, self._batch(part, known), strict=True))
        return [found[pair] for pair in zip(texts, given, strict=True)]

    def prepare(self, library: Sequence[Wording]) -> Library:
        """The library as vectors; made anew only when a wording has changed, and only what changed is
        encoded."""
        if self._space is None or self._encoder is None:
            return Library()
        content = tuple((one.answer, one.question, one.text, one.lang) for one in library)
        if content != self._library[0]:
            made = matching.build(library, self._placed, self._space.background)
            self._library = (content, made)
            if self._claims is not None:
                self._claims.learn(library, self._raw)
        return self._library[1]

    def shared(self, library: Sequence[Wording]) -> Vectors | None:
        """What the questions of this library have in common: see `grouping.shared`."""
        return grouping.shared(self.prepare(library))

    def language(self, text: str, hint: str = "") -> LanguageGuess:
        """The language of one text."""
        return self._judges.languages.identify(text[:LONGEST], hint)

    def _batch(self, pairs: Sequence[tuple[str, str]], library: Library) -> list[Reading]:
        texts = [normal.plain(text[:LONGEST]) for text, _ in pairs]
        raw = self._raw(texts) if self._encoder is not None else None
        readings = [
            self._judged(text, hint, None if raw is None else raw[place])
            for place, (text, (_, hint)) in enumerate(zip(texts, pairs, strict=True))
        ]
        readings = [
            replace(
                one, digest=normal.digest(text), near=normal.near(text), personal=personal.personal_data(text)
            )
            for one, (text, _) in zip(readings, pairs, strict=True)
        ]
        if raw is None or self._space is None:
            return readings
        return self._matched(texts, raw, readings, library)

    def _judged(self, text: str, hint: str, vector: Vectors | None) -> Reading:
        judges = self._judges
        help_guess = judges.help.detect(text, vector)
        language = judges.languages.identify(text, hint)
        return Reading(
            language=language,
            countries=tuple(judges.countries.stated(text)),
            help=help_guess,
            kind=judges.kinds.judge(text, vector, help_guess),
            personal=(),
            digest="",
            near=0,
        )

    def _matched(
        self, texts: Sequence[str], raw: Vectors, readings: list[Reading], library: Library
    ) -> list[Reading]:
        assert self._space is not None  # noqa: S101  # made together with the weights
        assert self._weights is not None  # noqa: S101  # made together with the space
        langs = [one.language.lang for one in readings]
        vectors = self._space.apply(raw, langs)
        readings = [replace(one, vector=row) for one, row in zip(readings, vectors, strict=True)]
        if not len(library):
            return readings
        scores = matching.score(vectors, library, self._weights)
        rows = matching.features(scores, Asked(texts, langs, vectors), library, self._space)
        sure = self._weights.curve(rows)
        best = matching.matches(scores, library)
        against = [
            self._against(text, row, one, some[0].answer)
            for text, row, one, some in zip(texts, raw, readings, best, strict=True)
        ]
        return [
            replace(
                one,
                matches=some,
                confidence=round(float(chance), 4),
                answered=bool(chance >= self._weights.threshold and text.strip()),
                contradicts=round(float(clash), 4),
            )
            for one, text, some, chance, clash in zip(readings, texts, best, sure, against, strict=True)
        ]

    def _against(self, text: str, vector: Vectors, reading: Reading, answer: str) -> float:
        if self._claims is None or not text.strip():
            return 0.0
        # without a mark a plain statement is often taken for a question: only a very sure guess counts
        guessed = reading.kind.kind == "question" and reading.kind.score >= SURELY_ASKS
        asks = guessed or any(mark in text for mark in normal.QUESTION_MARKS)
        return self._claims.judge(text, vector, reading.language.lang, answer, asks=asks)

    def _placed(self, texts: Sequence[str], langs: Sequence[str]) -> Vectors:
        assert self._space is not None  # noqa: S101  # asked by `prepare` only
        return self._space.apply(self._raw([normal.plain(text[:LONGEST]) for text in texts]), langs)

    def _raw(self, texts: Sequence[str]) -> Vectors:
        """The encoder's vectors; of a text that was seen lately without encoding it again."""
        assert self._encoder is not None  # noqa: S101  # asked only when there is one
        missing = [text for text in OrderedDict.fromkeys(texts) if text not in self._kept]
        if missing:
            # texts of like length together: less padding
            missing.sort(key=len)
            for text, row in zip(missing, self._encoder.encode(missing), strict=True):
                self._kept[text] = row
        rows = np.stack([self._kept[text] for text in texts]) if texts else np.zeros((0, self._encoder.dim))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return rows.astype(np.float32)


def load_engine(encoder: str = "", *, threads: int = 1) -> Engine:
    """The engine with all its models. Raises ModelMissing, in words, when one is not there."""
    return engine_of(load_encoder(encoder, threads=threads))


def engine_of(encoder: Encoder) -> Engine:
    """The engine around an encoder, with what was fitted to its vectors. Raises ModelMissing, in words."""
    space = load_space(encoder.fitted)
    if encoder.dim != space.linear.shape[0]:
        raise ModelMissing(
            f"{encoder.model_id} gives vectors of {encoder.dim} numbers, and what was fitted is for "
            f"{space.linear.shape[0]}: name a service of multilingual-e5-small, or fit anew."
        )
    return Engine(encoder, _judges(encoder.fitted), space, load_claims(space, encoder.fitted))


def load_engine_without_model() -> Engine:
    """The engine for the time that the encoder is missing: words, letters and hashes."""
    return Engine(None, _judges(""), None, None)


def _judges(fitted: str) -> Judges:
    examples = judging.shared(fitted)
    return Judges(Languages(), Countries(), Help(examples), Kinds(examples))
