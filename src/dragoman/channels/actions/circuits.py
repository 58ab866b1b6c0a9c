"""What an account's answers mean for all that waits on it: a pause the network asked for, and the circuit.

The circuit of a dead account opens and says so; what waits on it waits untried, and others are not held up.
It is closed by a check that succeeds, by changed credentials, or by a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import pacing, rules
from dragoman.channels.actions.common import channel_target, note
from dragoman.channels.models import Channel, Delivery
from dragoman.channels.rules import Outcome

FIELDS = (
    *("not_before", "not_before_why", "failures", "healthy", "health_says"),
    *("circuit_since", "circuit_why", "circuit_next", "circuit_checks"),
)


@transaction.atomic
def hear(*, by: Actor, channel_id: int, outcomes: Sequence[Outcome], failures: int = 1) -> None:
    """Draw from answers what concerns the account itself. Writes nothing when all is well and was: `failures`
    is how many in a row the row had when it was read, if that is known."""
    spoken = [outcome for outcome in outcomes if outcome.what != "skipped"]
    if not any(_matters(outcome) for outcome in spoken):
        if failures and spoken:
            Channel.objects.filter(pk=channel_id, failures__gt=0).update(failures=0)
        return
    row = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    was_open = row.circuit_since is not None
    for outcome in spoken:
        _draw(row, outcome)
    row.save(update_fields=FIELDS)
    if row.circuit_since is not None and not was_open:
        audit.note(by=by, verb="channels.open_circuit", target=channel_target(row), why=row.circuit_why)


@transaction.atomic
def close_circuit(*, by: Actor, channel: Channel, why: str = "") -> bool:
    """Let an account speak again, and start what waited for it and is still of use. True when it was open.

    Harmless when it was not. What had been refused because of the account goes as well: surely it is not out.
    """
    row = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    waits = row.circuit_since is not None or row.failures > 0
    refused = Delivery.objects.filter(channel=row, state="refused", account_fault=True)
    again = [each for each in refused.select_for_update() if not rules.expired(each.last_useful, clock.now())]
    if not waits and not again:
        return False
    opened = row.circuit_since is not None
    row.circuit_since, row.circuit_why, row.circuit_next = None, "", None
    row.circuit_checks, row.failures = 0, 0
    row.save(update_fields=FIELDS)
    for each in again:
        each.move_to(
            "queued", frm="refused", next_at=clock.now(), person=False, account_fault=False, why="", shown=""
        )
        note(by, "close_circuit", each, why=why)
    if opened:
        audit.note(by=by, verb="channels.close_circuit", target=channel_target(row), why=why)
    later("channels.sweep_now")
    return opened


def _matters(outcome: Outcome) -> bool:
    return outcome.account or outcome.sign_in or pacing.is_failure(outcome)


def _draw(row: Channel, outcome: Outcome) -> None:
    now = clock.now()
    row.failures = row.failures + 1 if pacing.is_failure(outcome) else 0
    words = f"{outcome.why} {outcome.shown}".strip()
    if outcome.what == "try_later" and outcome.account and not outcome.sign_in:
        wanted = rules.next_try(outcome, 1, now)
        if row.not_before is None or wanted > row.not_before:
            row.not_before, row.not_before_why = wanted, words
    if outcome.what == "refused" and outcome.account:
        row.healthy, row.health_says = False, words
    if row.circuit_since is None and pacing.opens(outcome, row.failures):
        row.circuit_since, row.circuit_why = now, words
        row.circuit_checks, row.circuit_next = 0, pacing.next_check(0, now)
