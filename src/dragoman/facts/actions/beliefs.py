"""Deeds on known wrong beliefs."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.facts import beliefs, queries
from dragoman.facts.actions.checks import held, must_be_as_read, must_be_sound, must_change, must_say_why
from dragoman.facts.models import Belief, Fact, Sheet
from dragoman.facts.queries.beliefs import fact_digests
from dragoman.facts.values import BeliefDraft
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff.models import Officer


@transaction.atomic
def add_belief(*, by: Actor, sheet: Sheet, draft: BeliefDraft, why: str = "") -> Belief:
    """Note a wrong belief that goes round; an empty code means the next one. It is proposed, whatever
    `draft.state` says: a person confirms it. Any author who sees the sheet may, and so may the system."""
    if isinstance(by, Officer) and not queries.may_propose(by, sheet):
        raise NotAllowed("Wrong beliefs are noted by authors who may see the sheet.")
    sheet = held(sheet)
    used = set(Belief.objects.filter(sheet=sheet).values_list("code", flat=True))
    next_code = f"M{max((beliefs.position(code) for code in used), default=0) + 1}"
    draft = beliefs.tidy(replace(draft, code=draft.code or next_code, state="proposed"))
    _must_be_sound(sheet, draft)
    if draft.code in used:
        mend = "Revise it, or choose another code."
        raise Conflict(f"{draft.code} is there already.", mend=mend, code="code-taken")
    belief = Belief(sheet=sheet, author=by.audit_name)
    belief.set_draft(draft)
    belief.read_against = fact_digests(sheet, draft.facts)
    belief.save()
    _note(by, "facts.add_belief", belief, why)
    return belief


@transaction.atomic
def revise_belief(
    *, by: Actor, belief: Belief, draft: BeliefDraft, why: str = "", expected: str = ""
) -> Belief:
    """Change what a belief says, in place (its history is kept); its code and state stay. `expected` is the
    content digest as it was read: Conflict when it says something else by now."""
    belief = _held(belief)
    must_change(by, belief.sheet.mission)
    before = belief.content_digest()
    must_be_as_read(expected, before, f"Belief {belief.label}")
    draft = beliefs.tidy(replace(draft, code=belief.code, state=belief.state))
    _must_be_sound(belief.sheet, draft)
    fields = beliefs.differences(belief.draft(), draft)
    belief.set_draft(draft)
    belief.read_against = fact_digests(belief.sheet, draft.facts)
    belief.save()
    if fields:
        _note(by, "facts.revise_belief", belief, why, before=before)
    return belief


@transaction.atomic
def confirm_belief(*, by: Actor, belief: Belief, why: str = "", expected: str = "") -> Belief:
    """Say that it does go round and that its correction is right: from now on messages are compared with it.
    One that is confirmed already is only read anew against its facts. `expected` as in `revise_belief`."""
    belief = _held(belief)
    must_change(by, belief.sheet.mission)
    must_be_as_read(expected, belief.content_digest(), f"Belief {belief.label}")
    if belief.state != "confirmed":
        belief.move_to("confirmed", decided_by=by.audit_name, decided_why=why.strip()[:500])
    belief.read_against = fact_digests(belief.sheet, belief.facts)
    belief.save(update_fields=["read_against", "updated"])
    _note(by, "facts.confirm_belief", belief, why)
    return belief


@transaction.atomic
def retire_belief(*, by: Actor, belief: Belief, why: str) -> Belief:
    """Compare messages with it no longer: it faded, or was never a belief of anyone. It stays readable."""
    belief = _held(belief)
    must_change(by, belief.sheet.mission)
    why = must_say_why(why, "Retiring a belief")
    belief.move_to("retired", decided_by=by.audit_name, decided_why=why)
    _note(by, "facts.retire_belief", belief, why)
    return belief


def _held(belief: Belief) -> Belief:
    """The belief, locked to the end of the transaction."""
    return Belief.objects.select_for_update(of=("self",)).select_related("sheet__mission").get(pk=belief.pk)


def _must_be_sound(sheet: Sheet, draft: BeliefDraft) -> None:
    must_be_sound(beliefs.faults_of_belief(draft, sheet.source_language))
    there = set(Fact.objects.filter(sheet=sheet, state="current").values_list("number", flat=True))
    lost = [number for number in draft.facts if number not in there]
    if lost:
        words = f"the sheet has no fact {lost[0]}"
        where = [{"field": "facts", "message": words}]
        raise Invalid(f"Belief {draft.code}: {words}.", mend="Name facts of the sheet.", where=where)


def _note(by: Actor, verb: str, belief: Belief, why: str, *, before: str = "") -> None:
    audit.note(
        by=by,
        verb=verb,
        target=belief.target,
        mission=belief.sheet.mission.slug,
        before=before,
        after=belief.content_digest(),
        why=why,
    )
