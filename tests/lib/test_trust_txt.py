"""trust.txt is read leniently and written strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib import trust_txt


def test_lines_that_are_understood_are_kept_in_their_order() -> None:
    text = "\ufeff# a file\nmember=https://a.example/\n Social = https://b.example/x # ours\nfoo=bar\n"
    assert trust_txt.parse(text) == (("member", "https://a.example/"), ("social", "https://b.example/x"))


@pytest.mark.parametrize("value", ["https://a.example/\nmember=https://thief.example/", "a#b", "", "a\x00b"])
def test_a_value_that_could_say_something_else_is_left_out(value: str) -> None:
    assert trust_txt.dumps([("social", value)]) == "\n"


@given(st.lists(st.tuples(st.sampled_from(trust_txt.ATTRIBUTES), st.text(max_size=40)), max_size=8))
def test_what_is_written_reads_back(rows: list[tuple[str, str]]) -> None:
    read = trust_txt.parse(trust_txt.dumps(rows, head="two\nlines"))
    assert trust_txt.parse(trust_txt.dumps(read)) == read
    assert set(read) <= {(word, value.strip()) for word, value in rows}
