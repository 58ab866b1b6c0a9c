"""Fact sheets as TOML: `parse` with every fault at its line, `dump` so that parse(dump(sheet)) == sheet."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import tomli_w

from dragoman.facts import beliefs, eligibility, rules, toml_table
from dragoman.facts.toml_reader import Reader
from dragoman.facts.values import BeliefDraft, FactDraft, Fault, Path, SheetDraft, TableDraft
from dragoman.lib.problems import Invalid, TooLarge
from dragoman.lib.toml_positions import Place, line_column, nearest, places

MAX_BYTES = 1_000_000
MAX_SHOWN = 100

SHEET_KEYS = (
    "slug",
    "source_language",
    "zone",
    "demonstration",
    "titles",
    "summaries",
    "facts",
    "beliefs",
    "conditions",
)
BELIEF_KEYS = ("code", "title", "facts", "state", "source", "statements", "corrections")
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
    sound = [*rules.faults_of_sheet(draft), *beliefs.faults_of_beliefs(draft.beliefs, draft.source_language)]
    if draft.conditions and not any(fault.path[0] == "conditions" for fault in reader.faults):
        sound += eligibility.faults_of_conditions(draft.conditions, draft.source_language)
    faults = reader.faults + [fault for fault in sound if not reader.spoke_of(fault.path)]
    if owners is not None:
        faults += _strangers(draft, owners)
    if faults:
        raise _faulty(source, found, faults)
    tidy = rules.tidy_sheet(draft)
    told = draft.conditions
    return replace(
        tidy,
        beliefs=beliefs.tidy_all(draft.beliefs),
        conditions=replace(told, table=eligibility.tidy(told.table)) if told else None,
    )


def parse_conditions(source: str, language: str) -> TableDraft:
    """A decision table alone: a TOML text that begins with [conditions]. Raises as `parse` does."""
    refuse_large(len(source.encode("utf-8", "surrogatepass")))
    try:
        document = tomllib.loads(source)
        found = places(source)
    except RecursionError:
        raise Invalid("The text nests lists or tables too deeply.") from None
    except ValueError as error:  # as in `parse`
        raise _unreadable(source, str(error)) from None
    reader = _Reader()
    reader.unknown((), document, ("conditions",))
    reader.required((), document, ("conditions",))
    draft = reader.conditions(document["conditions"], language) if "conditions" in document else None
    faults = reader.faults or (eligibility.faults_of_conditions(draft, language) if draft else [])
    if faults or draft is None:
        raise _faulty(source, found, faults)
    return replace(draft, table=eligibility.tidy(draft.table))


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


class _Reader(Reader):
    """Reads a sheet."""

    def sheet(self, document: Mapping[str, Any]) -> SheetDraft:
        self.unknown((), document, SHEET_KEYS)
        self.required((), document, ("slug", "source_language", "titles"))
        language = self.text(("source_language",), document.get("source_language"))
        facts = self.tables(("facts",), document, "Begin each fact with a line [[facts]].")
        believed = self.tables(("beliefs",), document, "Begin each belief with a line [[beliefs]].")
        return SheetDraft(
            slug=self.text(("slug",), document.get("slug")),
            source_language=language,
            titles=self.texts(("titles",), document.get("titles"), language),
            summaries=self.texts(("summaries",), document.get("summaries"), language),
            zone=self.text(("zone",), document.get("zone", "UTC")),
            demonstration=self.switch(("demonstration",), document.get("demonstration", False)),
            facts=tuple(self._fact(n, fact, language) for n, fact in enumerate(facts)),
            beliefs=tuple(self._belief(n, table, language) for n, table in enumerate(believed)),
            conditions=self.conditions(document["conditions"], language)
            if "conditions" in document
            else None,
        )

    def conditions(self, value: Any, language: str) -> TableDraft | None:
        """The decision table, which may also stand alone."""
        table = toml_table.TableReader(self, language).table(value)
        if table is None:
            return None
        return TableDraft(table, self.text(("conditions", "risk"), value.get("risk", "ordinary")))

    def _fact(self, n: int, table: Mapping[str, Any], language: str) -> FactDraft:
        at: Path = ("facts", n)
        self.unknown(at, table, FACT_KEYS)
        self.required(at, table, ("number",))
        return FactDraft(
            number=self.text((*at, "number"), table.get("number")),
            texts=self.texts((*at, "texts"), table.get("texts"), language),
            basis=self.texts((*at, "basis"), table.get("basis"), language),
            sources=self.sources((*at, "sources"), table.get("sources")),
            valid_from=self.day((*at, "valid_from"), table.get("valid_from")),
            valid_to=self.day((*at, "valid_to"), table.get("valid_to")),
            owner=self.text((*at, "owner"), table.get("owner")),
        )

    def _belief(self, n: int, table: Mapping[str, Any], language: str) -> BeliefDraft:
        at: Path = ("beliefs", n)
        self.unknown(at, table, BELIEF_KEYS)
        self.required(at, table, ("code", "title", "facts", "statements", "corrections"))
        return BeliefDraft(
            code=self.text((*at, "code"), table.get("code")),
            title=self.text((*at, "title"), table.get("title")),
            facts=self.names((*at, "facts"), table.get("facts")),
            statements=self.texts((*at, "statements"), table.get("statements"), language),
            corrections=self.texts((*at, "corrections"), table.get("corrections"), language),
            source=self.text((*at, "source"), table.get("source")),
            state=self.text((*at, "state"), table.get("state", "proposed")),
        )


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
    parts += [
        "[[beliefs]]\n" + tomli_w.dumps(_belief_table(belief)).replace("\n[", "\n[beliefs.")
        for belief in sheet.beliefs
    ]
    if sheet.conditions:
        parts.append(toml_table.dump(sheet.conditions.table, sheet.conditions.risk))
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


def _belief_table(belief: BeliefDraft) -> dict[str, Any]:
    table: dict[str, Any] = {"code": belief.code, "title": belief.title, "facts": list(belief.facts)}
    if belief.source:
        table["source"] = belief.source
    table["state"] = belief.state
    table["statements"] = dict(belief.statements)
    table["corrections"] = dict(belief.corrections)
    return table
