"""What a term sheet must fulfil beyond the kinds of its values: names whole, clear and reversible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

Mistake = tuple[str, str, str]  # where, what, how to mend
Sheet = Mapping[str, Any]


def mistakes(sheet: Sheet, broken: Collection[str]) -> list[Mistake]:
    """Every mistake in those parts of the sheet whose form is right; `broken` names those that are not."""
    return [mistake for check, needs in _CHECKS if not set(needs) & set(broken) for mistake in check(sheet)]


def _parties(sheet: Sheet) -> Iterator[Mistake]:
    order, parties, languages = sheet["order"]["parties"], sheet["parties"], sheet["languages"]
    for party in sorted(party for party in parties if not NAME.fullmatch(party)):
        yield (
            f"parties.{party}",
            "has other signs than a-z, 0-9 and -",
            "Write its short name as in the keyring.",
        )
    for party in sorted(set(order) ^ set(parties)):
        yield f"parties.{party}", "stands in only one of “parties” and “order.parties”", "Name it in both."
    for party, entry in parties.items():
        for lang in languages:
            if not {"short", "full"} <= set(entry.get(lang, {})):
                yield (
                    f"parties.{party}.{lang}",
                    "lacks “short” or “full”",
                    "Agree on both names in this language.",
                )
        for lang in sorted(set(entry) - set(languages)):
            yield (
                f"parties.{party}.{lang}",
                "is a language that the sheet does not list",
                "Add it to “languages”.",
            )


def _party_forms(sheet: Sheet) -> Iterator[Mistake]:
    """No words name two parties, and a form begins alike for all, so that names can change places."""
    for lang in sheet["languages"]:
        owner: dict[str, str] = {}
        begins: dict[str, set[bool]] = {}
        for party, entry in sheet["parties"].items():
            for key, words in _named(entry.get(lang, {})):
                where = f"parties.{party}.{lang}.{key}"
                if owner.setdefault(words.casefold(), party) != party:
                    yield where, f"“{words}” already names {owner[words.casefold()]}", "One name, one party."
                if key != "also":
                    begins.setdefault(key, set()).add(words[0].isupper())
        for key in sorted(key for key, found in begins.items() if len(found) > 1):
            yield (
                f"parties.*.{lang}.{key}",
                "begins with a capital for one party and without for another",
                "Write this form alike for every party (all with the article, or none).",
            )


def _named(forms: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, words in forms.items():
        yield from ((key, each) for each in (words if key == "also" else [words]))


def _place_forms(sheet: Sheet) -> Iterator[Mistake]:
    for number, place in enumerate(sheet.get("places", [])):
        where = f"places[{number}]"
        for lang in sheet["languages"]:
            if "name" not in place["names"].get(lang, {}):
                yield f"{where}.names.{lang}", "lacks “name”", "Agree on its name in this language."
        for party, entry in place.get("parties", {}).items():
            if party not in sheet["parties"]:
                yield f"{where}.parties.{party}", "is no party of this sheet", "Name a party."
            for lang, forms in entry.items():
                agreed = place["names"].get(lang, {})
                if set(forms) != set(agreed):
                    yield (
                        f"{where}.parties.{party}.{lang}",
                        "has other forms than the agreed name",
                        "Give each form.",
                    )
                for key in sorted(set(forms) & set(agreed)):
                    if forms[key][0].isupper() != agreed[key][0].isupper():
                        yield (
                            f"{where}.parties.{party}.{lang}.{key}",
                            "begins with a capital where the agreed name does not, or without where it does",
                            "Begin both alike, so that the way back is sure at the start of a sentence too.",
                        )


def _one_way_back(sheet: Sheet) -> Iterator[Mistake]:
    """In a party's version each place name stands for exactly one agreed name."""
    for lang in sheet["languages"]:
        owners = {
            form: place["id"]
            for place in sheet.get("places", [])
            for form in place["names"].get(lang, {}).values()
        }
        for party in sheet["parties"]:
            there: dict[str, str] = {}
            back: dict[str, str] = {}
            for place in sheet.get("places", []):
                for key, agreed in place["names"].get(lang, {}).items():
                    own = place.get("parties", {}).get(party, {}).get(lang, {}).get(key, agreed)
                    one_for_one = (
                        there.setdefault(agreed, own) == own
                        and back.setdefault(own, agreed) == agreed
                        and owners.get(own, place["id"]) == place["id"]
                    )
                    if not one_for_one:
                        yield (
                            f"places.{place['id']}.{party}.{lang}.{key}",
                            f"“{agreed}” and “{own}” do not stand one for one",
                            "Leave out a form spelled like another that changes otherwise.",
                        )


