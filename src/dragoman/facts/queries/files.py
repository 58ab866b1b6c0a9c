"""Sheets as files: what one says, and what importing one would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import QuerySet

from dragoman.facts import beliefs, rules, toml
from dragoman.facts.models import Belief, Fact, Sheet
from dragoman.facts.queries.conditions import current_table, table_in_review
from dragoman.facts.queries.facts import current_facts
from dragoman.facts.values import ImportPlan, SheetDraft
from dragoman.lib.canonical import digest
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Mission


def draft_of(sheet: Sheet) -> SheetDraft:
    """The sheet with its current facts, its known wrong beliefs and its table (the one that answers; else the
    one that waits), as a plain value."""
    table = current_table(sheet) or table_in_review(sheet)
    owner = sheet.mission.slug
    return replace(
        sheet.head(),
        facts=tuple(fact.draft_for(owner) for fact in current_facts(sheet)),
        beliefs=tuple(belief.draft() for belief in Belief.objects.filter(sheet=sheet)),
        conditions=table.draft() if table else None,
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
    _check_all_lean_on_facts(draft, have)
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
        new_table=_new_table(sheet, draft),
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


def _new_table(sheet: Sheet | None, draft: SheetDraft) -> bool:
    """Does the file bring a table that neither answers nor waits?"""
    if draft.conditions is None:
        return False
    have = (current_table(sheet), table_in_review(sheet)) if sheet else ()
    return not any(table is not None and table.draft() == draft.conditions for table in have)


def _check_all_lean_on_facts(draft: SheetDraft, have: Mapping[str, Fact]) -> None:
    """A belief or a row may lean on a fact of the file, or on one that the sheet has already."""
    known = {*have, *(fact.number for fact in draft.facts)}
    leaning = [(f"belief {belief.code}", f"beliefs.{belief.code}", belief.facts) for belief in draft.beliefs]
    rows = draft.conditions.table.rows if draft.conditions else ()
    leaning += [(f"row {row.id} of the table", f"conditions.rows.{row.id}", row.facts) for row in rows]
    for name, field, numbers in leaning:
        lost = [number for number in numbers if number not in known]
        if lost:
            words = f"{name} leans on {lost[0]}, which is neither in the file nor in the sheet"
            where = [{"field": f"{field}.facts", "message": words}]
            raise Invalid(f"{words[0].upper()}{words[1:]}.", mend="Name facts of the sheet.", where=where)
