"""Copies of one delivery to many recipients: made in one statement, sent in groups, each at most once.

The rules are those of deliveries. The row is there before the copy is sent; a group is claimed, sent and
booked in three separate steps; a copy whose sender died is `unsure` and is not sent again by itself, unless
the network knows a key that forbids doubling.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, rules
from dragoman.channels.actions.claiming import URGENT
from dragoman.channels.actions.common import may_release, note
from dragoman.channels.actions.mailing_run import Run
from dragoman.channels.connector import MANY, SAME_KEY_ONCE
from dragoman.channels.models import ALL_TOPICS, Copy, Delivery, Mailing, Recipient, Takedown
from dragoman.channels.queries import recipients as reads
from dragoman.lib.problems import Conflict, Invalid
from dragoman.lib.steps import step

BATCH = 200
DIED = "The worker ended in the middle of it, so it may have been received."

MAKE = """
INSERT INTO channels_copy (delivery_id, recipient_id, state, state_at, claim, tries, next_at, why, remote_id)
SELECT %s, id, 'waiting', %s, '', 0, %s, '', ''
  FROM channels_recipient
 WHERE channel_id = %s AND state = 'confirmed' AND lang IN (%s, '')
   AND (%s OR topics = '{}' OR topics && %s::varchar[])
 ORDER BY id
