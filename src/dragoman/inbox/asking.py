"""The words of the public pages where people ask, by language; and receipt numbers. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FALLBACK = "en"
FOLDER = Path(__file__).parent / "words"
# Twenty hex digits, 80 random bits, in four groups: nobody guesses one, and it can be read aloud.
DIGITS = 20
_NOT_HEX = re.compile(r"[^0-9a-f]")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; `lang` is the language that they truly are in."""

    lang: str
    known: Mapping[str, str]

    def say(self, key: str, **parts: object) -> str:
        """A sentence with its gaps filled."""
        return self.known[key].format(**parts)


def languages() -> tuple[str, ...]:
    """Those that have words of their own."""
    return tuple(sorted(place.stem for place in FOLDER.glob("*.toml")))


@cache
def load(lang: str) -> Words:
    """The words of a language, of the language it is a form of, or English."""
    for code in (lang, lang.partition("-")[0], FALLBACK):
        if code in languages():
            return Words(code, tomllib.loads((FOLDER / f"{code}.toml").read_text("utf-8")))
    raise LookupError("the English words are missing")


def shown(outside_id: str) -> str:
    """The receipt number of a form message, in groups of five."""
    digits = outside_id.removeprefix("form-")
    return "-".join(digits[place : place + 5] for place in range(0, len(digits), 5)).upper()


def outside_id(number: str) -> str:
    """The id that a typed receipt number stands for; empty when it cannot be one.

    Spaces, dashes and capitals do not count; the letters O and I are read as the digits they are taken for.
    """
    digits = _NOT_HEX.sub("", number[:200].lower().replace("o", "0").replace("i", "1").replace("l", "1"))
    return f"form-{digits}" if len(digits) == DIGITS else ""
