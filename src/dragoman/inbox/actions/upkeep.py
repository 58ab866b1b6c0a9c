"""The clock's part: take in, read, escalate and forget, with no look-back limit."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.inbox.actions import help_calls, intake, triage
from dragoman.inbox.actions.counting import EXAMPLE_LENGTH, recount
from dragoman.inbox.models import Author, HelpCall, Message, Question, Vector
from dragoman.inbox.queries import overdue

# One job works so long and leaves the rest to another, so that no worker is kept from other work.
LONGEST = timedelta(seconds=50)
AT_ONCE = 500


def take_in_all(*, by: Actor) -> int:
    """Take over all that waits, in transactions of their own. The audit is each one's."""
    began, total = clock.now(), 0
    while taken := intake.take_in(by=by, limit=AT_ONCE):
        total += taken
        if clock.now() - began > LONGEST:
            later("inbox.take_in")
            break
    return total


def triage_all(*, by: Actor) -> int:
    """Read all that is new, in transactions of their own."""
    began, total = clock.now(), 0
    while read := triage.triage_waiting(by=by):
        total += read
        if clock.now() - began > LONGEST:
            later("inbox.triage")
            break
    return total


def retriage_one(*, by: Actor, message_id: int) -> int:
    """Read one message again, if it is still there."""
    return triage.retriage(by=by, messages=list(Message.objects.filter(pk=message_id)))


def sweep(*, by: Actor) -> int:
    """Whatever no job did. Help that is late first, for that must not wait behind a long reading."""
    done = help_calls.escalate_calls(by=by)
    if overdue.arrivals_wait():
        done += take_in_all(by=by)
    if overdue.messages_wait():
        done += triage_all(by=by)
    return done


def forget_due(*, by: Actor) -> int:
    """Empty the texts, and drop the writers, of what has been kept long enough. Rows and counts stay."""
    total = 0
    while count := _forget_some(by=by):
        total += count
    return total


@transaction.atomic
def _forget_some(*, by: Actor) -> int:
    now = clock.now()
    due = Message.objects.filter(erased_at__isnull=True, keep_until__lte=now)
    # What is open as a call for help is not forgotten, whatever its clock says.
    open_calls = HelpCall.objects.open().values("message")
    rows = due.exclude(pk__in=open_calls).order_by("keep_until").select_for_update(skip_locked=True)
    ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        empty_messages(ids)
        audit.note(by=by, verb="inbox.forget", target="inbox", data={"messages": len(ids)})
    return len(ids)


def empty_messages(ids: list[int]) -> None:
    """No text, no writer, no link to the network's page, nothing found in it or made of it. In the caller's
    transaction."""
    now = clock.now()
    rows = list(Message.objects.filter(pk__in=ids).values_list("digest", "question", "text"))
    Author.objects.filter(message__in=ids).delete()
    Message.objects.filter(pk__in=ids).update(
        text="", url="", personal=[], digest="", near=0, hidden_why="", erased_at=now, updated=now
    )
    digests = {digest for digest, _, _ in rows if digest}
    kept = set(Message.objects.filter(digest__in=digests).values_list("digest", flat=True))
    Vector.objects.filter(digest__in=digests - kept).delete()
    for _, question, text in rows:
        # A question that is shown in the words of this asker finds another's when it is counted.
        said = " ".join(text.split())[:EXAMPLE_LENGTH]
        if question and said:
            Question.objects.filter(pk=question, example=said).update(example="", example_lang="und")
    closing = Message.objects.filter(pk__in=ids, state__in=("new", "open", "ready"))
    closing.update(state="closed", state_at=now)
    recount({question for _, question, _ in rows if question})
