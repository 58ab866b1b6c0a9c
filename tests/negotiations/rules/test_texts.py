"""Canonical texts, differences, and the file of a round."""

import json
import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import canonical_text, diff, roundfile
from dragoman.negotiations.rules.roundfile import RoundFile

FILE = RoundFile(cast.BODY, cast.TEXTS, str(cast.RING), {"en": b"# Meeting\n"}, "2026-12-01T09:00:00Z")
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def codes(body: str, title: str = "Title", summary: str = "") -> list[str]:
    return [one.code for one in canonical_text.troubles(title, summary, body)]


@pytest.mark.parametrize(
    ("body", "code", "at"),
    [
        ("a\u200bb", "hidden-character", 1),
        ("ab\u202ecd", "direction-mark", 2),
        ("\u05d0\u200f", "direction-mark", 1),
        ("\ufeffab", "hidden-character", 0),
        ("a\u00adb", "hidden-character", 1),
        ("a\tb", "hidden-character", 1),
        ("a\r\nb", "line-ends", 1),
        ("cafe\u0301", "not-nfc", 3),
        ("one \ntwo", "trailing-space", 3),
        ("one\u00a0\ntwo", "trailing-space", 3),
        ("one\n", "outer-lines", 0),
        (" ", "empty", 0),
    ],
)
def test_what_cannot_be_seen_or_has_two_forms_keeps_a_text_back(body: str, code: str, at: int) -> None:
    found = {one.code: one for one in canonical_text.troubles("Title", "", body)}
    assert found[code].at == at
    assert found[code].what
    assert found[code].mend


def test_line_ends_of_another_system_are_told_as_such() -> None:
    assert "hidden-character" not in codes("a\r\nb")


def test_titles_have_one_line_and_words() -> None:
    assert codes("Body.", title="One\ntwo") == ["line-in-title"]
    assert codes("Body.", title="") == ["empty"]


@pytest.mark.parametrize(
    "body",
    [
        "The parties met.",
        "\u0645\u06cc\u200c\u0631\u0648\u0645",
        "\u0915\u094d\u200d\u0937",
        "Зустріч адбылася.",
        "会谈。",
        "\U0001f469\u200d\U0001f467",
        "a\n\nb",
    ],
)
def test_what_a_language_needs_stays(body: str) -> None:
    assert codes(body) == []


@given(ANY)
def test_mending_leaves_only_what_a_person_must_look_at(text: str) -> None:
    mended = canonical_text.mended(text)
    assert canonical_text.mended(mended) == mended
    left = {one.code for one in canonical_text.troubles("Title", "", mended)}
    assert left <= {"hidden-character", "direction-mark", "empty", "trailing-space"}


def test_hidden_characters_are_written_out() -> None:
    assert (
        canonical_text.shown("a\u200bb\u202e") == "a[U+200B ZERO WIDTH SPACE]b[U+202E RIGHT-TO-LEFT OVERRIDE]"
    )


@given(ANY, ANY)
def test_the_pieces_join_back_to_both_texts(old: str, new: str) -> None:
    pieces = diff.words(old, new)
    assert "".join(one.text for one in pieces if one.kind != "new") == old
    assert "".join(one.text for one in pieces if one.kind != "gone") == new
    assert all(one.text for one in pieces)
    assert all(a.kind != b.kind for a, b in pairwise(pieces))


@given(st.lists(st.sampled_from(["the", "sides", "met", "会", "谈", " ", "\n", "."]), max_size=40), st.data())
def test_likely_texts_join_back_too(tokens: list[str], data: st.DataObject) -> None:
    old = "".join(tokens)
    new = "".join(data.draw(st.permutations(tokens)))
    pieces = diff.words(old, new, "en")
    assert "".join(one.text for one in pieces if one.kind != "new") == old
    assert "".join(one.text for one in pieces if one.kind != "gone") == new


@given(ANY)
def test_nothing_changed_is_one_piece(text: str) -> None:
    assert diff.words(text, text) == ((diff.Piece("same", text),) if text else ())


def test_one_word_is_told_and_one_sign_where_no_spaces_part_them() -> None:
    assert diff.words("They will meet on Monday.", "They will meet on Tuesday.")[1:3] == (
        diff.Piece("gone", "Monday"),
        diff.Piece("new", "Tuesday"),
    )
    assert diff.words("会谈将于周一继续。", "会谈将于周二继续。")[1:3] == (
        diff.Piece("gone", "一"),
        diff.Piece("new", "二"),
    )


