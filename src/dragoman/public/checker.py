"""The eligibility checker as the public gets it: a table in one language, and what its verdict says. Pure but
for the clock; the rules themselves are those of `lib.eligibility`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dragoman.base import clock
from dragoman.lib.eligibility import plain
from dragoman.lib.eligibility.countries import CODES
from dragoman.lib.eligibility.evaluate import evaluate, read
from dragoman.lib.eligibility.values import Choice, Question, Row, Standing, Table, Verdict
from dragoman.public import rules, words
from dragoman.public.render import choose
from dragoman.public.values import SheetPage

OUTCOMES = ("yes", "no", "depends", "unknown", "revised")


@dataclass(frozen=True, slots=True)
class Checker:
    """A published table and how its facts stood when the sheet was published."""

    table: Table
    standing: Standing
    version: int


def path(slug: str, lang: str) -> str:
    """Where the checker of a sheet stands."""
    return f"{rules.sheet_path(slug, lang)}check/"


def checker_of(sheet: SheetPage) -> Checker | None:
    """The table of a published sheet, if it has one."""
    data = sheet.checker
    if not data:
        return None
    last_days = {number: date.fromisoformat(day) for number, day in data["last"].items()}
    table = plain.from_plain(data["table"])
    return Checker(table, Standing(frozenset(data["changed"]), last_days), int(data["version"]))


def verdict_of(sheet: SheetPage, checker: Checker, raw: Mapping[str, object]) -> Verdict:
    """What the table says to these answers, today in the sheet's zone. Raises Invalid for a wrong answer."""
    today = clock.now().astimezone(rules.zone(sheet.zone)).date()
    return evaluate(checker.table, read(checker.table, raw), today=today, standing=checker.standing)


def cited(checker: Checker, verdict: Verdict) -> frozenset[str]:
    """The facts that the verdict leans on."""
    return frozenset(n for row in checker.table.rows if row.id in verdict.rows for n in row.facts)


def told(sheet: SheetPage, checker: Checker, verdict: Verdict, lang: str) -> dict[str, Any]:
    """A verdict for programs: what, why in this language or the sheet's own, facts with addresses."""
    firm = () if verdict.outcome == "revised" else verdict.rows
    numbers = cited(checker, verdict)
    return {
        "sheet": sheet.slug,
        "table_version": checker.version,
        **verdict.as_json(),
        "why": [_reason(row, lang, sheet.source_language) for row in checker.table.rows if row.id in firm],
        "facts": [fact for fact in _facts(sheet, checker, lang) if fact["number"] in numbers],
        "decides": "the border authority",
    }


def for_script(sheet: SheetPage, checker: Checker) -> dict[str, Any]:
    """What the page's script needs: no words, for those stand in the page itself."""
    data = plain.as_plain(checker.table)
    wanted = ("id", "kind", "least", "most")
    return {
        "questions": [{key: one[key] for key in wanted if key in one} for one in data["questions"]],
        "rows": [
            {
                "id": row["id"],
                "outcome": row["outcome"],
                "facts": row["facts"],
                "when": {name: _bare(one) for name, one in row["when"].items()},
            }
            for row in data["rows"]
        ],
        "standing": {
            "changed": sorted(checker.standing.changed),
            "last": {number: day.isoformat() for number, day in checker.standing.last_days.items()},
        },
        "zone": sheet.zone,
    }


def _bare(condition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in condition.items() if key != "named"}


def shown(
    sheet: SheetPage, checker: Checker, lang: str, raw: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Questions, reasons and facts in one language, for the page with and without scripts. `raw`: what a form
    sent, to stand in it again."""
    source, given = sheet.source_language, raw or {}
    title, title_lang = choose(sheet.titles, lang, source)
    return {
        "sheet": sheet,
        "title": title,
        "title_lang": title_lang,
        "questions": [
            _question(one, lang, source, str(given.get(one.id, ""))) for one in checker.table.questions
        ],
        "reasons": [_reason(row, lang, source) for row in checker.table.rows],
        "facts": _facts(sheet, checker, lang),
    }


def _facts(sheet: SheetPage, checker: Checker, lang: str) -> list[dict[str, str]]:
    """The facts that any row cites, as they stand on the sheet's page."""
    wanted = {number for row in checker.table.rows for number in row.facts}
    found = []
    for fact in sheet.facts:
        if fact.number in wanted and not fact.superseded:
            text, text_lang = choose(fact.texts, lang, sheet.source_language)
            url = f"{rules.sheet_path(sheet.slug, lang)}#{fact.number}"
            found.append({"number": fact.number, "text": text, "lang": text_lang, "url": url})
    return found


def _reason(row: Row, lang: str, source: str) -> dict[str, str]:
    text, text_lang = choose(row.texts, lang, source)
    return {"id": row.id, "text": text, "lang": text_lang}


def _question(one: Question, lang: str, source: str, value: str) -> dict[str, Any]:
    text, text_lang = choose(one.texts, lang, source)
    hint, _ = choose(one.help, lang, source)
    return {
        "id": one.id,
        "kind": one.kind,
        "text": text,
        "lang": text_lang,
        "hint": hint,
        "least": one.least,
        "most": one.most,
        "value": value,
        "states": _states(lang) if one.kind == "country" else (),
        "choices": [_choice(each, lang, source) for each in one.choices],
    }


def _choice(one: Choice, lang: str, source: str) -> dict[str, str]:
    text, text_lang = choose(one.texts, lang, source)
    return {"code": one.code, "text": text, "lang": text_lang}


def _states(lang: str) -> list[dict[str, str]]:
    """Every state by the name that the language has for it, in its alphabet."""
    names = words.locale(lang).territories
    known = [{"code": code, "text": str(names.get(code, code))} for code in CODES]
    return sorted(known, key=lambda one: _plain_letters(one["text"]))


def _plain_letters(name: str) -> str:
    """For sorting: without accents, which in most alphabets stand beside their letter."""
    return "".join(c for c in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(c))
