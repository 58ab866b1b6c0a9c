"""The words around the texts: whole in ten languages, overridable, and dates as each language writes them."""

import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dragoman.public import words

LANGS = ("be", "ru", "uk", "de", "fr", "es", "pl", "ar", "zh")
ENGLISH = words.load("en")
SAME = {"day_time", "month_form", "crest"}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("lang", LANGS)
def test_language_has_every_word_with_the_same_gaps(lang: str) -> None:
    own = words._read(words.PACKAGED / f"{lang}.toml", 1)
    assert set(own) | SAME == set(ENGLISH) | SAME
    for key, text in own.items():
        assert gaps(text) == gaps(ENGLISH[key]), key


def test_unknown_language_has_english_words() -> None:
    assert words.load("xx")["verify"] == ENGLISH["verify"]
    assert words.load("de-AT")["verify"] == words.load("de")["verify"]


def test_ministry_puts_its_own_words_over_ours(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.toml").write_text('ministry = "Ministry of Neighbours"\n')
    assert words.load("en", tmp_path)["ministry"] == "Ministry of Neighbours"
    assert words.load("en", tmp_path)["verify"] == ENGLISH["verify"]
    assert words.load("en")["ministry"] == ENGLISH["ministry"]


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", "11 January 2017, 12:00"),
        ("de", "11. Januar 2017, 12:00"),
        ("ru", "11 января 2017\u202fг., 12:00"),
        ("zh", "2017年1月11日 12:00"),
        ("ar", "11 يناير 2017، الساعة 12:00"),
        ("xx", "11 January 2017, 12:00"),
    ],
)
def test_moment_is_written_as_the_language_does(lang: str, shown: str) -> None:
    noon = datetime(2017, 1, 11, 9, 0, tzinfo=UTC)
    assert words.day_and_time(noon, lang, "Europe/Minsk") == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Minsk", "Minsk (UTC+3)"),
        ("Asia/Kathmandu", "Kathmandu (UTC+5:45)"),
        ("America/New_York", "New York (UTC-5)"),
        ("UTC", "UTC"),
        ("Nowhere/Land", "UTC"),
    ],
)
def test_zone_is_named_by_its_city_and_its_distance(zone: str, shown: str) -> None:
    assert words.zone_name(datetime(2017, 1, 11, 9, 0, tzinfo=UTC), "en", zone) == shown


def test_language_is_named_in_its_own_script() -> None:
    assert [words.language_name(code) for code in ("en", "be", "ar", "zh", "xx")] == [
        "English",
        "Беларуская",
        "العربية",
        "中文",
        "xx",
    ]
