"""What a film file says of itself, read from its head and a few boxes: never the whole file in memory.

MP4 (ISO/IEC 14496-12) and WebM (Matroska, RFC 9559). The film itself is neither decoded nor changed, so what
a camera wrote into it stays: a film that names the place where it was shot is refused in words.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dragoman.lib.problems import Invalid

MP4 = "video/mp4"
WEBM = "video/webm"
HEAD = 1_000_000
LARGEST_MOOV = 64_000_000
# Still pictures and sound are of the same family of files, and are no films.
NO_FILMS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"M4A ", b"M4B ", b"jxl ")
PLACES = (b"\xa9xyz", b"loci", b"com.apple.quicktime.location")

_EBML = b"\x1a\x45\xdf\xa3"
_INFO = b"\x15\x49\xa9\x66"
_SCALE = b"\x2a\xd7\xb1"
_DURATION = b"\x44\x89"


@dataclass(frozen=True, slots=True)
class Film:
    """What the file is, and how long it plays; 0 when it does not say."""

    media_type: str
    seconds: float


def look(file: BinaryIO) -> Film:
    """What the file is. Invalid, saying what is wrong with it and how to mend it, when it is no film."""
    file.seek(0)
    head = file.read(64)
    if head[4:8] == b"ftyp" and head[8:12] not in NO_FILMS:
        return Film(MP4, _mp4(file))
    if head.startswith(_EBML) and b"webm" in head:
        file.seek(0)
        return Film(WEBM, _webm(file.read(HEAD)))
    what = "It is empty." if not head else "It is neither MP4 nor WebM."
    raise Invalid(
        f"This file is no film that browsers play. {what}",
        mend="Save it as MP4 (H.264 and AAC) or WebM, and add it again.",
        code="not-a-film",
    )


def _mp4(file: BinaryIO) -> float:
    for kind, start, size in _boxes(file):
        if kind != b"moov":
            continue
        if size > LARGEST_MOOV:
            raise Invalid("The index of this film is larger than any real one.", code="not-a-film")
        file.seek(start)
        moov = file.read(size)
        if any(place in moov for place in PLACES):
            raise Invalid(
                "The film says where it was shot: the camera wrote the place into it.",
                mend="Save it without location data (“remove metadata” in most programs), then add it.",
                code="film-names-place",
            )
        return _seconds(moov)
    raise Invalid(
        "The film has no index: it is cut off, or still being written.",
        mend="Export it again, and wait until it is finished.",
        code="not-a-film",
    )


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """The boxes at the top: kind, where the content starts, how long it is."""
    at = 0
    file.seek(0, 2)
    end = file.tell()
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, kind = struct.unpack(">I4s", head[:8])
        skip = 8
        if size == 1 and len(head) == 16:
            size, skip = struct.unpack(">Q", head[8:])[0], 16
        elif size == 0:
            size = end - at
        if size < skip or at + size > end:
            return
        yield kind, at + skip, size - skip
        at += size


def _seconds(moov: bytes) -> float:
    at = moov.find(b"mvhd") + 4
    if at < 4 or len(moov) < at + 32:
        return 0.0
    if moov[at] == 1:
        scale, length = struct.unpack(">IQ", moov[at + 20 : at + 32])
    else:
        scale, length = struct.unpack(">II", moov[at + 12 : at + 20])
    return float(length / scale) if scale else 0.0


def _webm(head: bytes) -> float:
    info = head.find(_INFO)
    at = head.find(_DURATION, info) if info >= 0 else -1
    if at < 0 or len(head) < at + 11:
        return 0.0
    width = head[at + 2] & 0x7F
    if width not in (4, 8):
        return 0.0
    length = struct.unpack(">f" if width == 4 else ">d", head[at + 3 : at + 3 + width])[0]
    scale_at = head.find(_SCALE, info, info + 400)
    width = head[scale_at + 3] & 0x7F if scale_at >= 0 else 0
    nanos = int.from_bytes(head[scale_at + 4 : scale_at + 4 + width], "big") if 0 < width <= 8 else 1_000_000
    seconds = length * nanos / 1e9
    return float(seconds) if 0 < seconds < 1e7 else 0.0
