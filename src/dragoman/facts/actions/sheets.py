"""Deeds on fact sheets."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.facts import rules
from dragoman.facts.actions.checks import held, must_be_as_read, must_be_sound, must_change
from dragoman.facts.models import Sheet
from dragoman.facts.values import SheetDraft
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Mission


def create_sheet(*, by: Actor, mission: Mission, draft: SheetDraft) -> Sheet:
    """Make a sheet owned by the mission, without facts (`draft.facts` is not looked at). Conflict if the
    name is taken."""
    must_change(by, mission)
    draft = rules.tidy_sheet(replace(draft, facts=(), beliefs=(), conditions=None))
    must_be_sound(rules.faults_of_sheet(draft))
    try:
        with transaction.atomic():
            sheet = Sheet.objects.create(
                slug=draft.slug,
                mission=mission,
                source_language=draft.source_language,
                titles=dict(draft.titles),
                summaries=dict(draft.summaries),
                zone=draft.zone,
                demonstration=draft.demonstration,
            )
            target, after = f"sheet:{sheet.slug}", sheet.head_digest()
            audit.note(by=by, verb="facts.create_sheet", target=target, mission=mission.slug, after=after)
    except IntegrityError:
        raise Conflict(
            f"There is a sheet “{draft.slug}” already.", mend="Choose another name.", code="name-taken"
        ) from None
    return sheet


@transaction.atomic
def change_sheet(*, by: Actor, sheet: Sheet, draft: SheetDraft, expected: str = "") -> Sheet:
    """Change title, summary, zone or the demonstration mark. Name, and source language once there are
    facts, stay. `expected` is the head's digest as it was read: Conflict when it is another now."""
    sheet = held(sheet)
    must_change(by, sheet.mission)
    before = sheet.head_digest()
    must_be_as_read(expected, before, "The sheet")
    draft = rules.tidy_sheet(replace(draft, facts=(), slug=sheet.slug))
    must_be_sound(rules.faults_of_sheet(draft))
    if draft.source_language != sheet.source_language and sheet.facts.exists():
        words = "The source language of a sheet that has facts stays."
        raise Invalid(words, where=[{"field": "source_language", "message": words}])
    if not rules.sheet_differences(sheet.head(), draft):
        return sheet
    sheet.source_language = draft.source_language
    sheet.titles, sheet.summaries = dict(draft.titles), dict(draft.summaries)
    sheet.zone, sheet.demonstration = draft.zone, draft.demonstration
    sheet.save()
    audit.note(
        by=by,
        verb="facts.change_sheet",
        target=f"sheet:{sheet.slug}",
        mission=sheet.mission.slug,
        before=before,
        after=sheet.head_digest(),
    )
    return sheet