def test_a_long_text_is_compared_paragraph_by_paragraph() -> None:
    old = "\n".join(f"Paragraph {number} says the same thing over again." for number in range(4000))
    pieces = diff.words(old, old.replace("Paragraph 3000 says", "Paragraph 3000 denies"))
    assert [one.text for one in pieces if one.kind != "same"] == ["says", "denies"]


def test_a_long_paragraph_is_compared_sentence_by_sentence_and_joins_back() -> None:
    old = " ".join(f"Sentence {number} says the same thing over again." for number in range(900))
    new = old.replace("Sentence 300 says", "Sentence 300 denies").replace("Sentence 7 ", "Sentence seven ")
    pieces = diff.words(old, new)
    assert [one.text for one in pieces if one.kind != "same"] == ["7", "seven", "says", "denies"]
    assert "".join(one.text for one in pieces if one.kind != "gone") == new
    other = " ".join(reversed(old.split(" ")))  # nothing to hold on to: shown whole, and in no time
    pieces = diff.words(old, other)
    assert "".join(one.text for one in pieces if one.kind != "new") == old
    assert "".join(one.text for one in pieces if one.kind != "gone") == other


def test_a_rounds_file_reads_back() -> None:
    assert roundfile.load(roundfile.dump(FILE)) == FILE
    assert FILE.signed_text == cast.DATA
    assert FILE.ring == cast.RING
    assert len(FILE.digest) == 64


def turned(**changes: object) -> bytes:
    return json.dumps({**json.loads(roundfile.dump(FILE)), **changes}).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (turned(texts={"en": "Another text.", "fr": cast.TEXTS["fr"].decode()}), "changed-text"),
        (turned(texts={"en": cast.TEXTS["en"].decode()}), "another-language-set"),
        (turned(body=cast.DATA.decode().replace("sha256:f", "sha256:e")), "changed-text"),
        (turned(body=cast.DATA.decode()[:-1]), "consent-body"),
        (turned(keyring=str(cast.RING).replace("riverton\n", "otherton\n", 1)), "wrong-key-name"),
        (turned(keyring=str(cast.RING).replace("record.", "recard.", 1)), "other-keyring"),
        (turned(keyring="none"), "keyring"),
        (turned(more=1), "round-file"),
        (turned(format="dragoman-round-v2"), "round-file"),
        (b" " * (roundfile.LARGEST + 1), "round-file"),
        (turned(previous={"\x1b[2J": "x"}), "round-file"),
        (turned(closes_at="soon\x1b[2J"), "moment"),
        (turned(texts=[]), "round-file"),
        (turned(closes_at=5), "round-file"),
        (turned(texts={"en": "\ud800", "fr": ""}), "round-file"),
        (b"{}", "round-file"),
        (b"[" * 5000, "round-file"),
        (b"\xff", "round-file"),
        (roundfile.dump(FILE).replace(b'"closes_at"', b'"texts": {}, "closes_at"'), "round-file"),
    ],
)
def test_a_file_that_shows_other_than_what_would_be_signed_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        roundfile.load(data)
    assert refusal.value.code == code


def test_a_file_is_not_written_with_other_texts_than_its_body() -> None:
    with pytest.raises(Invalid):
        roundfile.dump(replace(FILE, texts={**cast.TEXTS, "en": b"Another."}))


@given(st.data())
def test_one_flipped_byte_of_a_rounds_file_never_changes_what_is_signed_unseen(data: st.DataObject) -> None:
    whole = roundfile.dump(FILE)
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    try:
        read = roundfile.load(changed)
    except Invalid:
        return
    assert roundfile.sums_of(read.texts) == read.body.texts


def test_the_sealed_form_is_what_the_canonical_rules_ask_for() -> None:
    for text in cast.TEXTS.values():
        assert unicodedata.is_normalized("NFC", text.decode())


def test_thousands_of_empty_lines_are_not_compared_one_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A party's own words, with a flood of empty lines, must not keep the pages of a round busy."""
    monkeypatch.setattr(diff, "_FLOOD", 100)
    old, new = "\n" * 30 + "one two\nthree four", "five\n" + "\n" * 30 + "three four"
    pieces = diff.words(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new
    assert "\n" in {piece.text[0] for piece in pieces if piece.kind == "gone"}, "the flood was not compared"
