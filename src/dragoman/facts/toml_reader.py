"""Takes values of the right type out of a TOML document, and notes each that is not with its place."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dragoman.facts.values import Fault, Path


class Reader:
    """Takes values of the right type out of a document and notes each that is not."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def spoke_of(self, path: Path) -> bool:
        """Was this entry, or what holds it, already found wrong? One fault an entry is enough."""
        return any(path[: len(fault.path)] == fault.path for fault in self.faults)

    def unknown(self, path: Path, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                mend = f"Did you mean {near[0]}?" if near else f"The keys here are: {', '.join(known)}."
                self.faults.append(Fault((*path, key), f"the key “{key[:60]}” is not known here", mend))

    def required(self, path: Path, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in keys:
            if key not in table:
                self.faults.append(Fault((*path, key), f"{key} is missing", f"Add a line {key} = ..."))

    def wrong(self, path: Path, value: Any, wanted: str, mend: str) -> None:
        what = f"{path[-1] if isinstance(path[-1], str) else 'it'} must be {wanted}, not {_kind(value)}"
        self.faults.append(Fault(path, what, mend))

    def text(self, path: Path, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        self.wrong(path, value, "text", "Put it in double quotes.")
        return ""

    def texts(self, path: Path, value: Any, language: str) -> dict[str, str]:
        """A table of texts by language, or one text, which is in the source language."""
        if value is None:
            return {}
        if isinstance(value, str):
            return {language: value} if language else {}
        if not isinstance(value, dict):
            self.wrong(path, value, "text, or a table of texts by language", 'Write it as en = "...".')
            return {}
        return {lang: self.text((*path, lang), text) for lang, text in value.items()}

    def sources(self, path: Path, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list):
            self.wrong(path, value, "a web address, or a list of them", "Put it in double quotes.")
            return ()
        return tuple(self.text((*path, n), url) for n, url in enumerate(value))

    def names(self, path: Path, value: Any) -> tuple[str, ...]:
        """A list of short names, or one."""
        if isinstance(value, str):
            return (value,)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(path, value, "a list", 'Write it as ["F1", "F2"].')
            return ()
        return tuple(self.text((*path, n), name) for n, name in enumerate(value))

    def tables(self, path: Path, document: Mapping[str, Any], mend: str) -> list[dict[str, Any]]:
        """A list of tables, such as [[facts]]; an empty one when there is none."""
        value = document.get(str(path[-1]), [])
        if isinstance(value, list) and all(isinstance(table, dict) for table in value):
            return value
        self.wrong(path, value, "a list of tables", mend)
        return []

    def day(self, path: Path, value: Any) -> date | None:
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        mend = "Write year-month-day without quotes or an hour, such as 2017-02-12."
        self.wrong(path, value, "a date", mend)
        return None

    def switch(self, path: Path, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        self.wrong(path, value, "true or false", "Write true or false without quotes.")
        return False


def _kind(value: Any) -> str:
    kinds = (
        (str, "text"),
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (datetime, "a date with an hour"),
        (date, "a date"),
        (list, "a list"),
        (dict, "a table"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "a time of day")
