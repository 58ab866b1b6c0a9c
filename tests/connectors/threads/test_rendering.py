"""Threads counts characters, and emojis as bytes: never over the limit, no word lost, exact at the edge."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.fakes.threads import weight

from dragoman.channels.connector import Picture, Piece, Rendition
from dragoman.channels.connectors.threads import rendering
from dragoman.channels.connectors.threads.rendering import MAX_CHARACTERS, WHOLE, count, render

URL = "https://mfa.example/en/statements/five-days/"
PIECE = Piece("en", "Title", "Summary.", "Body.", URL, ("visa", "travel"))
PICTURE = Picture("0" * 64, "image/jpeg", 1200, 800, "Alt")
LETTERS = ["é", "e\u0301", "हि", "न्दी", "👩\u200d👩\u200d👧", "🇪🇪", "1\ufe0f\u20e3", "א", "。", "漢", "©"]
ALPHABET = st.sampled_from([*"abc .!?\n\n#0123@", *LETTERS])
TEXT = st.lists(ALPHABET, max_size=1500).map("".join)


def texts(rendition: Rendition) -> list[str]:
    return [part.text for part in rendition.parts]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("abc", 3),
        ("é", 1),
        ("न्दी", 4),  # code points: never fewer than the network may count
        ("👍", 4),
        ("👍🏽", 8),
        ("👩‍👩‍👧", 18),
        ("🇪🇪", 8),
        ("1️⃣", 7),
        ("漢字", 2),
        ("", 0),
    ],
)
def test_emojis_count_as_their_bytes_and_all_else_as_characters(text: str, counts: int) -> None:
    assert count(text) == counts


@given(TEXT)
def test_it_counts_as_the_network_does(text: str) -> None:
    assert count(text) >= weight(text)


@given(TEXT)
@example("a" + "\u0301" * 2000)
@example("👍" + "\u0301" * 2000)
@example("👍" * 400)
def test_no_part_is_over_the_limit_and_nothing_is_lost(body: str) -> None:
    rendition = render(replace(PIECE, title="", summary="", body=body), form=WHOLE)
    if "Shorten" in rendition.note:
        return
    for part in rendition.parts:
        assert count(part.text) <= MAX_CHARACTERS or part.unit == "links"
    bodies = texts(rendition)
    if len(bodies) > 1:
        bodies = [re.sub(rf" \({n}/{len(bodies)}\)$", "", text) for n, text in enumerate(bodies, 1)]
    assert "".join("".join(bodies).split()) == "".join(body.split())


@pytest.mark.parametrize("letter", ["a", "é", "漢", "א"])
def test_a_text_at_the_limit_is_one_post_and_one_more_is_a_thread(letter: str) -> None:
    at = replace(PIECE, title=letter * MAX_CHARACTERS, summary="", body="")
    assert len(render(at, form=WHOLE).parts) == 1
    assert len(render(replace(at, title=letter * (MAX_CHARACTERS + 1)), form=WHOLE).parts) == 2


def test_a_text_over_by_one_in_a_combining_script_is_cut_between_letters() -> None:
    rendition = render(replace(PIECE, title="हि" * 251, summary="", body=""), form=WHOLE)
    assert len(rendition.parts) == 2
    assert rendition.parts[0].text.removesuffix(" (1/2)").endswith("हि")


def test_a_thread_is_cut_at_sentence_ends_and_numbered() -> None:
    rendition = render(replace(PIECE, body="This is a sentence. " * 60), form=WHOLE)
    assert len(rendition.parts) == 3
    for n, part in enumerate(rendition.parts, 1):
        assert re.search(rf"\. \({n}/3\)$", part.text)


def test_the_link_is_a_card_without_pictures_and_in_the_text_with_them() -> None:
    plain = render(PIECE)
    assert plain.parts[0].extra["link"] == URL
    assert URL not in plain.parts[0].text
    pictured = render(replace(PIECE, pictures=(PICTURE, PICTURE)))
    assert "link" not in pictured.parts[0].extra
    assert pictured.parts[0].text.endswith(URL)
    assert pictured.parts[0].extra["pictures"] == 2
    assert pictured.warnings


def test_the_first_hashtag_that_can_be_one_is_the_topic_and_the_others_are_named() -> None:
    rendition = render(replace(PIECE, tags=("#a.b", "visa", "travel")))
    assert rendition.parts[0].extra["topic"] == "visa"
    assert "a.b, travel" in rendition.note
    assert "topic" not in render(replace(PIECE, tags=())).parts[0].extra


def test_more_than_five_links_are_over_the_limit() -> None:
    text = " ".join(f"https://example.org/{n}" for n in range(5))
    over = render(replace(PIECE, summary=text)).parts[0]
    assert (over.count, over.limit, over.unit) == (6, 5, "links")
    four = " ".join(f"www.example.org/{n}." for n in range(4))
    assert not render(replace(PIECE, summary=four)).parts[0].over
    assert not render(replace(PIECE, summary=" ".join([URL] * 8))).parts[0].over


def test_what_is_left_out_is_said() -> None:
    assert "body is not" in render(PIECE).note
    long = render(replace(PIECE, pictures=(replace(PICTURE, alt="x" * 1001),)))
    assert "description of picture 1 is cut" in long.note
    many = render(replace(PIECE, pictures=(PICTURE,) * 21))
    assert "first 20 pictures" in many.note
    assert many.parts[0].extra["pictures"] == 20


def test_a_text_for_more_than_25_posts_falls_back_and_says_so() -> None:
    rendition = render(replace(PIECE, body="word " * 4000), form=WHOLE)
    assert "needs over 25 posts" in rendition.note
    assert len(rendition.parts) == 1
    over = render(replace(PIECE, summary="word " * 4000))
    assert over.parts[0].over
    assert rendering.MAX_PARTS == 25
