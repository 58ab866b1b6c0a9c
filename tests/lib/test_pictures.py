"""Pictures come out small, upright and bare, or are refused before they are unpacked."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dragoman.lib.pictures import reencode, within
from dragoman.lib.problems import Invalid, TooLarge


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object
) -> bytes:
    bands = [Image.effect_noise(size, 60) for _ in range(3)]
    image = Image.merge("RGB", bands).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def header_of_png(width: int, height: int) -> bytes:
    """A PNG that says it has many pixels; its data would unpack to them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_place_and_camera_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif[0x8825] = {1: "N", 2: (53.0, 54.0, 0.0)}
    data = picture(exif=exif)
    assert b"Camera" in data
    clean = reencode(data)
    assert b"Camera" not in clean.data
    assert b"Exif" not in clean.data
    assert not Image.open(io.BytesIO(clean.data)).getexif()


def test_text_in_a_png_is_gone() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "A. Marozava")
    clean = reencode(picture("PNG", pnginfo=info))
    assert b"Marozava" not in clean.data


def test_a_turned_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    clean = reencode(picture(size=(60, 40), exif=exif))
    assert (clean.width, clean.height) == (40, 60)


def test_a_wide_picture_is_made_smaller() -> None:
    clean = reencode(picture(size=(3000, 100)), max_side=1500)
    assert (clean.width, clean.height) == (1500, 50)


@pytest.mark.parametrize(
    ("kind", "mode", "media_type"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("WEBP", "RGB", "image/jpeg"),
        ("PNG", "L", "image/png"),
        ("GIF", "P", "image/png"),
    ],
)
def test_each_kind_comes_out_as_a_kind_that_every_reader_shows(kind: str, mode: str, media_type: str) -> None:
    clean = reencode(picture(kind, mode=mode))
    assert clean.media_type == media_type
    assert Image.open(io.BytesIO(clean.data)).size == (clean.width, clean.height)


def test_the_same_bytes_give_the_same_picture() -> None:
    data = picture()
    assert reencode(data) == reencode(data)


@pytest.mark.parametrize("size", [(20_000, 10_000), (200_000, 100_000)])
def test_two_hundred_megapixels_are_refused_from_the_header(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge) as refusal:
        reencode(header_of_png(*size))
    assert "pixels" in refusal.value.detail
    assert refusal.value.mend


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(TooLarge, match="MB"):
        reencode(b"\0" * 1001, max_bytes=1000)


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="no picture"):
        reencode(data)


def test_a_picture_cut_short_is_refused() -> None:
    data = picture("PNG", size=(300, 300))
    with pytest.raises(Invalid, match="damaged"):
        reencode(data[: len(data) // 2])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8))
def test_wrong_bytes_give_a_picture_or_a_clear_refusal(kind: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(picture(("JPEG", "PNG", "WEBP", "GIF")[kind], mode="P" if kind == 3 else "RGB"))
    for place, value in changes:
        data[place % len(data)] = value
    with contextlib.suppress(Invalid, TooLarge):
        assert reencode(bytes(data)).data


def test_what_fits_stays_as_it_is_and_what_does_not_is_made_smaller() -> None:
    data = picture("PNG", (1500, 1000))
    assert within(data, "image/png", max_bytes=len(data)) == (data, "image/png")
    smaller, media_type = within(data, "image/png", max_bytes=len(data) - 1)
    assert len(smaller) < len(data)
    assert media_type == "image/jpeg"
    with pytest.raises(Invalid):
        within(b"no picture", "image/png", max_bytes=3)
