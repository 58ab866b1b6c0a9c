"""What a receiver is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Picture, Piece, Post
from dragoman.channels.connectors.webhook import rendering

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
URL = "https://mfa.example/en/statements/five-days/"
PICTURE = Picture("ab" * 32, "image/png", 10, 10, "A map")


def _post(piece: Piece, key: str = "2026-4f7kq2:1:7:en:1") -> Post:
    form = rendering.render(piece)
    return Post(key, form, piece.lang, piece.url, AT, piece.title, piece.summary, piece.pictures)


@given(st.text(max_size=2000), st.text(max_size=200), st.text(max_size=200))
def test_no_word_is_lost(body: str, summary: str, title: str) -> None:
    piece = Piece("ar", title, summary, body, URL)
    [part] = rendering.render(piece).parts
    for block in (title, summary, body):
        assert block.strip() in part.text
    assert part.count == len(part.text.encode())


def test_the_limit_is_counted_in_bytes_and_one_more_is_over() -> None:
    fits = rendering.render(Piece("hi", "", "", "क" * (rendering.LIMIT // 3), URL)).parts[0]
    assert not fits.over
    assert rendering.render(Piece("hi", "", "", "क" * (rendering.LIMIT // 3) + "abc", URL)).parts[0].over == 1


def test_an_event_says_where_its_proof_is_and_is_the_same_when_told_again() -> None:
    piece = Piece("en", "Title", "Summary", "Body", URL, ("visa",), (PICTURE,))
    event = rendering.released(_post(piece))
    assert event == json.loads(json.dumps(rendering.released(_post(piece))))
    assert event["type"] == "statement.released"
    assert event["timestamp"] == "2026-11-22T09:00:00.000Z"
    assert event["data"]["proof"] == "https://mfa.example/record/proof/2026-4f7kq2-1.tlog-proof"
    assert event["data"]["pictures"][0]["alt"] == "A map"
    assert "proof" not in rendering.released(_post(piece, "notice:7"))["data"]


@given(st.text(min_size=1, max_size=100))
def test_any_key_makes_an_id_that_a_header_can_hold(key: str) -> None:
    found = rendering.event_id(_post(Piece("en", "t", "", "", URL), key))
    assert found.isascii()
    assert found.isprintable()
    assert "." not in found
    assert " " not in found
