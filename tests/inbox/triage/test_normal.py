"""The one form of a text, its digest and its hash of likeness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage import normal

ANY = st.text(st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Do I need a VISA??", "do i need a visa?"),
        ("RT @x: Five days https://t.co/a #Minsk #Visa", "five days"),
        ("Нужна ли виза, ещё раз?", "нужна ли виза еще раз ?"),
        ("vi\u200bsa\u202e free", "visa free"),
        ("ｖｉｓａ　ｆｒｅｅ", "visa free"),
        ("thanks 🙏🙏", "Thanks!"),
        ("هَلْ أحتاج تأشيرة؟", "هل أحتاج تأشيرة؟"),
        ("sooooo good", "soo good"),
    ],
)
def test_texts_that_say_the_same_have_one_digest(one: str, other: str) -> None:
    assert normal.digest(one) == normal.digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5 days", "30 days"),
        ("10,000 €", "10,000 $"),
        ("You need a visa.", "You need a visa?"),
        ("https://a.example", "https://b.example"),
        ("👍", "👎"),
        ("🇮🇳 visa?", "🇵🇰 visa?"),
        ("Минск 🆘", "Минск"),
        ("क्या", "कया"),
    ],
)
def test_texts_that_differ_in_what_matters_have_two(one: str, other: str) -> None:
    assert normal.digest(one) != normal.digest(other)


def test_near_texts_are_near_and_others_are_not() -> None:
    text = "I would like to travel to Minsk with my family in February by plane, do we need a visa for it?"
    assert normal.distance(normal.near(text), normal.near(text.replace("February", "March"))) <= 16
    other = "The football team from the mountains of Peru lost its third match, to everyone's surprise."
    assert normal.distance(normal.near(text), normal.near(other)) >= 20
    assert normal.near("") == normal.near("\u200b\u200e") == 0


@given(ANY)
def test_any_text_folds_to_a_form_that_folds_to_itself(text: str) -> None:
    folded = normal.fold(text)
    assert normal.fold(folded) == folded or not normal._words(normal.plain(text))
    assert len(normal.digest(text)) == 32
    assert -(2**63) <= normal.near(text) < 2**63
    assert normal.distance(normal.near(text), normal.near(text)) == 0


def test_a_hundred_kilobytes_and_lone_surrogates_are_read() -> None:
    assert normal.digest("visa " * 20_000)
    assert normal.near("visa " * 20_000)
    assert normal.digest("\ud83d visa") == normal.digest("visa")
