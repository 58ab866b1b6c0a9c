"""One form for texts that are the same to a reader, its digest, and a 64-bit hash of likeness.

Copies of one text travel with other links, other capitals, an emoji more, an invisible mark less.
`fold` takes all that away. It keeps what decides an answer: numbers, currencies, flags of countries,
the SOS sign, and whether the text asks (a question and a belief in the same words are not one message).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

# The version stands in the digest: a change of the rules below never mixes with digests already stored.
VERSION = "1"
# More than this is not compared for likeness: nobody writes it, and a burst of it must not slow the desk.
NEAR_LIMIT = 20_000
SHINGLE = 4

LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w.])@[\w.\-]+(?:@[\w.\-]+\w)?")
RETWEET = re.compile(r"^\s*(?:rt|via)\s*:?\s*(?=@)", re.IGNORECASE)
TRAILING_TAGS = re.compile(r"(?:\s*#[\w\u0300-\u036f]+)+\s*$")
LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
# Arabic vowel signs and the stretching mark: writing them is optional
ARABIC_MARKS = re.compile(r"[\u064b-\u0652\u0670\u0640]")
QUESTION_MARKS = frozenset("?？؟՞⁇⁈⁉¿")
SOS = "\U0001f198"
KEPT_SIGNS = frozenset("%‰+#")
SAME_LETTERS = str.maketrans({"ё": "е", "ي": "ی", "ك": "ک", "ى": "ی"})

_ONE = np.uint64(1)
_BITS = np.arange(64, dtype=np.uint64)
_POWERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64
)


def plain(text: str) -> str:
    """`text` without what cannot be seen: controls become spaces, marks of direction and of zero width
    go, and lone surrogates (broken emoji) go. Readable text stays as it is, in NFKC."""
    text = unicodedata.normalize("NFKC", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def fold(text: str) -> str:
    """The words of `text` in one form: lower case, no links, mentions, closing hashtags, punctuation or
    emoji. Where nothing is left (only a link, only emoji), the text itself, so that two such never
    become the same."""
    seen = plain(text)
    bare = TRAILING_TAGS.sub(" ", MENTION.sub(" ", LINK.sub(" ", RETWEET.sub(" ", seen))))
    words = _words(bare)
    return words or " ".join(seen.split())


def digest(text: str) -> str:
    """The same for two texts that say the same in the same words: 32 hex digits."""
    data = f"{VERSION}\n{fold(text)}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def near(text: str) -> int:
    """A simhash of `text`: few bits differ between texts that differ little. Signed, so that it fits a
    `bigint`.

    Charikar (2002) over shingles of four characters. Below about 40 letters, one changed word changes
    many bits: such texts meet as exact duplicates or not at all.
    """
    folded = fold(text)[:NEAR_LIMIT]
    if not folded:
        return 0
    hashes = _shingles(folded)
    votes = ((hashes[:, None] >> _BITS) & _ONE).sum(axis=0, dtype=np.int64)
    value = int(((votes * 2 > len(hashes)).astype(np.uint64) << _BITS).sum(dtype=np.uint64))
    return value - (1 << 64) if value >> 63 else value


def distance(one: int, other: int) -> int:
    """How many of the 64 bits of two `near` differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def _visible(char: str) -> str:
    if char.isprintable():
        # U+034F and the variation selectors are printable to Python and invisible to people
        return "" if char == "\u034f" or "\ufe00" <= char <= "\ufe0f" else char
    category = unicodedata.category(char)
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " "


def _words(text: str) -> str:
    asks = any(mark in text for mark in QUESTION_MARKS)
    folded = ARABIC_MARKS.sub("", text.casefold()).translate(SAME_LETTERS)
    # casefolding can undo the normal form (U+0345 and others)
    folded = unicodedata.normalize("NFKC", folded)
    spaced = "".join(char if _kept(char) else " " for char in folded)
    spaced = LONG_RUN.sub(r"\1\1", spaced)
    words = " ".join(word for word in spaced.split() if word.strip("+#"))
    return f"{words} ?" if words and asks else words


def _kept(char: str) -> bool:
    if char.isalnum() or char in KEPT_SIGNS or char == SOS:
        return True
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return True
    return (char > "\x7f" and unicodedata.category(char) in {"Mn", "Mc", "Sc"}) or char == "$"


def _shingles(folded: str) -> NDArray[np.uint64]:
    """One well mixed 64-bit number for each run of four characters (wrapping arithmetic is meant)."""
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < SHINGLE:
        codes = np.concatenate([codes, np.zeros(SHINGLE - len(codes), dtype=np.uint64)])
    count = len(codes) - SHINGLE + 1
    mixed = np.zeros(count, dtype=np.uint64)
    for place in range(SHINGLE):
        mixed += (codes[place : place + count] + _ONE) * _POWERS[place]
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(29))
