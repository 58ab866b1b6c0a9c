"""The country that a writer states: a nationality, a place of living, or the place they come or fly from.

Only what is written counts, and only where it is written of the writer: "citizen of", "passport", "I
live in", "from". A country that is merely named (a destination, a visa's issuer, the news) says
nothing, and neither does the language. "Polish passport" is a nationality; "from Warsaw" is a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from . import parameters
from .country_names import Found, Gazetteer, normal
from .normal import LINK, MENTION, plain
from .values import CountryGuess

LIMIT = 2_000
KINDS = ("nationality", "residence", "place")
FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
# endings that say "from" by themselves, in languages that have no word for it
FROM_ENDING = re.compile(
    r"'?(?:[dt][ae]n|sta|st|lta|[bn]?b?[oó]l|r[oó]l|დან|ից|нан|нен|дан|ден|тан|тен|aas|ээс|ից|dən|から|에서)$"
)
HEBREW_FROM = "מ"
CONTROL = ("control", "kontrol", "контрол", "contrôl")
# "US" in capitals is a country, "us" is all of us
USA = re.compile(
    r"\bU\.?S\.?(?:A\.?)?(?=\W|$)(?=.{0,24}(?:citizen|passport|national|resident))|(?<=the )US\b"
)
NOT_A_PASS = frozenset(["suis", "est", "sommes", "sont", "ai", "a", "faut", "peut", "dois"])


class Countries:
    """Reads stated countries. Its names come from CLDR (Babel), its demonyms, cities and cues from
    `data/`."""

    def __init__(self) -> None:
        held, digest = parameters.table("countries.json")
        self._cues = {name: frozenset(map(normal, words)) for name, words in held["cues"].items()}
        self._gazetteer = Gazetteer(held, (cue for cues in self._cues.values() for cue in cues))
        self.model_id = f"country-{digest}"

    def stated(self, text: str, own: str = "") -> tuple[CountryGuess, ...]:
        """What `text` states, the surest first, each country once. `own` is the ministry's country: to
        come from there or to fly from there is everybody's journey and no statement."""
        seen = USA.sub("usa", MENTION.sub(" ", LINK.sub(" ", plain(text[:LIMIT]))))
        words = self._gazetteer.words(normal(seen))
        guesses = [*self._told(words), *self._flags(seen)]
        kept: dict[str, CountryGuess] = {}
        for guess in sorted(guesses, key=lambda one: KINDS.index(one.kind)):
            if guess.code == own and (guess.kind == "place" or guess.how.startswith("flag")):
                continue
            kept.setdefault(guess.code, guess)
        return tuple(kept.values())

    def _told(self, words: Sequence[str]) -> Iterator[CountryGuess]:
        for found in self._gazetteer.find(words):
            kind, cue = self._kind(words, found)
            if kind:
                how = " ".join(words[min(cue, found.start) : max(cue + 1, found.end)])[:80]
                yield CountryGuess(found.entry.code, kind, how, self.model_id)

    def _flags(self, text: str) -> Iterator[CountryGuess]:
        codes = {"".join(chr(ord(sign) - 0x1F1E6 + 65) for sign in flag) for flag in FLAG.findall(text)}
        if len(codes) == 1 and codes <= self._gazetteer.codes:
            yield CountryGuess(codes.pop(), "nationality", "flag", self.model_id)

    def _kind(self, words: Sequence[str], found: Found) -> tuple[str, int]:
        if found.entry.kind != "city":
            cue = self._citizen(words, found)
            if cue >= 0:
                return "nationality", cue
        cue = self._lives(words, found)
        if cue >= 0:
            return "residence", cue
        cue = self._comes(words, found)
        if cue >= 0:
            return "place", cue
        if found.entry.kind == "people" or found.after:
            cue = self._is(words, found)
            if cue >= 0:
                return "nationality", cue
        return "", -1

    def _citizen(self, words: Sequence[str], found: Found) -> int:
        """`Polish (EU) passport`, `citizen of (the republic of) Poland`."""
        for place in range(found.end, min(found.end + 3, len(words))):
            if self._is_cue(words[place], "citizen") or self._is_cue(words[place], "passport"):
                after = words[place + 1] if place + 1 < len(words) else ""
                return -1 if after.startswith(CONTROL) else place
            # "Estonian grey passport": one word more may stand between an adjective and its passport
            if words[place] not in self._cues["skip"] and (found.entry.kind != "people" or place > found.end):
                break
        for place in range(found.start - 1, max(found.start - 7, -1), -1):
            if self._is_cue(words[place], "citizen") or self._is_cue(words[place], "passport"):
                # French "je ne suis pas": the word before tells that this is no passport
                return -1 if words[place] == "pas" and words[place - 1] in NOT_A_PASS else place
            if words[place] not in self._cues["skip"]:
                break
        return -1

    def _lives(self, words: Sequence[str], found: Found) -> int:
        for place in range(max(found.start - 2, 0), min(found.end + 2, len(words))):
            if words[place] in self._cues["permit"]:
                return place
        if found.entry.kind == "people":
            return -1
        for place in range(found.start - 1, max(found.start - 5, -1), -1):
            if words[place] in self._cues["live"]:
                return place
            if words[place] in self._cues["from"]:
                break
        for place in range(found.end, min(found.end + 4, len(words))):
            if words[place] in self._cues["live"]:
                return place
            if words[place] in self._cues["and"]:
                break
        return -1

    def _comes(self, words: Sequence[str], found: Found) -> int:
        if found.entry.kind == "people":
            return -1
        if (found.after and FROM_ENDING.match(found.after)) or found.before.endswith(HEBREW_FROM):
            return found.start
        for place in range(found.start - 1, max(found.start - 3, -1), -1):
            if words[place] in self._cues["from"]:
                return place
            if words[place] not in self._cues["skip"]:
                break
        after = words[found.end] if found.end < len(words) else ""
        return found.end if after in {"से", "سے", "থেকে", "から", "에서", "出身", "출신"} else -1

    def _is(self, words: Sequence[str], found: Found) -> int:
        for place in range(found.start - 1, max(found.start - 4, -1), -1):
            if words[place] in self._cues["me"]:
                return place
            if words[place] not in self._cues["skip"]:
                break
        return -1

    def _is_cue(self, word: str, name: str) -> bool:
        """Cues inflect: the word itself, or the word without up to four letters of ending."""
        cues = self._cues[name]
        if word in cues:
            return True
        shortest = max(len(word) - 5, 3)
        return any(
            word[:length] in cues and (length > 4 or len(word) - length <= 2)
            for length in range(len(word) - 1, shortest - 1, -1)
        )
