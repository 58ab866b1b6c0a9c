"""What pages and files of talks say, worked out from plain values. Pure: no rows, no files, no words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from dragoman.lib.problems import Invalid
from dragoman.public import rules
from dragoman.public.values import CitedFact, ConsentShown, EditionText, Elsewhere, RecordRef
from dragoman.public.values_talks import LINES, Alternat, TalksEntry, TalksPage

REF = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered entry as pages show it. `corrected_by` is the number of the entry that replaced it;
    of what was withdrawn nothing is shown but that it was."""

    number: int
    what: str
    ref: str
    rev: int
    at: datetime
    zone: str
    texts: tuple[EditionText, ...]
    record: RecordRef
    consents: tuple[ConsentShown, ...] = ()
    slug: str = ""
    event: int = 0
    corrected_by: int | None = None
    withdrawn: bool = False
    elsewhere: tuple[Elsewhere, ...] = ()
    alternats: tuple[Alternat, ...] = ()
    facts: tuple[CitedFact, ...] = ()

    def text(self, lang: str) -> EditionText | None:
        return next((text for text in self.texts if text.lang == lang), None)

    @property
    def langs(self) -> tuple[str, ...]:
        return tuple(text.lang for text in self.texts)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who must sign: "all", "any" or a number of these parties and groups."""

    needed: str
    members: tuple[Rule | str, ...] = field(default=())


def rule_of(keyring: str) -> Rule | None:
    """The rule in the text of a keyring (c2sp.org/tlog-policy groups); None for a text without one."""
    known: dict[str, Rule] = {}
    for line in keyring.splitlines():
        match line.split():
            case ["group", name, needed, *members] if members:
                known[name] = Rule(needed, tuple(known.get(one, one) for one in members))
            case ["quorum", name]:
                return known.get(name) or Rule("all", (name,))
    return None


def satisfied(rule: Rule | str, signed: Collection[str]) -> bool:
    """Whether these parties' signatures are what the rule asks for."""
    if isinstance(rule, str):
        return rule in signed
    count = sum(satisfied(one, signed) for one in rule.members)
    needed = {"all": len(rule.members), "any": 1}.get(rule.needed)
    return count >= (int(rule.needed) if needed is None else needed)


def check_page(page: TalksPage) -> None:
    """Raises Invalid with every reason why a process cannot stand on the site."""
    where = []
    if not REF.fullmatch(page.ref):
        where.append({"field": "ref", "message": "small letters, digits and hyphens, at most 40"})
    if not page.languages:
        where.append({"field": "languages", "message": "at least one language is needed"})
    for lang in page.languages:
        if not rules.LANG.fullmatch(lang) or lang in rules.RESERVED:
            where.append({"field": "languages", "message": f"{lang!r} is no language tag"})
        elif not page.titles.get(lang):
            where.append({"field": f"titles.{lang}", "message": "it has no title in this language"})
    if not page.parties:
        where.append({"field": "parties", "message": "talks have parties"})
    if where:
        raise Invalid("These talks cannot be published as they are.", where=where, mend="Mend what is named.")


def check_entry(entry: TalksEntry, page: TalksPage) -> None:
    """Raises Invalid unless the entry has every language of its process, and no other."""
    where = []
    if entry.what not in LINES:
        where.append({"field": "what", "message": f"one of {', '.join(LINES)}"})
    missing = set(page.languages) ^ set(entry.langs)
    if missing or len(set(entry.langs)) != len(entry.texts):
        message = f"the languages must be those of the process; these are not: {', '.join(sorted(missing))}"
        where.append({"field": "texts", "message": message})
    if where:
        raise Invalid("This entry cannot be published as it is.", where=where, mend="Mend what is named.")


def cut_of(number: int) -> int:
    """The cut that holds an entry; cuts count from 1, the oldest first."""
    return (number - 1) // rules.TALKS_CUT + 1


def span_of(cut: int) -> tuple[int, int]:
    """The first and the last number of a cut."""
    return (cut - 1) * rules.TALKS_CUT + 1, cut * rules.TALKS_CUT


def url_of(page_ref: str, entry: Entry, lang: str) -> str:
    """Where an entry stands for ever: a joint text has its own page, the others an anchor in their cut."""
    if entry.what == "joint":
        return rules.statement_path(lang, entry.slug)
    return f"{rules.talks_path(lang, page_ref, cut_of(entry.number))}#e{entry.number}"


def note_path(process: str, ref: str, rev: int) -> str:
    """The file with the signed consents to a text."""
    return rules.talks_file(process, f"consents/{ref}-{rev}.note")


def alternat_path(process: str, ref: str, rev: int, one: Alternat) -> str:
    """The file with one party's own version of a text."""
    return rules.talks_file(process, f"versions/{ref}-{rev}.{one.party}.{one.lang}.txt")


def alternat_text(one: Alternat) -> str:
    """The version as a file: the form in which texts are sealed."""
    parts = [f"# {one.title}", *([one.summary] if one.summary else []), one.body.strip()]
    return "\n\n".join(parts) + "\n"


def last_confirmed(page: TalksPage, newest: datetime | None) -> datetime | None:
    """When anything was last confirmed."""
    known = [at for at in (page.last_confirmed, newest) if at]
    return max(known) if known else None


def next_due(page: TalksPage, confirmed: datetime | None) -> datetime | None:
    """Until when the next confirmation is due; None when no rule asks for one or the talks do not run."""
    if not page.pulse_minutes or confirmed is None or page.state != "open":
        return None
    return confirmed + timedelta(minutes=page.pulse_minutes)


def corrected(entries: Iterable[tuple[int, str, int]]) -> Mapping[tuple[str, int], int]:
    """(ref, rev) -> number of the entry that replaced it, from (number, ref, rev) of joint entries."""
    rows = sorted(entries, key=lambda row: (row[1], row[2]))
    return {(before[1], before[2]): after[0] for before, after in pairwise(rows) if before[1] == after[1]}


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def consents_json(consents: Iterable[ConsentShown]) -> list[dict[str, Any]]:
    return [{"party": one.party, "kind": one.kind, "label": one.label} for one in consents]
