"""The words of letters, of what stands below a copy, and of the pages where people subscribe, by language.

Pure. A language that has no words here is answered in English, and says so by its `lang`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FALLBACK = "en"
FOLDER = Path(__file__).parent / "words"
RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; `lang` is the language that they truly are in."""

    lang: str
    known: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.known[key]

    def say(self, key: str, **parts: object) -> str:
        """A sentence with its gaps filled."""
        return self.known[key].format(**parts)

    @property
    def direction(self) -> str:
        return direction(self.lang)


def direction(lang: str) -> str:
    """`rtl` or `ltr`, by the language, or by the script that its tag names."""
    parts = lang.lower().split("-")
    if "latn" in parts or "cyrl" in parts:
        return "ltr"
    return "rtl" if parts[0] in RIGHT_TO_LEFT or "arab" in parts or "hebr" in parts else "ltr"


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
