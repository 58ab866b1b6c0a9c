"""The engine: one reading for each text, with and without an encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from dragoman.inbox.triage.centring import language_means, load_space, pack, unpack
from dragoman.inbox.triage.claims import Belief, load_claims
from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.engine import Engine, load_engine, load_engine_without_model
from dragoman.inbox.triage.matching import PlainWording
from dragoman.inbox.triage.values import Vectors

LIBRARY = [
    PlainWording("stay", "How long may I stay?", "You may stay up to five days.", "en"),
    PlainWording("stay", "Wie lange darf ich bleiben?", "", "de"),
    PlainWording("pets", "Can I bring my dog?", "Dogs need a vaccination against rabies.", "en"),
    PlainWording("card", "", "A national identity card is not enough; a passport is needed.", "en"),
]


class Counting:
    """The real encoder, counting what it is given."""

    def __init__(self) -> None:
        self._real = load_encoder()
        self.model_id, self.dim, self.fitted = self._real.model_id, self._real.dim, self._real.fitted
        self.given: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.given += texts
        return self._real.encode(texts)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def test_a_question_finds_its_answer_in_another_language(engine: Engine) -> None:
    said = engine.read(["Combien de jours puis-je rester ?", "Можно взять с собой собаку?"], LIBRARY)
    assert [one.matches[0].answer for one in said] == ["stay", "pets"]
    assert all(0 < one.confidence <= 1 for one in said)
    assert [one.language.lang for one in said] == ["fr", "ru"]


def test_what_has_no_answer_is_not_answered(engine: Engine) -> None:
    said = engine.read(["Who won the football match last night?", "", "😀"], LIBRARY)
    assert not any(one.answered for one in said)


def test_no_library_is_no_trouble(engine: Engine) -> None:
    said = engine.read(["How long may I stay?"])
    assert said[0].matches == ()
    assert said[0].confidence == 0
    assert engine.read([]) == []


def test_copies_are_encoded_once_and_a_library_once() -> None:
    real = load_engine()
    encoder = Counting()
    engine = Engine(encoder, real._judges, load_space(), load_claims())
    engine.read(["How are you?"] * 50, LIBRARY)
    first = len(encoder.given)
    assert encoder.given.count("How are you?") == 1
    engine.read(["How are you?"] * 50, list(LIBRARY))
    assert len(encoder.given) == first


def test_hints_must_be_as_many_as_texts(engine: Engine) -> None:
    with pytest.raises(ValueError, match="do not go together"):
        engine.read(["a", "b"], hints=["en"])


def test_without_an_encoder_language_and_hashes_still_work() -> None:
    said = load_engine_without_model().read(["Помогите, меня арестовали!"], LIBRARY)[0]
    assert said.language.lang == "ru"
    assert said.help.is_help
    assert said.digest
    assert said.vector is None
    assert not said.answered


def test_vectors_name_what_they_can_be_compared_with(engine: Engine) -> None:
    assert load_space().model_id in engine.vector_model
    assert engine.match_model


def test_the_space_comes_back_as_it_was_packed() -> None:
    dice = np.random.default_rng(2)
    rows = dice.normal(size=(40, 8)).astype(np.float32)
    means, mean = language_means(rows, ["en"] * 30 + ["be"] * 9 + ["ka"])
    again = unpack(pack(means, mean, np.eye(8, dtype=np.float32), rows))
    assert set(again.means) == {"en", "be", "ka"}
    assert again.knows("be")
    assert not again.knows("xx")
    placed = again.apply(rows, ["xx"] * 40)
    assert np.allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-3)
    # a language of one sentence is not wiped out
    assert float(np.linalg.norm(rows[-1] - means["ka"])) > 0.5 * float(np.linalg.norm(rows[-1] - mean))


def test_what_officers_labelled_weighs_more_than_rules() -> None:
    claims, encoder = load_claims(), load_encoder()
    claims.learn(LIBRARY, encoder.encode)
    text = "The guard told me the dog may sleep in the hotel."
    vector = encoder.encode([text])[0]
    before = claims.judge(text, vector, "en", "pets", asks=False)
    claims.teach([Belief("Der Hund darf im Hotel schlafen, sagte der Beamte.", "de", True)], encoder.encode)
    after = claims.judge(text, vector, "en", "pets", asks=False)
    assert after > max(before, 0.4)
    assert claims.judge(text, vector, "en", "pets", asks=True) < after
