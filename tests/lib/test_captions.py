"""Captions in, canonical WebVTT out, and every fault named by its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.captions import Cue, read, to_webvtt
from dragoman.lib.problems import Invalid, Problem, TooLarge

VTT = """WEBVTT - Statement

STYLE
::cue { color: red }

NOTE This is for the editor

intro
00:01.000 --> 00:04.250 line:0 align:start
<v Minister>Good <c.loud>day</c> & welcome.
<i>To all</i> of 3 < 5

01:00:05.000 --> 01:00:07.000
वीज़ा 😀
"""
SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:04,250\r\nGood day.\r\n\r\n"
    "2\r\n00:00:05,000 --> 00:00:06,000\r\n<b>Two</b>\r\n"
)


def test_webvtt_comes_out_canonical() -> None:
    assert to_webvtt(VTT.encode()) == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:04.250\n<v Minister>Good day &amp; welcome.\n<i>To all</i> of 3 &lt; 5\n\n"
        "01:00:05.000 --> 01:00:07.000\nवीज़ा 😀\n"
    )


def test_subrip_becomes_webvtt() -> None:
    assert to_webvtt(SRT.encode()) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:04.250\nGood day.\n\n00:00:05.000 --> 00:00:06.000\n<b>Two</b>\n"
    )


def test_what_is_canonical_stays_as_it_is() -> None:
    once = to_webvtt(VTT.encode())
    assert to_webvtt(once.encode()) == once


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "not one caption"),
        ("WEBVTT\n", 1, "not one caption"),
        ("WEBVTT\n\nHello there\nagain\n", 4, "times of a caption"),
        ("WEBVTT\n\n00:00:05.000 --> 00:00:04.000\nx\n", 3, "ends before"),
        ("WEBVTT\n\n00:61:05.000 --> 00:62:04.000\nx\n", 3, "up to 59"),
        ("1\n00:00:05,000 -> 00:00:06,000\nx\n", 2, "times of a caption"),
        ("00:00:05.000 --> 00:00:06.000\nx\n\n00:00:01.000 --> 00:00:02.000\ny\n", 4, "before the one above"),
        ("00:00:05.000 --> 00:00:06.000\nx\n00:00:07.000 --> 00:00:08.000\ny\n", 2, "empty line"),
        ("00:00:05.000 --> 00:00:06.000\nx\x07\n", 2, "control character"),
    ],
)
def test_a_fault_is_named_by_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        to_webvtt(text.encode())
    assert caught.value.where[0]["line"] == line
    assert why in caught.value.detail
    assert caught.value.mend


def test_a_file_that_is_not_utf_8_is_named_by_its_line() -> None:
    with pytest.raises(Invalid, match="Line 3 of the captions is not UTF-8"):
        to_webvtt("WEBVTT\n\nдень".encode("cp1251"))


def test_too_much_is_too_large() -> None:
    with pytest.raises(TooLarge):
        to_webvtt(b"x" * 2_000_001)


CUES = st.lists(
    st.builds(
        Cue,
        st.integers(0, 10**7),
        st.integers(1, 10**5),
        st.text(
            st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>&-\u2028\u2029"), min_size=1
        ),
    ),
    max_size=20,
)


@given(CUES)
def test_every_cue_comes_back(cues: list[Cue]) -> None:
    cues = sorted((Cue(c.start, c.start + c.end, c.text.strip()) for c in cues), key=lambda c: c.start)
    cues = [cue for cue in cues if cue.text]
    if not cues:
        return
    blocks = [f"{_clock(cue.start)} --> {_clock(cue.end)}\n{cue.text}" for cue in cues]
    out = to_webvtt("\n\n".join(["WEBVTT", *blocks]).encode())
    assert [(cue.start, cue.end) for cue in read(out)] == [(cue.start, cue.end) for cue in cues]


def _clock(millis: int) -> str:
    return f"{millis // 3600000:02d}:{millis // 60000 % 60:02d}:{millis // 1000 % 60:02d},{millis % 1000:03d}"


@given(
    st.binary(max_size=600)
    | st.text(max_size=400).map(lambda text: ("WEBVTT\n\n" + text).encode("utf-8", "replace"))
)
def test_any_bytes_give_captions_or_words(data: bytes) -> None:
    try:
        out = to_webvtt(data)
    except Problem:
        return
    assert to_webvtt(out.encode()) == out
