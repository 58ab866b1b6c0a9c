"""JSON lines in, JSON lines out: in order, flushed, and no bad line stops it."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.engine import Engine, load_engine
from dragoman.inbox.triage.stream import LONGEST_LINE, Lines, Order, Refused, parse, serve

LIBRARY = [
    {
        "op": "library",
        "id": "A1",
        "question": "How long may I stay?",
        "answer": "Up to five days.",
        "lang": "en",
    },
    {
        "op": "library",
        "id": "A2",
        "answer": "An identity card is not enough; bring a passport.",
        "lang": "en",
    },
]
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


@given(st.binary(max_size=200), st.integers(1, 5))
def test_any_bytes_are_an_order_or_refused_in_words(line: bytes, number: int) -> None:
    found = parse(line, number)
    if isinstance(found, Refused):
        assert found.error.startswith(f"line {number}")


@given(st.dictionaries(st.sampled_from(["op", "id", "text", "answer", "question", "lang"]), values))
def test_any_object_is_an_order_or_refused_in_words(given_object: dict[str, Any]) -> None:
    found = parse(json.dumps(given_object).encode(), 3)
    assert isinstance(found, Refused | Order)
    if isinstance(found, Refused):
        assert "line 3" in found.error
        assert len(found.error) < 300


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"nonsense", "not JSON"),
        (b"[1]", "an object is wanted, not a list".replace("an object", "a JSON object")),
        (b'{"op":"sing"}', "one of library, message, groups, reset"),
        (b'{"op":"message","id":"1"}', "text: is missing"),
        (b'{"op":"message","id":"1","text":5}', "text: is a number"),
        (b'{"op":"message","id":"","text":"x"}', "id: is empty"),
        (b'{"op":"library","id":"1","answer":" "}', "answer: is empty"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'"' + b"a" * LONGEST_LINE + b'"', "longer than"),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_how_to_mend_it(line: bytes, words: str) -> None:
    found = parse(line, 7)
    assert isinstance(found, Refused)
    assert words in found.error


def test_a_byte_order_mark_and_blank_lines_are_no_trouble() -> None:
    assert isinstance(parse(b'\xef\xbb\xbf{"op":"reset"}', 1), Order)
    assert parse(b"  \r\n", 2) is None


@given(st.lists(st.binary(max_size=30).filter(lambda piece: b"\n" not in piece), max_size=8), st.booleans())
def test_lines_come_whole_and_in_order(pieces: list[bytes], closed_by_newline: bool) -> None:
    given_bytes = b"\n".join(pieces) + (b"\n" if closed_by_newline and pieces else b"")
    out, into = os.pipe()
    os.write(into, given_bytes)
    os.close(into)
    lines, found = Lines(out), []
    while batch := lines.waiting():
        found += batch
    os.close(out)
    assert b"\n".join(found).rstrip(b"\n") == given_bytes.rstrip(b"\n")


def played(engine: Engine, lines: list[Any]) -> list[dict[str, Any]]:
    out, into = os.pipe()
    said: list[str] = []
    raw = b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in lines)

    def feed() -> None:
        with os.fdopen(into, "wb") as stream:
            stream.write(raw)

    feeder = threading.Thread(target=feed)
    feeder.start()
    serve(out, said.append, lambda: None, engine)
    feeder.join()
    os.close(out)
    return [json.loads(line) for line in said]


def test_every_line_has_its_answer_in_order(engine: Engine) -> None:
    said = played(
        engine,
        [
            {"op": "message", "id": "early", "text": "Is anybody there?"},
            *LIBRARY,
            {"op": "message", "id": "de", "text": "Wie lange darf ich bleiben?"},
            b"nonsense\n",
            {"op": "message", "id": "pl", "text": "Czy wystarczy dowód osobisty?"},
            {"op": "message", "id": "de2", "text": "Wie lange kann man bleiben?"},
            {"op": "groups"},
            {"op": "reset"},
            {"op": "groups"},
        ],
    )
    assert [one.get("id") for one in said] == ["early", None, None, "de", None, "pl", "de2", None, None, None]
    assert said[0]["answers"] == []
    assert not said[0]["answered"]
    assert said[3]["answers"][0][0] == "A1"
    assert said[3]["lang"] == "de"
    assert said[4]["ok"] is False
    assert said[5]["answers"][0][0] == "A2"
    groups = said[7]["groups"]
    assert set(groups) == {"early", "de", "pl", "de2"}
    assert groups["de"] == groups["de2"] != groups["pl"]
    assert said[8] == {"ok": True}
    assert said[9] == {"groups": {}}


def test_odd_texts_are_read_all_the_same(engine: Engine) -> None:
    odd = ["", " ", "😀😀😀", "\ud83d", "\u200b\u200f\u202e", "a" * 100_000, "\x00", "5", "kif 7alek 3ayesh"]
    said = played(
        engine, [*LIBRARY, *({"op": "message", "id": f"{n}", "text": text} for n, text in enumerate(odd))]
    )
    assert [one["id"] for one in said[2:]] == [f"{n}" for n in range(len(odd))]
    for one in said[2:]:
        assert 0 <= one["confidence"] <= 1
        assert 0 <= one["contradicts"] <= 1
        assert len(one["answers"]) == 2
    assert not said[2]["answered"]


def test_an_id_comes_back_as_it_was_given(engine: Engine) -> None:
    library = [{**one, "id": number} for number, one in enumerate(LIBRARY)]
    said = played(engine, [*library, {"op": "message", "id": 7, "text": "Wie lange darf ich bleiben?"}])
    assert said[2]["id"] == 7
    assert [answer for answer, _ in said[2]["answers"]] == [0, 1]


def test_an_answer_sent_again_replaces_itself(engine: Engine) -> None:
    again = {"op": "library", "id": "A1", "answer": "Dogs need a vaccination against rabies.", "lang": "en"}
    ask = {"op": "message", "id": "1", "text": "Welche Impfung braucht mein Hund?"}
    before, after = (played(engine, [*LIBRARY, *more, ask])[-1] for more in ([], [again]))
    assert after["answers"][0][0] == "A1"
    assert after["confidence"] > before["confidence"]


def test_a_wrong_belief_is_told_from_a_true_statement(engine: Engine) -> None:
    said = played(
        engine,
        [
            *LIBRARY,
            {"op": "message", "id": "wrong", "text": "Можно остаться на 30 дней."},
            {"op": "message", "id": "true", "text": "Man darf fünf Tage bleiben."},
        ],
    )
    assert said[2]["contradicts"] > 0.5 > said[3]["contradicts"]
