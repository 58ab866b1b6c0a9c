"""The language of one text: a model first, letters and small words as second opinion, and "unknown" as
an answer.

The model is py3langid (BSD, its data in the package). It is weakest
where languages are near (Belarusian, Russian, Ukrainian; Serbian and Croatian; Bulgarian and
Macedonian) and where texts are short. There the rules of `language_rules` decide, and what nothing
decides is `und`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache
from typing import Any

from . import language_rules as rules
from .normal import LINK, MENTION
from .values import UNKNOWN, LanguageGuess, ModelMissing

try:
    from py3langid.langid import MODEL_FILE
    from py3langid.langid import LanguageIdentifier as Langid
except ImportError:  # the desk then takes messages in and triage waits
    Langid = None

MODEL_ID = f"py3langid-0.4+rules-2-{rules.DIGEST}"
# What is read of a text: enough to tell, little enough to stay quick
LIMIT = 1_500
# Fewer letters than this say nothing, unless their script does
FEW_LETTERS = 12
ABSENT_LETTER = 0.02
WORD_SAYS = 2.2
# what a language that nobody writes to ministries in must make up for, as a logarithm
RARE = -2.5
# how many of the model's guesses are weighed
FOLLOWED = 40
HINT_SAYS = 3.0
LATIN_TYPED = ("ru", "hi", "ar")
# languages of a script that must not be named when it is absent
ONE_SCRIPT = 0.6

HASHTAG = re.compile(r"#\w+")
WORD = re.compile(r"[^\W\d_]+(?:['’ʻ`]?[^\W\d_]+)*|\w*\d\w*[^\W\d_]\w*")
ARABIZI = re.compile(r"[a-z]*(?:[a-z][23579][a-z]|[23579][a-z]{2}|[a-z]{2}[379])[a-z0-9]*", re.IGNORECASE)
STARTS = [first for first, _last, _script in rules.SCRIPTS]


class Languages:
    """Names languages. Loads its model once, on making; raises `ModelMissing` when it is not
    installed."""

    model_id = MODEL_ID

    def __init__(self) -> None:
        if Langid is None:
            raise ModelMissing(
                "The language model is missing: the package py3langid is not installed. Install the desk"
                " again with its locked requirements (pip install -r requirements.lock); triage goes on then."
            )
        self._model: Any = Langid.from_model_file(MODEL_FILE, norm_probs=True)
        self._words = _word_table()

    def identify(self, text: str, hint: str = "") -> LanguageGuess:
        """The language of `text`, or `und`. `hint` is the tag that the network or the thread gives: it
        breaks ties and speaks for short texts, and never overrules what is plainly written."""
        bare = _bare(text)
        letters = _letters(bare)
        total = sum(letters.values())
        tag = rules.SAME.get(_primary(hint), _primary(hint))
        if not total:
            return self._guess(UNKNOWN, 0.0)
        script, share = letters.most_common(1)[0][0], letters.most_common(1)[0][1] / total
        if letters["Kana"] and letters["Kana"] + letters["Hani"] > total / 2:
            script, share = "Kana", (letters["Kana"] + letters["Hani"]) / total
        alone = rules.LANGUAGES_OF_SCRIPT.get(script, ())
        if len(alone) == 1 and share >= ONE_SCRIPT:
            return self._guess(alone[0], 0.98 if total > 3 else 0.8)
        if total < FEW_LETTERS and script not in {"Beng", "Deva", "Ethi", "Tibt"}:
            return self._short(tag, script)
        return self._weigh(bare, script, tag, total)

    def _guess(self, lang: str, confidence: float) -> LanguageGuess:
        return LanguageGuess(lang or UNKNOWN, round(min(max(confidence, 0.0), 1.0), 3), MODEL_ID)

    def _short(self, tag: str, script: str) -> LanguageGuess:
        possible = rules.LANGUAGES_OF_SCRIPT.get(script)
        if tag and (tag in possible if possible else not _other_script(tag)):
            return self._guess(tag, 0.5)
        return self._guess(UNKNOWN, 0.0)

    def _weigh(self, bare: str, script: str, tag: str, total: int) -> LanguageGuess:
        scores = self._model_scores(bare, script, total)
        lowered = bare.lower()
        _letters_say(scores, lowered, script)
        hits = self._words_say(scores, lowered)
        if script == "Latn":
            self._typed_in_latin(scores, lowered, hits)
        if tag in scores:
            scores[tag] += math.log(HINT_SAYS)
        best, second = sorted([*scores.items(), ("", -99.0)], key=lambda one: -one[1])[:2]
        return self._sure(best[0], best[1] - second[1], hits[best[0]], total)

    def _sure(self, best: str, margin: float, hits: int, total: int) -> LanguageGuess:
        # fitted on the development texts (quality/fit_texts.py prints the error of calibration)
        strength = -0.3 + 0.6 * margin + 0.55 * math.log(total / 12) + 0.25 * min(hits, 4)
        confidence = 1 / (1 + math.exp(-strength))
        if confidence < 0.3 and not hits:
            return self._guess(UNKNOWN, confidence)
        return self._guess(best, confidence)

    def _model_scores(self, bare: str, script: str, total: int) -> dict[str, float]:
        """Log likelihoods by tag, near languages told apart further than the model's own mild
        temperature."""
        sharper = 1.6 if total < 40 else 2.2
        possible = rules.LANGUAGES_OF_SCRIPT.get(script)
        scores: dict[str, float] = {}
        for label, chance in self._model.rank(bare)[:FOLLOWED]:
            tag = rules.SAME.get(label, label)
            value = sharper * math.log(max(chance, 1e-9)) + rules.PRIORS.get(tag, RARE)
            if possible and tag not in possible:
                value += RARE
            if tag != UNKNOWN and value > scores.get(tag, -math.inf):
                scores[tag] = value
        return scores

    def _words_say(self, scores: dict[str, float], lowered: str) -> Counter[str]:
        hits: Counter[str] = Counter()
        words = WORD.findall(lowered)
        floor = min(scores.values())
        for word in words:
            tags = self._words.get(word.replace("’", "'")) or _by_ending(word)
            if tags:
                for tag in tags:
                    hits[tag] += 1
                    if hits[tag] <= 8 and (tag in scores or hits[tag] > 1):
                        scores[tag] = scores.get(tag, floor) + math.log(WORD_SAYS)
        return hits

    def _typed_in_latin(self, scores: dict[str, float], lowered: str, hits: Counter[str]) -> None:
        """Russian, Hindi and Arabic on a phone without their keyboard: told by words of theirs alone, and by
        the digits that stand for Arabic letters. A guess, and shown as one."""
        words = WORD.findall(lowered)
        alone = Counter(tags[0] for tags in map(self._words.get, words) if tags and len(tags) == 1)
        if lowered.isascii():
            alone["ar"] += sum(1 for word in words if ARABIZI.fullmatch(word))
        tag = max(LATIN_TYPED, key=lambda one: alone[one])
        best = max(scores, key=scores.__getitem__)
        if alone[tag] >= 2 and alone[tag] > alone[best]:
            scores[tag] = max(scores.values()) + 0.5
            hits[tag] = min(hits[tag], 2)


@cache
def _word_table() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for tag, words in rules.WORDS.items():
        for word in words:
            table.setdefault(word, []).append(tag)
    # a word that many languages have tells nothing
    return {word: tuple(tags) for word, tags in table.items() if len(tags) <= 4}


def _by_ending(word: str) -> tuple[str, ...]:
    if len(word) < 4 or word[-1] not in "ьаия":
        return ()
    tag = rules.ENDINGS.get(word[-4:]) or rules.ENDINGS.get(word[-3:]) or rules.ENDINGS.get(word[-2:])
    return (tag,) if tag else ()


def _primary(hint: str) -> str:
    tag = hint.replace("_", "-").partition("-")[0].lower()
    known = (
        2 <= len(tag) <= 3
        and tag.isascii()
        and tag.isalpha()
        and tag not in {"und", "mul", "zxx", "qme", "art"}
    )
    return tag if known else ""


def _other_script(tag: str) -> bool:
    return any(tag in tags for tags in rules.LANGUAGES_OF_SCRIPT.values())


def _bare(text: str) -> str:
    """What the writer wrote: no links, handles, hashtags, and no lone surrogates, which the model
    cannot take."""
    text = text[:LIMIT].encode("utf-8", "ignore").decode()
    return unicodedata.normalize("NFC", HASHTAG.sub(" ", MENTION.sub(" ", LINK.sub(" ", text)))).strip()


def _letters(text: str) -> Counter[str]:
    """How many letters of each script."""
    if text.isascii():
        return Counter({"Latn": sum(map(str.isalpha, text))}) if any(map(str.isalpha, text)) else Counter()
    counts: Counter[str] = Counter()
    for char, times in Counter(text).items():
        code = ord(char)
        place = bisect_right(STARTS, code) - 1
        if place >= 0 and code <= rules.SCRIPTS[place][1] and (char.isalpha() or code > 0x0900):
            counts[rules.SCRIPTS[place][2]] += times
    return counts


def _letters_say(scores: dict[str, float], lowered: str, script: str) -> None:
    """Make unlikely what does not write a letter that stands there: more so the oftener it stands."""
    counts = Counter(lowered)
    for letter, tags in rules.LETTERS:
        times = counts[letter]
        if times:
            # one foreign letter can be a name or a slip; the third is none
            weight = math.log(ABSENT_LETTER) * min(times, 3) / 3 * (1 if script != "Latn" else 0.6)
            for tag in scores:
                if tag not in tags:
                    scores[tag] += weight
