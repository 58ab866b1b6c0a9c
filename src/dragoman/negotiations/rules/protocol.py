"""What the parties agreed beforehand, as the machine keeps it: the rules of a protocol (canonical JSON).

{"v": 1, "languages": ["en", "fr"],
 "publishable": {"meeting": {"en": "The parties met in {place}.", "fr": "..."}},
 "fallback": {"en": "No joint text was agreed today.", "fr": "..."},
 "pulse": {"texts": {"en": "Talks continue ({time}).", "fr": "..."},
           "every_minutes": 720, "silence_minutes": 240, "rule": "always"},
 "joint": true, "objection_minutes": 60, "round_hours": 72,
 "quiet_hours": {"from": "22:00", "to": "06:00", "zone": "Europe/Vienna"},
 "confidentiality": "chatham-house", "silence": "lapses", "leaving": "closes"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dragoman.lib import canonical
from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import canonical_text, protocol_reading

FACTS = protocol_reading.FACTS
"""The closed list of publishable facts; a protocol allows some of them, each with one sentence a language."""

PLACEHOLDER = protocol_reading.PLACEHOLDER
LONGEST_VALUE = 200
Values = Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True)
class Pulse:
    """The line that says that talks go on although nothing else may be said. `texts` may hold {time}.

    It is due every `every_minutes`, or when nothing was published for `silence_minutes`; `rule`
    "unless-objected" lets any party hold it back.
    """

    texts: Mapping[str, str]
    every_minutes: int
    silence_minutes: int
    rule: Literal["always", "unless-objected"] = "always"


@dataclass(frozen=True)
class QuietHours:
    """Local hours ("22:00") in which nothing goes out by itself. `to` before `frm` crosses midnight."""

    frm: str
    to: str
    zone: str


@dataclass(frozen=True)
class ProtocolRules:
    """What the machine keeps. `publishable` is kind -> language -> sentence with {placeholders}.

    `objection_minutes` is the window of a notice, `round_hours` how long a round waits. `silence`: when a
    party has not answered in time, the text lapses, or the fallback line is said instead. `leaving`: when a
    party leaves, the talks close, or continue among the others.
    """

    languages: tuple[str, ...]
    publishable: Mapping[str, Mapping[str, str]]
    fallback: Mapping[str, str]
    pulse: Pulse | None = None
    joint: bool = True
    objection_minutes: int = 60
    round_hours: int = 72
    quiet_hours: QuietHours | None = None
    confidentiality: Literal["chatham-house", "open"] = "chatham-house"
    silence: Literal["lapses", "fallback"] = "lapses"
    leaving: Literal["closes", "continues"] = "closes"

    def dump(self) -> bytes:
        """The canonical bytes that are consented and sealed as `zxx-x-rules`."""
        return canonical.dumps(self.value())

    def value(self) -> dict[str, Any]:
        """As a plain value for a row or a form."""
        pulse, quiet = self.pulse, self.quiet_hours
        return {
            "v": 1,
            "languages": list(self.languages),
            "publishable": {kind: dict(texts) for kind, texts in self.publishable.items()},
            "fallback": dict(self.fallback),
            "pulse": pulse
            and {
                "texts": dict(pulse.texts),
                "every_minutes": pulse.every_minutes,
                "silence_minutes": pulse.silence_minutes,
                "rule": pulse.rule,
            },
            "joint": self.joint,
            "objection_minutes": self.objection_minutes,
            "round_hours": self.round_hours,
            "quiet_hours": quiet and {"from": quiet.frm, "to": quiet.to, "zone": quiet.zone},
            "confidentiality": self.confidentiality,
            "silence": self.silence,
            "leaving": self.leaving,
        }

    def placeholders(self, kind: str) -> tuple[str, ...]:
        """The values that a fact of this kind asks for. Raises Invalid (`not-publishable`)."""
        texts = self._sentences(kind)
        return tuple(dict.fromkeys(PLACEHOLDER.findall(texts[self.languages[0]])))

    def render(self, kind: str, values: Values, lang: str) -> str:
        """The sentence of a fact in a language; a value may be one text or one a language. Raises Invalid
        (`not-publishable`, `fact-values`)."""
        template = self._sentences(kind).get(lang)
        if template is None:
            raise Invalid(f"The protocol has no sentence in {lang}.", code="not-publishable")
        wanted = set(self.placeholders(kind))
        if set(values) != wanted:
            raise Invalid(
                f"The fact {kind} asks for {', '.join(sorted(wanted)) or 'no value'}; given were "
                f"{', '.join(sorted(values)) or 'none'}.",
                code="fact-values",
            )
        return PLACEHOLDER.sub(lambda match: _value(match[1], values[match[1]], lang), template)

    def _sentences(self, kind: str) -> Mapping[str, str]:
        if kind not in self.publishable:
            raise Invalid(
                f"The protocol in force does not allow the fact {kind!r} to be published; it allows "
                f"{', '.join(self.publishable) or 'none'}.",
                mend="Put a joint text to the parties, or a new protocol.",
                code="not-publishable",
            )
        return self.publishable[kind]


def parse(value: Mapping[str, Any] | bytes) -> ProtocolRules:
    """Read rules. Raises Invalid (code `protocol-rules`) whose `where` lists every mistake.

    Bytes must be the canonical form, whole; of a plain value, members that have a default may be left out.
    """
    whole = isinstance(value, bytes)
    read = protocol_reading.canonical_value(value) if isinstance(value, bytes) else dict(value)
    members = protocol_reading.checked(read, whole=whole)
    pulse, quiet = members.pop("pulse"), members.pop("quiet_hours")
    members["languages"] = tuple(members["languages"])
    return ProtocolRules(
        **members,
        pulse=pulse and Pulse(**pulse),
        quiet_hours=quiet and QuietHours(quiet["from"], quiet["to"], quiet["zone"]),
    )


def _value(name: str, value: str | Mapping[str, str], lang: str) -> str:
    text = value if isinstance(value, str) else value.get(lang, "")
    troubles = canonical_text.troubles(text, "", "-")
    if troubles or "{" in text or "}" in text or len(text) > LONGEST_VALUE:
        why = troubles[0].what if troubles else f"It holds a brace, or more than {LONGEST_VALUE} letters."
        raise Invalid(
            f"The value {name} in {lang} cannot stand in a sentence: {why}",
            code="fact-values",
            where=[{"field": f"{name}.{lang}", "message": why}],
        )
    return text
