"""What sentences state, what they deny, and numbers set against each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.opposites import opposite, sentences
from dragoman.inbox.triage.quantities import compared, quantities


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("The stay cannot be extended.", "The stay can be extended."),
        ("A card is not accepted.", "A card is accepted."),
        ("You must leave by air.", "You need not leave by air."),
        ("Paid work is allowed.", "Paid work is not allowed."),
        ("There is no limit.", "there is limit."),
        ("Dogs travel free.", "Dogs travel not free."),
    ],
)
def test_a_sentence_is_turned_to_its_opposite(said: str, turned: str) -> None:
    assert opposite(said, "en").lower().replace("  ", " ") == turned.lower()


@given(st.text(min_size=1, max_size=80), st.sampled_from(["en", "de", "ru", "zh", "xx", ""]))
def test_an_opposite_is_never_the_sentence(text: str, lang: str) -> None:
    assert opposite(text, lang) != text


def test_negative_words_of_other_languages_go() -> None:
    assert "nicht" not in opposite("Der Ausweis wird nicht anerkannt.", "de")


def test_an_answer_is_cut_into_its_statements() -> None:
    found = sentences(
        "Entry costs 10.50 euro. Children pay nothing! Is that so? 外国人不能进入。需要护照和签证。"
    )
    assert found == [
        "Entry costs 10.50 euro.",
        "Children pay nothing!",
        "外国人不能进入。",
        "需要护照和签证。",
    ]
    assert sentences("") == []
    assert sentences("Yes") == ["Yes"]


@pytest.mark.parametrize(
    ("said", "lang", "known", "agrees"),
    [
        ("30 дней", "ru", "up to five days", False),
        ("пять дней", "ru", "up to five days", True),
        ("a week", "en", "seven days", True),
        ("10,000 dollars", "en", "10,000 euro", False),
        ("10 000 Euro", "de", "10,000 euro", True),
        ("năm ngày", "vi", "up to five days", True),
        ("siku tano", "sw", "up to five days", True),
        ("öt nap", "hu", "up to ten days", False),
        ("पाँच दिन", "hi", "up to five days", True),
        ("ab dem 13. Februar", "de", "from 12 February", False),
        ("od 12 lutego", "pl", "from 12 February", True),
    ],
)
def test_numbers_of_two_languages_agree_or_clash(said: str, lang: str, known: str, agrees: bool) -> None:
    agree, clash = compared(quantities(said, lang), quantities(known, "en"))
    if agrees:
        assert (agree, clash) == (1, 0)
    else:
        assert agree == 0


def test_a_number_of_something_else_says_nothing() -> None:
    assert compared(quantities("30 euro", "en"), quantities("five days", "en")) == (0, 0)


def test_the_same_number_of_another_currency_goes_against_it() -> None:
    assert compared(quantities("10,000 dollars", "en"), quantities("10,000 euro", "en")) == (0, 1)
    assert compared(quantities("300 dollars", "en"), quantities("10,000 euro", "en")) == (0, 0)


def test_half_a_year_is_not_a_year() -> None:
    assert not quantities("half a year", "en")
