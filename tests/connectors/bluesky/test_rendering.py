"""Counting and cutting as Bluesky does. Bytes and clusters are checked against the real server in peers."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Picture, Piece, Rendition, Video
from dragoman.channels.connectors.bluesky import keys
from dragoman.channels.connectors.bluesky.rendering import (
    MAX_BYTES,
    MAX_GRAPHEMES,
    render,
    thread,
)
from dragoman.lib.text.measures import graphemes, utf8_bytes

WORDS = st.sampled_from(
    [
        *(
            "The",
            "rule",
            "visa.",
            "Art. 5",
            "days!",
            "ends?",
            "https://mfa.example/a_(b)?c=1,",
            "#visa",
            "\n\n",
        ),
        *("правило.", "والمدارس", "٣٠", "अनुच्छेद", "क्षत्रिय।", "五日間の免除。", "👨‍👩‍👧‍👦", "🇫🇷", "é" * 40),
    ]
)
PROSE = st.lists(WORDS, max_size=400).map(" ".join)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=2000)
FAMILY = "👨‍👩‍👧‍👦"


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(PROSE | ANYTHING)
def test_no_post_is_over_a_limit_and_no_text_is_lost(source: str) -> None:
    slices = thread(source, most=10_000)
    for each in slices:
        assert graphemes(each.text) <= MAX_GRAPHEMES
        assert utf8_bytes(each.text) <= MAX_BYTES
    assert squeezed("".join(each.body for each in slices)) == squeezed(source)


@given(PROSE)
def test_posts_join_back_to_the_source_with_white_space_between(source: str) -> None:
    slices = thread(source, most=10_000)
    end = 0
    for each in slices:
        assert source.strip()[end : each.start].strip() == ""
        end = each.start + len(each.body)
    assert end == len(source.strip())


@given(PROSE)
def test_each_post_of_a_thread_ends_with_its_number(source: str) -> None:
    slices = thread(source, most=10_000)
    if len(slices) > 1:
        for n, each in enumerate(slices, 1):
            assert each.text == f"{each.body} ({n}/{len(slices)})"


@given(PROSE)
def test_facets_point_at_the_bytes_they_name(source: str) -> None:
    for each in thread(source, most=10_000):
        for facet in each.facets:
            at = facet["index"]
            words = each.text.encode()[at["byteStart"] : at["byteEnd"]].decode()
            feature = facet["features"][0]
            assert words in feature.get("uri", "#" + feature.get("tag", ""))


def test_a_link_after_letters_of_several_bytes_is_found_by_bytes() -> None:
    (one,) = thread("Déclaration 🇫🇷 : https://mfa.example.")
    assert one.facets[0]["index"] == {"byteStart": 24, "byteEnd": 43}
    assert one.facets[0]["features"][0]["uri"] == "https://mfa.example"


def test_a_bracket_that_belongs_to_a_link_stays_in_it() -> None:
    (one,) = thread("(see https://en.example/wiki/Visa_(document))")
    assert one.facets[0]["features"][0]["uri"] == "https://en.example/wiki/Visa_(document)"


def test_a_hashtag_is_marked_and_a_name_stays_plain() -> None:
    (one,) = thread("#visa #визы #5 and @someone.example")
    assert [facet["features"][0]["tag"] for facet in one.facets] == ["visa", "визы"]


def test_a_fragment_of_a_link_is_no_hashtag() -> None:
    (one,) = thread("https://mfa.example/#visa")
    assert len(one.facets) == 1


@pytest.mark.parametrize(
    ("text", "posts"),
    [("a" * 300, 1), ("a" * 301, 2), (FAMILY * 120, 1), (FAMILY * 121, 2), ("क्षि" * 300, 2)],
)
def test_the_two_limits_hold_together(text: str, posts: int) -> None:
    assert len(thread(text)) == posts


def test_a_long_text_is_cut_after_a_sentence() -> None:
    first, second = thread("One two three. " * 25)
    assert first.body.endswith("three.")
    assert second.body.startswith("One")


def test_a_paragraph_is_a_better_cut_than_a_sentence() -> None:
    first, _ = thread("Ab cd. " * 30 + "\n\n" + "Ef gh. " * 30)
    assert first.body == ("Ab cd. " * 30).strip()


def test_an_abbreviation_before_a_number_is_no_end_of_a_sentence() -> None:
    first, _ = thread("x" * 270 + ". Under Art. 5 of the treaty " + "y" * 100)
    assert first.body == "x" * 270 + "."


def test_a_link_that_a_cut_divides_leads_to_the_right_page_on_both_sides() -> None:
    link = "https://mfa.example/" + "a" * 400
    slices = thread(link)
    assert {each.facets[0]["features"][0]["uri"] for each in slices} == {link}


def test_a_single_letter_larger_than_a_post_is_cut_between_its_accents() -> None:
    assert len(thread("e" + "́" * 4000)) == 3


PIECE = Piece("en", "Title", "In short.", "Long. " * 200, "https://mfa.example/en/x/", ("visa", "#travel"))


def test_the_summary_form_says_that_the_body_is_elsewhere() -> None:
    rendition = render(PIECE)
    assert [part.text for part in rendition.parts] == ["Title\n\nIn short.\n\n#visa #travel"]
    assert "whole text" in rendition.note
    assert rendition.parts[0].extra["card"]["uri"] == PIECE.url


def test_the_whole_form_is_a_thread_with_one_card() -> None:
    rendition = render(PIECE, form="whole")
    assert len(rendition.parts) > 3
    assert ["card" in part.extra for part in rendition.parts].count(True) == 1
    assert rendition.note == ""


def test_a_whole_text_that_is_too_long_for_a_thread_says_what_it_leaves_out() -> None:
    rendition = render(Piece("en", "T", "S", "Word. " * 3000, "https://mfa.example"), form="whole")
    assert len(rendition.parts) == 1
    assert "more than 25 posts" in rendition.note


def test_a_text_too_long_in_any_form_is_shown_as_over_its_limit() -> None:
    rendition = render(Piece("en", "T", "", "Word. " * 3000, "https://mfa.example"))
    assert rendition.parts[0].over > 0


@given(PROSE)
def test_a_rendition_survives_its_json(source: str) -> None:
    rendition = render(Piece("en", "Title", "", source, "https://mfa.example"))
    assert Rendition.from_json(rendition.as_json()) == rendition


@given(st.text(max_size=40), st.integers(0, 24), st.integers(0, 4_000_000_000))
def test_a_record_key_is_a_tid_and_depends_on_the_key_alone(key: str, part: int, second: int) -> None:
    at = datetime.fromtimestamp(second, UTC)
    made = keys.record_key(key, at, part)
    assert re.fullmatch("[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", made)
    assert made == keys.record_key(key, at, part)
    assert made < keys.record_key(key, at, part + 1)


def test_record_keys_of_many_deliveries_in_one_second_differ() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert len({keys.record_key(f"d{n}", at, 0) for n in range(5000)}) == 5000


FIVE = tuple(Picture(f"{n}" * 64, "image/png", 40, 30, f"Picture {n}") for n in range(5))
WITH_PICTURES = Piece("en", "Title", "In short.", "Long.", "https://mfa.example/en/x/", pictures=FIVE)


def test_pictures_stand_in_the_post_with_their_words_and_the_link_in_the_text() -> None:
    rendition = render(WITH_PICTURES)
    (part,) = rendition.parts
    assert [one["alt"] for one in part.extra["images"]] == [f"Picture {n}" for n in range(4)]
    assert "card" not in part.extra
    assert part.text.endswith(WITH_PICTURES.url)
    assert part.extra["facets"][-1]["features"][0]["uri"] == WITH_PICTURES.url
    assert "first 4 of 5 pictures" in rendition.note
    assert "The link leads" in rendition.note
    assert Rendition.from_json(rendition.as_json()) == rendition


def test_pictures_may_stand_on_the_card_instead() -> None:
    (part,) = render(WITH_PICTURES, pictures="card").parts
    assert "images" not in part.extra
    assert part.extra["card"]["uri"] == WITH_PICTURES.url


def test_a_film_is_left_to_the_page_in_words() -> None:
    film = Piece("en", "T", "S", "", "https://mfa.example/", videos=(Video("0" * 64, "video/mp4", 9),))
    assert "film is not in the post" in render(film).note
