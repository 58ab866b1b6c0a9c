"""What became of an attempt that gave no clear answer, and of everything that is late."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import living, pacing, queries, rules, states
from dragoman.channels.actions import circuits
from dragoman.channels.actions.booking import apply, wish_of
from dragoman.channels.actions.common import ask, begin_attempt, end_attempt, note
from dragoman.channels.connector import FIND, SAME_KEY_ONCE, Sent
from dragoman.channels.models import Attempt, Channel, Delivery, Takedown
from dragoman.channels.models.delivery import clear_to_speak
from dragoman.channels.rules import Next, Outcome
from dragoman.lib.steps import step

BATCH = 500
GRACE = timedelta(seconds=10)
SETTLES = timedelta(seconds=20)


def take_over(*, by: Actor, delivery_id: int) -> str:
    """The attempt that held it has outlived its lease, or its worker is proved dead: the post may be out."""
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=delivery_id)
        now = clock.now()
        if row.state != "sending" or row.next_at is None:
            return row.state
        if row.next_at > now and not _left_behind(row, now):
            return row.state
        why = "The worker ended in the middle of the attempt, so the post may be out."
        Attempt.objects.filter(delivery=row, ended__isnull=True).update(ended=now, outcome="died", why=why)
        can_find = queries.able(row.channel, FIND)
        following = Next("unsure", now if can_find else None, why, person=not can_find)
        apply(by, row, following, Outcome("unsure", why), verb="take_over", wanted=wish_of(row))
    return following.state


def _left_behind(row: Delivery, now: datetime) -> bool:
    """Is the worker that holds it surely dead? Asked only after a while: what a process had handed to the
    kernel before it died is on its way for some seconds yet, and must have arrived before anyone looks."""
    attempt = row.attempts.filter(verb="send", ended__isnull=True).order_by("-started").first()
    return attempt is not None and attempt.started <= now - SETTLES and living.surely_dead(attempt.worker)


def settle(*, by: Actor, delivery_id: int) -> str:
    """Look whether an unsure delivery is out. Read-only on the network; may be done any number of times."""
    delivery = Delivery.objects.select_related("channel__mission").get(pk=delivery_id)
    now = clock.now()
    if delivery.state != "unsure" or delivery.next_at is None or delivery.next_at > now:
        return delivery.state
    # Pushed ahead first, so that of two lookers one looks, and a death in here is taken up by the sweep.
    rows = Delivery.objects.filter(pk=delivery.pk, state="unsure", next_at=delivery.next_at)
    if not rows.update(next_at=now + rules.LEASE, looks=delivery.looks + 1):
        return delivery.state
    attempt = begin_attempt(delivery, "find", now)
    step("channels.before-find")
    post = queries.post_of(delivery)
    spoken = ask(delivery.channel, lambda connector: connector.find(post), changes=False)
    outcome = spoken.outcome
    if outcome.what == "done" and not isinstance(spoken.value, Sent):
        outcome = Outcome("absent", "The network does not show it.")
    step("channels.found")
    with transaction.atomic():
        end_attempt(attempt, spoken, clock.now())
        Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome.what, why=outcome.why)
        row = Delivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=delivery.pk)
        if row.state != "unsure":
            return row.state
        following = rules.after_find(
            outcome,
            looks=row.looks,
            tries=row.tries,
            now=clock.now(),
            last_useful=row.last_useful,
            same_key_once=queries.able(row.channel, SAME_KEY_ONCE),
        )
        apply(by, row, following, outcome, verb="settle", wanted=wish_of(row))
        circuits.hear(by=by, channel_id=row.channel_id, outcomes=[outcome])
    return following.state


@transaction.atomic
def expire_delivery(*, by: Actor, delivery_id: int) -> str:
    """Let go of a delivery that has come too late to be of use."""
    row = Delivery.objects.select_for_update().get(pk=delivery_id)
    if row.state not in states.WAITING or not rules.expired(row.last_useful, clock.now()):
        return row.state
    why = "Its last useful moment has passed."
    if row.tries:
        why += f" It was tried {row.tries} times; the last time: {row.why or 'no reason is known'}"
    row.move_to("expired", frm=states.WAITING, next_at=None, arm_at=None, why=why)
    note(by, "expire_delivery", row, why=why)
    return row.state


def sweep(*, by: Actor, grace: timedelta = GRACE) -> int:
    """Start the job of everything that is due, however old. Jobs are hints; this makes up for lost ones.

    What has been due for less than `grace` is left to the job that it has in all likelihood.
    """
    now = clock.now() - grace
    started = _of_the_dead() + _checks()
    for pk, state, last_useful in (
        Delivery.objects.due(now)
        .order_by("-urgent", "next_at")
        .values_list("pk", "state", "last_useful")[:BATCH]
    ):
        later(_job(state, expired=rules.expired(last_useful, now)), delivery_id=pk)
        started += 1
    # A channel that is off or whose account rests holds its deliveries, but they grow old all the same.
    old = Delivery.objects.filter(state__in=states.WAITING, started__isnull=False, last_useful__lte=now)
    old = old.exclude(clear_to_speak(now))
    for pk in old.values_list("pk", flat=True)[:BATCH]:
        later("channels.expire", delivery_id=pk)
        started += 1
    for pk in Delivery.objects.to_arm(now).values_list("pk", flat=True)[:BATCH]:
        later("channels.prepare", delivery_id=pk)
        started += 1
    asked = Takedown.objects.filter(state="asked", next_at__lte=now)
    for pk in asked.values_list("pk", flat=True)[:BATCH]:
        later("channels.take_down", takedown_id=pk)
        started += 1
    return started


def _of_the_dead() -> int:
    """What a worker held that is no more: taken over at once and not when its lease has run out."""
    now = clock.now()
    held = Attempt.objects.filter(verb="send", ended__isnull=True, delivery__state="sending")
    held = held.filter(started__lte=now - SETTLES, delivery__next_at__gt=now)
    dead = [
        pk for pk, worker in held.values_list("delivery_id", "worker")[:BATCH] if living.surely_dead(worker)
    ]
    for pk in dead:
        later("channels.take_over", delivery_id=pk)
    return len(dead)


def _checks() -> int:
    """Accounts whose circuit is open are asked now and then whether they are well again."""
    now = clock.now()
    started = 0
    for pk, checks in Channel.objects.filter(state="on", circuit_next__lte=now).values_list(
        "pk", "circuit_checks"
    ):
        rows = Channel.objects.filter(pk=pk, circuit_next__lte=now)
        if rows.update(circuit_next=pacing.next_check(checks + 1, now), circuit_checks=checks + 1):
            later("channels.check", channel_id=pk)
            started += 1
    return started


def _job(state: str, *, expired: bool) -> str:
    if state == "sending":
        return "channels.take_over"
    if state == "unsure":
        return "channels.settle"
    return "channels.expire" if expired else "channels.deliver"
