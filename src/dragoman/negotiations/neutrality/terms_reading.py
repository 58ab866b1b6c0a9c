"""Reads the JSON of a term sheet and tells every mistake at once: where, what, and how to mend it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from dragoman.lib import canonical
from dragoman.lib.problems import Invalid
from dragoman.negotiations.neutrality import terms_checking
from dragoman.negotiations.neutrality.terms_checking import NAME, Mistake

MAX_BYTES = 1_000_000
ORDER_RULES = ("fixed", "rotate", "alphabetical", "alternat")
CONFIDENTIALITY = ("chatham-house", "open")

_KEYS = {
    "v", "process", "version", "languages", "order",
    "parties", "titles", "places", "terms", "confidentiality",
}  # fmt: skip
_LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def read(data: bytes) -> dict[str, Any]:
    """The sheet as plain values in NFC, known to be whole. Raises `Invalid` otherwise."""
    sheet = _json(data)
    found = list(_shape(sheet))
    broken = {re.split(r"[.\[]", where)[0] for where, _, _ in found}
    found += terms_checking.mistakes(sheet, broken)
    if found:
        raise Invalid(
            "\n".join(f"{where}: {what}" for where, what, _ in found),
            mend=" ".join(dict.fromkeys(mend for _, _, mend in found)),
            title="The term sheet cannot be used",
            code="term-sheet",
            where=[{"field": where, "message": what, "mend": mend} for where, what, mend in found],
        )
    return sheet


def bytes_of(value: Mapping[str, Any]) -> bytes:
    """The bytes of a sheet that came as an object. Raises `Invalid` for what JSON does not know."""
    try:
        return canonical.dumps(value)
    except (canonical.NotCanonical, RecursionError) as error:
        raise _refused(str(error), "Use text, whole numbers, lists and objects only.") from error


def _json(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise _refused(
            f"It has {len(data):,} bytes; {MAX_BYTES:,} are admitted.", "Leave out what is not used."
        )
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        value = json.loads(canonical.dumps(value))
    except UnicodeDecodeError as error:
        raise _refused(f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise _refused(
            f"Line {error.lineno}, column {error.colno} is not JSON: {error.msg}.", "Correct that line."
        ) from error
    except (canonical.NotCanonical, RecursionError, ValueError) as error:
        raise _refused(str(error), "Use text, whole numbers, lists and objects only.") from error
    if not isinstance(value, dict):
        raise _refused("It is not an object.", "Begin with { and name process, languages, order and parties.")
    return cast("dict[str, Any]", value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice would let two readers see two sheets."""
    found = dict(pairs)
    if len(found) < len(pairs):
        [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key “{key}” stands twice")
    return found


def _refused(what: str, mend: str) -> Invalid:
    return Invalid(what, mend=mend, title="The term sheet cannot be used", code="term-sheet")


def _shape(sheet: Mapping[str, Any]) -> Iterator[Mistake]:
    """The kinds of the values; what comes after may rely on them."""
    for key in sorted(set(sheet) - _KEYS):
        why = (
            " (names of people who are not public never stand in a public sheet)" if key == "withheld" else ""
        )
        yield key, f"this key is not known{why}", f"Known: {', '.join(sorted(_KEYS))}."
    if sheet.get("v") != 1 or isinstance(sheet.get("v"), bool):
        yield "v", "must be 1", 'Write "v": 1.'
    version = sheet.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        yield "version", "must be a whole number from 1", "Count the versions of the sheet from 1."
    if not (isinstance(sheet.get("process"), str) and NAME.fullmatch(sheet["process"])):
        yield "process", "must be the name of the process", "Write small letters, digits and hyphens."
    if not (_words(sheet.get("languages")) and all(map(_LANG.fullmatch, sheet["languages"]))):
        yield "languages", "must be a list of language tags", 'Write such as ["en", "ar"].'
    if sheet.get("confidentiality", "open") not in CONFIDENTIALITY:
        yield "confidentiality", f"must be one of {', '.join(CONFIDENTIALITY)}", "Choose one of them."
    yield from _order_shape(sheet.get("order"))
    if not _languages_of_forms(sheet.get("parties")):
        yield "parties", "must be an object: party, language, form, words", "See docs/neutrality.md."
    for key, shape in _LISTS.items():
        yield from _list_shape(sheet.get(key, []), key, shape)


def _order_shape(order: object) -> Iterator[Mistake]:
    if not isinstance(order, dict):
        yield "order", "must be an object", 'Write {"rule": "rotate", "parties": [...]}.'
        return
    if order.get("rule") not in ORDER_RULES:
        yield "order.rule", f"must be one of {', '.join(ORDER_RULES)}", "Choose one of them."
    if not _words(order.get("parties")):
        yield "order.parties", "must be a list of the parties", "Name every party once, in the agreed order."
    phrases = order.get("phrases", {})
    if not isinstance(phrases, dict) or not all(map(_words, phrases.values())):
        yield (
            "order.phrases",
            "must hold lists of phrases by language",
            'Write such as {"en": ["between {parties}"]}.',
        )
    for key in sorted(set(order) - {"rule", "parties", "phrases"}):
        yield f"order.{key}", "this key is not known", "Known: rule, parties, phrases."


def _list_shape(
    entries: object, key: str, shape: Mapping[str, Callable[[object], bool]]
) -> Iterator[Mistake]:
    if not isinstance(entries, list):
        yield key, "must be a list", "Write a list, which may be empty."
        return
    for number, entry in enumerate(entries):
        where = f"{key}[{number}]"
        if not isinstance(entry, dict):
            yield where, "must be an object", f"Give it {', '.join(shape)}."
            continue
        for name, fits in shape.items():
            if not fits(entry.get(name, {} if name in ("instead", "parties") else None)):
                yield (
                    f"{where}.{name}",
                    "is missing or of the wrong kind",
                    "See docs/neutrality.md for its form.",
                )
        for name in sorted(set(entry) - set(shape)):
            yield f"{where}.{name}", "this key is not known", f"Known: {', '.join(shape)}."


def _word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value == value.strip() and "\n" not in value


def _words(value: object) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(map(_word, value)) and len(set(value)) == len(value)
    )


def _by_language(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def _forms(value: object) -> bool:
    return isinstance(value, dict) and all(
        _words(words) if key == "also" else _word(words) for key, words in value.items()
    )


_languages_of_forms = _by_language(_by_language(_forms))
_LISTS: dict[str, dict[str, Callable[[object], bool]]] = {
    "titles": {"id": _word, "party": _word, "names": _by_language(_words)},
    "places": {"id": _word, "names": _by_language(_forms), "parties": _languages_of_forms},
    "terms": {
        "id": _word,
        "kind": lambda value: value in ("forbidden", "contested"),
        "forms": _by_language(_words),
        "instead": _by_language(_word),
        "why": _word,
    },
}  # fmt: skip
