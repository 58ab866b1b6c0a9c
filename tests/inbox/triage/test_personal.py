"""Personal data in public texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.personal import mask, personal_data

ANY = st.text(st.one_of(st.characters(), st.sampled_from("0123456789 -+()@.АВ")), max_size=200)


def found(text: str) -> list[tuple[str, str]]:
    return [(item.what, text[item.start : item.end]) for item in personal_data(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my passport MP1234567 please", [("passport", "MP1234567")]),
        ("паспорт МР 1234567", [("passport", "МР 1234567")]),
        ("护照 E12345678", [("passport", "E12345678")]),
        ("my passport number is 4510 123456", [("passport", "4510 123456")]),
        ("call +375 29 123-45-67", [("phone", "+375 29 123-45-67")]),
        ("8 029 123 45 67", [("phone", "8 029 123 45 67")]),
        ("هاتف ٠٥٠١٢٣٤٥٦٧", [("phone", "٠٥٠١٢٣٤٥٦٧")]),
        ("write to a.b+c@mail.example.by!", [("email", "a.b+c@mail.example.by")]),
        ("card 4111 1111 1111 1111", [("card", "4111 1111 1111 1111")]),
        ("to DE89 3704 0044 0532 0130 00 thanks", [("iban", "DE89 3704 0044 0532 0130 00")]),
        ("PESEL 44051401359", [("national_id", "44051401359")]),
        ("3141592A015PB4", [("national_id", "3141592A015PB4")]),
    ],
)
def test_it_is_found_where_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "flight B2 732 on 12.02.2017 at 23:40, from 10 000 euro, under law 2015/637",
        "passport valid until 12.02.2027, five days from 09012017",
        "card 4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 01",
        "10000000 roubles, 1000000 visitors in 2017-2018",
        "Edict No. 8 of 9 January 2017, 80 countries, 25 euro a day",
        "@minsk_airport and https://example.org/a?b=1",
        "do I need my passport for 5 days or 10000 euro insurance",
        "",
        "🎉🎉🎉",
    ],
)
def test_dates_prices_flights_and_laws_are_none(text: str) -> None:
    assert found(text) == []


@given(ANY)
def test_places_lie_in_the_text_in_order_and_masking_hides_them_and_keeps_the_length(text: str) -> None:
    items = personal_data(text)
    last = 0
    for item in items:
        assert last <= item.start < item.end <= len(text)
        last = item.end
    masked = mask(text, items)
    assert len(masked) == len(text)
    for item in items:
        assert not any(char.isalnum() for char in masked[item.start : item.end])


def test_a_hundred_kilobytes_of_digits_end_soon() -> None:
    assert len(mask("1" * 100_000, personal_data("1 " * 50_000))) == 100_000
