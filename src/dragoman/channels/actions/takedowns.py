"""Withdrawal: what can be taken down is taken down; what cannot is listed for a person, with its link."""

from __future__ import annotations

from django.db import transaction

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, rules, states
from dragoman.channels.actions import circuits
from dragoman.channels.actions.common import ask, begin_attempt, end_attempt, note
from dragoman.channels.actions.planning import cancel_deliveries
from dragoman.channels.connector import WITHDRAW, Sent
from dragoman.channels.models import Delivery, Takedown
from dragoman.lib.problems import Conflict
from dragoman.lib.steps import step


@transaction.atomic
def withdraw_deliveries(*, by: Actor, source: str, rev: int | None = None, why: str) -> int:
    """Take every copy back: what was not tried is cancelled, all else is taken down as far as its network
    lets us. Asked again it asks nothing twice. Returns how many copies are to be taken down."""
    cancel_deliveries(by=by, source=source, rev=rev, why=why)
    asked = 0
    for row in queries.deliveries_of(source, rev).exclude(state__in=("cancelled", "withdrawn")):
        takedown, made = Takedown.objects.get_or_create(
            delivery=row, defaults={"asked_by": by.audit_name, "asked_why": why, "state": "asked"}
        )
        if not made:
            continue
        asked += 1
        # A thread that is partly out must not go on while it is being taken down.
        Delivery.objects.filter(pk=row.pk, state__in=states.WAITING).update(next_at=None, arm_at=None)
        if row.state != "sending":
            # What is being sent this moment is taken down as soon as its attempt has ended.
            Takedown.objects.filter(pk=takedown.pk).update(next_at=clock.now())
            later("channels.take_down", takedown_id=takedown.pk)
        note(by, "withdraw_deliveries", row, why=why)
    return asked


def take_down(*, by: Actor, takedown_id: int) -> str:
    """Take one copy down. Returns the takedown's state. Doing it twice is harmless by the port's promise."""
    takedown = Takedown.objects.select_related("delivery__channel__mission").get(pk=takedown_id)
    now = clock.now()
    delivery = takedown.delivery
    if takedown.state != "asked" or takedown.next_at is None or takedown.next_at > now:
        return takedown.state
    if delivery.state == "sending":
        return takedown.state
    if not queries.able(delivery.channel, WITHDRAW):
        return _cannot(by, takedown, "This network does not let a post be taken down by the desk.")
    rows = Takedown.objects.filter(pk=takedown.pk, state="asked", next_at=takedown.next_at)
    if not rows.update(next_at=now + rules.LEASE, tries=takedown.tries + 1):
        return takedown.state
    attempt = begin_attempt(delivery, "withdraw", now)
    post = queries.post_of(delivery)
    sent = _sent_of(delivery)
    spoken = ask(delivery.channel, lambda connector: connector.withdraw(post, sent), changes=False)
    step("channels.taken-down")
    with transaction.atomic():
        end_attempt(attempt, spoken, clock.now())
        circuits.hear(by=by, channel_id=delivery.channel_id, outcomes=[spoken.outcome])
        takedown.refresh_from_db()
        following = rules.after_withdraw(spoken.outcome, tries=takedown.tries, now=clock.now())
        if following.state == "unable":
            return _cannot(by, takedown, f"{following.why} {following.shown}".strip())
        if following.state == "asked":
            Takedown.objects.filter(pk=takedown.pk).update(next_at=following.next_at, why=following.why)
            later("channels.take_down", at=following.next_at, takedown_id=takedown.pk)
        else:
            _done(by, takedown, "")
    return following.state


def _sent_of(delivery: Delivery) -> Sent | None:
    if delivery.sent_at is None:
        return None
    return Sent(delivery.remote_id, delivery.remote_url, delivery.sent_at, delivery.remote)


def _done(by: Actor, takedown: Takedown, why: str) -> None:
    """The copy is gone: the takedown is done and the delivery withdrawn."""
    takedown.move_to("done", frm=("asked", "unable"), next_at=None, why=why)
    row = Delivery.objects.select_for_update().get(pk=takedown.delivery_id)
    came_from = tuple(state for state in states.DELIVERY.states if states.DELIVERY.admits(state, "withdrawn"))
    row.move_to("withdrawn", frm=came_from, next_at=None, arm_at=None, person=False, why=why)
    note(by, "take_down", row, why=why)


@transaction.atomic
def _cannot(by: Actor, takedown: Takedown, why: str) -> str:
    takedown.move_to("unable", frm="asked", next_at=None, why=why)
    row = takedown.delivery
    if row.state in states.WAITING:
        # A part of it may be out; the rest must not follow.
        row.move_to("expired", frm=states.WAITING, next_at=None, arm_at=None, why="It was withdrawn.")
    note(by, "take_down", row, why=why, outcome="unable")
    return "unable"


@transaction.atomic
def done_by_hand(*, by: Actor, takedown: Takedown, why: str) -> None:
    """A person says that the copy is gone."""
    if takedown.state != "unable":
        raise Conflict(
            "The desk itself is still at it.", mend="Wait until it has finished.", code="wrong-state"
        )
    _done(by, takedown, why)
