"""Where things stand in a TOML text. `tomllib` tells values but, once the text is sound, no places.

A path is a tuple of keys and indexes: ("facts", 2, "texts", "ar"). The text must be one that tomllib accepts;
line ends are those it uses itself (CRLF counts as one).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n\r]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d[^\s,\]}#]*")
_BARE_VALUE = re.compile(r"[^\s,\]}#]+")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Offsets: of the key or header that names the entry, and of its value from start to end."""

    key: int
    start: int
    end: int


def places(source: str) -> dict[Path, Place]:
    """The place of every table, key and array element of a sound TOML text."""
    scanner = _Scanner(source.replace("\r\n", "\n"))
    scanner.run()
    return scanner.found


def line_column(source: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    before = source.replace("\r\n", "\n")[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def nearest(found: dict[Path, Place], path: Path) -> Place:
    """The place of `path`, or of the nearest thing around it that is in the text."""
    while path:
        if path in found:
            return found[path]
        path = path[:-1]
    return Place(0, 0, 0)


class _Scanner:
    def __init__(self, source: str) -> None:
        self.s = source
        self.i = 0
        self.found: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}

    def run(self) -> None:
        base: Path = ()
        while True:
            self._blank()
            if self.i >= len(self.s):
                return
            if self.s[self.i] == "[":
                base = self._header()
            else:
                self._pair(base)

    def _blank(self) -> None:
        match = _BLANK.match(self.s, self.i)
        if match:
            self.i = match.end()

    def _header(self) -> Path:
        start = self.i
        brackets = 2 if self.s.startswith("[[", self.i) else 1
        self.i += brackets
        parts = self._keys()
        self._blank()
        self.i += brackets
        base = self._resolve(parts, array=brackets == 2)
        self._note_parents(base, start)
        self.found[base] = Place(start, start, self.i)
        return base

    def _resolve(self, parts: list[str], *, array: bool) -> Path:
        """The path a header means: a key that holds tables means the last of them so far."""
        path: Path = ()
        for n, part in enumerate(parts):
            path = (*path, part)
            if array and n == len(parts) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def _note_parents(self, path: Path, start: int) -> None:
        for n in range(1, len(path)):
            self.found.setdefault(path[:n], Place(start, start, start))

    def _keys(self) -> list[str]:
        parts = []
        while True:
            self._blank()
            parts.append(self._key())
            self._blank()
            if self.s[self.i : self.i + 1] != ".":
                return parts
            self.i += 1

    def _key(self) -> str:
        start = self.i
        if self.s[start] in "\"'":
            self._string()
            return str(tomllib.loads("key = " + self.s[start : self.i])["key"])
        match = _BARE_KEY.match(self.s, start)
        if not match:
            raise ValueError(f"no key at offset {start}")
        self.i = match.end()
        return match.group()

    def _pair(self, base: Path) -> None:
        key_start = self.i
        path = (*base, *self._keys())
        self.i += 1  # the equals sign
        self._blank()
        value_start = self.i
        self._value(path)
        for n in range(len(base) + 1, len(path)):
            self.found.setdefault(path[:n], Place(key_start, key_start, key_start))
        self.found[path] = Place(key_start, value_start, self.i)

    def _value(self, path: Path) -> None:
        first = self.s[self.i]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        else:
            match = _DATE_TIME.match(self.s, self.i) or _BARE_VALUE.match(self.s, self.i)
            if not match:
                raise ValueError(f"no value at offset {self.i}")
            self.i = match.end()

    def _string(self) -> None:
        for pattern in _STRINGS:
            match = pattern.match(self.s, self.i)
            if match:
                self.i = match.end()
                return
        raise ValueError(f"no string at offset {self.i}")

    def _array(self, path: Path) -> None:
        self.i += 1
        index = 0
        while True:
            self._blank()
            if self.s[self.i] == "]":
                self.i += 1
                return
            start = self.i
            self._value((*path, index))
            self.found[(*path, index)] = Place(start, start, self.i)
            index += 1
            self._comma()

    def _inline(self, path: Path) -> None:
        self.i += 1
        while True:
            self._blank()
            if self.s[self.i] == "}":
                self.i += 1
                return
            self._pair(path)
            self._comma()

    def _comma(self) -> None:
        self._blank()
        if self.s[self.i] == ",":
            self.i += 1
