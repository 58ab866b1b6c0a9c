"""What a film file says of itself."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.films import MP4, WEBM, look
from dragoman.lib.problems import Invalid


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mvhd(seconds: float, version: int = 0) -> bytes:
    if version:
        content = struct.pack(">B3xQQIQ", 1, 0, 0, 1000, round(seconds * 1000))
    else:
        content = struct.pack(">B3xIIII", 0, 0, 0, 1000, round(seconds * 1000))
    return box(b"mvhd", content + bytes(80))


def mp4(seconds: float = 65.5, *, version: int = 0, extra: bytes = b"", pad: int = 100) -> bytes:
    moov = box(b"moov", mvhd(seconds, version) + extra)
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"mdat", bytes(pad)) + moov


def webm(seconds: float = 12.5) -> bytes:
    info = b"\x2a\xd7\xb1\x83\x0f\x42\x40" + b"\x44\x89\x88" + struct.pack(">d", seconds * 1000)
    head = b"\x42\x82\x84webm"
    return (
        b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(head)]) + head
        + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
        + b"\x15\x49\xa9\x66" + bytes([0x80 | len(info)]) + info
    )  # fmt: skip


@pytest.mark.parametrize("version", [0, 1])
def test_an_mp4_says_how_long_it_plays(version: int) -> None:
    film = look(io.BytesIO(mp4(65.5, version=version)))
    assert (film.media_type, film.seconds) == (MP4, 65.5)


def test_a_webm_says_how_long_it_plays() -> None:
    film = look(io.BytesIO(webm(12.5)))
    assert (film.media_type, film.seconds) == (WEBM, 12.5)


@pytest.mark.parametrize("mark", [b"\xa9xyz", b"loci", b"com.apple.quicktime.location.ISO6709"])
def test_a_film_that_names_its_place_is_refused_in_words(mark: bytes) -> None:
    with pytest.raises(Invalid, match="where it was shot") as caught:
        look(io.BytesIO(mp4(extra=box(b"udta", mark + b"+53.9+27.5/"))))
    assert "metadata" in caught.value.mend


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(60),
        b"\0\0\0\x1cftypavif" + bytes(60),
        b"\0\0\0\x1cftypM4A " + bytes(60),
        b"\x1a\x45\xdf\xa3\x80\x42\x82\x88matroska" + bytes(60),
        mp4()[:120],
        b"<html><video></html>",
    ],
)
def test_what_is_no_film_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        look(io.BytesIO(data))
    assert caught.value.mend


@given(st.binary(max_size=400), st.sampled_from([mp4(), webm()]), st.integers(0, 200))
def test_any_damage_gives_a_film_or_words(junk: bytes, whole: bytes, at: int) -> None:
    for data in (junk, whole[:at] + junk + whole[at:], whole[:at] + junk, b"\0\0\0\x18ftypisom" + junk):
        try:
            film = look(io.BytesIO(data))
        except Invalid:
            continue
        assert film.seconds >= 0
