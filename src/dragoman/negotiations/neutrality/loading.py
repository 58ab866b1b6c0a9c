"""Reads rule files: those of the package, then a ministry's own, which change, add or switch off.

A file holds one rule and bears its id: `SAY-1.toml`. A file of one's own with the id of a rule of ours names
only what changes: `[words.pl]` adds a language, `[words.en]` replaces the lists of that language, and
`off = true` switches the rule off. A new id needs the whole rule.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from dragoman.lib.problems import Invalid
from dragoman.negotiations.neutrality.checks.registry import CHECKS, Check
from dragoman.negotiations.neutrality.finding import FIELDS, SEVERITIES
from dragoman.negotiations.neutrality.rulebook import Example, Rule, RuleSet

MAX_FILE_BYTES = 200_000

_ID = re.compile(r"[A-Z]{2,5}-[0-9]{1,3}")
_SENTENCES = ("title", "text", "why", "source", "mend")
_KEYS = {
    "id", "severity", "check", "subject", "off", "parameters", "words", "passes", "fails", *_SENTENCES,
}  # fmt: skip
_EXAMPLE = {"shows", "texts", "words", "release", "withheld", "sheet"}


def load_rules(own: Path | None = None) -> RuleSet:
    """The rules in force. Raises `Invalid` naming every file and mistake at once.

    Files are read again only when one has changed, come or gone.
    """
    paths = sorted(own.glob("*.toml")) if own is not None and own.is_dir() else []
    return _in_force(tuple((path, *_stamp(path)) for path in paths))


@lru_cache(maxsize=8)
def _in_force(stamped: tuple[tuple[Path, int, int], ...]) -> RuleSet:
    return _load((*_shipped(), *_files([path for path, _, _ in stamped])))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _shipped() -> Iterator[tuple[str, bytes]]:
    folder = resources.files("dragoman.negotiations.neutrality") / "rules"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            yield entry.name, entry.read_bytes()


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _refused([(path.name, f"is larger than {MAX_FILE_BYTES:,} bytes")])
        yield path.name, path.read_bytes()


def _load(files: tuple[tuple[str, bytes], ...]) -> RuleSet:
    digest = hashlib.sha256()
    mistakes: list[tuple[str, str]] = []
    tables: dict[str, dict[str, Any]] = {}
    for name, data in files:
        digest.update(f"{name}\x00{len(data)}\x00".encode() + data)
        table = _table(name, data, mistakes)
        rule_id = name.removesuffix(".toml")
        tables[rule_id] = _merged(tables.get(rule_id, {}), table)
    rules = [
        _rule(rule_id, table)
        for rule_id, table in sorted(tables.items())
        if not table.get("off") and not _add(mistakes, rule_id, _wrong_rule(table))
    ]
    if mistakes:
        raise _refused(mistakes)
    return RuleSet(version=digest.hexdigest(), rules=tuple(rules))


def _add(mistakes: list[tuple[str, str]], rule_id: str, found: Iterator[str]) -> bool:
    """Note the mistakes of a rule; whether it has any, of these or of its reading."""
    mistakes += [(f"{rule_id}.toml", what) for what in found]
    return any(name == f"{rule_id}.toml" for name, _ in mistakes)


def _refused(mistakes: list[tuple[str, str]]) -> Invalid:
    return Invalid(
        "\n".join(f"{name}: {what}" for name, what in mistakes),
        code="rule-file",
        title="A rule of neutrality cannot be read",
        mend="Correct the files named, or take them away; the rules of the package then hold.",
        where=[{"file": name, "message": what} for name, what in mistakes],
    )


def _table(name: str, data: bytes, mistakes: list[tuple[str, str]]) -> dict[str, Any]:
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        mistakes.append((name, f"is not UTF-8 (byte {error.start})"))
        return {}
    except tomllib.TOMLDecodeError as error:
        mistakes.append((name, f"is not TOML: {error}"))
        return {}
    if not _ID.fullmatch(name.removesuffix(".toml")):
        mistakes.append((name, "must be named like its rule, such as SAY-1.toml"))
    elif table.get("id", name.removesuffix(".toml")) != name.removesuffix(".toml"):
        mistakes.append((name, f"says id = “{table['id']}”"))
    mistakes += [
        (name, f"knows no key “{key}”; known: {', '.join(sorted(_KEYS))}") for key in set(table) - _KEYS
    ]
    return {key: value for key, value in table.items() if key in _KEYS}


def _merged(ours: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lists are replaced language by language; examples of one's own join ours."""
    merged = {**ours, **own}
    for key in ("words", "parameters"):
        if isinstance(ours.get(key), dict) and isinstance(own.get(key), dict):
            merged[key] = {**ours[key], **own[key]}
    for key in ("passes", "fails"):
        if isinstance(ours.get(key), list) and isinstance(own.get(key), list):
            merged[key] = [*ours[key], *own[key]]
    return merged


