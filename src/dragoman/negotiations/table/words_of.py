"""The words around the parties' texts, by language; English stands in for what a language lacks. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FALLBACK = "en"
FOLDER = Path(__file__).parent / "words"


def languages() -> tuple[str, ...]:
    """Those that have words of their own."""
    return tuple(sorted(place.stem for place in FOLDER.glob("*.toml")))


def known(lang: str) -> str:
    """The language that there are words for: itself, the one it is a form of; empty when there is none."""
    return next((code for code in (lang, lang.partition("-")[0]) if code and code in languages()), "")


@cache
def load(lang: str) -> Mapping[str, str]:
    """All words of a language, with English ones where it has none."""
    words = _read(FALLBACK)
    code = known(lang)
    return words if code in ("", FALLBACK) else {**words, **_read(code)}


def say(lang: str, key: str, **parts: object) -> str:
    """A sentence with its gaps filled."""
    return load(lang)[key].format(**parts)


@cache
def _read(lang: str) -> dict[str, str]:
    return tomllib.loads((FOLDER / f"{lang}.toml").read_text("utf-8"))
