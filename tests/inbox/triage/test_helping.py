"""Calls for help, with the encoder and with the word lists alone; and the kinds after them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.helping import Help
from dragoman.inbox.triage.kinds import Kinds
from dragoman.inbox.triage.values import KINDS, HelpGuess

HELP = Help()
READER = Kinds()

CALLS = [
    "my passport was stolen and I'm alone at the airport",
    "my father is in hospital in Grodno, we cannot reach anybody",
    "Моя сестра пропала в Стамбуле, телефон не отвечает, помогите найти",
    "Маю сястру затрымалі на мяжы, што нам рабіць?",
    "Mon mari a disparu à Minsk, je n'ai aucune nouvelle depuis deux jours",
    "Mein Bruder liegt verletzt im Krankenhaus und keiner spricht Deutsch",
    "me asaltaron anoche y no tengo pasaporte ni dinero",
    "Manžel je zadržený na hranici a nezvedá telefon",
    "我弟弟在明斯克失踪了,请帮帮我们",
    "أخي معتقل في المطار ولا نعرف أين هو",
    "برادرم گم شده و نمی‌دانیم کجاست",
    "הבן שלי נעצר בגבול ואין לי איך לדבר איתו",
    "ძმა დამიპატიმრეს აეროპორტში, რა ვქნათ",
    "Kaka yangu ametekwa, tafadhali tusaidieni",
    "pamagite, u menya ukrali dokumenty i dengi",
]
OTHERS = [
    "can you help me understand whether I need insurance?",
    "What if my passport is stolen while I am there?",
    "Thank you for helping my brother come home!",
    "Three people were injured in a bus crash near Brest, the agency reports",
    "This ministry is a disgrace and its minister should resign",
    "Нужна ли виза гражданам Польши?",
    "Что будет, если я потеряю паспорт?",
    "Combien coûte un visa ?",
    "Danke für die schnelle Hilfe",
    "¿Cuántos días puedo quedarme?",
    "请问需要签证吗?",
    "كم يوما يمكنني البقاء؟",
]


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    texts = [*CALLS, *OTHERS]
    return dict(zip(texts, load_encoder().encode(texts), strict=True))


@pytest.mark.parametrize("text", CALLS)
def test_a_call_is_heard(text: str, vectors: dict[str, np.ndarray]) -> None:
    guess = HELP.detect(text, vectors[text])
    assert guess.is_help
    assert guess.signs
    assert READER.judge(text, vectors[text], guess).kind == "help"


@pytest.mark.parametrize("text", OTHERS)
def test_what_only_sounds_like_one_is_none(text: str, vectors: dict[str, np.ndarray]) -> None:
    guess = HELP.detect(text, vectors[text])
    assert not guess.is_help
    assert guess.signs == ()


def test_words_alone_hear_most_calls_and_take_little_else_for_one() -> None:
    assert sum(HELP.detect(text, None).is_help for text in CALLS) >= 9
    assert sum(HELP.detect(text, None).is_help for text in OTHERS) <= 1


def test_two_loud_words_are_enough_whatever_the_model_says(vectors: dict[str, np.ndarray]) -> None:
    assert HELP.detect("SOS! Help me, I was kidnapped", vectors["Combien coûte un visa ?"]).is_help


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Combien coûte un visa ?", "question"),
        ("Danke für die schnelle Hilfe", "thanks"),
        ("This ministry is a disgrace and its minister should resign", "complaint"),
    ],
)
def test_the_kind_comes_after_help(text: str, kind: str, vectors: dict[str, np.ndarray]) -> None:
    guess = READER.judge(text, vectors[text], HELP.detect(text, vectors[text]))
    assert guess.kind == kind
    assert 0 < guess.score <= 1


def test_a_call_is_never_hidden_by_another_kind(vectors: dict[str, np.ndarray]) -> None:
    heard = HelpGuess(0.6, True, ("words",), "test")
    assert READER.judge("http://spam.example BUY NOW", vectors[OTHERS[0]], heard).kind == "help"


@pytest.mark.parametrize(
    "vector", [None, np.zeros(384, np.float32), np.full(384, np.nan, np.float32), np.ones(3)]
)
def test_no_vector_or_a_broken_one_leaves_the_words(vector: np.ndarray | None) -> None:
    assert HELP.detect("SOS, help me, my son was kidnapped", vector).is_help
    assert not HELP.detect("How much is a visa?", vector).is_help
    assert READER.judge("How much is a visa?", vector, HELP.detect("x", None)).kind == "question"


@given(st.text(max_size=300))
def test_any_text_has_a_score_and_a_kind(text: str) -> None:
    guess = HELP.detect(text, None)
    assert 0 <= guess.score <= 1
    assert READER.judge(text, None, guess).kind in KINDS


def test_nothing_is_no_call_and_a_hundred_kilobytes_are_read() -> None:
    assert HELP.detect(" \u3000", None).score == 0
    assert HELP.detect("SOS help me " * 9000, None).is_help
