"""Reading the rules of a protocol: every mistake is found at once, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dragoman.lib import canonical
from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import canonical_text

FACTS = ("meeting", "place", "time", "level", "groups", "next", "outcome")
PLACEHOLDER = re.compile(r"\{([a-z][a-z_]{0,29})\}")
WEEK = 7 * 24 * 60
_LANG = re.compile("[a-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_CLOCK = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_LONGEST_LINE = 600
_REQUIRED = ("languages", "publishable", "fallback")
_DEFAULTS: dict[str, Any] = {
    "v": 1,
    "pulse": None,
    "joint": True,
    "objection_minutes": 60,
    "round_hours": 72,
    "quiet_hours": None,
    "confidentiality": "chatham-house",
    "silence": "lapses",
    "leaving": "closes",
}
_CHOICES = {
    "confidentiality": ("chatham-house", "open"),
    "silence": ("lapses", "fallback"),
    "leaving": ("closes", "continues"),
}


def canonical_value(data: bytes) -> dict[str, Any]:
    """The value of sealed bytes. Raises Invalid (`protocol-rules`)."""
    try:
        value = canonical.loads(data)
    except canonical.NotCanonical as error:
        raise _refused([("", str(error))]) from error
    if not isinstance(value, dict):
        raise _refused([("", "not an object")])
    return value


def checked(value: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """The members, without `v`, defaults filled in. Raises Invalid with every mistake."""
    reader = _Reader(value)
    known = (*_REQUIRED, *_DEFAULTS)
    for name in value:
        if name not in known:
            reader.wrong(str(name), "There is no such rule.")
    for name in known if whole else _REQUIRED:
        if name not in value:
            reader.wrong(name, "It is missing.")
    members = {**_DEFAULTS, **{name: value.get(name) for name in _REQUIRED}, **value}
    reader.all(members)
    if reader.mistakes:
        raise _refused(reader.mistakes)
    del members["v"]
    return members


class _Reader:
    def __init__(self, value: Mapping[str, Any]) -> None:
        self.mistakes: list[tuple[str, str]] = []
        self.languages: tuple[str, ...] = ()

    def wrong(self, field: str, why: str) -> None:
        if (field, why) not in self.mistakes and not any(field == known for known, _ in self.mistakes):
            self.mistakes.append((field, why))

    def all(self, members: Mapping[str, Any]) -> None:
        if members["v"] != 1 or members["v"] is True:
            self.wrong("v", "This version of the rules is not known here.")
        self._languages(members["languages"])
        self._publishable(members["publishable"])
        self._texts("fallback", members["fallback"], lambda found: not found, "It holds no placeholder.")
        self._pulse(members["pulse"])
        self._quiet(members["quiet_hours"])
        if not isinstance(members["joint"], bool):
            self.wrong("joint", "It is true or false.")
        self._number("objection_minutes", members["objection_minutes"], 1, WEEK)
        self._number("round_hours", members["round_hours"], 1, 90 * 24)
        for name, choices in _CHOICES.items():
            if members[name] not in choices:
                self.wrong(name, f"It is one of {', '.join(choices)}.")

    def _languages(self, value: object) -> None:
        tags = [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
        if not tags or not isinstance(value, list | tuple) or len(tags) != len(value):
            self.wrong("languages", "It is a list of language tags.")
        elif len(set(tags)) != len(tags) or not all(map(_LANG.fullmatch, tags)):
            self.wrong("languages", "A tag is wrong, or is there twice.")
        elif any(tag.startswith("zxx") for tag in tags):
            self.wrong("languages", "zxx is no language; it marks data.")
        self.languages = tuple(tags)

    def _publishable(self, value: object) -> None:
        if not isinstance(value, Mapping):
            self.wrong("publishable", "It is an object: fact, then language, then sentence.")
            return
        for kind, texts in value.items():
            field = f"publishable.{kind}"
            if kind not in FACTS:
                self.wrong(field, f"The facts that can be published are {', '.join(FACTS)}.")
                continue
            self._texts(field, texts, lambda _: True, "")

    def _pulse(self, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, Mapping) or not self._members(
            "pulse", value, ("texts", "every_minutes", "silence_minutes", "rule")
        ):
            self.wrong("pulse", "It is an object, or null.")
            return
        self._texts(
            "pulse.texts", value["texts"], lambda found: found <= {"time"}, "It holds {time} and no other."
        )
        self._number("pulse.every_minutes", value["every_minutes"], 1, WEEK)
        self._number("pulse.silence_minutes", value["silence_minutes"], 1, WEEK)
        if value["rule"] not in ("always", "unless-objected"):
            self.wrong("pulse.rule", "It is one of always, unless-objected.")

    def _quiet(self, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, Mapping) or not self._members("quiet_hours", value, ("from", "to", "zone")):
            self.wrong("quiet_hours", "It is an object, or null.")
            return
        for name in ("from", "to"):
            if not isinstance(value[name], str) or not _CLOCK.fullmatch(value[name]):
                self.wrong(f"quiet_hours.{name}", "It is a time of day such as 22:00.")
                return
        if time.fromisoformat(value["from"]) == time.fromisoformat(value["to"]):
            self.wrong("quiet_hours.to", "The hours are empty.")
        if not _zone(value["zone"]):
            self.wrong("quiet_hours.zone", "There is no such time zone.")

    def _members(self, field: str, value: Mapping[str, object], names: tuple[str, ...]) -> bool:
        right = set(value) == set(names)
        if not right:
            self.wrong(field, f"It is an object with {', '.join(names)}.")
        return right

    def _number(self, field: str, value: object, least: int, most: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(field, f"It is a whole number from {least} to {most}.")

    def _texts(self, field: str, value: object, may_hold: Callable[[set[str]], bool], why: str) -> None:
        """One line a language, each with the same placeholders."""
        if not isinstance(value, Mapping):
            self.wrong(field, "It is an object: language, then text.")
            return
        for lang in sorted({*map(str, value), *self.languages}):
            if lang not in value or lang not in self.languages:
                self.wrong(f"{field}.{lang}", "Every language of the process is needed, and no other.")
                continue
            self._line(f"{field}.{lang}", value[lang])
        found = {lang: set(PLACEHOLDER.findall(str(text))) for lang, text in value.items()}
        first = next(iter(found.values()), set())
        for lang, names in found.items():
            if names != first:
                self.wrong(f"{field}.{lang}", "Every language has the same placeholders.")
            elif not may_hold(names):
                self.wrong(f"{field}.{lang}", why)

    def _line(self, field: str, text: object) -> None:
        if not isinstance(text, str) or len(text) > _LONGEST_LINE:
            self.wrong(field, f"It is a text of at most {_LONGEST_LINE} letters.")
            return
        for trouble in canonical_text.troubles(text, "", "-")[:1]:
            self.wrong(field, trouble.what)
        bare = PLACEHOLDER.sub("", text)
        if "{" in bare or "}" in bare:
            self.wrong(field, "A brace is part of a {placeholder} in small letters.")


def _zone(value: object) -> bool:
    try:
        return isinstance(value, str) and ZoneInfo(value) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _refused(mistakes: list[tuple[str, str]]) -> Invalid:
    places = [{"field": field, "message": why} for field, why in mistakes]
    return Invalid(
        "The rules of the protocol cannot be kept as they are.",
        mend="Put right what is listed; the form is in docs/consent.md.",
        code="protocol-rules",
        where=places,
    )
