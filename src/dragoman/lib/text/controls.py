"""Characters that cannot be seen and change what is read: find, name, remove; and the normal form of a text.

The zero-width non-joiner and joiner are letters' business in Persian, Urdu, Indian and some other scripts,
and the joiner builds emoji: there they stay.
Directional marks (LRM, RLM, ALM) stay in a text that has letters
written from right to left. Isolates (LRI, RLI, FSI, PDI) stay when each is closed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.lib.text.unicode_re import regex

ZWNJ, ZWJ = "\u200c", "\u200d"
_MARKS = "\u200e\u200f\u061c"
_ISOLATES, _END_OF_ISOLATE = "\u2066\u2067\u2068", "\u2069"
_OVERRIDES = "\u202d\u202e"
_EMBEDDINGS = "\u202a\u202b\u202c"

# the candidates; most texts hold none, so one search answers at once. Format characters with a visible part
# (such as the Arabic number sign) are left alone, and so are tags that end an emoji flag
_CANDIDATE = regex.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    r"\U000e0000-\U000e0fff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
)
_JOINING = regex.compile(
    r"[\p{Arabic}\p{Syriac}\p{Mongolian}\p{Nko}\p{Thaana}\p{Mandaic}\p{Adlam}\p{Devanagari}\p{Bengali}\p{Gurmukhi}"
    r"\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\u20e3]")
_RTL = regex.compile(r"[\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}\p{Nko}\p{Adlam}]")
_FLAG_TAGS = regex.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")

_WHY_BIDI = "It changes the order in which letters are shown, so that what is read is not what is written."
_WHY_HIDDEN = "It cannot be seen; two texts that look alike then differ, and searches and links fail."
_WHY_CODE = "It is a control code or damaged character, left by another program."
_WHY_LINE = "It breaks the line in a way that not every program shows."
_WHY_OPEN = "It opens or closes a stretch of reversed text without its partner."

_NAMES = {
    "\u0000": "NULL", "\t": "TABULATION", "\u000b": "LINE TABULATION", "\u000c": "FORM FEED",
    "\u001b": "ESCAPE", "\u007f": "DELETE", "\u0085": "NEXT LINE",
    "\ufffe": "NONCHARACTER", "\uffff": "NONCHARACTER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Control:
    """One hidden character: where (in code points), which, and why it must not stay."""

    start: int
    end: int
    code: str
    name: str
    why: str


def find_controls(text: str) -> tuple[Control, ...]:
    """Every hidden character that does not belong where it stands. Tab, LF and CR LF are none."""
    if not _CANDIDATE.search(text):
        return ()
    return tuple(_found(text))


def clean(text: str) -> str:
    """The text without its hidden characters and in normal form; what scripts and emoji need stays.

    A line or paragraph separator becomes a line break, so that no words run together.
    """
    text = normal(text)
    while controls := find_controls(text):
        pieces, last = [], 0
        for control in controls:
            pieces.append(text[last : control.start])
            pieces.append("\n" if text[control.start] in "\u2028\u2029\u000b\u000c\u0085" else "")
            last = control.end
        # taking one away may bring others together that now lack their reason: hence the loop
        text = normal("".join([*pieces, text[last:]]))
    return text


def normal(text: str) -> str:
    """Normal form C with LF as the only line break: so are texts compared, counted, sealed."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _found(text: str) -> Iterator[Control]:
    unpaired = _unpaired_isolates(text)
    tags = {place for flag in _FLAG_TAGS.finditer(text) for place in range(flag.start(), flag.end())}
    for match in _CANDIDATE.finditer(text):
        place, character = match.start(), match.group()
        if place in tags:
            continue
        why = _why(text, place, character, unpaired)
        if why:
            yield Control(place, place + 1, f"U+{ord(character):04X}", _name(character), why)


def _why(text: str, place: int, character: str, unpaired: set[int]) -> str:
    """Why the character must go; empty when it belongs where it stands."""
    if _belongs(text, place, character, unpaired):
        return ""
    for group, why in (
        (_OVERRIDES + _EMBEDDINGS, _WHY_BIDI),
        (_ISOLATES + _END_OF_ISOLATE, _WHY_OPEN),
        ("\u2028\u2029\r", _WHY_LINE),
    ):
        if character in group:
            return why
    return _WHY_CODE if unicodedata.category(character) in ("Cc", "Cs", "Cn") else _WHY_HIDDEN


def _belongs(text: str, place: int, character: str, unpaired: set[int]) -> bool:
    if character in (ZWNJ, ZWJ):
        return _joiner_belongs(text, place, character)
    if character in _ISOLATES or character == _END_OF_ISOLATE:
        return place not in unpaired
    if character in _MARKS:
        return bool(_RTL.search(text))
    if "\u180b" <= character <= "\u180f" or character in "\u17b4\u17b5\u034f":
        # Mongolian selectors, Khmer inherent vowels and the grapheme joiner: right after a letter
        return bool(place and regex.match(r"[\p{L}\p{M}]", text[place - 1]))
    return character == "\r" and text[place + 1 : place + 2] == "\n"


def _joiner_belongs(text: str, place: int, character: str) -> bool:
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    if character == ZWJ and _EMOJI.match(before) and _EMOJI.match(after):
        return True
    return bool(_JOINING.match(before)) and (not after or after not in (ZWNJ, ZWJ))


def _unpaired_isolates(text: str) -> set[int]:
    """Places of isolates that are not closed, or close nothing, within their own line."""
    wrong: set[int] = set()
    opened: list[int] = []
    for place, character in enumerate(text):
        if character in _ISOLATES:
            opened.append(place)
        elif character == _END_OF_ISOLATE:
            if opened:
                opened.pop()
            else:
                wrong.add(place)
        elif character == "\n":
            wrong.update(opened)
            opened = []
    return wrong | set(opened)


def _name(character: str) -> str:
    known = _NAMES.get(character)
    if known:
        return known
    if "\ud800" <= character <= "\udfff":
        return "LONE SURROGATE"
    return unicodedata.name(character, "CONTROL CODE")
