"""One run over the copies of a mailing: groups claimed, sent by the connector in lanes, and booked."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from dragoman.base import clock
from dragoman.channels import queries, rules
from dragoman.channels.actions.common import with_pictures
from dragoman.channels.connector import Copied, Prepared
from dragoman.channels.connector import Recipient as RecipientValue
from dragoman.channels.models import Channel, Copy, Delivery, Mailing, Recipient, Takedown
from dragoman.channels.queries import recipients as reads
from dragoman.channels.rounds import GROUP, Ask, Came, Rounds
from dragoman.channels.rules import Outcome
from dragoman.channels.speak import Spoken, speak
from dragoman.lib.problems import Problem
from dragoman.lib.steps import step

RUN_SECONDS = 40.0  # then the job is started anew, so that one list never keeps a worker from what is urgent
LOOK_SECONDS = 2.0  # so often it is asked whether the channel was switched off or the text withdrawn

CLAIM = """
WITH due AS (
    SELECT id FROM channels_copy
     WHERE delivery_id = %s AND state = 'waiting' AND next_at <= %s
     ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE channels_copy AS copy
       SET state = 'sending', state_at = %s, claim = %s, next_at = %s, tries = copy.tries + 1
      FROM due WHERE copy.id = due.id
    RETURNING copy.id, copy.recipient_id
)
SELECT claimed.id, who.ref, who.sealed, who.lang, who.state
  FROM claimed LEFT JOIN channels_recipient AS who ON who.id = claimed.recipient_id
 ORDER BY claimed.id
"""
DONE = """
UPDATE channels_copy AS copy
   SET state = 'done', state_at = %s, next_at = NULL, why = '', remote_id = told.remote_id
  FROM unnest(%s::bigint[], %s::varchar[]) AS told (id, remote_id)
 WHERE copy.id = told.id AND copy.claim = %s AND copy.state IN ('sending', 'unsure', 'waiting')
"""

# What the connector says of a copy, and the state that follows.
BECOMES = {"done": "done", "gone": "gone", "refused": "refused", "unsure": "unsure", "later": "waiting"}


class Run:
    """Sends for at most `RUN_SECONDS`. Afterwards: `sent` copies, `held` and `until` if it had to stop."""

    def __init__(self, mailing: Mailing) -> None:
        self.mailing = mailing
        self.delivery: Delivery = mailing.delivery
        self.channel: Channel = mailing.delivery.channel
        self.token = uuid.uuid4().hex
        self.sent = 0
        self.held = False
        self.until: datetime | None = None
        self.why = ""
        self.shown = ""
        self._ids: dict[str, int] = {}
        self._ends = time.monotonic() + RUN_SECONDS
        self._looked = time.monotonic()

    def go(self) -> None:
        """Speak until nothing is due, time is up, or it must stop."""
        post, missing = with_pictures(queries.post_of(self.delivery))
        try:
            account = queries.account_of(self.channel)
            queries.kind_of(self.channel)
        except Problem as problem:
            missing = Outcome("refused", problem.detail, problem.mend)
        if missing is not None:
            self.held, self.why, self.shown = True, missing.why, missing.shown
            return
        ready = {**(self.delivery.prepared or {}), "urgent": self.delivery.urgent}
        prepared = Prepared(post, ready, self.delivery.prepared_until)

        def talk(ask: Ask) -> Spoken:
            return speak(
                self.channel.kind,
                account,
                ask,
                changes=True,
                allow_loopback=settings.DRAGOMAN.allow_loopback,
                limit=rules.VERB_LIMIT * 2,
            )

        spoken = Rounds(prepared, self.turn).run(talk)
        if isinstance(spoken, Spoken) and spoken.outcome.what != "done":
            self._stop(Came((), stop=spoken.outcome.why, shown=spoken.outcome.shown))

    def turn(self, came: Came | None) -> Sequence[RecipientValue]:
        """Book what came of a lane's group and claim its next, in one transaction."""
        with transaction.atomic():
            if came is not None:
                self._book(came.copies)
            if came is not None and (came.stop or came.held):
                self._stop(came)
            group = [] if self._over() else self._claim()
        step("channels.copies-claimed")
        return group

    def _stop(self, came: Came) -> None:
        self.held = self.held or came.held
        self.why, self.shown = came.stop, came.shown
        now = clock.now()
        tries = 1 + Copy.objects.filter(delivery=self.delivery, tries__gt=1).count()
        self.until = rules.next_try(Outcome("try_later", when=came.when), min(tries, 8), now)

    def _over(self) -> bool:
        now = time.monotonic()
        if self.until is not None or self.held or now >= self._ends:
            return True
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            Mailing.objects.filter(pk=self.mailing.pk).update(next_at=clock.now() + rules.LEASE)
            on = Delivery.objects.filter(pk=self.delivery.pk, state="sent", channel__state="on").exists()
            if not on or Takedown.objects.filter(delivery=self.delivery).exists():
                self._ends = now
                return True
        return False

    def _claim(self) -> list[RecipientValue]:
        """The next group, or nothing. Whoever left meanwhile is left out."""
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, [self.delivery.pk, now, GROUP, now, self.token, now + rules.LEASE])
            rows = cursor.fetchall()
        there = [row for row in rows if row[4] == "confirmed"]
        if len(there) < len(rows):
            left = [row[0] for row in rows if row[4] != "confirmed"]
            Copy.objects.filter(pk__in=left, claim=self.token).update(
                state="skipped", state_at=now, next_at=None, why="They left before it was sent."
            )
        values = reads.values_of([(ref, sealed, lang) for _, ref, sealed, lang, _ in there])
        self._ids.update({value.ref: row[0] for value, row in zip(values, there, strict=True)})
        return values or (self._claim() if rows else [])

    def _book(self, copies: Sequence[Copied]) -> None:
        """What became of each. That it was received is written whoever holds the row by now: it is a fact
        about the world; anything else only while it is still ours."""
        now = clock.now()
        alike: dict[tuple[str, str], list[tuple[int, Copied]]] = defaultdict(list)
        for copied in copies:
            state = BECOMES.get(copied.outcome, "unsure")
            alike[state, "" if state == "done" else copied.why[:300]].append(
                (self._ids.pop(copied.ref), copied)
            )
        for (state, why), those in alike.items():
            ids = [pk for pk, _ in those]
            if state == "done":
                self._done(ids, [copied.remote_id[:300] for _, copied in those], now)
                continue
            rows = Copy.objects.filter(pk__in=ids, claim=self.token, state="sending")
            if state == "waiting":
                self._put_off(rows, why, now)
                continue
            if state == "gone":
                _gone(ids, now)
            rows.update(state=state, state_at=now, next_at=None, why=why)

    def _done(self, ids: list[int], remote: list[str], now: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(DONE, [now, ids, remote, self.token])
            self.sent += cursor.rowcount

    def _put_off(self, rows: QuerySet[Copy], why: str, now: datetime) -> None:
        alike: dict[int, list[int]] = defaultdict(list)
        for pk, tries in rows.values_list("pk", "tries"):
            alike[tries].append(pk)
        for tries, ids in alike.items():
            Copy.objects.filter(pk__in=ids).update(
                state="waiting", state_at=now, next_at=now + rules.pause(tries), why=why
            )


def _gone(ids: list[int], now: datetime) -> None:
    """The network says that these recipients are no more: their addresses are emptied."""
    people = Recipient.objects.filter(copies__pk__in=ids, state="confirmed")
    Recipient.objects.filter(pk__in=people.values_list("pk", flat=True)).update(
        state="gone", state_at=now, sealed="", letter_at=None
    )
