"""How haste spoils a text: small letters, lost accents, typing errors, letters of another script, signs."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

SIGNS = ("🙏", "😊", "✈️", "🤔", "🇧🇾", "👍", "😅", "❤️", "!!", "???", "...")
# Letters that look the same on the other keyboard: Latin instead of Cyrillic, as typed by mistake.
ALIKE = str.maketrans("аеосрхі", "aeocpxi")
SCRIPTS = ("ru", "be", "uk", "kk")
# Letters whose marks are part of the letter and not left out in haste.
WHOLE = {"ru": "йё", "be": "йўё", "uk": "йї", "kk": "йё"}
# Only there do people leave out the marks above and below the letters.
MARKED = ("pl", "de", "fr", "es", "it", "pt", "lt", "lv", "et", "tr", "vi", "cs", "ro")
SPELLED = (*MARKED, "en", "id", "sw", *SCRIPTS)
MIXED = (("і", "и"), ("ў", "у"), (" што ", " что "), (" ці ", " или "))
CHANCES: tuple[tuple[str, float], ...] = (
    ("small", 0.35),
    ("unmarked", 0.3),
    ("unpointed", 0.25),
    ("mistyped", 0.22),
    ("signed", 0.14),
    ("alike", 0.05),
    ("mixed", 0.12),
    ("hidden", 0.015),
    ("loud", 0.02),
    ("spaced", 0.05),
)


def spoiled(text: str, lang: str, chance: random.Random) -> str:
    """The text with some of these done to it; often with none. Never empty."""
    for name, likely in CHANCES:
        if chance.random() < likely:
            text = WAYS[name](text, lang, chance)
    return text


def small(text: str, lang: str, chance: random.Random) -> str:
    """No capital letters. Turkish has its own small dotless i."""
    return text.replace("I", "ı").replace("İ", "i").lower() if lang == "tr" else text.lower()


def unmarked(text: str, lang: str, chance: random.Random) -> str:
    """Without accents, as typed on a keyboard that has none."""
    if lang not in MARKED:
        return text
    bare = unicodedata.normalize("NFD", text.replace("ł", "l").replace("Ł", "L").replace("đ", "d"))
    bare = bare.replace("ı", "i").replace("ß", "ss")
    return unicodedata.normalize("NFC", "".join(c for c in bare if not unicodedata.combining(c))) or text


def unpointed(text: str, lang: str, chance: random.Random) -> str:
    """Without the last point or question mark."""
    return text.rstrip(" .?!。？！؟¿") or text


def mistyped(text: str, lang: str, chance: random.Random) -> str:
    """One or two words with two letters changed about, one lost, or one twice."""
    if lang not in SPELLED:
        return text
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    for n in chance.sample(long, min(len(long), chance.choice((1, 1, 2)))):
        word, at = words[n], chance.randrange(1, len(words[n]) - 2)
        words[n] = chance.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            )
        )
    return " ".join(words)


def signed(text: str, lang: str, chance: random.Random) -> str:
    """With a sign or two behind it."""
    return f"{text} {''.join(chance.sample(SIGNS, chance.choice((1, 1, 2))))}"


def alike(text: str, lang: str, chance: random.Random) -> str:
    """Some words in letters of the other script that look the same."""
    if lang not in SCRIPTS:
        return text
    return " ".join(w.translate(ALIKE) if chance.random() < 0.4 else w for w in text.split(" "))


def mixed(text: str, lang: str, chance: random.Random) -> str:
    """Belarusian with the neighbour's letters in it, as in speech between the two."""
    if lang != "be":
        return text
    for own, other in chance.sample(MIXED, 2):
        text = text.replace(own, other)
    return text


def hidden(text: str, lang: str, chance: random.Random) -> str:
    """With a mark of no width inside, as copied from a page."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + "\u200b" + text[at:]


def loud(text: str, lang: str, chance: random.Random) -> str:
    """All in capitals."""
    return text.replace("i", "İ").upper() if lang == "tr" else text.upper()


def spaced(text: str, lang: str, chance: random.Random) -> str:
    """Over two lines, or with spaces doubled."""
    return text.replace(" ", chance.choice(("  ", "\n")), 1)


WAYS: dict[str, Callable[[str, str, random.Random], str]] = {
    "small": small,
    "unmarked": unmarked,
    "unpointed": unpointed,
    "mistyped": mistyped,
    "signed": signed,
    "alike": alike,
    "mixed": mixed,
    "hidden": hidden,
    "loud": loud,
    "spaced": spaced,
}
