"""Names of countries, peoples and cities as words in a text may have them: inflected, glued, without
their marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex  # type: ignore[import-untyped]  # the package ships no types
from babel import Locale, UnknownLocaleError

from .helping_words import unmarked

# the languages whose names of countries are known: those that the desk is written to in
LANGUAGES = (
    "am ar az be bg bn bs ca cs da de el en es et fa fi fil fr gu he hi hr hu hy id is it ja ka kk km ko ky"
    " lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sr_Latn sv sw ta te tg th tk tr"
    " uk ur uz vi zh zh_Hant"
)
VOWELS = frozenset("aeiouyäöüаеёиоуыэюяіїйьεαηιουωοაეიოუ")
GLUED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORD = regex.compile(rf"[{GLUED}\p{{M}}ー]+|(?:[\p{{L}}--[{GLUED}]]\p{{M}}*)+(?:'\p{{L}}+)*", regex.V1)
IS_GLUED = regex.compile(rf"[{GLUED}]")
ARABIC = str.maketrans("أإآيىكة", "اااییکه")
# what Arabic and Hebrew write at the front of the word
FRONTS = ("وال", "بال", "لل", "ال", "و", "ب", "ل", "ف", "מה", "ה", "ב", "מ", "ל", "ש", "ו", "כ")
LONGEST_GLUED = 14
# beginnings of four Latin letters are too many other words'
LATIN_END = "\u0250"


@dataclass(frozen=True, slots=True)
class Entry:
    """A country by its name, its people (or adjective), or a city of it. `name` may also stand for the
    people."""

    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Found:
    """An entry at the words `start` to `end`, with what was glued before and after it."""

    entry: Entry
    start: int
    end: int
    before: str
    after: str


def normal(text: str) -> str:
    """The form in which names are compared: lower case, no Latin marks, one form of each Arabic
    letter."""
    return unmarked(text.casefold().replace("’", "'")).translate(ARABIC)


class Gazetteer:
    """Finds names in the words of a text, by look-ups of each word and of its beginnings."""

    def __init__(self, held: Mapping[str, Any], cues: Iterable[str]) -> None:
        self._exact: dict[str, Entry] = {}
        self._stems: dict[str, Entry] = {}
        self._long: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        self._glued: dict[str, Entry | None] = {}
        self.codes: set[str] = set()
        names = [*_aliases(held["aliases"]), *_names()]
        for code, name in names:
            self.codes.add(code)
            self._add(name, Entry(code, "name"))
        for kind, table in (("people", held["demonyms"]), ("city", held["cities"])):
            for code, words in table.items():
                for word in words:
                    self._add(normal(word), Entry(code, kind), stem=True)
        for code, name in names:
            stem = _stem(name)
            if stem:
                self._stems.setdefault(stem, Entry(code, "name"))
        for cue in cues:
            if IS_GLUED.search(cue):
                self._glued.setdefault(cue, None)
        for sequences in self._long.values():
            sequences.sort(key=lambda one: -len(one[0]))
        self._match = lru_cache(maxsize=20_000)(self._match_word)

    def words(self, text: str) -> list[str]:
        """The words of a `normal` text; what is written without spaces is cut where names and cues
        are."""
        out: list[str] = []
        for hit in WORD.finditer(text):
            word = hit.group()
            if IS_GLUED.search(word):
                out += self._cut(word)
            else:
                out.append(word)
        return out

    def find(self, words: Sequence[str]) -> Iterator[Found]:
        """Every name in `words`, from left to right, the longest first."""
        place = 0
        while place < len(words):
            found = self._at(words, place)
            if found:
                yield found
                place = found.end
            else:
                place += 1

    def _add(self, name: str, entry: Entry, *, stem: bool = False) -> None:
        if IS_GLUED.search(name):
            self._glued.setdefault(name.replace(" ", ""), entry)
            return
        words = tuple(WORD.findall(name))
        if len(words) > 1:
            self._long.setdefault(words[0], []).append((words, entry))
        elif words and len(words[0]) > 2:
            held = self._exact.setdefault(words[0], entry)
            if stem and len(words[0]) > 3 and held is entry:
                self._stems.setdefault(words[0], entry)

    def _at(self, words: Sequence[str], place: int) -> Found | None:
        for sequence, entry in self._long.get(words[place], ()):
            end = place + len(sequence)
            last = words[end - 1] if end <= len(words) else ""
            if tuple(words[place : end - 1]) == sequence[:-1] and last.startswith(sequence[-1]):
                after = last[len(sequence[-1]) :]
                if len(after) <= 4:
                    return Found(entry, place, end, "", after)
        hit = self._match(words[place])
        return Found(hit[0], place, place + 1, hit[1], hit[2]) if hit else None

    def _match_word(self, word: str) -> tuple[Entry, str, str] | None:
        if word in self._glued:
            entry = self._glued[word]
            return (entry, "", "") if entry else None
        hit = self._inflected(word)
        if hit or not ("\u0590" <= word[:1] <= "\u06ff"):
            return (hit[0], "", hit[1]) if hit else None
        for front in FRONTS:
            if word.startswith(front) and len(word) - len(front) >= 3:
                hit = self._inflected(word[len(front) :])
                if hit:
                    return hit[0], front, hit[1]
        return None

    def _inflected(self, word: str) -> tuple[Entry, str] | None:
        entry = self._exact.get(word)
        if entry:
            return entry, ""
        for length in range(len(word) - 1, 3, -1):
            ending = len(word) - length
            if ending > (4 if length < 5 else 9) or (length == 4 and word[0] < LATIN_END):
                break
            start = word[:length]
            entry = self._stems.get(start) or (self._exact.get(start) if length > 4 else None)
            if entry:
                return entry, word[length:]
        return None

    def _cut(self, run: str) -> list[str]:
        out: list[str] = []
        place = 0
        while place < len(run):
            for length in range(min(LONGEST_GLUED, len(run) - place), 0, -1):
                piece = run[place : place + length]
                if length == 1 or piece in self._glued:
                    out.append(piece)
                    place += length
                    break
        return out


def _aliases(held: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What people call countries and CLDR does not."""
    return ((code, normal(alias)) for code, aliases in held.items() for alias in aliases)


def _names() -> Iterator[tuple[str, str]]:
    """Pairs of code and name: CLDR's, in every language of the desk."""
    for language in LANGUAGES.split():
        try:
            territories = Locale.parse(language).territories
        except (UnknownLocaleError, ValueError):
            continue
        for code, name in territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"}:
                # "Myanmar (Burma)", "Hongkong – Sonderverwaltungsregion": the first part is what people
                # write
                yield code, normal(regex.split(r"[(（–,]", name)[0].strip())


def _stem(name: str) -> str:
    """What stays of a name of one word when it is inflected; nothing for short names."""
    if len(name) < 5 or " " in name or IS_GLUED.search(name):
        return ""
    stem = name
    while len(stem) > 4 and len(name) - len(stem) < 2 and stem[-1] in VOWELS:
        stem = stem[:-1]
    return stem
