"""Fact sheets as TOML: `parse` with every fault at its line, `dump` so that parse(dump(sheet)) == sheet."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import tomli_w

from dragoman.facts import rules
from dragoman.facts.values import FactDraft, Fault, Path, SheetDraft
from dragoman.lib.problems import Invalid, TooLarge
from dragoman.lib.toml_positions import Place, line_column, nearest, places

MAX_BYTES = 1_000_000
MAX_SHOWN = 100

SHEET_KEYS = ("slug", "source_language", "zone", "demonstration", "titles", "summaries", "facts")
FACT_KEYS = ("number", "texts", "basis", "sources", "valid_from", "valid_to", "owner")
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


# ---- reading --------------------------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """An uploaded file as text. Raises TooLarge, or Invalid naming the line of the wrong byte."""
    refuse_large(len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        where = _place(
            line, column, f"byte 0x{data[error.start]:02X} is not UTF-8", "Save the file as UTF-8."
        )
        raise Invalid(
            f"The file is not UTF-8 text (line {line}).",
            mend="Save it as UTF-8 and try again.",
            where=[where],
        ) from None


def parse(source: str, *, owners: Collection[str] | None = None) -> SheetDraft:
    """The sheet in a TOML text, tidied. Raises Invalid with every fault in `where`, or TooLarge.

    `owners`: the short names of the missions there are, if the facts' owners are to be checked.
    Each place has `line`, `column` (from 1), `field`, `message` and `mend`. Nothing is half taken.
    """
    refuse_large(len(source.encode("utf-8", "surrogatepass")))
    source = source.removeprefix("\ufeff")
    try:
        document = tomllib.loads(source)
        found = places(source)
    except RecursionError:
        raise Invalid(
            "The file nests lists or tables too deeply.", mend="A fact sheet needs no more than two levels."
        ) from None
    except ValueError as error:  # TOMLDecodeError is one; so is a number of thousands of digits
        raise _unreadable(source, str(error)) from None
    reader = _Reader()
    draft = reader.sheet(document)
    # Looked for before tidying, which sorts the facts: the paths must be those of the file.
    faults = reader.faults + [f for f in rules.faults_of_sheet(draft) if not reader.spoke_of(f.path)]
    if owners is not None:
        faults += _strangers(draft, owners)
    if faults:
        raise _faulty(source, found, faults)
    return rules.tidy_sheet(draft)


def _strangers(draft: SheetDraft, owners: Collection[str]) -> list[Fault]:
    strangers = [
        (n, fact.owner) for n, fact in enumerate(draft.facts) if fact.owner and fact.owner not in owners
    ]
    mend = "Write the short name of a mission of the desk, or leave the line out."
    return [
        Fault(("facts", n, "owner"), f"there is no mission “{owner[:60]}”", mend) for n, owner in strangers
    ]


def refuse_large(size: int) -> None:
    """Raises TooLarge, with the size, for more bytes than a fact sheet needs. Ask before reading a file."""
    if size > MAX_BYTES:
        raise TooLarge(
            f"The file has {size / 1e6:,.1f} MB; at most {MAX_BYTES / 1e6:,.0f} MB are taken.",
            mend="Split the sheet into smaller ones.",
        )


def _unreadable(source: str, message: str) -> Invalid:
    """A text that is no TOML: one place, the one where the reader stopped."""
    at = _AT.search(message)
    if at and at.group(1):
        line, column = int(at.group(1)), int(at.group(2))
    else:
        line, column = line_column(source, len(source.replace("\r\n", "\n")))
    what = _AT.sub("", message) if at else "a value that cannot be read"
    mend = "Compare with an exported sheet: text stands in double quotes, a date without any."
    return Invalid(
        f"This is not sound TOML: line {line}, column {column}: {what}.",
        mend="Mend that line and try again; what follows it could not be read yet.",
        code="unreadable-toml",
        where=[_place(line, column, what, mend)],
    )


def _faulty(source: str, found: Mapping[Path, Place], faults: list[Fault]) -> Invalid:
    where = []
    for fault in faults:
        line, column = line_column(source, nearest(dict(found), fault.path).key)
        where.append({**_place(line, column, fault.what, fault.mend), "field": field_name(fault.path)})
    where.sort(key=lambda place: (place["line"], place["column"]))
    some = "one thing is" if len(where) == 1 else f"{len(where)} things are"
    first = where[0]
    return Invalid(
        f"Nothing was imported: {some} wrong. First, line {first['line']}: {first['message']}.",
        mend="Mend every line named and import again.",
        code="faulty-sheet",
        where=where[:MAX_SHOWN],
    )


def _place(line: int, column: int, message: str, mend: str) -> dict[str, Any]:
    return {"line": line, "column": column, "message": message, "mend": mend}


def field_name(path: Path) -> str:
    """A path as a person writes it: facts[3].texts.ar, facts counted from 1."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