def _ids(sheet: Sheet) -> Iterator[Mistake]:
    seen: set[str] = set()
    for key in ("titles", "places", "terms"):
        for number, entry in enumerate(sheet.get(key, [])):
            if f"{key}:{entry['id']}" in seen or not NAME.fullmatch(entry["id"]):
                yield (
                    f"{key}[{number}].id",
                    "stands twice or has other signs than a-z, 0-9 and -",
                    "Choose another.",
                )
            seen.add(f"{key}:{entry['id']}")


def _titles(sheet: Sheet) -> Iterator[Mistake]:
    for number, entry in enumerate(sheet.get("titles", [])):
        if entry["party"] not in sheet["parties"]:
            yield f"titles[{number}].party", f"“{entry['party']}” is no party of this sheet", "Name a party."


def _phrases(sheet: Sheet) -> Iterator[Mistake]:
    for lang, phrases in sheet["order"].get("phrases", {}).items():
        for number, phrase in enumerate(phrases):
            if phrase.count("{parties}") != 1 or phrase.strip() == "{parties}":
                yield (
                    f"order.phrases.{lang}[{number}]",
                    "must hold {parties} once, with words before or after it",
                    "Write such as “between {parties}”.",
                )


def _terms(sheet: Sheet) -> Iterator[Mistake]:
    for number, term in enumerate(sheet.get("terms", [])):
        for lang, forms in term["forms"].items():
            where = f"terms[{number}].forms.{lang}"
            if any(not form.replace("*", "").strip() for form in forms):
                yield where, "holds a star without letters", "Write at least the beginning of the word."
            if term["kind"] == "contested" and lang not in term.get("instead", {}):
                yield (
                    f"terms[{number}].instead.{lang}",
                    "is missing: a contested word needs the agreed one",
                    "Agree on the words to use, or make the term forbidden.",
                )


def _languages_known(sheet: Sheet) -> Iterator[Mistake]:
    """Words in a language that the sheet does not list would never be looked at."""
    places = [(f"order.phrases.{lang}", lang) for lang in sheet["order"].get("phrases", {})]
    for key, part in (("titles", "names"), ("places", "names"), ("terms", "forms"), ("terms", "instead")):
        for number, entry in enumerate(sheet.get(key, [])):
            places += [(f"{key}[{number}].{part}.{lang}", lang) for lang in entry.get(part, {})]
    for where, lang in places:
        if lang not in sheet["languages"]:
            yield (
                where,
                "is a language that the sheet does not list",
                "Add it to “languages”, or leave it out.",
            )


def _signs(sheet: object, where: str = "$") -> Iterator[Mistake]:
    """No sign that cannot be seen: parties consent to what they see. Joiners inside words are admitted."""
    if isinstance(sheet, str):
        hidden = [
            sign
            for sign in sheet
            if unicodedata.category(sign) in ("Cc", "Cf") and sign not in "\u200c\u200d"
        ]
        if hidden:
            yield where, f"holds a sign that cannot be seen (U+{ord(hidden[0]):04X})", "Take it out."
    elif isinstance(sheet, dict):
        for key, value in sheet.items():
            yield from _signs(value, f"{where}.{key}")
    elif isinstance(sheet, list):
        for number, value in enumerate(sheet):
            yield from _signs(value, f"{where}[{number}]")


_CHECKS: tuple[tuple[Callable[[Sheet], Iterator[Mistake]], tuple[str, ...]], ...] = (
    (_parties, ("order", "parties", "languages")),
    (_party_forms, ("parties", "languages")),
    (_place_forms, ("places", "parties", "languages")),
    (_one_way_back, ("places", "parties", "languages")),
    (_ids, ("titles", "places", "terms")),
    (_titles, ("titles", "parties")),
    (_phrases, ("order",)),
    (_terms, ("terms",)),
    (_languages_known, ("order", "titles", "places", "terms", "languages")),
    (_signs, ()),
)
