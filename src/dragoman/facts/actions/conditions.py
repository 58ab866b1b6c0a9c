"""Deeds on decision tables. None answers anybody before other people have said yes to exactly that text."""

from __future__ import annotations

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.facts import eligibility, queries
from dragoman.facts.actions.checks import held, must_be_sound, must_change, must_say_why
from dragoman.facts.models import Conditions, ConditionsYes, Fact, Sheet
from dragoman.facts.queries.beliefs import fact_digests
from dragoman.facts.values import TableDraft
from dragoman.lib.canonical import digest
from dragoman.lib.eligibility import plain
from dragoman.lib.problems import Conflict, NotAllowed
from dragoman.staff.models import Officer


@transaction.atomic
def propose_conditions(*, by: Actor, sheet: Sheet, draft: TableDraft, why: str = "") -> Conditions:
    """Write the next version of a sheet's table; it waits for review, in the place of one that waited.

    Raises Invalid with every fault, those of the table as a whole included: a combination that no row
    decides, a yes beside a no, a row that never decides, a question that changes nothing. Returns the
    version that answers or waits when it says the same.
    """
    sheet = held(sheet)
    must_change(by, sheet.mission)
    draft = TableDraft(eligibility.tidy(draft.table), draft.risk)
    numbers = frozenset(Fact.objects.filter(sheet=sheet, state="current").values_list("number", flat=True))
    must_be_sound(eligibility.faults_of_conditions(draft, sheet.source_language, numbers))
    data, cited = plain.as_plain(draft.table), {number for row in draft.table.rows for number in row.facts}
    leans_on = fact_digests(sheet, cited)
    now = digest([data, draft.risk, leans_on])
    waiting, current = queries.table_in_review(sheet), queries.current_table(sheet)
    for same in (waiting, current):
        if same is not None and same.digest == now:
            return same
    if waiting is not None:
        waiting.move_to("replaced", frm="review")
    newest = Conditions.objects.filter(sheet=sheet).order_by("-version").first()
    made = Conditions.objects.create(
        sheet=sheet,
        version=newest.version + 1 if newest else 1,
        table=data,
        risk=draft.risk,
        leans_on=leans_on,
        digest=now,
        author=by.audit_name,
        why=why.strip()[:500],
    )
    _note(by, "facts.propose_conditions", made, why=why)
    return made


@transaction.atomic
def approve_conditions(*, by: Officer, conditions: Conditions, digest: str) -> Conditions:
    """Say yes to exactly this digest. With the last yes that its risk asks for, it answers the public.

    NotAllowed for who wrote it or holds no role for it; Conflict when it is no longer under review, when
    another digest was read, or when a fact it cites has changed since it was written.
    """
    held(conditions.sheet)
    conditions = _locked(conditions)
    if not queries.may_approve(by, conditions):
        raise NotAllowed(
            "A table is approved by approvers and releasers of its mission who did not write it.",
            mend="Ask one of them.",
        )
    _must_be_in_review(conditions)
    if digest != conditions.digest:
        mend = "Read the version that waits now."
        detail = f"You read {digest[:8]}; what waits is {conditions.digest[:8]}."
        raise Conflict(detail, mend=mend, code="stale-digest")
    changed = queries.changed_facts(conditions)
    if changed:
        raise Conflict(
            f"{', '.join(changed)} changed since the table was written.",
            mend="Have its author look at it again and hand it in anew.",
            code="facts-changed",
        )
    yes, fresh = ConditionsYes.objects.get_or_create(
        conditions=conditions, officer=by, defaults={"digest": digest}
    )
    if fresh:
        _note(by, "facts.approve_conditions", conditions)
    if conditions.yeses.filter(digest=yes.digest).count() >= queries.yeses_needed(conditions):
        _put_in_force(by, conditions)
    return conditions


@transaction.atomic
def decline_conditions(*, by: Officer, conditions: Conditions, why: str) -> Conditions:
    """Say no to a version under review, with the reason. It stays readable."""
    held(conditions.sheet)
    conditions = _locked(conditions)
    if not queries.may_approve(by, conditions):
        raise NotAllowed("A table is declined by approvers and releasers of its mission.")
    why = must_say_why(why, "Declining")
    _must_be_in_review(conditions)
    conditions.move_to("declined", frm="review", decided_by=by.audit_name, decided_why=why)
    _note(by, "facts.decline_conditions", conditions, why=why)
    return conditions


@transaction.atomic
def retire_conditions(*, by: Officer, conditions: Conditions, why: str) -> Conditions:
    """Take the checker off the site at once, without another version. One person is enough for that."""
    held(conditions.sheet)
    conditions = _locked(conditions)
    must_change(by, conditions.sheet.mission)
    why = must_say_why(why, "Taking the checker off")
    conditions.move_to("retired", frm="current", decided_by=by.audit_name, decided_why=why)
    _page_follows(conditions.sheet)
    _note(by, "facts.retire_conditions", conditions, why=why)
    return conditions


def _put_in_force(by: Officer, conditions: Conditions) -> None:
    current = queries.current_table(conditions.sheet)
    if current is not None:
        current.move_to("superseded", frm="current")
    conditions.move_to("current", frm="review", decided_by=by.audit_name)
    _page_follows(conditions.sheet)
    _note(by, "facts.publish_conditions", conditions)


def _page_follows(sheet: Sheet) -> None:
    """The sheet counts as changed now, so that the sweep writes its public pages anew."""
    sheet.save(update_fields=["updated"])


def _locked(conditions: Conditions) -> Conditions:
    rows = Conditions.objects.select_for_update(of=("self",)).select_related("sheet__mission")
    return rows.get(pk=conditions.pk)


def _must_be_in_review(conditions: Conditions) -> None:
    if conditions.state != "review":
        raise Conflict(
            f"Version {conditions.version} of the table is {conditions.state}, not under review.",
            mend="Reload the page.",
            code="wrong-state",
        )


def _note(by: Actor, verb: str, conditions: Conditions, *, why: str = "") -> None:
    audit.note(
        by=by,
        verb=verb,
        target=conditions.target,
        mission=conditions.sheet.mission.slug,
        after=conditions.digest,
        why=why,
    )
