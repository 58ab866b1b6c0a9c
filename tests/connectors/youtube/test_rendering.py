"""A film's title and description as YouTube takes them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Piece, Rendition, Video
from dragoman.channels.connectors.youtube.rendering import render

FILM = Video("0" * 64, "video/mp4", 9, captions={"en": "WEBVTT"})
PIECE = Piece("en", "Title", "In short.", "Long.", "https://mfa.example/en/x/", ("visa",), videos=(FILM,))


def test_the_words_around_the_film() -> None:
    rendition = render(PIECE)
    (part,) = rendition.parts
    assert part.extra["title"] == "Title"
    assert part.extra["description"] == "In short.\n\nLong.\n\nhttps://mfa.example/en/x/\n\n#visa"
    assert part.text == f"{part.extra['title']}\n\n{part.extra['description']}"
    assert (rendition.note, rendition.warnings) == ("", ())
    assert Rendition.from_json(rendition.as_json()) == rendition


def test_a_statement_without_a_film_is_over_the_limit_of_none() -> None:
    (part,) = render(replace(PIECE, videos=())).parts
    assert (part.count, part.limit, part.over, part.unit) == (1, 0, 1, "posts without a film")


def test_the_film_may_have_a_title_of_its_own() -> None:
    assert (
        render(replace(PIECE, videos=(replace(FILM, title="Five days"),))).parts[0].extra["title"]
        == "Five days"
    )


@pytest.mark.parametrize("letter", ["a", "é", "क", "م"])
def test_a_title_holds_a_hundred_and_not_one_more(letter: str) -> None:
    assert not render(replace(PIECE, title=letter * 100)).parts[0].over
    over = render(replace(PIECE, title=letter * 101)).parts[0]
    assert (over.count, over.limit) == (101, 100)
    assert "title" in over.unit


def test_an_emoji_counts_two_in_a_title() -> None:
    assert not render(replace(PIECE, title="😀" * 50)).parts[0].over
    assert render(replace(PIECE, title="😀" * 51)).parts[0].over


@pytest.mark.parametrize("letter", ["a", "ж", "क", "😀"])
def test_a_description_holds_five_thousand_bytes_and_not_one_more(letter: str) -> None:
    size = len(letter.encode())
    fits = letter * (5000 // size) + "a" * (5000 % size)
    bare = replace(PIECE, body="", url="", tags=())
    assert render(replace(bare, summary=fits)).parts[0].count == 5000
    assert render(replace(bare, summary=fits + "a")).parts[0].over == 1


def test_a_text_too_long_for_a_description_gives_way_to_its_summary_and_says_so() -> None:
    rendition = render(replace(PIECE, body="Word. " * 2000))
    assert rendition.parts[0].extra["description"] == "In short.\n\nhttps://mfa.example/en/x/\n\n#visa"
    assert "too long for a description" in rendition.note


def test_angle_brackets_are_written_otherwise_and_it_says_so() -> None:
    rendition = render(replace(PIECE, title="a < b", body="c > d"))
    assert "a ‹ b" in rendition.parts[0].text
    assert "c › d" in rendition.parts[0].text
    assert "‹ and ›" in rendition.note


def test_missing_captions_and_further_films_are_told() -> None:
    rendition = render(replace(PIECE, lang="lt", videos=(FILM, FILM)))
    assert "no captions" in rendition.warnings[0]
    assert "first of 2 films" in rendition.note


@given(st.text(max_size=300), st.text(max_size=3000), st.text(max_size=9000))
def test_no_word_is_lost_without_a_note(title: str, summary: str, body: str) -> None:
    rendition = render(replace(PIECE, title=title, summary=summary, body=body))
    (part,) = rendition.parts
    assert not set("<>") & set(part.text)
    for words in (title, summary, body):
        plain = words.strip().replace("<", "‹").replace(">", "›")
        assert plain in part.text or "too long" in rendition.note
