"""Sheets as files: what one says, and what importing one would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import QuerySet

from dragoman.facts import beliefs, rules, toml
from dragoman.facts.models import Belief, Fact, Sheet
from dragoman.facts.queries.facts import current_facts
from dragoman.facts.values import ImportPlan, SheetDraft
from dragoman.lib.canonical import digest
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Mission


def draft_of(sheet: Sheet) -> SheetDraft:
    """The sheet with its current facts and its known wrong beliefs, as a plain value."""
    owner = sheet.mission.slug
    return replace(
        sheet.head(),
        facts=tuple(fact.draft_for(owner) for fact in current_facts(sheet)),
        beliefs=tuple(belief.draft() for belief in Belief.objects.filter(sheet=sheet)),
    )


def export_sheet(sheet: Sheet) -> str:
    """The sheet with its current facts as TOML; importing it changes nothing."""
    return toml.dump(draft_of(sheet))


def plan_import(mission: Mission, source: str) -> ImportPlan:
    """What importing this text for the mission would change. Changes nothing.

    Raises Invalid with every fault by line, TooLarge, or Conflict when the sheet belongs to another mission.
    """
    draft = _owners_told(toml.parse(source, owners=set(_mission_slugs())), mission)
    sheet = Sheet.objects.select_related("mission").filter(slug=draft.slug).first()
    have: dict[str, Fact] = {}
    believed: dict[str, Belief] = {}
    if sheet is not None:
        _check_same_sheet(sheet, draft, mission)
        have = {fact.number: fact for fact in current_facts(sheet)}
        believed = {belief.code: belief for belief in Belief.objects.filter(sheet=sheet)}
    _check_beliefs_lean_on_facts(draft, have)
    changes = rules.plan_changes(
        {n: (fact.draft(), fact.version, fact.cited_at is not None) for n, fact in have.items()}, draft
    )
    fields = rules.sheet_differences(sheet.head(), draft) if sheet else ()
    against = [[fact.pk, fact.cited_at is not None, fact.content_digest()] for fact in have.values()]
    against += [[belief.pk, belief.state, belief.content_digest()] for belief in believed.values()]
    return ImportPlan(
        draft=draft,
        new_sheet=sheet is None,
        sheet_fields=fields,
        changes=changes,
        beliefs=beliefs.plan_changes({code: row.draft() for code, row in believed.items()}, draft.beliefs),
        digest=digest([mission.slug, source, sheet.head_digest() if sheet else "", against]),
    )


def _mission_slugs() -> QuerySet[Mission, str]:
    return Mission.objects.values_list("slug", flat=True)


def _owners_told(draft: SheetDraft, mission: Mission) -> SheetDraft:
    """An owner that is the sheet's own mission is left unsaid, so that equal facts compare equal."""
    facts = [replace(fact, owner="") if fact.owner == mission.slug else fact for fact in draft.facts]
    return replace(draft, facts=tuple(facts))


def _check_same_sheet(sheet: Sheet, draft: SheetDraft, mission: Mission) -> None:
    if sheet.mission_id != mission.pk:
        raise Conflict(
            f"The sheet “{sheet.slug}” belongs to {sheet.mission.name}, not to {mission.name}.",
            mend=f"Import it for {sheet.mission.slug}, or give the new sheet another name.",
            code="sheet-of-another-mission",
        )
    if sheet.source_language != draft.source_language and sheet.facts.exists():
        raise Invalid(
            f"The source language of “{sheet.slug}” is {sheet.source_language}; "
            f"the file says {draft.source_language}.",
            mend="The source language of a sheet that has facts stays: mend the file.",
            where=[{"field": "source_language", "message": f"must be {sheet.source_language}"}],
        )


def _check_beliefs_lean_on_facts(draft: SheetDraft, have: Mapping[str, Fact]) -> None:
    """A belief may lean on a fact of the file, or on one that the sheet has already."""
    known = {*have, *(fact.number for fact in draft.facts)}
    for belief in draft.beliefs:
        lost = [number for number in belief.facts if number not in known]
        if lost:
            words = f"belief {belief.code} leans on {lost[0]}, which is neither in the file nor in the sheet"
            where = [{"field": f"beliefs.{belief.code}.facts", "message": words}]
            raise Invalid(words, mend="Name facts of the sheet.", where=where)
