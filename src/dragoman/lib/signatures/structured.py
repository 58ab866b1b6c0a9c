"""Structured Field Values for HTTP (RFC 9651, before it RFC 8941), as far as signatures need them.

Strict: what the grammar does not allow is refused, so that two readers can never see two things in one
header.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.lib.signatures.request import MAX_HEADER, BadSignature

Bare = str | int | bool | bytes
KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
MOST_MEMBERS = 64


class Token(str):
    """A word that stands without quotation marks."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One value with its parameters, in order."""

    value: Bare
    params: Mapping[str, Bare] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Several items in parentheses, with parameters of the whole."""

    items: tuple[Item, ...]
    params: Mapping[str, Bare] = field(default_factory=dict)


def dictionary(text: str) -> dict[str, Item | InnerList]:
    """A header that is a dictionary. A key that comes twice is refused, although the grammar would let the
    last one win: whoever sends it wants two readers to disagree."""
    if len(text) > MAX_HEADER:
        raise BadSignature("a header of its signature is too long")
    return _Reader(text).dictionary()


def write(value: Item | InnerList) -> str:
    """The one way in which a value is written (RFC 9651 section 4.1)."""
    if isinstance(value, InnerList):
        return "(" + " ".join(write(item) for item in value.items) + ")" + _params(value.params)
    return _bare(value.value) + _params(value.params)


def _params(params: Mapping[str, Bare]) -> str:
    return "".join(
        f";{name}" if value is True else f";{name}={_bare(value)}" for name, value in params.items()
    )


def _bare(value: Bare) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode('ascii')}:"
    if isinstance(value, Token):
        return str(value)
    if not re.fullmatch(r"[\x20-\x7e]*", value):
        raise ValueError("a string of a header is plain ASCII")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text.strip(" ")
        self.at = 0

    def dictionary(self) -> dict[str, Item | InnerList]:
        found: dict[str, Item | InnerList] = {}
        while self.at < len(self.text):
            key = self.take(KEY)
            if key in found or len(found) >= MOST_MEMBERS:
                raise self.wrong()
            found[key] = self.member() if self.skip("=") else Item(True, self.params())
            self.blank(" \t")
            if self.at == len(self.text):
                return found
            self.expect(",")
            self.blank(" \t")
            if self.at == len(self.text):
                raise self.wrong()
        return found

    def member(self) -> Item | InnerList:
        return self.inner() if self.peek() == "(" else self.item()

    def inner(self) -> InnerList:
        self.expect("(")
        items: list[Item] = []
        while True:
            self.blank(" ")
            if self.skip(")"):
                return InnerList(tuple(items), self.params())
            if len(items) >= MOST_MEMBERS:
                raise self.wrong()
            items.append(self.item())
            if self.peek() not in (" ", ")"):
                raise self.wrong()

    def item(self) -> Item:
        return Item(self.bare(), self.params())

    def params(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self.skip(";"):
            self.blank(" ")
            key = self.take(KEY)
            if key in found or len(found) >= MOST_MEMBERS:
                raise self.wrong()
            found[key] = self.bare() if self.skip("=") else True
        return found

    def bare(self) -> Bare:
        first = self.peek()
        if first == '"':
            return re.sub(r'\\(["\\])', r"\1", self.take(STRING, 1))
        if first == ":":
            return self.bytes()
        if first == "?":
            return self.flag()
        if first and (first == "-" or first in "0123456789"):
            return int(self.take(INTEGER))
        return Token(self.take(TOKEN))

    def bytes(self) -> bytes:
        try:
            return base64.b64decode(self.take(BYTES, 1), validate=True)
        except (binascii.Error, ValueError):
            raise self.wrong() from None

    def flag(self) -> bool:
        self.expect("?")
        if self.skip("1"):
            return True
        self.expect("0")
        return False

    # --- letters ---

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self, letter: str) -> bool:
        if self.peek() != letter:
            return False
        self.at += 1
        return True

    def expect(self, letter: str) -> None:
        if not self.skip(letter):
            raise self.wrong()

    def blank(self, letters: str) -> None:
        while self.peek() and self.peek() in letters:
            self.at += 1

    def take(self, pattern: re.Pattern[str], group: int = 0) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise self.wrong()
        self.at = match.end()
        return match[group]

    def wrong(self) -> BadSignature:
        return BadSignature("a header of its signature is not well formed")
