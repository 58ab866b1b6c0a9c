"""Importing a fact sheet from TOML."""

from __future__ import annotations

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.facts import queries
from dragoman.facts.actions.beliefs import add_belief, confirm_belief, retire_belief, revise_belief
from dragoman.facts.actions.checks import held, must_change
from dragoman.facts.actions.conditions import propose_conditions
from dragoman.facts.actions.facts import add_fact, revise_fact
from dragoman.facts.actions.sheets import change_sheet, create_sheet
from dragoman.facts.models import Belief, Fact, Sheet
from dragoman.facts.values import ImportPlan, ImportReport
from dragoman.lib.problems import Conflict
from dragoman.staff.models import Mission


@transaction.atomic
def import_sheet(
    *, by: Actor, mission: Mission, source: str, why: str = "", expected: str = ""
) -> ImportReport:
    """Bring a sheet to what the TOML says: all of it or nothing. Facts it does not mention stay.

    A cited fact that differs gets a new version, an uncited one is amended in place. `expected` is
    the digest of the plan a person looked at (`queries.plan_import`): Conflict when it would be another now.
    """
    must_change(by, mission)
    plan = queries.plan_import(mission, source)
    sheet = Sheet.objects.filter(slug=plan.draft.slug).first()
    if sheet is not None:
        held(sheet)
        plan = queries.plan_import(mission, source)
    if expected and expected != plan.digest:
        raise Conflict(
            "The sheet or the file has changed since you looked at the changes. Nothing was done.",
            mend="Look at the changes again, then import.",
            code="changed-meanwhile",
        )
    sheet = _head(by, mission, sheet, plan)
    _facts(by, sheet, plan, why or "Imported from a file")
    _beliefs(by, sheet, plan, why or "Imported from a file")
    if plan.new_table and plan.draft.conditions:
        propose_conditions(by=by, sheet=sheet, draft=plan.draft.conditions, why=why or "Imported from a file")
    audit.note(
        by=by,
        verb="facts.import_sheet",
        target=f"sheet:{sheet.slug}",
        mission=sheet.mission.slug,
        after=plan.digest,
        why=why,
        data={deed: list(plan.numbers(deed)) for deed in ("add", "revise", "amend")}
        | {"beliefs": [change.number for change in plan.beliefs if change.fields]},
    )
    return ImportReport(
        sheet=sheet.slug,
        new_sheet=plan.new_sheet,
        added=plan.numbers("add"),
        revised=plan.numbers("revise"),
        amended=plan.numbers("amend"),
        unchanged=plan.numbers("same"),
        kept=plan.numbers("keep"),
        beliefs=tuple(change.number for change in plan.beliefs if change.fields),
        new_table=plan.new_table,
    )


def _head(by: Actor, mission: Mission, sheet: Sheet | None, plan: ImportPlan) -> Sheet:
    if sheet is None:
        return create_sheet(by=by, mission=mission, draft=plan.draft)
    return change_sheet(by=by, sheet=sheet, draft=plan.draft) if plan.sheet_fields else sheet


def _facts(by: Actor, sheet: Sheet, plan: ImportPlan, why: str) -> None:
    drafts = {draft.number: draft for draft in plan.draft.facts}
    current = {fact.number: fact for fact in Fact.objects.filter(sheet=sheet, state="current")}
    for number in plan.numbers("add"):
        add_fact(by=by, sheet=sheet, draft=drafts[number], why=why)
    for number in (*plan.numbers("revise"), *plan.numbers("amend")):
        revise_fact(by=by, fact=current[number], draft=drafts[number], why=why)


def _beliefs(by: Actor, sheet: Sheet, plan: ImportPlan, why: str) -> None:
    """After the facts they lean on."""
    drafts = {draft.code: draft for draft in plan.draft.beliefs}
    have = {belief.code: belief for belief in Belief.objects.filter(sheet=sheet)}
    for change in plan.beliefs:
        if not change.fields:
            continue
        draft = drafts[change.number]
        if change.deed == "add":
            belief = add_belief(by=by, sheet=sheet, draft=draft, why=why)
        else:
            belief = revise_belief(by=by, belief=have[draft.code], draft=draft, why=why)
        _to_state(by, belief, draft.state, why)


def _to_state(by: Actor, belief: Belief, state: str, why: str) -> None:
    if state == "confirmed" != belief.state:
        confirm_belief(by=by, belief=belief, why=why)
    elif state == "retired" != belief.state:
        retire_belief(by=by, belief=belief, why=why)
