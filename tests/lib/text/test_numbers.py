"""What people write in many languages is read back as the value they meant."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.lib.text.dates import dates, times
from dragoman.lib.text.digits import fold_digits, value_of
from dragoman.lib.text.numbers import mentions, numbers

LOCALES = [
    "en",
    "en_GB",
    "ru",
    "be",
    "uk",
    "de",
    "fr",
    "es",
    "pl",
    "ar",
    "zh",
    "it",
    "pt",
    "lt",
    "lv",
    "et",
    "tr",
    "fa",
    "hi",
    "ja",
    "ko",
    "vi",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "cs",
    "sk",
    "sl",
    "hr",
    "sr",
    "bg",
    "ro",
    "hu",
    "el",
    "he",
    "id",
    "ms",
    "th",
    "ka",
    "hy",
    "az",
    "kk",
    "uz",
    "ca",
    "eu",
    "ga",
    "is",
    "mk",
    "sq",
    "bn",
    "ta",
    "te",
    "mr",
    "gu",
    "kn",
    "ml",
    "sw",
    "af",
    "zu",
]


@pytest.mark.parametrize("locale", LOCALES)
@settings(max_examples=12, deadline=None)
@given(day=st.dates(date(1950, 1, 1), date(2049, 12, 31)), style=st.sampled_from(["long", "medium"]))
def test_date_written_by_cldr_is_read_back(locale: str, day: date, style: str) -> None:
    written = format_date(day, style, locale=locale)
    found = dates(f"({written})", locale.replace("_", "-"))
    assert [(d.year, d.month, d.day) for d in found] == [(day.year, day.month, day.day)], written


@pytest.mark.parametrize("locale", LOCALES)
@settings(max_examples=20, deadline=None)
@given(
    value=st.one_of(st.integers(0, 10**9), st.decimals(0, 10**6, places=2)).map(Decimal),
    system=st.sampled_from(["latn", "default"]),
)
def test_number_written_by_cldr_is_read_back(locale: str, value: Decimal, system: str) -> None:
    written = format_decimal(value, locale=locale, numbering_system=system)
    (found,) = numbers(f"({written})", locale.replace("_", "-"))
    assert found.value == value, written


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "12 February 2017"),
        ("en", "February 12, 2017"),
        ("en", "12th of February 2017"),
        ("en", "12 Feb 2017"),
        ("en-GB", "12/02/2017"),
        ("en", "2/12/2017"),
        ("en", "2017-02-12"),
        ("be", "12 лютага 2017 года"),
        ("ru", "12 февраля 2017 г."),
        ("ru", "12.02.2017"),
        ("ru", "12 ФЕВРАЛЯ 2017"),
        ("uk", "12 лютого 2017 року"),
        ("de", "12. Februar 2017"),
        ("de", "12.2.2017"),
        ("fr", "12 février 2017"),
        ("es", "12 de febrero de 2017"),
        ("pl", "12 lutego 2017 r."),
        ("ar", "١٢ فبراير ٢٠١٧"),
        ("ar", "12 شباط 2017"),
        ("ar", "12\u200f/2\u200f/2017"),
        ("zh", "2017年2月12日"),
        ("lt", "2017 m. vasario 12 d."),
        ("lv", "2017. gada 12. februārī"),
        ("hu", "2017. február 12."),
        ("vi", "ngày 12 tháng 2 năm 2017"),
        ("ko", "2017년 2월 12일"),
        ("tr", "12 Şubat 2017"),
        ("hi", "१२ फ़रवरी २०१७"),
    ],
)
def test_date_is_read_in_the_writing_of_its_language(lang: str, text: str) -> None:
    (found,) = dates(f"x {text}, y", lang)
    assert (found.year, found.month, found.day) == (2017, 2, 12)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Up to 5 may enter, 12 march on."),
        ("en", "Between 5 and 12 people; 3.14; 1.2.3; F12; 10:30"),
        ("ru", "не более 5 дней и 12 раз"),
        ("en", "Room 99/99/2017"),
    ],
)
def test_what_is_no_date_is_left_alone(lang: str, text: str) -> None:
    assert dates(text, lang) == ()


@pytest.mark.parametrize(
    ("lang", "text", "hour", "minute"),
    [
        ("en", "at 23:40", 23, 40),
        ("en", "at 11:40 p.m.", 23, 40),
        ("en", "at 12:05 am", 0, 5),
        ("fr", "à 23 h 40", 23, 40),
        ("fr", "à 23h40", 23, 40),
        ("de", "um 23.40 Uhr", 23, 40),
        ("de", "um 8 Uhr", 8, 0),
        ("ar", "الساعة ٢٣:٤٠", 23, 40),
        ("zh", "晚上11点40分", 23, 40),
        ("en", "10:00 (UTC+3)", 10, 0),
    ],
)
def test_time_of_day_is_read(lang: str, text: str, hour: int, minute: int) -> None:
    (found,) = times(text, lang)
    assert (found.hour, found.minute) == (hour, minute)


@pytest.mark.parametrize(
    ("lang", "text", "value", "unit"),
    [
        ("en", "five days", 5, "day"),
        ("en", "five calendar days", 5, "day"),
        ("en", "a 5-day stay", 5, "day"),
        ("en", "10,000 euro", 10000, "EUR"),
        ("en", "€10,000", 10000, "EUR"),
        ("en", "EUR 10 000", 10000, "EUR"),
        ("en", "ten thousand dollars", 10000, "USD"),
        ("en", "1.2 million euros", 1200000, "EUR"),
        ("en", "twenty-five km", 25, "km"),
        ("en", "2.5%", 2.5, "percent"),
        ("en", "80 countries", 80, ""),
        ("ru", "до пяти дней", 5, "day"),
        ("ru", "пятидневный", 5, "day"),
        ("ru", "10 тыс. евро", 10000, "EUR"),
        ("ru", "восьмидесяти стран", 80, ""),
        ("be", "пяці дзён", 5, "day"),
        ("uk", "п’яти днів", 5, "day"),
        ("de", "10.000 Euro", 10000, "EUR"),
        ("de", "fünf Tagen", 5, "day"),
        ("de", "2,5 Prozent", 2.5, "percent"),
        ("fr", "10 000 euros", 10000, "EUR"),
        ("es", "cinco días", 5, "day"),
        ("pl", "pięciu dni", 5, "day"),
        ("ar", "خمسة أيام", 5, "day"),
        ("ar", "يومين", 2, "day"),
        ("ar", "باثنتي عشرة لغة", 12, ""),
        ("ar", "10 آلاف يورو", 10000, "EUR"),
        ("ar", "و120 ساعة", 120, "hour"),
        ("ar", "١٠٬٠٠٠ يورو", 10000, "EUR"),
        ("zh", "五天", 5, "day"),
        ("zh", "1万欧元", 10000, "EUR"),
        ("zh", "八十个国家", 80, ""),
        ("hi", "१,००,००० लोग", 100000, ""),
        ("ja", "5日間", 5, "day"),
        ("ko", "5일", 5, "day"),
        ("lt", "penkias dienas", 5, "day"),
        ("it", "diecimila euro", 10000, "EUR"),
    ],
)
def test_number_is_read_with_its_unit(lang: str, text: str, value: float, unit: str) -> None:
    (found,) = numbers(text, lang)
    assert (found.value, found.unit) == (Decimal(str(value)), unit)


@pytest.mark.parametrize("text", ["[F1] and F12", "COVID-19", "A320", "+375 17 327 29 22"])
def test_digits_of_names_and_telephones_are_no_numbers(text: str) -> None:
    assert numbers(text, "en") == ()


def test_year_is_a_number_without_unit_in_every_language() -> None:
    assert [(n.value, n.unit) for n in numbers("в 2017 году", "ru")] == [(Decimal(2017), "")]


@pytest.mark.parametrize(
    ("run", "decimal", "group", "value"),
    [
        ("10.000", ",", ".", "10000"),
        ("10.000", ".", ",", "10"),
        ("10,000", ".", ",", "10000"),
        ("10,5", ".", ",", "10.5"),
        ("1.234.567,89", ",", ".", "1234567.89"),
        ("1’234.5", ".", "’", "1234.5"),
        ("1,00,000", ".", ",", "100000"),
        ("1\u202f234,5", ",", "\u202f", "1234.5"),
        ("1.2.3", ".", ",", None),
    ],
)
def test_marks_are_read_as_the_language_writes_them(
    run: str, decimal: str, group: str, value: str | None
) -> None:
    expected = None if value is None else Decimal(value)
    assert value_of(run, decimal=decimal, group=group) == expected


@given(st.text())
def test_folding_digits_keeps_every_place(text: str) -> None:
    assert len(fold_digits(text)) == len(text)


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "ar", "ru", "zh", "vi", "xx", "lt", ""]))
def test_any_text_is_read_without_failing_and_places_are_true(text: str, lang: str) -> None:
    found = mentions(text, lang)
    last = 0
    for mention in found:
        assert last <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.words
        last = mention.end
