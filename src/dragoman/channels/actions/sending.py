"""One delivery's attempt: claim it, call the network, write down what came of it."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, rules, states
from dragoman.channels.actions.common import (
    ask,
    begin_attempt,
    end_attempt,
    note,
    note_health,
    with_pictures,
)
from dragoman.channels.connector import FIND, Prepared
from dragoman.channels.models import Attempt, Delivery, Takedown
from dragoman.channels.rules import Next, Outcome
from dragoman.channels.speak import Spoken
from dragoman.lib.problems import Conflict
from dragoman.lib.steps import step


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that holds its delivery until the lease runs out."""

    delivery: Delivery
    token: str
    attempt: Attempt


def prepare_delivery(*, by: Actor, delivery_id: int) -> str:
    """Do ahead of the moment all that can be done. Returns the state; trouble is noted and told, not fatal.

    Not guarded by a lease: preparing shows nothing to anyone and may be done twice.
    """
    delivery = Delivery.objects.select_related("channel").get(pk=delivery_id)
    now = clock.now()
    if delivery.state != "queued" or not delivery.channel.on or delivery.started is not None:
        return delivery.state
    Delivery.objects.filter(pk=delivery.pk).update(arm_at=None)
    post, missing = with_pictures(queries.post_of(delivery))
    if missing is not None:
        return delivery.state  # sealed pictures appear with the release itself; sending looks again
    attempt = begin_attempt(delivery, "prepare", now)
    spoken = ask(delivery.channel, lambda connector: connector.prepare(post), changes=False)
    with transaction.atomic():
        end_attempt(attempt, spoken, clock.now())
        note_health(delivery.channel, spoken.outcome)
        if isinstance(spoken.value, Prepared):
            value = spoken.value
            ready = {"prepared": dict(value.data), "prepared_until": value.good_until, "why": ""}
            with suppress(Conflict):  # it is under way already, or was taken back
                delivery.move_to("armed", frm="queued", **ready)
        else:
            words = f"{spoken.outcome.why} {spoken.outcome.shown}".strip()
            Delivery.objects.filter(pk=delivery.pk, state="queued").update(why=words)
        note(by, "prepare_delivery", delivery, outcome=spoken.outcome.what)
    return delivery.state


def deliver(*, by: Actor, delivery_id: int) -> str:
    """Make one attempt if one is due. Returns the state it leaves. Any number may call it at once: one sends.

    After the irreversible call nothing but bookkeeping follows; looking for a post that may be out is a step
    of its own (`settle`), started by name.
    """
    claim = _claim(by, delivery_id)
    if claim is None:
        return Delivery.objects.values_list("state", flat=True).get(pk=delivery_id)
    step("channels.claimed")
    spoken = _send(claim)
    step("channels.answered")
    return _book(by, claim, spoken)


def _claim(by: Actor, delivery_id: int) -> Claim | None:
    now = clock.now()
    step("channels.before-claim")
    with transaction.atomic():
        delivery = Delivery.objects.select_related("channel__mission").get(pk=delivery_id)
        if not _may_go(delivery) or delivery.next_at is None or delivery.next_at > now:
            return None
        if rules.expired(delivery.last_useful, now):
            later("channels.expire", delivery_id=delivery.pk)
            return None
        token = uuid.uuid4().hex
        try:
            delivery.move_to(
                "sending",
                frm=states.WAITING,
                claim=token,
                next_at=now + rules.LEASE,
                tries=delivery.tries + 1,
            )
        except Conflict:
            return None  # another was first
        attempt = begin_attempt(delivery, "send", now)
    return Claim(delivery, token, attempt)


def _may_go(delivery: Delivery) -> bool:
    unwanted = Takedown.objects.filter(delivery=delivery).exists()
    return (
        delivery.state in states.WAITING
        and delivery.started is not None
        and delivery.channel.on
        and not unwanted
    )


def _send(claim: Claim) -> Spoken:
    delivery = claim.delivery
    post, missing = with_pictures(queries.post_of(delivery))
    if missing is not None:
        return Spoken(missing, None, [], {})
    prepared = Prepared(post, delivery.prepared or {}, delivery.prepared_until)
    step("channels.before-send")
    return ask(delivery.channel, lambda connector: connector.send(prepared), changes=True)


def _book(by: Actor, claim: Claim, spoken: Spoken) -> str:
    """Write down what came of the attempt. A success is written whoever holds the delivery by now: it is a
    fact about the world; anything else only by the attempt that still holds it."""
    now = clock.now()
    with transaction.atomic():
        end_attempt(claim.attempt, spoken, now)
        note_health(claim.delivery.channel, spoken.outcome)
        row = Delivery.objects.select_for_update().get(pk=claim.delivery.pk)
        if not row.held(claim.token) and (spoken.outcome.sent is None or row.state in ("sent", "withdrawn")):
            return row.state
        following = rules.after_send(
            spoken.outcome,
            tries=row.tries,
            now=now,
            can_find=queries.able(row.channel, FIND),
        )
        apply(by, row, following, spoken.outcome, verb="deliver")
    step("channels.booked")
    return following.state


def apply(by: Actor, row: Delivery, following: Next, outcome: Outcome, *, verb: str) -> None:
    """Move a locked delivery where the rule sends it, note it, and start what comes next."""
    wanted = Takedown.objects.filter(delivery=row, state="asked").first()
    changes: dict[str, object] = {
        # What is to be taken down is not sent again; it may still be looked for.
        "next_at": None if wanted and following.state == "queued" else following.next_at,
        "claim": "",
        "why": following.why,
        "shown": following.shown,
        "person": following.person,
    }
    if following.state == "sent" and outcome.sent is not None:
        sent = outcome.sent
        changes |= {
            "sent_at": sent.at,
            "remote_id": sent.remote_id,
            "remote_url": sent.url,
            "remote": dict(sent.extra),
        }
    if following.state == row.state:
        Delivery.objects.filter(pk=row.pk).update(**changes)
    else:
        row.move_to(following.state, frm=row.state, **changes)
    note(by, verb, row, why=following.why, outcome=outcome.what, state=following.state, tries=row.tries)
    _go_on(row, following, wanted)


def _go_on(row: Delivery, following: Next, wanted: Takedown | None) -> None:
    if wanted is not None:
        Takedown.objects.filter(pk=wanted.pk).update(next_at=clock.now())
        later("channels.take_down", takedown_id=wanted.pk)
    elif following.next_at is not None:
        job = "channels.settle" if following.state == "unsure" else "channels.deliver"
        later(job, at=following.next_at, delivery_id=row.pk)