ON CONFLICT (delivery_id, recipient_id) DO NOTHING
"""


@transaction.atomic
def start_copies(*, by: Actor, delivery_id: int) -> int:
    """The delivery is out: make a copy for each who asked for its language and topics, and start sending.

    Asked again it makes nothing twice. Returns how many copies there are; 0 for kinds without recipients.
    """
    delivery = Delivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=delivery_id)
    if delivery.state != "sent" or not queries.able(delivery.channel, MANY):
        return 0
    now = clock.now()
    mailing, made = Mailing.objects.get_or_create(
        delivery=delivery, defaults={"state": "running", "next_at": now}
    )
    if not made:
        return mailing.total
    with connection.cursor() as cursor:
        topics = topics_of(delivery)
        # a text that names no topic is for everybody: nobody may miss it because nobody sorted it
        wanted: list[Any] = [delivery.lang, not topics, [ALL_TOPICS, *topics]]
        cursor.execute(MAKE, [delivery.pk, now, now, delivery.channel_id, *wanted])
        total = int(cursor.rowcount)
    Mailing.objects.filter(pk=mailing.pk).update(total=total)
    if total:
        _start(mailing, delivery)
    else:
        mailing.move_to("ended", frm="running", next_at=None, ended_at=now)
    note(by, "start_copies", delivery, copies=total)
    return total


def topics_of(delivery: Delivery) -> list[str]:
    """What the text is about, as its rendition says."""
    parts = delivery.rendition.get("parts") or [{}]
    return [str(topic).casefold() for topic in parts[0].get("extra", {}).get("topics", ())]


def send_copies(*, by: Actor, mailing_id: int) -> str:
    """Send what is due of one mailing, for less than a minute, then start the job anew if more is left.

    Any number may do it at once: no copy is claimed twice. Returns the mailing's state.
    """
    mailing = Mailing.objects.select_related("delivery__channel__mission").get(pk=mailing_id)
    delivery = mailing.delivery
    if mailing.state != "running" or not delivery.channel.on:
        return mailing.state
    _take_over(delivery)
    if stopped := _stopped(delivery):
        _let_go(delivery, stopped)
        return _settle(by, mailing, sent=0)
    now = clock.now()
    Mailing.objects.filter(pk=mailing.pk).update(next_at=now + rules.LEASE)
    run = Run(mailing)
    if Copy.objects.filter(delivery=delivery).due(now).exists():
        step("channels.copies-begin")
        run.go()
        step("channels.copies-end")
    if run.held:
        return _hold(by, mailing, run)
    return _settle(by, mailing, sent=run.sent, run=run)


def _stopped(delivery: Delivery) -> tuple[str, str] | None:
    """Why no more of its copies may go, and what becomes of those that wait."""
    if delivery.state != "sent" or Takedown.objects.filter(delivery=delivery).exists():
        return "skipped", "It was withdrawn before this copy was sent."
    if rules.expired(delivery.last_useful, clock.now()):
        return "expired", "Its last useful moment had passed."
    return None


def _let_go(delivery: Delivery, stopped: tuple[str, str]) -> None:
    state, why = stopped
    rows = Copy.objects.filter(delivery=delivery, state="waiting")
    rows.update(state=state, state_at=clock.now(), next_at=None, why=why)


def _take_over(delivery: Delivery) -> None:
    """Copies whose lease has run out: their sender is gone."""
    now = clock.now()
    late = Copy.objects.filter(delivery=delivery, state="sending", next_at__lte=now)
    if queries.able(delivery.channel, SAME_KEY_ONCE):
        late.update(state="waiting", state_at=now, next_at=now, why=DIED)
    else:
        late.update(state="unsure", state_at=now, next_at=None, why=DIED)


def _settle(by: Actor, mailing: Mailing, *, sent: int, run: Run | None = None) -> str:
    """Say when the clock must look again, or that it is over."""
    with transaction.atomic():
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if row.state != "running":
            return row.state
        left = Copy.objects.filter(delivery=mailing.delivery, state__in=("waiting", "sending"))
        following = left.aggregate(at=Min("next_at"))["at"]
        if following is None:
            row.move_to("ended", frm="running", next_at=None, ended_at=clock.now(), why="", shown="")
            note(by, "send_copies", mailing.delivery, sent=sent, ended=True)
            return "ended"
        at = max(following, run.until) if run and run.until else following
        Mailing.objects.filter(pk=row.pk).update(next_at=at, why=run.why if run else "")
        later(
            "channels.send_copies",
            at=at if at > clock.now() else None,
            priority=URGENT if mailing.delivery.urgent else 0,
            mailing_id=row.pk,
        )
        if sent:
            note(by, "send_copies", mailing.delivery, sent=sent)
    return "running"


def _hold(by: Actor, mailing: Mailing, run: Run) -> str:
    with transaction.atomic():
        mailing.move_to("held", frm="running", next_at=None, why=run.why, shown=run.shown)
        note(by, "hold_copies", mailing.delivery, why=run.why)
    return "held"


@transaction.atomic
def resume_copies(*, by: Actor, delivery: Delivery) -> None:
    """The cause is mended: let a mailing that was held go on."""
    may_release(by, delivery.channel.mission)
    mailing = Mailing.objects.select_for_update().get(delivery=delivery)
    mailing.move_to("running", frm="held", next_at=clock.now(), why="", shown="")
    _start(mailing, delivery)
    note(by, "resume_copies", delivery)


@transaction.atomic
def decide_copies(*, by: Actor, delivery: Delivery, again: bool, why: str) -> int:
    """A person decides on copies that may or may not have been received. `again`: they are sent once more,
    and some will have it twice; otherwise they count as received. Returns how many."""
    may_release(by, delivery.channel.mission)
    if not why.strip():
        words = "Say what you looked at, for example the log of the relay."
        raise Invalid(words, code="reason", where=[{"field": "why", "message": words}])
    mailing = Mailing.objects.select_for_update().get(delivery=delivery)
    rows = Copy.objects.filter(delivery=delivery, state="unsure")
    now = clock.now()
    if not again:
        count = rows.update(state="done", state_at=now, why=f"Taken as received by {by.audit_name}.")
    else:
        if rules.expired(delivery.last_useful, now):
            raise Conflict("Its last useful moment has passed.", code="expired")
        count = rows.update(state="waiting", state_at=now, next_at=now, claim="", why="")
        if count and mailing.state == "ended":
            mailing.move_to("running", frm="ended", next_at=now, ended_at=None)
        if count:
            _start(mailing, delivery)
    note(by, "decide_copies", delivery, why=why, again=again, copies=count)
    return count


def sweep_copies(*, by: Actor, grace: timedelta = timedelta(seconds=10)) -> int:
    """Start the job of every mailing and letter that is due, however old, and the copies of every delivery
    that went out and has none yet."""
    now = clock.now() - grace
    started = 0
    for pk, urgent in _mailings().filter(next_at__lte=now).values_list("pk", "delivery__urgent")[:BATCH]:
        later("channels.send_copies", priority=URGENT if urgent else 0, mailing_id=pk)
        started += 1
    letters = Recipient.objects.filter(letter_at__lte=now, channel__state="on")
    for pk in letters.order_by("letter_at").values_list("pk", flat=True)[:BATCH]:
        later("channels.letter", recipient_id=pk)
        started += 1
    for pk in reads.deliveries_without_copies(now)[:BATCH]:
        later("channels.copies", delivery_id=pk)
        started += 1
    return started


def _mailings() -> QuerySet[Mailing]:
    return Mailing.objects.filter(state="running", delivery__channel__state="on").order_by("next_at")


def _start(mailing: Mailing, delivery: Delivery) -> None:
    later("channels.send_copies", priority=URGENT if delivery.urgent else 0, mailing_id=mailing.pk)
