"""A text as a notice: never more bytes than a push service takes, and nothing cut in silence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Piece, Rendition
from dragoman.channels.connectors.webpush import rendering

PIECE = Piece("en", "Title", "Summary.", "First. Second.", "https://mfa.example/en/statements/five-days/")
WIDE = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=600)
CLUSTERS = st.lists(st.sampled_from(["é", "क्षि", "👩‍👩‍👧", "ﷺ", "ع", "字", " ", "a. "]), max_size=400).map(
    "".join
)


def told(rendition: Rendition, piece: Piece) -> dict[str, object]:
    extra = rendition.parts[0].extra
    found: dict[str, object] = json.loads(
        rendering.payload(piece.lang, piece.url, extra, tag="x" * 32, urgent=True)
    )
    return found


def test_a_notice_has_title_summary_and_our_page() -> None:
    rendition = rendering.render(PIECE)
    assert rendition.parts[0].text == "Title\nSummary."
    assert told(rendition, PIECE) == {
        "title": "Title",
        "body": "Summary.",
        "lang": "en",
        "dir": "ltr",
        "url": PIECE.url,
        "tag": "x" * 32,
        "urgent": True,
    }


def test_without_a_summary_it_has_the_first_sentences_and_says_so() -> None:
    piece = replace(PIECE, summary="", body="One sentence. Another one!\n\n" + "A long one goes on. " * 40)
    rendition = rendering.render(piece)
    text = str(rendition.parts[0].extra["text"])
    assert text.startswith("One sentence. Another one!")
    assert text.endswith(".")
    assert "no summary" in rendition.note


def test_what_is_shortened_is_said_to_be() -> None:
    rendition = rendering.render(replace(PIECE, summary="word " * 200))
    text = str(rendition.parts[0].extra["text"])
    assert text.endswith("word…")
    assert len(text) <= rendering.TEXT
    assert "shortened" in rendition.note
    assert "shortened" not in rendering.render(PIECE).note


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_itself_fits_and_one_more_is_shortened(extra: int) -> None:
    rendition = rendering.render(replace(PIECE, title="x" * (rendering.TITLE + extra)))
    assert ("shortened" in rendition.note) == bool(extra)
    assert len(str(rendition.parts[0].extra["title"])) == rendering.TITLE


@given(WIDE | CLUSTERS, WIDE | CLUSTERS, WIDE | CLUSTERS)
def test_no_text_is_too_long_for_a_push_service(title: str, summary: str, body: str) -> None:
    piece = replace(PIECE, title=title, summary=summary, body=body, lang="ar")
    rendition = rendering.render(piece)
    part = rendition.parts[0]
    size = len(rendering.payload("ar", piece.url, part.extra, tag="x" * 32, urgent=True))
    assert (part.count, part.over) == (size, 0)
    assert "\n" not in str(part.extra["title"])
    assert told(rendition, piece)["dir"] == "rtl"
