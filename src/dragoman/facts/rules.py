"""What a sound fact is, what differs between two, and who may change one. Plain values only.

Who may do what:
- See a sheet: officers of the owner mission, of a mission above it (their roles cover it) and of one below it
  (an embassy works with the capital's facts). Not officers of a sister embassy.
- Change a sheet or a fact: an author or administrator of its owner mission or of one above it.
- Propose a change: any author who may see the sheet. Who may change the fact adopts or declines it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dragoman.facts.values import Change, FactDraft, Fault, Path, SheetDraft
from dragoman.lib.text.controls import find_controls

CHANGERS = ("author", "administrator")
PROPOSERS = ("author", "administrator")

MAX_TEXT = 4_000
MAX_TITLE = 200
MAX_URL = 2_000
MAX_SOURCES = 20
MAX_FACTS = 500
MAX_LANGUAGES = 400
# Words that the desk's own addresses use.
RESERVED = ("import", "new", "proposals")

NUMBER = re.compile(r"F[1-9][0-9]{0,3}")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MISSION = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_SPACE = re.compile(r"[ \t\r\n]+")


def may_change(roles: Iterable[str]) -> bool:
    """May one who holds these roles at the owner mission change its sheets and facts?"""
    return bool({*roles} & {*CHANGERS})


def makes_new_version(*, cited: bool) -> bool:
    """A fact that something cites is never edited in place."""
    return cited


def position(number: str) -> int:
    """The place of F12 in the order of a sheet: 12."""
    return int(number[1:])


def next_number(numbers: Iterable[str]) -> str:
    """The number after the highest that was ever used."""
    return f"F{max((position(number) for number in numbers), default=0) + 1}"


# ---- tidying: what does not change the meaning ----------------------------------------------------------


def clean(text: str) -> str:
    """NFC, with runs of blanks and line ends made one space: a fact is one assertion, not a layout."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def clean_all(texts: Mapping[str, str]) -> dict[str, str]:
    """Every text clean, by language code, empty ones left out."""
    return {lang: cleaned for lang, text in sorted(texts.items()) if (cleaned := clean(text))}


def tidy_fact(draft: FactDraft) -> FactDraft:
    """The same fact with clean texts, and empty languages left out."""
    return FactDraft(
        number=draft.number.strip(),
        texts=clean_all(draft.texts),
        basis=clean_all(draft.basis),
        sources=tuple(url.strip() for url in draft.sources if url.strip()),
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        owner=draft.owner.strip(),
    )


def tidy_sheet(draft: SheetDraft) -> SheetDraft:
    """The same sheet with clean texts, facts in the order of their numbers. Its beliefs stay as they are."""
    facts = [tidy_fact(fact) for fact in draft.facts]
    sound = all(NUMBER.fullmatch(fact.number) for fact in facts)
    return replace(
        draft,
        slug=draft.slug.strip(),
        source_language=draft.source_language.strip(),
        titles=clean_all(draft.titles),
        summaries=clean_all(draft.summaries),
        zone=draft.zone.strip(),
        facts=tuple(sorted(facts, key=lambda fact: position(fact.number)) if sound else facts),
    )


# ---- what is wrong --------------------------------------------------------------------------------------


def faults_of_sheet(draft: SheetDraft) -> list[Fault]:
    """Everything wrong in a sheet and its facts, all at once (beliefs apart). Empty when it is sound."""
    faults = _faults_of_head(draft)
    faults += faults_of_texts(("titles",), draft.titles, MAX_TITLE)
    faults += faults_of_texts(("summaries",), draft.summaries, MAX_TEXT)
    if len(draft.facts) > MAX_FACTS:
        what = f"{len(draft.facts)} facts; a sheet holds at most {MAX_FACTS}"
        faults.append(Fault(("facts", MAX_FACTS), what, "Split the sheet."))
    first: dict[str, int] = {}
    for n, fact in enumerate(draft.facts):
        if fact.number and first.setdefault(fact.number, n) != n:
            what = f"fact number {fact.number} stands here a second time"
            faults.append(Fault(("facts", n, "number"), what, "Give each fact of a sheet its own number."))
        inner = faults_of_fact(fact, draft.source_language)
        faults += [Fault(("facts", n, *fault.path), fault.what, fault.mend) for fault in inner]
    return faults