class _Reader:
    """Takes values of the right type out of a document and notes each that is not."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def spoke_of(self, path: Path) -> bool:
        """Was this entry, or what holds it, already found wrong? One fault an entry is enough."""
        return any(path[: len(fault.path)] == fault.path for fault in self.faults)

    def sheet(self, document: Mapping[str, Any]) -> SheetDraft:
        self._unknown((), document, SHEET_KEYS)
        self._required((), document, ("slug", "source_language", "titles"))
        language = self._text(("source_language",), document.get("source_language"))
        facts = document.get("facts", [])
        if not isinstance(facts, list) or not all(isinstance(fact, dict) for fact in facts):
            self._wrong(("facts",), facts, "a list of tables", "Begin each fact with a line [[facts]].")
            facts = []
        return SheetDraft(
            slug=self._text(("slug",), document.get("slug")),
            source_language=language,
            titles=self._texts(("titles",), document.get("titles"), language),
            summaries=self._texts(("summaries",), document.get("summaries"), language),
            zone=self._text(("zone",), document.get("zone", "UTC")),
            demonstration=self._switch(("demonstration",), document.get("demonstration", False)),
            facts=tuple(self._fact(n, fact, language) for n, fact in enumerate(facts)),
        )

    def _fact(self, n: int, table: Mapping[str, Any], language: str) -> FactDraft:
        at: Path = ("facts", n)
        self._unknown(at, table, FACT_KEYS)
        self._required(at, table, ("number",))
        return FactDraft(
            number=self._text((*at, "number"), table.get("number")),
            texts=self._texts((*at, "texts"), table.get("texts"), language),
            basis=self._texts((*at, "basis"), table.get("basis"), language),
            sources=self._sources((*at, "sources"), table.get("sources")),
            valid_from=self._day((*at, "valid_from"), table.get("valid_from")),
            valid_to=self._day((*at, "valid_to"), table.get("valid_to")),
            owner=self._text((*at, "owner"), table.get("owner")),
        )

    def _unknown(self, path: Path, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                mend = f"Did you mean {near[0]}?" if near else f"The keys here are: {', '.join(known)}."
                self.faults.append(Fault((*path, key), f"the key “{key[:60]}” is not known here", mend))

    def _required(self, path: Path, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in keys:
            if key not in table:
                self.faults.append(Fault((*path, key), f"{key} is missing", f"Add a line {key} = ..."))

    def _wrong(self, path: Path, value: Any, wanted: str, mend: str) -> None:
        what = f"{path[-1] if isinstance(path[-1], str) else 'it'} must be {wanted}, not {_kind(value)}"
        self.faults.append(Fault(path, what, mend))

    def _text(self, path: Path, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        self._wrong(path, value, "text", "Put it in double quotes.")
        return ""

    def _texts(self, path: Path, value: Any, language: str) -> dict[str, str]:
        """A table of texts by language, or one text, which is in the source language."""
        if value is None:
            return {}
        if isinstance(value, str):
            return {language: value} if language else {}
        if not isinstance(value, dict):
            self._wrong(path, value, "text, or a table of texts by language", 'Write it as en = "...".')
            return {}
        return {lang: self._text((*path, lang), text) for lang, text in value.items()}

    def _sources(self, path: Path, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list):
            self._wrong(path, value, "a web address, or a list of them", "Put it in double quotes.")
            return ()
        return tuple(self._text((*path, n), url) for n, url in enumerate(value))

    def _day(self, path: Path, value: Any) -> date | None:
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        mend = "Write year-month-day without quotes or an hour, such as 2017-02-12."
        self._wrong(path, value, "a date", mend)
        return None

    def _switch(self, path: Path, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        self._wrong(path, value, "true or false", "Write true or false without quotes.")
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


# ---- writing --------------------------------------------------------------------------------------------


def dump(sheet: SheetDraft) -> str:
    """The sheet as TOML that a person can read and edit."""
    head: dict[str, Any] = {
        "slug": sheet.slug,
        "source_language": sheet.source_language,
        "zone": sheet.zone,
        "demonstration": sheet.demonstration,
        "titles": dict(sheet.titles),
    }
    if sheet.summaries:
        head["summaries"] = dict(sheet.summaries)
    parts = [tomli_w.dumps(head)]
    parts += [
        "[[facts]]\n" + tomli_w.dumps(_fact_table(fact)).replace("\n[", "\n[facts.") for fact in sheet.facts
    ]
    return "\n".join(parts)


def _fact_table(fact: FactDraft) -> dict[str, Any]:
    table: dict[str, Any] = {"number": fact.number}
    if fact.valid_from:
        table["valid_from"] = fact.valid_from
    if fact.valid_to:
        table["valid_to"] = fact.valid_to
    if fact.owner:
        table["owner"] = fact.owner
    if fact.sources:
        table["sources"] = fact.sources[0] if len(fact.sources) == 1 else list(fact.sources)
    table["texts"] = dict(fact.texts)
    table["basis"] = dict(fact.basis)
    return table
