"""Reading facts: the list of sheets, a sheet in two languages, a fact with its versions, the file."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.facts import queries, rules
from dragoman.facts.models import Content, Fact, Sheet
from dragoman.facts.views.common import languages_of, officer_of, versions_of
from dragoman.facts.words import Word, field_words, word_changes
from dragoman.lib.problems import NotFound


@dataclass(frozen=True)
class Difference:
    """One thing that a version changed, for the page: words taken out and put in, or two plain values."""

    name: str
    lang: str
    words: tuple[Word, ...] = ()
    was: str = ""
    becomes: str = ""


@dataclass(frozen=True)
class Row:
    """One version of a fact and what it changed against the one before it."""

    fact: Fact
    differences: tuple[Difference, ...]


@allow.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The sheets this officer may see."""
    officer = officer_of(request)
    sheets = list(queries.sheets_for(officer))
    context = {"sheets": sheets, "may_write": officer.has_role(*rules.CHANGERS)}
    return render(request, "facts/list.html", context)


@allow.officer
@require_safe
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """A sheet, its facts in the source language beside another one."""
    officer = officer_of(request)
    found = queries.sheet_for(officer, slug)
    facts = list(queries.current_facts(found))
    languages = languages_of(found, facts)
    others = languages[1:]
    asked = request.GET.get("lang", "")
    other = asked if asked in others else (others[0] if others else "")
    today = clock.now().astimezone(ZoneInfo(found.zone)).date()
    context = {
        "sheet": found,
        "facts": [(fact, _standing(fact, today)) for fact in facts],
        "others": others,
        "other": other,
        "missing": [fact.number for fact in facts if other and other not in fact.texts],
        "proposals": list(queries.open_proposals(found)),
        "may_change": queries.may_change(officer, found.mission),
        "may_propose": queries.may_propose(officer, found),
    }
    return render(request, "facts/sheet.html", context)


def _standing(fact: Fact, today: object) -> str:
    """In force, ended, or not begun, on this day."""
    if fact.valid_to and str(fact.valid_to) < str(today):
        return "ended"
    return "coming" if fact.valid_from and str(fact.valid_from) > str(today) else "holds"


@allow.officer
@require_safe
def fact(request: HttpRequest, slug: str, number: str, version: int | None = None) -> HttpResponse:
    """One version of a fact in every language; all its versions with what each changed."""
    officer = officer_of(request)
    found, versions = versions_of(officer, slug, number)
    shown = next((one for one in versions if version in (None, one.version)), None)
    if shown is None:
        raise NotFound(f"{number} has no version {version}.", mend="Its versions are listed on its page.")
    languages = [found.source_language, *sorted(set(shown.texts) - {found.source_language})]
    context = {
        "sheet": found,
        "fact": shown,
        "current": versions[0],
        "texts": [(lang, shown.texts.get(lang, ""), shown.basis.get(lang, "")) for lang in languages],
        "rows": history(found, versions),
        "proposals": [p for p in queries.open_proposals(found) if p.number == number and p.base],
        "may_change": queries.may_change(officer, shown.mission),
        "may_propose": queries.may_propose(officer, found),
    }
    return render(request, "facts/fact.html", context)


def history(sheet: Sheet, versions: list[Fact]) -> list[Row]:
    """Versions, newest first, each with what it changed."""
    older: list[Fact | None] = [*versions[1:], None]
    return [Row(new, differences(old, new) if old else ()) for new, old in zip(versions, older, strict=True)]


def differences(old: Fact, new: Content) -> tuple[Difference, ...]:
    """What differs, in words for the page. `new` is a later version or a proposal."""
    found = []
    before, after = old.draft(), new.draft_for(old.sheet.mission.slug)
    for name in rules.differences(before, after):
        kind, _, lang = name.partition(".")
        if lang:
            was, becomes = getattr(before, kind).get(lang, ""), getattr(after, kind).get(lang, "")
            found.append(Difference(field_words(kind), lang, words=word_changes(was, becomes, lang)))
        else:
            was, becomes = (_plain(getattr(draft, kind)) for draft in (before, after))
            found.append(Difference(field_words(kind), "", was=was, becomes=becomes))
    return tuple(found)


def _plain(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, tuple) else str(value or "")


@allow.officer
@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The sheet as TOML, to keep or to edit and import again."""
    found = queries.sheet_for(officer_of(request), slug)
    answer = HttpResponse(queries.export_sheet(found), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.slug}.toml"'
    return answer
