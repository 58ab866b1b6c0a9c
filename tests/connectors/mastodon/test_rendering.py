"""Counting and cutting as Mastodon does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Piece, Rendition, Video
from dragoman.channels.connectors.mastodon import reading
from dragoman.channels.connectors.mastodon.counting import count, links
from dragoman.channels.connectors.mastodon.rendering import Rules, render, thread

WORDS = st.sampled_from(
    [
        *("The", "rule", "visa.", "Art. 5", "days!", "#visa", "\n\n", "@alice@social.example.org", "@bob"),
        *("https://mfa.gov.ee/a_(b)?c=1,", "http://a.ee", "https://" + "b" * 60 + ".com/x", "ends?"),
        *(
            "правило.",
            "والمدارس",
            "٣٠",
            "अनुच्छेद",
            "क्षत्रिय।",
            "五日間の免除。",
            "👨‍👩‍👧‍👦",
            "🇫🇷",
            "é" * 40,
            "م" * 200,
        ),
    ]
)
PROSE = st.lists(WORDS, max_size=400).map(" ".join)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=2500)
PIECE = Piece("en", "Title", "In short.", "Long. " * 300, "https://mfa.gov.ee/en/x/", ("visa", "#travel"))


def length(text: str) -> int:
    return count(text, per_link=23)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 476 + " http://" + "b" * 30 + ".com/example", 500),
        ("a" * 476 + "http://" + "b" * 30 + ".com/example", 476 + 49),
        ("http://example.com/valid?" + "#foo?" * 1000, 5025),
        ("a" * 475 + " @alice@" + "b" * 30 + ".com", 482),
        ("@alice@" + "b" * 500 + ".com", 511),
        ("✨" * 500, 500),
        ("🏳️‍⚧️" * 500, 500),
        ("क्षि" * 10, 10),
        ("ḗ" * 500, 500),
        ("http://a.ee", 23),
        ("https://mfa.notatld/", 20),
        ("(https://mfa.gov.ee/x).", 26),
        ("مرحبا https://mfa.gov.ee/ar/", 29),
        ("name@mail.ee", 12),
        ("www.mfa.gov.ee", 14),
    ],
)
def test_it_counts_as_the_server_counts(text: str, expected: int) -> None:
    assert length(text) == expected


def test_the_content_warning_counts_as_well() -> None:
    assert count("a" * 490, per_link=23, warning="Ten letters") == 501
    assert len(thread("a" * 489, Rules(warning="Ten letters"))) == 1
    assert len(thread("a" * 490, Rules(warning="Ten letters"))) == 2


@given(PROSE | ANYTHING, st.sampled_from([120, 500, 5000]), st.sampled_from(["", "Violence", "ẁ" * 20]))
def test_no_post_is_over_the_limit_and_no_text_is_lost(source: str, limit: int, warning: str) -> None:
    texts = thread(source, Rules(limit=limit, warning=warning), most=10_000)
    for text in texts:
        assert count(text, per_link=23, warning=warning) <= limit
    shown = texts
    if len(texts) > 1:
        shown = tuple(text.removesuffix(f" ({n}/{len(texts)})") for n, text in enumerate(texts, 1))
        assert all(one != other for one, other in zip(shown, texts, strict=True))
    assert squeezed("".join(shown)) == squeezed(source)


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(PROSE)
def test_a_link_is_never_cut(source: str) -> None:
    texts = thread(source, Rules(), most=10_000)
    assert sum(len(links(text)) for text in texts) == len(links(source))


@pytest.mark.parametrize("letter", ["a", "क्षि", "👨‍👩‍👧‍👦", "é", "م"])
def test_the_limit_holds_to_the_letter(letter: str) -> None:
    assert len(thread(letter * 500, Rules())) == 1
    assert len(thread(letter * 501, Rules())) == 2


def test_the_summary_leads_to_the_page_and_says_what_it_leaves_out() -> None:
    rendition = render(PIECE, Rules())
    assert [part.text for part in rendition.parts] == [
        "Title\n\nIn short.\n\n#visa #travel\n\nhttps://mfa.gov.ee/en/x/"
    ]
    assert "whole text" in rendition.note
    assert rendition.parts[0].extra == {"visibility": "public"}


def test_the_whole_form_is_a_thread_that_ends_with_the_link() -> None:
    rendition = render(PIECE, Rules(form="whole", warning="Travel"))
    assert len(rendition.parts) == 4
    assert rendition.parts[0].text.endswith("(1/4)")
    assert "https://mfa.gov.ee/en/x/" in rendition.parts[-1].text
    assert {part.extra["warning"] for part in rendition.parts} == {"Travel"}
    assert Rendition.from_json(rendition.as_json()) == rendition


def test_a_server_with_more_room_takes_it_in_one_post() -> None:
    assert len(render(PIECE, Rules(limit=5000, form="whole")).parts) == 1


def test_too_long_a_whole_falls_back_and_too_long_a_summary_is_over() -> None:
    long = Piece("en", "T", "S", "Word. " * 4000, "https://mfa.gov.ee/en/x/")
    fallen = render(long, Rules(form="whole"))
    assert len(fallen.parts) == 1
    assert "only title and summary" in fallen.note
    over = render(Piece("en", "T", "", "Word. " * 4000, ""), Rules())
    assert over.parts[0].over
    assert "Shorten" in over.note


def test_a_name_in_the_text_is_told_before_approval() -> None:
    named = Piece("en", "T", "Thanks to @alice@social.example and @bob.", "", "")
    assert "@alice@social.example, @bob" in render(named, Rules()).warnings[0]
    assert render(PIECE, Rules()).warnings == ()


def test_a_film_is_left_to_the_page_in_words() -> None:
    with_film = Piece("en", "T", "S", "", "https://mfa.gov.ee/", videos=(Video("0" * 64, "video/mp4", 9),))
    assert "film" in render(with_film, Rules()).note


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>One<br />two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("<p>a &lt; b &amp;c</p>", "a < b &c"),
        (
            '<p>See <a href="https://mfa.gov.ee/x/"><span class="invisible">https://</span>'
            '<span class="">mfa.gov.ee/x/</span></a></p>',
            "See https://mfa.gov.ee/x/",
        ),
        (
            '<p><span class="h-card"><a href="x">@<span>alice</span></a></span> hi</p>',
            "@alice@social.example hi",
        ),
        ("<p>é</p>", "é"),
    ],
)
def test_a_post_that_comes_back_as_html_is_known_again(content: str, text: str) -> None:
    assert reading.same(content, text)
    assert not reading.same(content, text + " more")