def _faults_of_head(draft: SheetDraft) -> list[Fault]:
    faults = []
    if draft.slug in RESERVED:
        what = f"“{draft.slug}” is a word that the desk’s own addresses use"
        faults.append(Fault(("slug",), what, "Choose another name."))
    elif not SLUG.fullmatch(draft.slug) or len(draft.slug) > 50:
        what = f"“{short(draft.slug)}” is not a name for a sheet"
        faults.append(Fault(("slug",), what, "Use up to 50 small letters, digits and single hyphens."))
    if not LANGUAGE.fullmatch(draft.source_language):
        faults.append(_bad_language(("source_language",), draft.source_language))
    elif not draft.titles.get(draft.source_language, "").strip():
        what = f"there is no title in the source language, {draft.source_language}"
        faults.append(Fault(("titles", draft.source_language), what, "Write it."))
    if not _zone_is_known(draft.zone):
        what = f"“{short(draft.zone)}” is not a time zone"
        faults.append(Fault(("zone",), what, "Write one of the IANA names, such as Europe/Minsk or UTC."))
    return faults


def faults_of_fact(draft: FactDraft, source_language: str) -> list[Fault]:
    """Everything wrong in one fact. Paths are inside the fact: ("texts", "ar")."""
    faults = []
    if not NUMBER.fullmatch(draft.number):
        what = f"“{short(draft.number)}” is not a fact number"
        faults.append(Fault(("number",), what, "Write F and a number from 1 to 9999, such as F3."))
    for name, texts in (("texts", draft.texts), ("basis", draft.basis)):
        faults += faults_of_texts((name,), texts, MAX_TEXT)
        if LANGUAGE.fullmatch(source_language) and not texts.get(source_language, "").strip():
            thing = "text" if name == "texts" else "legal basis"
            what = f"there is no {thing} in the source language, {source_language}"
            faults.append(Fault((name, source_language), what, "Write it."))
    if draft.valid_from and draft.valid_to and draft.valid_to < draft.valid_from:
        what = f"valid_to, {draft.valid_to}, is before valid_from, {draft.valid_from}"
        faults.append(Fault(("valid_to",), what, "Swap or mend the dates; both days are included."))
    if draft.owner and not MISSION.fullmatch(draft.owner):
        faults.append(
            Fault(("owner",), f"“{short(draft.owner)}” is not a mission’s short name", "Write its slug.")
        )
    return faults + _faults_of_sources(draft.sources)


def faults_of_texts(path: Path, texts: Mapping[str, str], limit: int) -> list[Fault]:
    """What is wrong in texts by language: codes, lengths, hidden characters."""
    faults = []
    if len(texts) > MAX_LANGUAGES:
        faults.append(Fault(path, f"{len(texts)} languages", f"At most {MAX_LANGUAGES} are taken."))
    for lang, text in texts.items():
        if not LANGUAGE.fullmatch(lang):
            faults.append(_bad_language((*path, lang), lang))
        if len(text) > limit:
            what = f"{len(text):,} characters; at most {limit:,} are taken"
            faults.append(Fault((*path, lang), what, "Shorten it, or split the fact."))
        hidden = hidden_characters(text)
        if hidden:
            what = f"it holds characters that cannot be seen: {', '.join(hidden)}"
            faults.append(
                Fault((*path, lang), what, "Remove them; the page sets the direction of each text itself.")
            )
    return faults


