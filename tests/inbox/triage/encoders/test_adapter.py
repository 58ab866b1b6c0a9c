"""What was taught to the encoder is added, for these weights only, and leaves the plain model as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dragoman.inbox.triage.encoders import adapter, fast, load_encoder, weights
from dragoman.inbox.triage.encoders.fast import FastEncoder
from dragoman.inbox.triage.encoders.nano import NanoEncoder
from dragoman.inbox.triage.engine import engine_of
from dragoman.inbox.triage.matching import PlainWording
from dragoman.inbox.triage.values import PLAIN, ModelMissing

QUESTIONS = ["How long may I stay?", "Wie lange darf ich bleiben?", "Можно взять с собой собаку?"]


def test_the_adapter_is_for_the_weights_of_the_wheel() -> None:
    found = adapter.load()

    assert found.weights == weights.load().digest
    assert "l11.q" in found
    assert "l0.q" not in found
    assert found.change("l11.fo").shape == (384, 1536)
    assert all(np.isfinite(found.change(name)).all() for name in found.downs)


def test_both_precisions_of_the_adapted_model_agree() -> None:
    eight, blocks = (FastEncoder(bits=bits).encode(QUESTIONS) for bits in (8, 4))

    assert (eight * blocks).sum(axis=1).min() >= 0.997


def test_adapted_and_plain_vectors_are_never_taken_for_each_other() -> None:
    adapted, plain = FastEncoder(), FastEncoder(adapted=False)

    assert adapted.model_id != plain.model_id == NanoEncoder().model_id
    assert (adapted.fitted, plain.fitted, NanoEncoder().fitted) == ("", PLAIN, PLAIN)
    assert (adapted.encode(QUESTIONS) * plain.encode(QUESTIONS)).sum(axis=1).max() < 0.999


def test_what_was_taught_joins_a_question_across_languages_better() -> None:
    def apart(encoder: FastEncoder) -> float:
        rows = encoder.encode(QUESTIONS)
        return float(rows[0] @ rows[1] - rows[0] @ rows[2])

    assert apart(FastEncoder()) > apart(FastEncoder(adapted=False))


def test_without_the_adapter_the_plain_model_serves_with_its_own_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "FILE", "nowhere.npz")
    adapter.load.cache_clear()
    try:
        with pytest.raises(ModelMissing, match=r"nowhere\.npz of triage is missing"):
            FastEncoder()
        encoder = load_encoder.__wrapped__()
    finally:
        monkeypatch.undo()
        adapter.load.cache_clear()
    assert isinstance(encoder, FastEncoder)
    assert encoder.fitted == PLAIN
    engine = engine_of(encoder)
    assert engine.vector_model.startswith(encoder.model_id)
    library = [PlainWording("stay", "How long may I stay?", "You may stay up to five days.", "en")]
    assert engine.read(["Wie lange darf man bleiben?"], library)[0].matches[0].answer == "stay"


def test_an_adapter_for_other_weights_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    found = adapter.load()
    other = adapter.Adapter("0" * 64, found.digest, found.downs, found.ups)
    monkeypatch.setattr(fast.taught, "load", lambda: other)

    with pytest.raises(ModelMissing, match="for other weights"):
        FastEncoder()


def test_a_broken_file_is_said_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / adapter.FILE).write_bytes(b"PK\x03\x04 no more")
    monkeypatch.setattr(adapter.resources, "files", lambda _: tmp_path)

    with pytest.raises(ModelMissing, match="missing or broken"):
        adapter.load.__wrapped__()
