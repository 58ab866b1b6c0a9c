from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.text import measures


def test_a_family_of_emoji_is_one_grapheme() -> None:
    family = "👨‍👩‍👧"
    assert measures.graphemes(family) == 1
    assert measures.code_points(family) == 5
    assert measures.utf16_units(family) == 8
    assert measures.utf8_bytes(family) == 18


def test_letters_with_marks_are_one_grapheme() -> None:
    assert measures.graphemes("e\u0301") == 1
    assert measures.graphemes("हिन्दी") == 2


def test_words_are_counted_as_a_reader_counts_them() -> None:
    assert measures.words("The five-day rule, e.g. mfa.example, isn't 10,000 words.") == 8
    assert measures.words("من دون تأشيرة") == 3
    assert measures.words("免签停留五天") == 6
    assert measures.words("") == 0


@given(st.text(max_size=60), st.integers(0, 70))
def test_first_graphemes_is_a_beginning_and_no_longer_than_asked(text: str, count: int) -> None:
    first = measures.first_graphemes(text, count)
    assert text.startswith(first)
    assert measures.graphemes(first) == min(count, measures.graphemes(text))


@given(st.text())
def test_utf16_units_are_those_of_the_encoding(text: str) -> None:
    assert measures.utf16_units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
