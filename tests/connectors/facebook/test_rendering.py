"""A Facebook post: counted, never cut, with its link as a card or in the text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Picture, Piece
from dragoman.channels.connectors.facebook.rendering import MAX_CHARACTERS, WHOLE, count, render

PICTURE = Picture("0" * 64, "image/jpeg", 1080, 1080, "Alt")
URL = "https://mfa.example/en/x/"
PIECE = Piece("en", "Title", "Summary.", "Body.", URL, ("visa", "#travel"))


@given(st.text(max_size=600), st.text(max_size=600), st.text(max_size=600))
def test_nothing_is_cut(title: str, summary: str, body: str) -> None:
    (part,) = render(replace(PIECE, title=title, summary=summary, body=body), form=WHOLE).parts
    assert "".join((title + summary + body).split()) in "".join(part.text.split())
    assert part.count == count(part.text)


@pytest.mark.parametrize("letter", ["a", "é", "א", "漢"])
def test_the_limit_is_exact(letter: str) -> None:
    bare = replace(PIECE, url="", tags=(), summary="", body="")
    assert not render(replace(bare, title=letter * MAX_CHARACTERS)).parts[0].over
    assert render(replace(bare, title=letter * (MAX_CHARACTERS + 1))).parts[0].over == 1


def test_a_text_over_by_one_in_a_combining_script_is_over() -> None:
    bare = replace(PIECE, url="", tags=(), summary="", body="")
    assert not render(replace(bare, title="हि" * (MAX_CHARACTERS // 2))).parts[0].over
    assert render(replace(bare, title="हि" * (MAX_CHARACTERS // 2) + "क")).parts[0].over == 1


def test_the_link_is_a_card_without_pictures_and_in_the_text_with_them() -> None:
    plain = render(PIECE).parts[0]
    assert plain.extra == {"link": URL}
    assert plain.text == "Title\n\nSummary.\n\n#visa #travel"
    pictured = render(replace(PIECE, pictures=(PICTURE, PICTURE))).parts[0]
    assert pictured.extra == {"pictures": 2}
    assert URL in pictured.text


def test_an_answer_carries_the_link_in_its_text_and_no_pictures() -> None:
    rendition = render(replace(PIECE, reply_to="1_2", pictures=(PICTURE,)))
    assert rendition.parts[0].extra == {}
    assert URL in rendition.parts[0].text
    assert rendition.parts[0].limit == 8000
    assert "not in an answer" in rendition.note


def test_what_is_left_out_is_said() -> None:
    assert "body is not" in render(PIECE).note
    assert render(PIECE, form=WHOLE).note == ""
    assert "Body." in render(PIECE, form=WHOLE).parts[0].text
    assert "first 10 pictures" in render(replace(PIECE, pictures=(PICTURE,) * 11)).note
