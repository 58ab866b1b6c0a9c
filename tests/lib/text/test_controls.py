import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.text.controls import clean, find_controls, normal


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Pay at \u202emoc.afm", "RIGHT-TO-LEFT OVERRIDE"),
        ("visa\u200bfree", "ZERO WIDTH SPACE"),
        ("mfa\u200dexample", "ZERO WIDTH JOINER"),
        ("\ufeffTitle", "ZERO WIDTH NO-BREAK SPACE"),
        ("a\u00adb", "SOFT HYPHEN"),
        ("a\u0000b", "NULL"),
        ("a\u2066b", "LEFT-TO-RIGHT ISOLATE"),
        ("a\u2069b", "POP DIRECTIONAL ISOLATE"),
        ("Title\u200e", "LEFT-TO-RIGHT MARK"),
        ("a\u2028b", "LINE SEPARATOR"),
        ("a\ud800b", "LONE SURROGATE"),
        ("visa\U000e0041", "TAG LATIN CAPITAL LETTER A"),
    ],
)
def test_hidden_character_is_found_and_named_where_it_stands(text: str, name: str) -> None:
    (control,) = find_controls(text)
    assert control.name == name
    assert f"U+{ord(text[control.start]):04X}" == control.code
    assert find_controls(clean(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "می‌توانید پنج روز بمانید",
        "क्‍ष and क्‌ष",
        "👨‍👩‍👧 and 🏴󠁧󠁢󠁷󠁬󠁳󠁿 and 👍🏽",
        "❤️‍🔥",
        "רשימה (PDF\u200f)",
        "The word \u2068سلام\u2069 means peace",
        "Tab\tand\r\nlines\n",
        "Plain text, ordinary – “quotes”.",
    ],
)
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert find_controls(text) == ()
    assert clean(text) == normal(text)


def test_cleaning_keeps_words_apart_where_a_line_was_broken() -> None:
    assert clean("one\u2028two") == "one\ntwo"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_cleaning_leaves_nothing_hidden_and_is_idempotent(text: str) -> None:
    once = clean(text)
    assert find_controls(once) == ()
    assert clean(once) == once
