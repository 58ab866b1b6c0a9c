"""Which text search configuration of PostgreSQL reads which language. Pure.

Those that PostgreSQL 15 brings with it; for every other language words are compared as they stand, and parts
of words by trigrams.
"""

from __future__ import annotations

from collections.abc import Mapping

CONFIGS: Mapping[str, str] = {
    "ar": "arabic",
    "hy": "armenian",
    "eu": "basque",
    "ca": "catalan",
    "da": "danish",
    "nl": "dutch",
    "en": "english",
    "fi": "finnish",
    "fr": "french",
    "de": "german",
    "el": "greek",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "ga": "irish",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "no": "norwegian",
    "nb": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "es": "spanish",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
OTHERWISE = "simple"
# A text in no language that was told is not looked into by parts of words: most are too short for that.
UNKNOWN = "und"

_SCRIPTS = (
    ("Ͱ", "Ͽ", ("greek",)),
    ("Ѐ", "ԯ", ("russian", "serbian")),
    ("԰", "֏", ("armenian",)),
    ("֐", "׿", ("yiddish",)),
    ("؀", "ۿ", ("arabic",)),
    ("ऀ", "ॿ", ("hindi", "nepali")),
    ("஀", "௿", ("tamil",)),
)
_LATIN = tuple(
    sorted(set(CONFIGS.values()) - {name for _, _, names in _SCRIPTS for name in names} | {"serbian"})
)


def config_of(lang: str) -> str:
    """The configuration for a language tag."""
    return CONFIGS.get(lang.partition("-")[0], OTHERWISE)


def configs_for(words: str) -> tuple[str, ...]:
    """Those that may know the words, by their letters; `simple` always."""
    found: set[str] = set()
    for first, last, names in _SCRIPTS:
        if any(first <= char <= last for char in words):
            found.update(names)
    if any(char.isalpha() and char < "ʰ" for char in words):
        found.update(_LATIN)
    return (OTHERWISE, *sorted(found))
