"""Proposals: an author elsewhere asks the owner mission for a change."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.facts import queries, rules
from dragoman.facts.actions.checks import held, must_be_sound, must_change, must_say_why, owner_named
from dragoman.facts.actions.facts import add_fact, revise_fact
from dragoman.facts.models import Fact, Proposal, Sheet
from dragoman.facts.values import FactDraft
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff.models import Mission, Officer


@transaction.atomic
def propose_fact(
    *, by: Officer, sheet: Sheet, draft: FactDraft, base: Fact | None = None, why: str = ""
) -> Proposal:
    """Ask for a change to `base`, or for a new fact when there is none. Changes no fact."""
    if not queries.may_propose(by, sheet):
        raise NotAllowed("Changes are proposed by authors who may see the sheet.")
    sheet = held(sheet)
    why = must_say_why(why, "A proposal")
    number = base.number if base else rules.next_number(sheet.facts.values_list("number", flat=True))
    draft = rules.tidy_fact(replace(draft, number=number))
    must_be_sound(rules.faults_of_fact(draft, sheet.source_language))
    if base and not rules.differences(base.draft(), draft):
        raise Invalid("The proposal says what the fact says already.", mend="Change something, or leave it.")
    proposal = Proposal(sheet=sheet, base=base, proposed_by=by.audit_name, why=why)
    proposal.set_draft(draft, owner_named(draft.owner, sheet))
    proposal.save()
    audit.note(
        by=by,
        verb="facts.propose_fact",
        target=proposal.target,
        mission=proposal.mission.slug,
        after=proposal.content_digest(),
        why=why,
    )
    return proposal


@transaction.atomic
def adopt_proposal(*, by: Officer, proposal: Proposal, why: str = "") -> Fact:
    """Make the proposal a fact, or its next version. Conflict when it is decided or its base moved on."""
    must_change(by, _owner(proposal))
    draft = proposal.draft_for(proposal.sheet.mission.slug)
    reason = f"{proposal.why} (proposed by {proposal.proposed_by})"[:500]
    _decide(by, proposal, "adopted", why)
    if proposal.base is None:
        # Its number may have been taken since: it gets the next free one.
        fact = add_fact(by=by, sheet=proposal.sheet, draft=replace(draft, number=""), why=reason)
    else:
        _must_stand(proposal.base)
        fact = revise_fact(by=by, fact=proposal.base, draft=draft, why=reason)
    audit.note(
        by=by,
        verb="facts.adopt_proposal",
        target=proposal.target,
        mission=proposal.mission.slug,
        after=fact.content_digest(),
        why=why,
    )
    return fact


@transaction.atomic
def decline_proposal(*, by: Officer, proposal: Proposal, why: str) -> Proposal:
    """Say no, with a reason for the one who proposed it. The proposal stays readable."""
    must_change(by, _owner(proposal))
    why = must_say_why(why, "Declining")
    _decide(by, proposal, "declined", why)
    audit.note(
        by=by, verb="facts.decline_proposal", target=proposal.target, mission=proposal.mission.slug, why=why
    )
    return proposal


def _owner(proposal: Proposal) -> Mission:
    return proposal.base.mission if proposal.base else proposal.sheet.mission


def _decide(by: Officer, proposal: Proposal, new: str, why: str) -> None:
    proposal.move_to(new, frm="open", decided_by=by.audit_name, decided_why=why.strip())


def _must_stand(base: Fact) -> None:
    base.refresh_from_db(fields=["state"])
    if base.state != "current":
        raise Conflict(
            f"{base.label} has a newer version than the one the proposal was made for.",
            mend="Decline it, or make the change by hand on the current version.",
            code="changed-meanwhile",
        )
