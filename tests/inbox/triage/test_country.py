"""The country that a writer states."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.country import Countries

COUNTRIES = Countries()
ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "quality/train/countries.jsonl").read_text("utf-8").splitlines()
]


def stated(text: str, own: str = "BY") -> list[tuple[str, str]]:
    return [(guess.code, guess.kind) for guess in COUNTRIES.stated(text, own)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_every_worked_example_reads_as_it_should(row: dict[str, object]) -> None:
    assert stated(str(row["text"]), str(row["own"])) == [tuple(pair) for pair in row["states"]]  # type: ignore[attr-defined]  # JSON


def test_a_passport_is_a_nationality_a_city_is_a_place_and_a_home_is_a_residence() -> None:
    text = "Polish passport, I live in Berlin and fly from Vilnius to Minsk"
    assert stated(text) == [("PL", "nationality"), ("DE", "residence"), ("LT", "place")]


@pytest.mark.parametrize(
    "text",
    [
        "Do I need a visa for Belarus?",
        "Earthquake in Turkey, no casualties",
        "A Schengen visa issued by Poland",
        "I want to go to Georgia and Armenia afterwards",
        "Два литовца задержаны в Минске",
        "Is it open to all of us from here?",
        "Je ne suis pas polonais",
        "",
        "\ud800\u200b",
    ],
)
def test_a_country_that_is_only_named_is_not_the_writers(text: str) -> None:
    assert stated(text) == []


def test_the_ministrys_own_country_is_no_place_to_come_from_but_can_be_a_home() -> None:
    assert stated("I fly from Minsk to Rome") == []
    assert stated("I fly from Minsk to Rome", own="IT") == [("BY", "place")]
    assert stated("I live in Minsk") == [("BY", "residence")]


def test_it_says_how_it_knows() -> None:
    guess = COUNTRIES.stated("Hello, I am a citizen of the Republic of Lithuania.")[0]
    assert guess.how == "citizen of the republic of lithuania"
    assert guess.model == COUNTRIES.model_id


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for guess in COUNTRIES.stated(text):
        assert len(guess.code) == 2
        assert guess.kind in {"nationality", "residence", "place"}
