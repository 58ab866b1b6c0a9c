"""What is handed in as a draft, and the first look at it: every wrong field is named at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.lib.problems import Conflict, Invalid, TooLarge
from dragoman.statements import rules
from dragoman.statements.models import Text


@dataclass(frozen=True)
class TextInput:
    """One language as it was handed in. `version` is the one the writer saw; None: whatever is there."""

    title: str = ""
    summary: str = ""
    body: str = ""
    version: int | None = None


def check_choices(*, kind: str, risk: str, lane: str) -> None:
    where = [
        {"field": name, "message": f"{given!r} is not one of {', '.join(known)}"}
        for name, given, known in (
            ("kind", kind, rules.KINDS),
            ("risk", risk, rules.RISKS),
            ("lane", lane, rules.LANES),
        )
        if given not in known
    ]
    if where:
        raise Invalid("; ".join(f"{place['field']}: {place['message']}" for place in where), where=where)


def check_texts(texts: Mapping[str, TextInput]) -> None:
    if not texts:
        raise Invalid("There is no text.", mend="Give at least one language.", where=[{"field": "texts"}])
    if len(texts) > rules.LANGUAGES_LIMIT:
        raise TooLarge(f"{len(texts)} languages; at most {rules.LANGUAGES_LIMIT} are taken.")
    where: list[dict[str, object]] = []
    for lang, text in texts.items():
        if not rules.is_language(lang):
            where.append({"field": f"texts.{lang}", "message": "not a language code such as en or zh-Hant"})
        where += _check_text(lang, text)
    if where:
        first = where[0]
        problem = TooLarge if any(place.get("large") for place in where) else Invalid
        raise problem(f"{first['field']}: {first['message']}", where=where)


def _check_text(lang: str, text: TextInput) -> list[dict[str, object]]:
    limits = (
        ("title", text.title, rules.TITLE_LIMIT),
        ("summary", text.summary, rules.SUMMARY_LIMIT),
        ("body", text.body, rules.BODY_LIMIT),
    )
    where: list[dict[str, object]] = []
    for name, words, limit in limits:
        field = f"texts.{lang}.{name}"
        if len(words) > limit:
            message = (
                f"{len(words):,} characters; at most {limit:,} are taken. Shorten it, or link to a document."
            )
            where.append({"field": field, "message": message, "large": True})
        elif "\x00" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
            where.append(
                {"field": field, "message": "has a character that no text may hold (NUL or half a pair)"}
            )
    return where


def check_versions(texts: Mapping[str, TextInput], present: Mapping[str, Text]) -> None:
    where = []
    for lang, given in texts.items():
        text = present.get(lang)
        if text is None or given.version is None or given.version == text.version:
            continue
        where.append(
            {
                "field": f"texts.{lang}",
                "message": f"{text.edited_by} saved version {text.version} after you read {given.version}",
                "version": text.version,
                "title": text.title,
                "summary": text.summary,
                "body": text.body,
            }
        )
    if where:
        raise Conflict(
            f"{where[0]['message']}. Nothing of either text is lost.",
            mend="Compare the two, and save again with the version you now see.",
            code="edited-by-another",
            where=where,
        )