def _faults_of_sources(sources: tuple[str, ...]) -> list[Fault]:
    faults = []
    if len(sources) > MAX_SOURCES:
        faults.append(Fault(("sources",), f"{len(sources)} sources", f"Keep {MAX_SOURCES} or fewer."))
    for n, url in enumerate(sources):
        if not is_url(url):
            what = f"“{short(url)}” is not a web address"
            mend = (
                "Write the whole address, beginning with https:// or http://, without blanks or a password."
            )
            faults.append(Fault(("sources", n), what, mend))
    return faults


def is_url(url: str) -> bool:
    """A whole http(s) address of sensible length, without user names or hidden characters."""
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return False
    sound = parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_sound
    visible = not hidden_characters(url) and not any(c.isspace() or c in '<>"\\' for c in url)
    return sound and visible and "@" not in parts.netloc and len(url) <= MAX_URL


def hidden_characters(text: str) -> list[str]:
    """Bidi, zero-width and other control characters that do not belong in the text, as U+202E, each once."""
    return sorted({control.code for control in find_controls(text)})


def shown(text: str) -> str:
    """The text with each hidden character written out, as [U+202E], for a message."""
    for control in sorted(find_controls(text), key=lambda control: control.start, reverse=True):
        text = f"{text[: control.start]}[{control.code}]{text[control.end :]}"
    return text


def _bad_language(path: Path, lang: str) -> Fault:
    return Fault(path, f"“{short(lang)}” is not a language code", "Write it as en, be, zh or pt-BR.")


def _zone_is_known(zone: str) -> bool:
    try:
        return bool(zone) and bool(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # unknown; a path that climbs out; a folder of zones
        return False


def short(text: str) -> str:
    """For a message: not more than anyone wants to read, nothing invisible."""
    seen = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return seen if len(seen) <= 60 else seen[:57] + "..."


# ---- what differs ---------------------------------------------------------------------------------------


def differences(old: FactDraft, new: FactDraft) -> tuple[str, ...]:
    """Names of what differs between two drafts of one fact: "texts.ar", "valid_to"."""
    found = differing("texts", old.texts, new.texts) + differing("basis", old.basis, new.basis)
    plain = (
        ("sources", old.sources, new.sources),
        ("valid_from", old.valid_from, new.valid_from),
        ("valid_to", old.valid_to, new.valid_to),
        ("owner", old.owner, new.owner),
    )
    return (*found, *(name for name, was, becomes in plain if was != becomes))


def sheet_differences(old: SheetDraft, new: SheetDraft) -> tuple[str, ...]:
    """Names of what differs in the head of a sheet, its facts apart."""
    found = differing("titles", old.titles, new.titles) + differing("summaries", old.summaries, new.summaries)
    plain = (
        ("source_language", old.source_language, new.source_language),
        ("zone", old.zone, new.zone),
        ("demonstration", old.demonstration, new.demonstration),
    )
    return (*found, *(name for name, was, becomes in plain if was != becomes))


def differing(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Which languages differ, as \"texts.ar\"."""
    return tuple(f"{name}.{lang}" for lang in sorted({*old, *new}) if old.get(lang) != new.get(lang))


def plan_changes(have: Mapping[str, tuple[FactDraft, int, bool]], draft: SheetDraft) -> tuple[Change, ...]:
    """What an import does to each fact; it deletes none. `have`: number -> (draft, version, cited)."""
    changes = []
    for fact in draft.facts:
        if fact.number not in have:
            changes.append(Change(fact.number, "add", ("new",), 1))
            continue
        old, version, cited = have[fact.number]
        fields = differences(old, fact)
        if not fields:
            changes.append(Change(fact.number, "same", (), version))
        elif makes_new_version(cited=cited):
            changes.append(Change(fact.number, "revise", fields, version + 1))
        else:
            changes.append(Change(fact.number, "amend", fields, version))
    mentioned = {fact.number for fact in draft.facts}
    kept = [number for number in have if number not in mentioned]
    changes += [Change(number, "keep", (), have[number][1]) for number in kept]
    return tuple(sorted(changes, key=lambda change: position(change.number)))


def in_force(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Does a fact with these days hold on `day`? Both are included; one that is not given sets no bound."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)
