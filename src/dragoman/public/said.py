"""Whether a text is one of ours: how texts are brought to one form, cut, and compared. Pure.

`said.js` does the first half (form, cutting, digests) in the reader's browser with the same rules; the tests
hold both against the same examples (tests/public/said_vectors.json).

**The form of a sentence.** Unicode NFKC; format characters and web addresses dropped; small letters; every
run of anything but letters, marks, digits and the signs of sums (currency, mathematics, per cent) becomes one
space. So other quotation marks, dashes or line breaks make no difference; another digit, sign or word does.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from dragoman.lib.text.unicode_re import regex
from dragoman.public.rules import UNSPACED, Change, Piece, joined, shortened

MOST_LETTERS = 8000
SHORTEST = 12
SHORTEST_UNSPACED = 5
SHINGLE = 9
SHINGLE_UNSPACED = 4
KEEP_ONE_IN = 4
SHARE_OF_A_COPY = 0.5
WORDS_OF_A_COPY = 6
SLACK = 12
SHARE_NEARBY = 0.7
MORE_ON_THE_WHOLE = 0.2
EFFORT = 8_000_000
"""Pairs of words that one answer may look at: about a second's work, and more than honest texts need."""
WORD = re.compile(r"[\w’'-]+\s*|[^\w\s]\s*|\s+")
"""A word with the blank behind it: blanks alone would pair with every other."""
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
# Begins where a run of signs begins, or a long run would be gone through from each of its signs.
ENDS = re.compile(
    r"(?<![.!?\u2026\u061f\u06d4\u0964])[.!?\u2026\u061f\u06d4\u0964]+(?=\s|$)"
    r"|[\u3002\uff01\uff1f]+|[\r\n\u2028\u2029]+"
)

Verdict = Literal["official", "corrected", "withdrawn", "altered", "unknown"]


HIDDEN = regex.compile(r"\p{Cf}+")
MINUS = regex.compile(r"(?<![\p{L}\p{N}])[-\u2010-\u2015](?=\p{N})")
OTHER = regex.compile(r"[^\p{L}\p{M}\p{N}\p{Sc}\p{Sm}%\u2030]+")


