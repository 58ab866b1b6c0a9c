"""Pictures are drawn anew under limits."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dragoman.lib import pictures
from dragoman.lib.problems import Invalid, Problem, TooLarge


def jpeg(size: tuple[int, int] = (60, 40), **extra: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, "JPEG", **extra)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A header that claims so many pixels, and hardly any bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def test_the_place_where_it_was_taken_is_dropped() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at home"
    shown = pictures.reencode(jpeg(exif=exif))
    assert b"Taken at home" not in shown.data
    assert not Image.open(io.BytesIO(shown.data)).getexif()


def test_a_176_megapixel_picture_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLarge, match="176 million pixels"):
        pictures.reencode(huge_png(16_000, 11_000))


@pytest.mark.parametrize("size", [(20_000, 10_000), (100_000, 100_000)])
def test_a_picture_beyond_any_measure_is_refused_with_its_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge, match=str(size[0] * size[1])):
        pictures.reencode(huge_png(*size))


def test_a_wide_picture_is_brought_to_the_longest_side() -> None:
    shown = pictures.reencode(jpeg((4_800, 1_000)))
    assert (shown.width, shown.height) == (2_400, 500)


def test_a_picture_that_can_be_seen_through_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    assert pictures.reencode(out.getvalue()).media_type == "image/png"


def test_too_many_bytes_are_refused_with_both_numbers() -> None:
    with pytest.raises(TooLarge, match="at most 10"):
        pictures.reencode(b"x" * 20, max_bytes=10)


def test_a_text_is_not_a_picture() -> None:
    with pytest.raises(Invalid, match="not a picture"):
        pictures.reencode(b"<svg onload=alert(1)>")


@given(st.binary(max_size=300), st.integers(0, 200))
def test_broken_bytes_are_refused_and_never_crash(junk: bytes, cut: int) -> None:
    whole = jpeg()
    for data in (junk, whole[: len(whole) - cut], whole[:cut] + junk):
        try:
            assert pictures.reencode(data).sha256
        except Problem:
            continue
