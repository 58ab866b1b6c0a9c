"""Writing down what came of attempts, many at once. After the irreversible call nothing but this follows."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, rules
from dragoman.channels.actions import circuits
from dragoman.channels.actions.claiming import URGENT, Claim
from dragoman.channels.actions.common import end_attempts, note
from dragoman.channels.connector import FIND, MANY, Sent
from dragoman.channels.models import Delivery, Takedown
from dragoman.channels.rules import Next, Outcome
from dragoman.channels.speak import Spoken
from dragoman.lib.steps import step

log = logging.getLogger(__name__)

Answer = tuple[Claim, Spoken]
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)


def book(*, by: Actor, answers: Sequence[Answer]) -> None:
    """Write down what came of these attempts, whatever the database does meanwhile.

    An answer in hand is worth waiting for a database that is away for a moment: without it the post would
    have to be looked for. What cannot be written with the others is written by itself.
    """
    try:
        _patiently(by, answers)
    except Exception:
        if len(answers) == 1:
            raise
        log.exception("answers could not be written down together; each is written by itself")
        for answer in answers:
            try:
                _patiently(by, [answer])
            except Exception:
                # its lease runs out, and it is looked for
                log.exception("the answer for delivery %s could not be written down", answer[0].delivery.pk)
    step("channels.booked")


def _patiently(by: Actor, answers: Sequence[Answer]) -> None:
    for pause in PAUSES:
        try:
            return _book(by, answers)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            log.warning("the database is away; what came of the attempts is kept and written in a moment")
            connection.close()
            time.sleep(pause)
    return _book(by, answers)


@transaction.atomic
def _book(by: Actor, answers: Sequence[Answer]) -> None:
    """A success is written whoever holds the delivery by now: it is a fact about the world; anything else
    only by the attempt that still holds it."""
    now = clock.now()
    keys = [claim.delivery.pk for claim, _ in answers]
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("channel").order_by("pk")
    rows = {row.pk: row for row in locked.filter(pk__in=keys)}
    wanted = {each.delivery_id: each for each in Takedown.objects.filter(delivery__in=keys, state="asked")}
    heard: dict[int, list[Outcome]] = defaultdict(list)
    out: dict[int, Sent] = {}
    failures = {row.channel_id: row.channel.failures for row in rows.values()}
    end_attempts([(claim.attempt, spoken) for claim, spoken in answers], now)
    for claim, spoken in answers:
        row = rows[claim.delivery.pk]
        heard[row.channel_id].append(spoken.outcome)
        late = spoken.outcome.sent is not None and row.state not in ("sent", "withdrawn")
        if not row.held(claim.token) and not late:
            continue
        if spoken.outcome.sent is not None and row.pk not in wanted:
            out[row.pk] = spoken.outcome.sent
            continue
        following = _following(row, spoken.outcome, now)
        apply(by, row, following, spoken.outcome, verb="deliver", wanted=wanted.get(row.pk))
    _book_sent(by, rows, out)
    for channel_id in sorted(heard):
        circuits.hear(by=by, channel_id=channel_id, outcomes=heard[channel_id], failures=failures[channel_id])


def _book_sent(by: Actor, rows: Mapping[int, Delivery], out: Mapping[int, Sent]) -> None:
    """The many that are simply out, in three statements."""
    if not out:
        return
    came = [{"id": pk, **_columns(sent), "sent_at": sent.at.isoformat()} for pk, sent in out.items()]
    moved = [rows[pk] for pk in sorted(Delivery.objects.all().sent(came))]
    data = {"outcome": "done", "state": "sent"}
    deeds = [(row.target, "", {"key": row.key, **data, "tries": row.tries}) for row in moved]
    audit.note_all(by=by, verb="channels.deliver", deeds=deeds)
    for row in moved:
        _go_on(row, Next("sent"), None)


def _columns(sent: Sent) -> dict[str, object]:
    """What is kept of a success. It must fit whatever a network says: a success is not lost over its form."""
    return {
        "sent_at": sent.at,
        "remote_id": rules.storable(sent.remote_id)[:500],
        "remote_url": rules.storable(sent.url)[:1000],
        "remote": rules.storable(dict(sent.extra)),
    }


def _following(row: Delivery, outcome: Outcome, now: datetime) -> Next:
    if outcome.what == "skipped":
        row.tries = max(0, row.tries - 1)  # it was not asked at all
    return rules.after_send(outcome, tries=row.tries, now=now, can_find=queries.able(row.channel, FIND))


def apply(
    by: Actor, row: Delivery, following: Next, outcome: Outcome, *, verb: str, wanted: Takedown | None
) -> None:
    """Move a locked delivery where the rule sends it, note it, and start what comes next. `wanted` is the
    wish, if there is one, that it be taken down."""
    changes: dict[str, object] = {
        # What is to be taken down is not sent again; it may still be looked for.
        "next_at": None if wanted and following.state == "queued" else following.next_at,
        "claim": "",
        "tries": row.tries,
        "why": rules.storable(following.why),
        "shown": rules.storable(following.shown),
        "person": following.person,
        "account_fault": following.state == "refused" and outcome.account,
    }
    if following.state == "sent" and outcome.sent is not None:
        changes |= _columns(outcome.sent)
    if following.state == row.state:
        Delivery.objects.filter(pk=row.pk).update(**changes)
    else:
        row.move_to(following.state, frm=row.state, **changes)
    note(by, verb, row, why=following.why, outcome=outcome.what, state=following.state, tries=row.tries)
    _go_on(row, following, wanted)


def wish_of(row: Delivery) -> Takedown | None:
    """The wish that it be taken down, if there is one that is not yet done."""
    return Takedown.objects.filter(delivery=row, state="asked").first()


def _go_on(row: Delivery, following: Next, wanted: Takedown | None) -> None:
    if wanted is not None:
        Takedown.objects.filter(pk=wanted.pk).update(next_at=clock.now())
        later("channels.take_down", takedown_id=wanted.pk)
    elif following.state == "sent":
        if queries.able(row.channel, MANY):
            # What is done once is done: from here on each recipient's copy has its own row and state. The
            # delivery stays `sent` whatever becomes of them, and this side step never sends it again.
            later("channels.copies", delivery_id=row.pk)
    elif following.next_at is not None:
        job = "channels.settle" if following.state == "unsure" else "channels.deliver"
        later(job, at=following.next_at, priority=URGENT if row.urgent else 0, delivery_id=row.pk)
