"""Looking for gaps: what a lost call or a passed-over page kept from us, and what was taken back since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, rules
from dragoman.channels.actions.common import ask, channel_target
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connector import LOOK_BACK, VANISHED, Batch, Gone
from dragoman.channels.models import Arrival, Channel, Listening
from dragoman.channels.rules import Outcome

# How far back it reads at least; further, when it has not looked for longer, but never beyond the last.
WINDOW = timedelta(hours=48)
OVERLAP = timedelta(hours=1)
FURTHEST = timedelta(days=14)
MOST_BATCHES = 20
LONGEST = timedelta(minutes=2)
# How many texts of the window are asked after, the newest first, and how many in one question.
ASKED_AFTER = 500
AT_ONCE = 100


def look_back(*, by: Actor, channel_id: int) -> int:
    """Read the last days again without the cursor, if it is time. Gives how many texts were missing.

    What is found so is counted apart and noted in the audit: it says that something had been lost on the way.
    """
    began = clock.now()
    for _ in range(MOST_BATCHES):
        row = _claimed(channel_id)
        if row is None:
            return 0
        spoken_well, more = _read_again(row)
        if not spoken_well:
            return 0
        if not more:
            return _finish(by, row)
        if clock.now() - began > LONGEST:
            break
    later("channels.look_back", channel_id=channel_id)
    return 0


def _claimed(channel_id: int) -> Listening | None:
    """Whoever moves the time on first is the one who looks."""
    now = clock.now()
    due = Listening.objects.to_look_back(now).select_related("channel__mission")
    row = due.filter(channel_id=channel_id).first()
    if row is None:
        return None
    moved = Listening.objects.filter(pk=row.pk, back_next=row.back_next).update(
        back_next=now + _every(row.channel)
    )
    if not moved:
        return None
    if row.back_since is None:
        row.back_since = _since(row, now)
        Listening.objects.filter(pk=row.pk).update(back_since=row.back_since, back_cursor="", back_found=0)
    return row


def _every(channel: Channel) -> timedelta:
    return queries.kind_of(channel).look_back_every


def _since(row: Listening, now: datetime) -> datetime:
    last = row.back_at - OVERLAP if row.back_at else now - WINDOW
    return max(min(last, now - WINDOW), now - FURTHEST)


def _read_again(row: Listening) -> tuple[bool, bool]:
    """One batch: whether the network answered, and whether there is more of the window."""
    since = row.back_since
    if since is None or not queries.able(row.channel, LOOK_BACK):
        return True, False
    spoken = ask(row.channel, lambda connector: connector.look_back(since, row.back_cursor), changes=False)
    batch = spoken.value
    if not isinstance(batch, Batch):
        _failed(row, spoken.outcome)
        return False, False
    more = batch.more and bool(batch.cursor) and batch.cursor != row.back_cursor
    with transaction.atomic():
        found = keep_items(row.channel, [*batch.incoming, *batch.gone], "back")
        values = {"back_cursor": batch.cursor if more else "", "back_found": F("back_found") + found}
        Listening.objects.filter(pk=row.pk).update(**values, **({"back_next": clock.now()} if more else {}))
    return True, more


def _finish(by: Actor, row: Listening) -> int:
    """The window was read whole: ask what was taken back, and write down what had been missing."""
    outcome = _ask_after(row)
    if outcome is not None:
        _failed(row, outcome)
        return 0
    now = clock.now()
    with transaction.atomic():
        found = Listening.objects.select_for_update().get(pk=row.pk)
        refilled = found.back_found
        found.back_at, found.back_since, found.back_cursor, found.back_found = now, None, "", 0
        found.back_tries, found.back_why = 0, ""
        if refilled:
            found.refilled += refilled
            found.refilled_at, found.refilled_last = now, refilled
            data = {"refilled": refilled, "since": row.back_since.isoformat() if row.back_since else ""}
            audit.note(by=by, verb="channels.look_back", target=channel_target(row.channel), data=data)
        found.save()
    return refilled


def _ask_after(row: Listening) -> Outcome | None:
    """Which texts of the window are no longer there; what went wrong, if anything did."""
    if row.back_since is None or not queries.able(row.channel, VANISHED):
        return None
    names = _standing(row.channel, row.back_since)
    for start in range(0, len(names), AT_ONCE):
        part = names[start : start + AT_ONCE]
        spoken = ask(row.channel, lambda connector, part=part: connector.vanished(part), changes=False)  # type: ignore[misc]  # the default binds this turn's part
        if not isinstance(spoken.value, list | tuple):
            return spoken.outcome
        gone = [one for one in spoken.value if isinstance(one, Gone) and one.outside_id in part]
        with transaction.atomic():
            keep_items(row.channel, gone, "back")
    return None


def _standing(channel: Channel, since: datetime) -> Sequence[str]:
    """The texts of the window, the newest first, that are not known to be gone."""
    gone = Arrival.objects.filter(channel=channel, kind="gone", at__gte=since).values("outside_id")
    rows = Arrival.objects.filter(channel=channel, kind="text", at__gte=since).exclude(outside_id__in=gone)
    names = rows.order_by("-at").values_list("outside_id", flat=True)[: ASKED_AFTER * 2]
    return list(dict.fromkeys(names))[:ASKED_AFTER]


def _failed(row: Listening, outcome: Outcome) -> None:
    tries = row.back_tries + 1
    again = max(clock.now() + timedelta(minutes=5), rules.next_try(outcome, tries, clock.now()))
    why = f"{outcome.why} {outcome.shown}".strip()
    Listening.objects.filter(pk=row.pk).update(back_tries=tries, back_why=why, back_next=again)