def form(text: str) -> str:
    """A sentence in the form in which sentences are compared."""
    text = ADDRESS.sub(" ", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKC", HIDDEN.sub("", text).lower())
    return str(OTHER.sub(" ", MINUS.sub("\u2212", text)).strip())


def sentences(text: str) -> list[str]:
    """The sentences of a text, each in its form, without those too short to tell anything."""
    found = (form(part) for part in ENDS.split(text))
    return [one for one in found if len(one) >= (SHORTEST_UNSPACED if CJK.search(one) else SHORTEST)]


def digest(kind: str, value: str) -> str:
    """The 24 hex digits under which a sentence, a link or a picture is looked up."""
    return hashlib.sha256(f"{kind}\n{value}".encode()).hexdigest()[:24]


def link(address: str) -> str:
    """A link in the form in which links are compared: host without `www.`, path, and the one query that
    names a film. Empty for what is no web address."""
    try:
        parts = urlsplit(address.strip())
        host, _ = (parts.hostname or "").lower().removeprefix("www."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host:
        return ""
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    film = parse_qs(parts.query).get("v", [""])[0]
    return f"{_ascii(host)}{port}{unquote(parts.path).rstrip('/')}" + (f"?v={film}" if film else "")


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def sketch(text: str) -> list[int]:
    """A few of the overlapping runs of letters of a text, as numbers: texts that share much share many."""
    found: set[int] = set()
    for sentence in sentences(text):
        letters = sentence.replace(" ", "")
        size = SHINGLE_UNSPACED if CJK.search(letters) else SHINGLE
        for place in range(max(1, len(letters) - size + 1)):
            raw = hashlib.blake2b(letters[place : place + size].encode(), digest_size=4).digest()
            number = int.from_bytes(raw)
            if number % KEEP_ONE_IN == 0:
                found.add(number // 2)  # within a signed integer of four bytes
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Compared:
    """`share` of the words of a copy that are ours, how many, and our text and the copy side by side."""

    share: float
    words: int
    change: Change

    @property
    def copied(self) -> bool:
        """Is it plainly a copy of our text, though not the same?"""
        return self.share >= SHARE_OF_A_COPY and self.words >= WORDS_OF_A_COPY


@dataclass(slots=True)
class Effort:
    """What is left of the work that one answer may cost."""

    left: int = EFFORT


class Bounded(SequenceMatcher[str]):
    """Finds what two texts have in common with no more than so much effort, whatever they are: a stranger may
    send one word a thousand times, for which the usual way needs the cube of the length.

    When the effort is spent, what is left counts as different.
    """

    def __init__(self, a: Sequence[str], b: Sequence[str], effort: Effort) -> None:
        super().__init__(None, a, b, autojunk=False)
        self.effort = effort
        often = Counter(b)
        self._to = list(accumulate((1 + often[key] for key in a), initial=0))

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """As the usual one, while there is effort left."""
        self.effort.left -= self._to[-1 if ahi is None else ahi] - self._to[alo]
        return super().find_longest_match(alo, ahi, blo, bhi) if self.effort.left >= 0 else Match(alo, blo, 0)


def compare(ours: str, copy: str, lang: str, effort: Effort | None = None) -> Compared:
    """A copy against our text. What stands in ours before and after the copied stretch is left out.

    First against the stretch around the longest run of words that both have, or a word of the copy that
    stands far away in ours would tear the two apart; against the whole only if that finds plainly more.
    """
    effort = effort or Effort()
    unspaced = lang.partition("-")[0] in UNSPACED
    a, b = _tokens(ours, unspaced), _tokens(copy, unspaced)
    keys = [_key(token) for token in b]
    longest = Bounded([_key(token) for token in a], keys, effort).find_longest_match()
    slack = SLACK + len(b) // 3
    start, end = max(0, longest.a - longest.b - slack), longest.a + len(b) - longest.b + slack
    near = _compared(a[start:end], b, unspaced, effort)
    if near.share >= SHARE_NEARBY or (start == 0 and end >= len(a)):
        return near
    whole = _compared(a, b, unspaced, effort)
    return whole if whole.share > near.share + MORE_ON_THE_WHOLE else near


def _compared(a: Sequence[str], b: Sequence[str], unspaced: bool, effort: Effort) -> Compared:
    keys = [[_key(token) for token in tokens] for tokens in (a, b)]
    matcher = Bounded(keys[0], keys[1], effort)
    blocks = [block for block in matcher.get_matching_blocks() if _tells(a[block.a : block.a + block.size])]
    if not blocks:
        return Compared(0.0, 0, ())
    first, last = blocks[0], blocks[-1]
    same = sum(_words(a[block.a : block.a + block.size]) for block in blocks)
    total = _words(b) or 1
    pieces = list(_pieces(a, b, matcher, first.a, last.a + last.size))
    return Compared(same / total, same // (2 if unspaced else 1), tuple(shortened(joined(pieces))))


def _pieces(
    a: Sequence[str], b: Sequence[str], matcher: SequenceMatcher[str], start: int, end: int
) -> Iterator[Piece]:
    for tag, i, j, k, m in matcher.get_opcodes():
        i, j = max(i, start), min(j, end)  # noqa: PLW2901 - cut to the stretch that was copied
        if tag == "equal":
            if i < j:
                yield Piece("same", "".join(b[k:m]))
            continue
        gone, fresh = "".join(a[i:j]), "".join(b[k:m])
        both = gone and fresh and gone[-1:].isspace() and fresh[-1:].isspace()
        if gone:
            yield Piece("del", gone.rstrip() if both else gone)
        if fresh:
            yield Piece("ins", fresh.rstrip() if both else fresh)
        if both:
            yield Piece("same", " ")


def _tokens(text: str, unspaced: bool) -> list[str]:
    text = ADDRESS.sub(" ", unicodedata.normalize("NFC", text))
    return list(text) if unspaced else WORD.findall(text)


def _key(token: str) -> str:
    """What makes two tokens the same: all blanks are, and so are quotation marks of every shape."""
    return form(token) or (" " if token.isspace() else ".")


def _tells(tokens: Sequence[str]) -> bool:
    return any(form(token) for token in tokens)


def _words(tokens: Sequence[str]) -> int:
    return sum(bool(form(token)) for token in tokens)
