"""Paragraphs side by side, and the difference word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dragoman.statements.guidelines import blocks
from dragoman.statements.models import Text
from dragoman.statements.queries import editor, review

WORDS = st.text(alphabet=st.sampled_from("ab \n-1.#>дع中"), max_size=80)


def kept(text: str) -> list[str]:
    return [block.text for block in blocks.cut(text)]


@given(WORDS)
def test_a_body_cut_into_paragraphs_and_joined_again_has_the_same_paragraphs(body: str) -> None:
    again = editor.join(kept(body))
    assert "".join(kept(again)).split() == "".join(kept(body)).split()


def test_items_of_a_list_stay_together_and_paragraphs_apart() -> None:
    assert editor.join(["One.", "- a", "- b", "", "Two."]) == "One.\n\n- a\n- b\n\nTwo."


def test_two_languages_stand_paragraph_by_paragraph() -> None:
    found = editor.pairs("One.\n\nTwo.", "Eins.")
    assert [(pair.number, pair.left, pair.right) for pair in found] == [(1, "One.", "Eins."), (2, "Two.", "")]


def test_an_empty_text_has_a_place_to_write() -> None:
    assert editor.pairs("", "") == [editor.Pair(1, "", "")]


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_difference_holds_both_texts_whole(old: str, new: str) -> None:
    pieces = review.compare(old, new)
    assert "".join(piece.words for piece in pieces if piece.kind != "in") == old
    assert "".join(piece.words for piece in pieces if piece.kind != "out") == new


def test_a_paragraph_put_in_leaves_the_others_unchanged() -> None:
    old = [Text(lang="en", title="T", body="One.\n\nTwo.")]
    new = [Text(lang="en", title="T", body="One.\n\nBetween.\n\nTwo.")]
    changed = [change.place for change in review.differences(old, new)[0].changes if change.changed]
    assert changed == ["¶2"]


def test_a_language_added_or_taken_out_is_told() -> None:
    found = review.differences([Text(lang="en", title="T")], [Text(lang="ru", title="Т")])
    assert [(one.lang, one.kind) for one in found] == [("en", "removed"), ("ru", "new")]
