"""How long a text is, as its reader, its bytes or its channel count it."""

from __future__ import annotations

from dragoman.lib.text.unicode_re import regex

_GRAPHEME = regex.compile(r"\X")
# scripts that write no spaces between words: each of their characters counts as a word, as word processors do
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}](?:\p{M}|\u200d)*"
    r"|[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}\u200c\u200d_]|[-'’.,:/@](?=[\p{L}\p{N}]))*"
)


def graphemes(text: str) -> int:
    """What a person would call characters (extended grapheme clusters)."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def first_graphemes(text: str, count: int) -> str:
    """The longest beginning of at most `count` graphemes; never cuts one."""
    for number, match in enumerate(_GRAPHEME.finditer(text)):
        if number == count:
            return text[: match.start()]
    return text


def utf8_bytes(text: str) -> int:
    """Bytes in UTF-8; a lone surrogate counts as the three bytes it would take."""
    return len(text.encode("utf-8", "surrogatepass"))


def utf16_units(text: str) -> int:
    """Units in UTF-16, as JavaScript and several platforms count."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def code_points(text: str) -> int:
    """Unicode code points."""
    return len(text)


def words(text: str) -> int:
    """Words; in scripts without spaces, characters."""
    return sum(1 for _ in _WORD.finditer(text))
