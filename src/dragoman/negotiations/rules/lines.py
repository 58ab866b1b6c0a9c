"""The lines of a process as they are sealed (entries of kind `line`), and how a stranger recognises them.

A line is one text a language: `text/plain; charset=utf-8`, the words in NFC and one line feed. A notice holds
one line a fact.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules.protocol import LONGEST_VALUE, PLACEHOLDER, ProtocolRules, Values

MEDIA_TYPE = "text/plain; charset=utf-8"
_AHEAD = timedelta(seconds=60)
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC(?:[+-][0-9]{2}:[0-9]{2})?"
_VALUE = rf"[^\n{{}}]{{1,{LONGEST_VALUE}}}"


@dataclass(frozen=True)
class Recognised:
    """What a sealed line is; `kinds` are the facts of a notice, `said` the moment that a pulse line names."""

    what: Literal["pulse", "fallback", "notice"]
    kinds: tuple[str, ...] = ()
    said: datetime | None = None


def time_words(moment: datetime, zone: str = "UTC") -> str:
    """A moment as every language of a line writes it: 2026-11-30 14:05 UTC+02:00."""
    local = moment.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} UTC" + (f"{offset[:3]}:{offset[3:5]}" if offset != "+0000" else "")


def pulse_texts(rules: ProtocolRules, moment: datetime, zone: str = "UTC") -> dict[str, str]:
    """The pulse line of a moment, by language. Raises Invalid (`no-pulse`) when none was agreed."""
    if rules.pulse is None:
        raise Invalid("The protocol in force has no pulse line.", code="no-pulse")
    words = time_words(moment, zone)
    return {lang: PLACEHOLDER.sub(words, text) for lang, text in rules.pulse.texts.items()}


def fallback_texts(rules: ProtocolRules) -> dict[str, str]:
    """The fallback line, by language."""
    return dict(rules.fallback)


def notice_texts(rules: ProtocolRules, facts: Sequence[tuple[str, Values]]) -> dict[str, str]:
    """A notice of some facts, by language: one line a fact. Raises Invalid (`not-publishable`,
    `fact-values`)."""
    if not facts:
        raise Invalid("A notice says at least one fact.", code="fact-values")
    return {
        lang: "\n".join(rules.render(kind, values, lang) for kind, values in facts)
        for lang in rules.languages
    }


def sealed(text: str) -> bytes:
    """The bytes of one language for the record."""
    return (unicodedata.normalize("NFC", text) + "\n").encode()


def recognise(rules: ProtocolRules, texts: Mapping[str, bytes], released: datetime) -> Recognised:
    """What a sealed line is under the protocol in force. Raises Invalid (`not-agreed-line`) when its words
    are not the agreed ones in every language, (`line-time`) when it names a time that had not come."""
    words = {lang: _words(data) for lang, data in texts.items()}
    if set(words) != set(rules.languages):
        raise _not_agreed("it is not in every language of the process")
    said = _pulse(rules, words)
    if said is not None:
        if said > released + _AHEAD:
            raise Invalid(f"The line names {said:%Y-%m-%d %H:%M} UTC, before that came.", code="line-time")
        return Recognised("pulse", said=said)
    if words == dict(rules.fallback):
        return Recognised("fallback")
    if rules.pulse and words == dict(rules.pulse.texts):
        return Recognised("pulse")
    return Recognised("notice", _notice(rules, words))


def _pulse(rules: ProtocolRules, words: Mapping[str, str]) -> datetime | None:
    """The moment that the pulse line names, one and the same in every language; None if it is no such
    line."""
    if rules.pulse is None:
        return None
    moments: set[datetime] = set()
    for lang, text in rules.pulse.texts.items():
        match = re.fullmatch(_pattern(text, _TIME), words[lang])
        if match is None or not match.groups():
            return None
        moments.update(map(_moment, match.groups()))
    return moments.pop() if len(moments) == 1 else None


def _moment(text: str) -> datetime:
    try:
        day, clock, zone = text.split(" ")
        return datetime.fromisoformat(f"{day}T{clock}{zone.removeprefix('UTC') or '+00:00'}").astimezone(UTC)
    except ValueError as error:
        raise _not_agreed(f"{text} is no time") from error


def _notice(rules: ProtocolRules, words: Mapping[str, str]) -> tuple[str, ...]:
    """The facts of a notice, line by line."""
    rows = {lang: text.split("\n") for lang, text in words.items()}
    count = len(rows[rules.languages[0]])
    if any(len(row) != count for row in rows.values()):
        raise _not_agreed("its languages do not say the same number of facts")
    kinds = [_kind(rules, {lang: row[number] for lang, row in rows.items()}) for number in range(count)]
    return tuple(kinds)


def _kind(rules: ProtocolRules, row: Mapping[str, str]) -> str:
    for kind, sentences in rules.publishable.items():
        if all(re.fullmatch(_pattern(sentences[lang], _VALUE), text) for lang, text in row.items()):
            return kind
    raise _not_agreed(f"{row[rules.languages[0]]!r} is no sentence of the protocol in force")


def _pattern(template: str, value: str) -> str:
    """The template as a pattern: literal words, and a group for each placeholder."""
    pieces = PLACEHOLDER.split(template)
    return "".join(f"({value})" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))


def _words(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_agreed("it is not UTF-8") from error
    if not text.endswith("\n"):
        raise _not_agreed("it does not end with a line feed")
    return text[:-1]


def _not_agreed(why: str) -> Invalid:
    return Invalid(f"The line is not one that the parties agreed to: {why}.", code="not-agreed-line")
