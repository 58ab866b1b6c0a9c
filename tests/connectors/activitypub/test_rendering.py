"""How a piece looks in the fediverse."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.activitypub import text_of

from dragoman.channels.connector import Picture, Piece, Post
from dragoman.channels.connectors.activitypub import documents, inbox, rendering
from dragoman.channels.connectors.activitypub.names import Names, name_of
from dragoman.lib.text.measures import graphemes

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://mfa.example/en/statements/five-days/"
NAMES = Names("https://mfa.example", "mfa")
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(WORDS, WORDS, WORDS)
def test_the_html_shows_every_word_and_nothing_that_was_written_as_html(
    title: str, summary: str, body: str
) -> None:
    [part] = rendering.render(Piece("ar", title, summary, body, URL)).parts
    reader = Tags()
    reader.feed(part.extra["html"])
    assert set(reader.seen) <= {"p", "br", "strong", "a"}
    assert not reader.open
    assert "".join(text_of(part.extra["html"]).split()) == "".join(part.text.split()).removeprefix(
        "-" if part.text == "-" else ""
    )


@given(WORDS)
def test_it_counts_grapheme_clusters(body: str) -> None:
    [part] = rendering.render(Piece("hi", "", "", body, "")).parts
    assert part.count == graphemes(part.text)


@pytest.mark.parametrize("cluster", ["क्षि", "👩‍👩‍👧‍👦", "é", "ש\u05c1\u05b8"])
def test_the_limit_fits_and_one_more_is_over(cluster: str) -> None:
    full = rendering.render(Piece("hi", "", "", cluster * rendering.LIMIT, "")).parts[0]
    assert not full.over
    more = rendering.render(Piece("hi", "", "", cluster * (rendering.LIMIT + 1), "")).parts[0]
    assert more.over == 1


def test_title_and_summary_say_what_they_leave_out() -> None:
    piece = Piece("en", "Title", "Summary", "Body", URL)
    short = rendering.render(piece, form=rendering.SUMMARY)
    assert "Body" not in short.parts[0].text
    assert "whole text" in short.note
    assert rendering.render(piece).note == ""


def test_hashtags_can_be_read() -> None:
    [part] = rendering.render(
        Piece("en", "T", "", "", "", ("visa free", "ÖPNV", "#EU", "5", "حقوق الإنسان"))
    ).parts
    assert part.extra["tags"] == ["VisaFree", "ÖPNV", "EU", "حقوقالإنسان"]


def _post(**more: object) -> Post:
    piece = Piece("fr", "Titre", "", "Corps <b>gras</b> & https://mfa.example/x.", URL, ("visa",))
    return Post("k", rendering.render(piece), "fr", URL, AT, "Titre", **more)  # type: ignore[arg-type]


def test_a_note_carries_language_pictures_and_address() -> None:
    picture = Picture("ab" * 32, "image/png", 10, 20, "Une carte")
    name = name_of("k", AT)
    note = documents.note(NAMES, name, _post(pictures=(picture,)))
    assert note["contentMap"] == {"fr": note["content"]}
    assert "&lt;b&gt;gras&lt;/b&gt; &amp; <a href=" in note["content"]
    assert note["attachment"][0]["name"] == "Une carte"
    assert note["attachment"][0]["url"] == f"https://mfa.example/record/media/{'ab' * 32}"
    assert note["tag"][0]["name"] == "#visa"
    assert note["url"] == URL
    assert note == documents.note(NAMES, name, _post(pictures=(picture,)))


def test_names_sort_by_time_and_depend_on_the_key_alone() -> None:
    assert name_of("a", AT) == name_of("a", AT)
    assert name_of("a", AT) != name_of("b", AT)
    assert name_of("a", AT).startswith("20261122090000-")


@given(st.text(max_size=400))
def test_reading_html_from_outside_never_fails(html: str) -> None:
    inbox.plain(html)


def test_html_from_outside_becomes_words() -> None:
    html = '<p>Hello <a href="https://x.example">@mfa</a>,<br>how many <b>days</b>?</p>'
    html += "<script>x()</script><p>5 &lt; 6</p>"
    assert inbox.plain(html) == "Hello @mfa,\nhow many days?\n5 < 6"
