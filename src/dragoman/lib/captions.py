"""Captions of a film: WebVTT (W3C, 2019), or SubRip made into WebVTT; every fault named by its line.

What comes out is canonical: UTF-8, NFC, LF, times as hh:mm:ss.mmm, cues in order. Styles, regions, notes and
the places of cues on the screen are dropped; of markup within a cue only <i>, <b>, <u> and <v name> stay.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.lib.problems import Invalid, TooLarge

MEDIA_TYPE = "text/vtt; charset=utf-8"
LARGEST = 2_000_000
MOST_CUES = 20_000

_TIMES = re.compile(
    r"\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{3})\s*-->\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{3})(?:\s.*)?"
)
_TAG = re.compile(r"<(?!/?[ibu]>|v(?:\.[\w-]+)* [^<>&]{1,80}>|/v>)[^<>]*>")
_STRAY = re.compile(r"<(?!/?[ibu]>|v(?:\.[\w-]+)* [^<>&]{1,80}>|/v>)")
_SKIPPED = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that stand from one moment to another, in milliseconds."""

    start: int
    end: int
    text: str


def to_webvtt(data: bytes) -> str:
    """The file as canonical WebVTT. Invalid names the line that is wrong; TooLarge."""
    if len(data) > LARGEST:
        raise TooLarge(f"The captions are larger than {LARGEST // 1_000_000} MB.")
    cues = list(read(_decoded(data)))
    if not cues:
        raise _wrong(1, "there is not one caption with its times in it")
    blocks = [f"{_clock(cue.start)} --> {_clock(cue.end)}\n{cue.text}" for cue in cues]
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def read(text: str) -> Iterator[Cue]:
    """The cues, in order."""
    lines = text.split("\n")
    at = 0
    count = 0
    last = 0
    if lines[0].startswith("WEBVTT"):
        at = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
        cue = _cue(lines, at, end)
        if cue is not None:
            if cue.start < last:
                raise _wrong(at + 1, "this caption begins before the one above it")
            last = cue.start
            count += 1
            if count > MOST_CUES:
                raise TooLarge(f"There are more than {MOST_CUES:,} captions in the file.")
            yield cue
        at = end


def _cue(lines: list[str], start: int, end: int) -> Cue | None:
    if lines[start].split()[0] in _SKIPPED:
        return None
    at = start if "-->" in lines[start] else start + 1
    match = _TIMES.fullmatch(lines[at]) if at < end else None
    if match is None:
        raise _wrong(
            at + 1,
            "here the times of a caption should stand, such as 00:00:01.000 --> 00:00:04.000, "
            f"but there is {_shown(lines[at] if at < len(lines) else '')}",
        )
    begins, ends = _millis(match.groups()[:4], at), _millis(match.groups()[4:], at)
    if ends <= begins:
        raise _wrong(at + 1, "this caption ends before it begins")
    text = "\n".join(_TAG.sub("", line).strip() for line in lines[at + 1 : end]).strip()
    if "-->" in text:
        raise _wrong(at + 2, "an empty line is missing before the next caption")
    return Cue(begins, ends, _escaped(text)) if text else None


def _escaped(text: str) -> str:
    text = re.sub(r"&(?!(?:amp|lt|gt|lrm|rlm|nbsp);)", "&amp;", text)
    return _STRAY.sub("&lt;", text)


def _millis(parts: tuple[str | None, ...], at: int) -> int:
    hours, minutes, seconds, millis = (int(part or 0) for part in parts)
    if minutes > 59 or seconds > 59:
        raise _wrong(at + 1, "minutes and seconds go up to 59")
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis


def _clock(millis: int) -> str:
    seconds, rest = divmod(millis, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Invalid(
            f"Line {line} of the captions is not UTF-8.",
            mend="Save the file as UTF-8 (in most editors: Save as, Encoding), then add it again.",
            where=[{"field": "captions", "line": line, "message": "not UTF-8"}],
        ) from error
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    for number, words in enumerate(text.split("\n"), 1):
        if any(unicodedata.category(letter) == "Cc" and letter != "\t" for letter in words):
            raise _wrong(number, "there is a control character")
    return text


def _wrong(line: int, why: str) -> Invalid:
    return Invalid(
        f"Line {line} of the captions: {why}.",
        mend="Mend the line in the file, then add it again.",
        where=[{"field": "captions", "line": line, "message": why}],
    )


def _shown(line: str) -> str:
    return f"“{line.strip()[:60]}”" if line.strip() else "nothing"
