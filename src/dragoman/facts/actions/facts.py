"""Deeds on facts."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.facts import rules
from dragoman.facts.actions.checks import (
    held,
    must_be_as_read,
    must_be_sound,
    must_change,
    must_say_why,
    owner_named,
)
from dragoman.facts.models import Fact, Sheet
from dragoman.facts.values import FactDraft
from dragoman.lib.problems import Conflict


@transaction.atomic
def add_fact(*, by: Actor, sheet: Sheet, draft: FactDraft, why: str = "") -> Fact:
    """Add a fact under a number that was never used in the sheet; an empty number means the next one."""
    sheet = held(sheet)
    must_change(by, sheet.mission)
    used = set(sheet.facts.values_list("number", flat=True))
    draft = rules.tidy_fact(replace(draft, number=draft.number or rules.next_number(used)))
    must_be_sound(rules.faults_of_fact(draft, sheet.source_language))
    if draft.number in used:
        raise Conflict(
            f"{draft.number} is there already.",
            mend="Revise it, or choose another number.",
            code="number-taken",
        )
    fact = Fact(sheet=sheet, author=by.audit_name, why=why)
    fact.set_draft(draft, owner_named(draft.owner, sheet))
    fact.save()
    audit.note(
        by=by,
        verb="facts.add_fact",
        target=fact.target,
        mission=fact.mission.slug,
        after=fact.content_digest(),
        why=why,
    )
    return fact


@transaction.atomic
def revise_fact(*, by: Actor, fact: Fact, draft: FactDraft, why: str = "", expected: str = "") -> Fact:
    """Change what a fact says: in place while nothing cites it, as a new version (with a reason) once
    something does. Returns the version that is current then; the same one when nothing differs.

    `expected` is the content digest as it was read. Raises Conflict when the fact has moved on since.
    """
    sheet = held(fact.sheet)
    fact = Fact.objects.select_for_update(of=("self",)).select_related("mission").get(pk=fact.pk)
    fact.sheet = sheet
    must_change(by, fact.mission)
    if fact.state != "current":
        raise Conflict(
            f"Version {fact.version} of {fact.label} was superseded; only the current version is revised.",
            mend="Open the current version.",
            code="wrong-state",
        )
    before = fact.content_digest()
    must_be_as_read(expected, before, f"Fact {fact.label}")
    draft = rules.tidy_fact(replace(draft, number=fact.number))
    must_be_sound(rules.faults_of_fact(draft, sheet.source_language))
    mission = owner_named(draft.owner, sheet)
    draft = replace(draft, owner="" if mission == sheet.mission else mission.slug)
    fields = rules.differences(fact.draft(), draft)
    if not fields:
        return fact
    new_version = rules.makes_new_version(cited=fact.cited_at is not None)
    why = must_say_why(why, "A new version of a cited fact") if new_version else why.strip()
    new = _next_version(by, fact) if new_version else fact
    new.set_draft(draft, mission)
    new.why = why or new.why
    new.save()
    audit.note(
        by=by,
        verb="facts.revise_fact",
        target=new.target,
        mission=new.mission.slug,
        before=before,
        after=new.content_digest(),
        why=why,
        data={"fields": list(fields), "new_version": new_version},
    )
    return new


def _next_version(by: Actor, fact: Fact) -> Fact:
    """Close this version and open the next, not saved yet."""
    fact.move_to("superseded", frm="current")
    return Fact(sheet=fact.sheet, version=fact.version + 1, author=by.audit_name)


@transaction.atomic
def mark_cited(*, by: Actor, fact: Fact) -> Fact:
    """Note that something leans on this version: from now on it is never edited in place. May run twice."""
    # The lock waits for an edit in place that is under way, so that no text slips in after the mark.
    row = Fact.objects.select_for_update(of=("self",)).select_related("sheet", "mission").get(pk=fact.pk)
    if row.cited_at is None:
        row.cited_at = clock.now()
        row.save(update_fields=["cited_at", "updated"])
        audit.note(
            by=by,
            verb="facts.mark_cited",
            target=row.target,
            mission=row.mission.slug,
            after=row.content_digest(),
        )
    fact.cited_at = row.cited_at
    return row
