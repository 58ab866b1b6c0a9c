"""Instagram's captions: never over the limit without being told, no word lost, no post without a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.channels.connector import Picture, Piece
from dragoman.channels.connectors.instagram.rendering import (
    MAX_CHARACTERS,
    MAX_HASHTAGS,
    WHOLE,
    count,
    render,
    well_shaped,
)

PICTURE = Picture("0" * 64, "image/jpeg", 1080, 1080, "Alt")
PIECE = Piece("en", "Title", "Summary.", "Body.", "https://mfa.example/en/x/", ("visa",), (PICTURE,))
LETTERS = ["e\u0301", "न्दी", "👩\u200d👩\u200d👧", "א", "漢", "#a ", "@b "]
TEXT = st.lists(st.sampled_from([*"abc .\n", *LETTERS]), max_size=1500).map("".join)


@given(TEXT, TEXT)
@example("a" + "\u0301" * 3000, "")
def test_nothing_is_cut_and_what_is_too_much_is_over(title: str, summary: str) -> None:
    rendition = render(replace(PIECE, title=title, summary=summary))
    (part,) = rendition.parts
    assert "".join((title + summary).split()) in "".join(part.text.split())
    assert part.over or count(part.text) <= MAX_CHARACTERS
    assert part.over or part.text.count("#a") <= MAX_HASHTAGS


@pytest.mark.parametrize("letter", ["a", "é", "א", "漢"])
def test_the_limit_is_exact(letter: str) -> None:
    bare = replace(PIECE, url="", tags=(), summary="", body="")
    assert not render(replace(bare, title=letter * MAX_CHARACTERS)).parts[0].over
    assert render(replace(bare, title=letter * (MAX_CHARACTERS + 1))).parts[0].over == 1


def test_an_emoji_counts_at_least_what_the_network_may_count() -> None:
    assert count("👍") == 2
    assert count("हि") == 2


def test_a_piece_without_a_picture_is_over_so_that_nobody_approves_it() -> None:
    rendition = render(replace(PIECE, pictures=()))
    (part,) = rendition.parts
    assert part.over == 1
    assert part.unit == "posts without a picture"
    assert part.extra["needs_picture"]
    assert "no post without a picture" in rendition.note


def test_the_address_is_written_out_to_be_read() -> None:
    rendition = render(PIECE)
    assert "\n\nmfa.example/en/x/\n\n#visa" in rendition.parts[0].text
    assert "https://" not in rendition.parts[0].text
    assert "written out" in rendition.note


def test_five_hashtags_are_used_and_the_others_are_named() -> None:
    tags = tuple(f"tag{n}" for n in range(7))
    rendition = render(replace(PIECE, tags=tags))
    assert rendition.parts[0].text.count("#") == 5
    assert "tag5, tag6" in rendition.note
    standing = render(replace(PIECE, tags=tags, summary="#one and #two"))
    assert standing.parts[0].text.count("#") == 5
    over = render(replace(PIECE, tags=(), summary="#a #b #c #d #e #f"))
    assert (over.parts[0].count, over.parts[0].limit, over.parts[0].unit) == (6, 5, "hashtags")


def test_more_than_twenty_names_are_over() -> None:
    part = render(replace(PIECE, summary=" ".join(f"@name{n}" for n in range(21)))).parts[0]
    assert (part.count, part.limit, part.unit) == (21, 20, "names")
    assert not render(replace(PIECE, summary="write to visa@mfa.example")).parts[0].over


def test_the_whole_text_is_taken_where_it_fits() -> None:
    assert "Body." in render(PIECE, form=WHOLE).parts[0].text
    long = render(replace(PIECE, body="word " * 600), form=WHOLE)
    assert "word" not in long.parts[0].text
    assert "too long for a caption" in long.note
    assert "body is not" in render(PIECE).note


def test_what_the_network_will_refuse_is_told_before_approval() -> None:
    tall = replace(PICTURE, width=800, height=1200)
    assert "refuse picture 2" in render(replace(PIECE, pictures=(PICTURE, tall))).warnings[0]
    assert not any("refuse" in said for said in render(PIECE).warnings)
    assert any("cannot be taken down" in said for said in render(PIECE).warnings)


@pytest.mark.parametrize(
    ("width", "height", "well"),
    [
        (1080, 1350, True),
        (1080, 566, True),
        (1080, 1080, True),
        (1080, 1400, False),
        (1920, 800, False),
        (0, 0, True),
    ],
)
def test_shapes_are_known(width: int, height: int, well: bool) -> None:
    assert well_shaped(replace(PICTURE, width=width, height=height)) is well


def test_what_is_left_out_is_said() -> None:
    many = render(replace(PIECE, pictures=(PICTURE,) * 11))
    assert "first 10 pictures" in many.note
    assert many.parts[0].extra["pictures"] == 10
    assert "is cut after" in render(replace(PIECE, pictures=(replace(PICTURE, alt="x" * 1001),))).note
