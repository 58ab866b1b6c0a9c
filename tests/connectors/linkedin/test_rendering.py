"""How a piece looks on LinkedIn: counted, marked up so that nothing is dropped, with a card or pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.linkedin import seen

from dragoman.channels.connector import Picture, Piece, Rendition
from dragoman.channels.connectors.linkedin.little import RESERVED, comparable, escaped, little, visible
from dragoman.channels.connectors.linkedin.rendering import WHOLE, hashtag, render

LINK = "https://www.mfa.example/en/statements/x_(2)/#part"
TEXT = st.lists(
    st.sampled_from([*RESERVED, *"ab #\n.1é签ت", "🇫🇷", "e\u0301", "#visa", "https://m.example/#a_b "]),
    max_size=80,
).map("".join)


@given(TEXT)
def test_readers_see_the_text_as_it_was_meant(text: str) -> None:
    assert visible(little(text)) == text
    assert visible(escaped(text)) == text


@given(TEXT)
def test_no_reserved_sign_makes_linkedin_drop_the_rest(text: str) -> None:
    assert seen(little(text)) == text


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("plain", "plain"),
        ("(in brackets)", "\\(in brackets\\)"),
        ("a_b*c~d|e<f>g[h]i{j}k@l\\m", "a\\_b\\*c\\~d\\|e\\<f\\>g\\[h\\]i\\{j\\}k\\@l\\\\m"),
        ("See #visa", "See {hashtag|\\#|visa}"),
        ("#five_days", "{hashtag|\\#|five\\_days}"),
        ("#5 and a#b", "\\#5 and a\\#b"),
        ("https://m.example/#visa", "https://m.example/\\#visa"),
        ("@Ministry", "\\@Ministry"),
        ("#تأشيرة", "{hashtag|\\#|تأشيرة}"),
    ],
)
def test_the_markup(text: str, markup: str) -> None:
    assert little(text) == markup


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("{hashtag|#|Technology}", "#Technology"),
        ("{hashtag|\\#|five\\_days}", "#five_days"),
        ("Hello @[Acme Corp](urn:li:organization:1234)", "Hello Acme Corp"),
        ("\\(x\\)", "(x)"),
        ("{hashtag", "{hashtag"),
        ("#plain", "#plain"),
    ],
)
def test_what_linkedin_gives_back_is_read(markup: str, text: str) -> None:
    assert visible(markup) == text


PIECE = Piece("en", "Title", "In short (5).", "Long. " * 120, LINK, ("visa", "five days"))


def picture(n: int = 0, media_type: str = "image/png", alt: str = "Alt", width: int = 4) -> Picture:
    return Picture(f"{n:064x}", media_type, width, width, alt)


def test_the_summary_has_a_card_of_our_own_page() -> None:
    rendition = render(PIECE)
    (part,) = rendition.parts
    assert part.text == "Title\n\nIn short (5).\n\n#visa #FiveDays"
    assert part.extra["commentary"].startswith("Title\n\nIn short \\(5\\).\n\n{hashtag|\\#|visa}")
    assert part.extra["card"] == {"source": LINK, "title": "Title", "description": "In short (5)."}
    assert "body is not" in rendition.note


def test_with_pictures_the_link_is_in_the_text() -> None:
    rendition = render(Piece("en", "Title", "S", "", LINK, pictures=(picture(), picture(1, "image/webp"))))
    (part,) = rendition.parts
    assert part.text.endswith(LINK)
    assert part.extra["pictures"] == [{"sha256": "0" * 64, "alt": "Alt"}]
    assert "card" not in part.extra
    assert "left out" in rendition.note


@pytest.mark.parametrize(
    ("text", "count", "over"),
    [
        *(("a" * 3000, 3000, 0), ("a" * 3001, 3001, 1), ("签" * 3000, 3000, 0), ("签" * 3001, 3001, 1)),
        *(
            ("क्षि" * 750, 3000, 0),
            ("क्षि" * 750 + "क", 3001, 1),
            ("😀" * 1500, 3000, 0),
            ("😀" * 1501, 3002, 2),
        ),
        *(("ب" * 3000, 3000, 0), ("e\u0301" * 3000, 3000, 0)),
    ],
)
def test_the_limit_and_one_more(text: str, count: int, over: int) -> None:
    (part,) = render(Piece("en", "", text, "", "")).parts
    assert (part.count, part.over) == (count, over)


def test_a_whole_text_that_is_too_long_falls_back_and_says_so() -> None:
    rendition = render(Piece("en", "T", "S", "Word. " * 600, LINK), form=WHOLE)
    assert rendition.parts[0].text == "T\n\nS"
    assert "only the summary" in rendition.note
    assert "Word." in render(Piece("en", "T", "S", "Word. " * 100, LINK), form=WHOLE).parts[0].text


def test_marks_that_might_count_are_warned_of() -> None:
    (warning,) = render(Piece("en", "", "(" * 2990, "", "")).warnings
    assert "2980" in warning
    assert render(Piece("en", "", "(" * 1500, "", "")).warnings == ()


def test_a_long_description_of_a_picture_is_shortened_in_words() -> None:
    rendition = render(Piece("en", "T", "", "", "", pictures=(picture(alt="x" * 5000),)))
    assert len(rendition.parts[0].extra["pictures"][0]["alt"]) == 4086
    assert "ends with" in rendition.note


@pytest.mark.parametrize(
    ("tag", "shown"), [("visa", "#visa"), ("five days", "#FiveDays"), ("5", ""), ("", "")]
)
def test_hashtags_are_readable(tag: str, shown: str) -> None:
    assert hashtag(tag) == shown


@given(TEXT)
def test_a_rendition_survives_its_json(text: str) -> None:
    rendition = render(Piece("en", "Title", "", text, LINK, pictures=(picture(),)))
    assert Rendition.from_json(rendition.as_json()) == rendition


def test_white_space_does_not_make_another_post() -> None:
    assert comparable(" a\n\n b ") == comparable("a b")
