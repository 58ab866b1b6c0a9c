"""Whether a text may be put to parties: they sign what they see, so nothing in it may be hidden."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dragoman.lib.text import controls
from dragoman.lib.text.unicode_re import regex

Field = Literal["title", "summary", "body"]
_MIXED = regex.compile(r"(?<!\w)(?=\w*\p{Latin})(?=\w*[\p{Cyrillic}\p{Greek}])\w+")
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Trouble:
    """One thing that keeps a text from being put: where (`at` in code points), what, and how to mend it."""

    field: Field
    at: int
    what: str
    mend: str
    code: str = ""


def troubles(title: str, summary: str, body: str) -> tuple[Trouble, ...]:
    """Everything that is wrong with the three parts of a text; empty when it may be put.

    Codes: `line-ends`, `not-nfc`, `hidden-character`, `direction-mark`, `trailing-space`, `line-in-title`,
    `empty`, `outer-lines`. Zero-width joiners stay where letters need them (Persian, Indian scripts, emoji).
    """
    parts: tuple[tuple[Field, str], ...] = (("title", title), ("summary", summary), ("body", body))
    found = [trouble for field, text in parts for trouble in _troubles(field, text)]
    for field, text in parts:
        if field != "summary" and not text.strip():
            found.append(Trouble(field, 0, "There is no text.", "Write it.", "empty"))
    return tuple(found)


def mended(text: str) -> str:
    """The text with line ends, normal form, trailing spaces and outer empty lines put right. Hidden
    characters stay: a person must look at them."""
    lines = controls.normal(text).split("\n")
    return "\n".join(line.rstrip(" \t\u00a0\u3000") for line in lines).strip("\n")


def shown(text: str) -> str:
    """The text with every hidden character written out as [U+200B ZERO WIDTH SPACE]: for the offline tool."""
    places = {one.start: one for one in _hidden(text)}
    return "".join(
        f"[{places[at].code} {places[at].name}]" if at in places else character
        for at, character in enumerate(text)
    )


def mixed_words(text: str) -> tuple[str, ...]:
    """Words whose letters are of two scripts that look alike (Latin with Cyrillic or Greek): they may not be
    what they seem to be. Not refused, for names may be so written; shown to whoever signs."""
    return tuple(dict.fromkeys(match.group() for match in _MIXED.finditer(text)))


def _hidden(text: str) -> Iterator[controls.Control]:
    """What cannot be seen: what belongs nowhere, and every mark of direction, even one that is well
    placed."""
    found = {one.start: one for one in controls.find_controls(text)}
    for at, character in enumerate(text):
        if at not in found and (character in _BIDI or character in "\t\r\ufeff"):
            name = {"\t": "TABULATION", "\r": "CARRIAGE RETURN"}.get(character) or unicodedata.name(character)
            found[at] = controls.Control(at, at + 1, f"U+{ord(character):04X}", name, "It cannot be seen.")
    yield from (found[at] for at in sorted(found))


def _troubles(field: Field, text: str) -> Iterator[Trouble]:
    for control in _hidden(text):
        if text[control.start] == "\r":
            continue
        code = "direction-mark" if text[control.start] in _BIDI else "hidden-character"
        what = f"{control.code} {control.name}: {control.why}"
        yield Trouble(field, control.start, what, "Take the character out.", code)
    if "\r" in text:
        at = text.index("\r")
        yield Trouble(field, at, "The lines end with CR.", "End each line with LF alone.", "line-ends")
    normal = unicodedata.normalize("NFC", text)
    if normal != text:
        at = next((n for n, (a, b) in enumerate(zip(text, normal, strict=False)) if a != b), len(normal))
        yield Trouble(
            field, at, "A letter is not in its one form (NFC).", "Save the text in normal form C.", "not-nfc"
        )
    yield from _spaces(field, text)


def _spaces(field: Field, text: str) -> Iterator[Trouble]:
    at = 0
    for line in text.split("\n"):
        if line and line != line.rstrip():
            yield Trouble(
                field,
                at + len(line.rstrip()),
                "A line ends with a space.",
                "Take it out.",
                "trailing-space",
            )
        at += len(line) + 1
    if field != "body" and "\n" in text:
        at = text.index("\n")
        yield Trouble(field, at, f"The {field} has more than one line.", "Join them.", "line-in-title")
    elif text.strip("\n") != text:
        yield Trouble(
            field, 0, "The text begins or ends with an empty line.", "Take the line out.", "outer-lines"
        )
