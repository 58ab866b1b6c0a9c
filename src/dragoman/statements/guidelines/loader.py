"""Reads rule files: those of the package, then the ministry's, which may change, add or switch off rules.

A file holds one rule and bears its id: `LNG-1.toml`. A ministry's file with the id of a rule of ours needs to
name only what it changes; `off = true` switches the rule off; a new id needs the whole rule.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from dragoman.lib.problems import Invalid
from dragoman.statements.guidelines.checks.registry import CHECKS, PARAMETERS
from dragoman.statements.guidelines.examples import read_examples
from dragoman.statements.guidelines.model import SEVERITIES, Rule, RuleSet

PACKAGE_RULES = Path(__file__).with_name("rules")
MAX_FILE_BYTES = 200_000

_ID = re.compile(r"[A-Z]{2,5}-[0-9]{1,3}")
_WORDS = ("title", "text", "why", "source", "mend")
_KEYS = {"id", "severity", "check", "off", "parameters", "passes", "fails", *_WORDS}


def load_rules(package: Path = PACKAGE_RULES, override: Path | None = None) -> RuleSet:
    """The rules in force. Raises `Invalid` naming every file, line and mistake at once.

    Files are read again only when one has changed, come or gone.
    """
    paths = (*_files(package), *_files(override))
    return _load(tuple((path, *_stamp(path)) for path in paths))


@lru_cache(maxsize=8)
def _load(stamped: tuple[tuple[Path, int, int], ...]) -> RuleSet:
    digest = hashlib.sha256()
    mistakes: list[dict[str, Any]] = []
    tables: dict[str, dict[str, Any]] = {}
    files: dict[str, Path] = {}
    for path, _, _ in stamped:
        data = path.read_bytes()
        digest.update(f"{path.name}\x00{len(data)}\x00".encode() + data)
        table = _table(path, data, mistakes)
        rule_id = str(table.get("id", path.stem)) if table else path.stem
        tables[rule_id] = tables.get(rule_id, {}) | (table or {})
        files[rule_id] = path
    rules = [
        rule
        for rule_id in sorted(tables)
        if not tables[rule_id].get("off") and (rule := _rule(files[rule_id], tables[rule_id], mistakes))
    ]
    if mistakes:
        raise Invalid(
            "\n".join(_line(mistake) for mistake in mistakes),
            code="rule-file",
            title="A guideline file cannot be read",
            mend="Correct the lines named, or take the file away; the rules of the package then hold.",
            where=mistakes,
        )
    return RuleSet(version=digest.hexdigest(), rules=tuple(rules))


def _files(folder: Path | None) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(folder.glob("*.toml"))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _line(mistake: Mapping[str, Any]) -> str:
    line = f" line {mistake['line']}" if mistake["line"] else ""
    return f"{mistake['file']}{line}: {mistake['message']}"


def _table(path: Path, data: bytes, mistakes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The file as a table, with its mistakes noted and what is unknown left out."""
    if len(data) > MAX_FILE_BYTES:
        mistakes.append(_mistake(path, None, f"is larger than {MAX_FILE_BYTES:,} bytes"))
        return None
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        mistakes.append(_mistake(path, None, f"is not UTF-8 (byte {error.start})"))
        return None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        # without a number it is at the end of the file
        line = int(found[1]) if found else data.count(b"\n") + 1
        mistakes.append(_mistake(path, line, f"is not TOML: {error}"))
        return None
    lines = data.decode("utf-8").splitlines()
    for key, message in _wrong_keys(path, table):
        mistakes.append(_mistake(path, _line_of(key, lines), message))
    return {key: value for key, value in table.items() if key in _KEYS}


def _wrong_keys(path: Path, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    wrong = [(key, f"knows no key “{key}”; known: {', '.join(sorted(_KEYS))}") for key in set(table) - _KEYS]
    if not _ID.fullmatch(path.stem):
        wrong.append(("id", f"must be named like its rule, such as LNG-1.toml, and not {path.name}"))
    elif table.get("id", path.stem) != path.stem:
        wrong.append(("id", f"says id = “{table['id']}”, but the file is {path.name}"))
    wrong += [
        (key, f"“{key}” must be words, not empty")
        for key in _WORDS
        if key in table and not _is_words(table[key])
    ]
    if "severity" in table and table["severity"] not in SEVERITIES:
        wrong.append(
            ("severity", f"severity must be one of {', '.join(SEVERITIES)}, not “{table['severity']}”")
        )
    if "check" in table and table["check"] not in CHECKS:
        wrong.append(("check", f"knows no check “{table['check']}”; known: {', '.join(sorted(CHECKS))}"))
    if not isinstance(table.get("parameters", {}), dict):
        wrong.append(("parameters", "[parameters] must be a table"))
    if not isinstance(table.get("off", False), bool):
        wrong.append(("off", "off must be true or false"))
    return wrong


def _rule(path: Path, table: Mapping[str, Any], mistakes: list[dict[str, Any]]) -> Rule | None:
    missing = [key for key in ("severity", "check", *_WORDS) if key not in table]
    if missing:
        if not any(mistake["file"] == path.name for mistake in mistakes):
            mistakes.append(_mistake(path, None, f"lacks {', '.join(missing)}"))
        return None
    before = len(mistakes)
    parameters = cast("dict[str, Any]", table.get("parameters", {}))
    for message in _wrong_parameters(str(table["check"]), parameters):
        mistakes.append(_mistake(path, None, message))
    try:
        examples = read_examples(table.get("passes", []), table.get("fails", []))
    except ValueError as error:
        mistakes.append(_mistake(path, None, str(error)))
        examples = ()
    if len(mistakes) > before or table["check"] not in CHECKS or table["severity"] not in SEVERITIES:
        return None
    words = {key: " ".join(str(table[key]).split()) for key in _WORDS}
    return Rule(
        id=str(table.get("id", path.stem)),
        severity=table["severity"],
        check=str(table["check"]),
        parameters=parameters,
        examples=examples,
        **words,
    )


def _wrong_parameters(check: str, given: object) -> list[str]:
    """Each check says which parameters it takes, with an example value of the right type."""
    if check not in CHECKS or not isinstance(given, dict):
        return []
    known = PARAMETERS.get(check, {})
    wrong = [f"the check “{check}” takes no parameter “{key}”" for key in set(given) - set(known)]
    for key, sample in known.items():
        if key in given and type(given[key]) is not type(sample):
            wrong.append(f"parameter “{key}” must be {_kind(sample)}, not {_kind(given[key])}")
    return wrong


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a whole number", str: "words", list: "a list", dict: "a table"}
    return names.get(type(value), type(value).__name__)


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _mistake(path: Path, line: int | None, message: str) -> dict[str, Any]:
    return {"file": path.name, "line": line, "message": message}


def _line_of(key: str, lines: list[str]) -> int | None:
    start = re.compile(rf"\s*(\[+\s*)?{re.escape(key)}\b")
    return next((number for number, line in enumerate(lines, 1) if start.match(line)), None)