def _wrong_rule(table: Mapping[str, Any]) -> Iterator[str]:
    missing = [key for key in ("severity", "check", "subject", *_SENTENCES) if key not in table]
    if missing:
        yield f"lacks {', '.join(missing)}"
        return
    for key in (*_SENTENCES, "subject"):
        if not isinstance(table[key], str) or not table[key].strip():
            yield f"“{key}” must be words, not empty"
    if table["severity"] not in SEVERITIES:
        yield f"severity must be one of {', '.join(SEVERITIES)}, not “{table['severity']}”"
    check = CHECKS.get(table["check"]) if isinstance(table["check"], str) else None
    if check is None:
        yield f"knows no check “{table['check']}”; known: {', '.join(sorted(CHECKS))}"
        return
    yield from _wrong_words(table.get("words", {}), check)
    yield from _wrong_parameters(table.get("parameters", {}), check)
    for kind in ("passes", "fails"):
        yield from _wrong_examples(table.get(kind, []), kind)


def _wrong_words(words: object, check: Check) -> Iterator[str]:
    if not isinstance(words, dict) or not all(isinstance(lists, dict) for lists in words.values()):
        yield "[words.<language>] must be tables of lists"
        return
    for lang, lists in words.items():
        for name in sorted(set(check.lists) - set(lists)):
            yield f"[words.{lang}] lacks “{name}”; an empty list says that the language has no such words"
        for name in sorted(set(lists) - set(check.lists) - set(check.optional)):
            yield f"[words.{lang}] knows no list “{name}”; known: {', '.join(check.lists + check.optional)}"
        for name, values in lists.items():
            if not isinstance(values, list) or not all(map(_is_word, values)):
                yield f"[words.{lang}] “{name}” must be a list of words"


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip("* "))


def _wrong_parameters(parameters: object, check: Check) -> Iterator[str]:
    if not isinstance(parameters, dict):
        yield "[parameters] must be a table"
        return
    for key, value in parameters.items():
        if key not in check.parameters:
            yield f"the check takes no parameter “{key}”; known: {', '.join(check.parameters) or 'none'}"
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield f"parameter “{key}” must be a whole number"


def _wrong_examples(tables: object, kind: str) -> Iterator[str]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        yield f"examples are written as [[{kind}]] tables"
        return
    for number, table in enumerate(tables, 1):
        where = f"[[{kind}]] {number}"
        if not isinstance(table.get("shows"), str):
            yield f"{where} lacks shows = “what this example shows”"
        for key in sorted(set(table) - _EXAMPLE):
            yield f"{where} knows no key “{key}”; known: {', '.join(sorted(_EXAMPLE))}"
        texts = table.get("texts")
        if not isinstance(texts, dict) or not texts or not all(map(_is_text, texts.values())):
            yield f"{where} needs texts.<language> = {{ title = …, summary = …, body = … }}"


def _is_text(fields: object) -> bool:
    return isinstance(fields, dict) and all(
        key in FIELDS and isinstance(value, str) for key, value in fields.items()
    )


def _rule(rule_id: str, table: Mapping[str, Any]) -> Rule:
    check = CHECKS[table["check"]]
    return Rule(
        id=rule_id,
        severity=table["severity"],
        check=table["check"],
        subject=table["subject"],
        words={
            lang: {name: tuple(values) for name, values in lists.items()}
            for lang, lists in table.get("words", {}).items()
        },
        parameters={**check.parameters, **table.get("parameters", {})},
        examples=(
            *(_example(example, fails=False) for example in table.get("passes", [])),
            *(_example(example, fails=True) for example in table.get("fails", [])),
        ),
        **{key: " ".join(table[key].split()) for key in _SENTENCES},
    )


def _example(table: Mapping[str, Any], *, fails: bool) -> Example:
    return Example(
        shows=table["shows"],
        fails=fails,
        texts={
            lang: (fields.get("title", ""), fields.get("summary", ""), fields.get("body", ""))
            for lang, fields in table["texts"].items()
        },
        words=table.get("words", ""),
        release=table.get("release", 1),
        withheld=tuple(table.get("withheld", ())),
        sheet=table.get("sheet", {}),
    )
