"""An answer by letter, to those who wrote us one. One letter to one person, never twice by itself.

Nobody can ask a mailbox whether a letter arrived, so a letter is claimed before it is sent, and one whose
sending was cut off is `unsure`: a person looks into the log of the relay and decides.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.channels.actions.notes import send_note
from dragoman.channels.models import Channel
from dragoman.inbox.actions.answering import told
from dragoman.inbox.models import Reply, Send
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_sending as sending
from dragoman.inbox.queries import writers
from dragoman.lib.steps import step

LEASE = timedelta(minutes=5)
AGAIN = timedelta(minutes=2)


def send_letters(*, by: Actor, send: Send) -> int:
    """The letters of one press that may go now. Returns how many were sent. Never inside a transaction."""
    sent = 0
    now = clock.now()
    waiting = send.replies.filter(state="planned", way="mail").exclude(look_at__gt=now)
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
        sent += _send(by, pk)
    return sent


def _send(by: Actor, pk: int) -> int:
    reply, channel = _claim(by, pk)
    if reply is None or channel is None:
        return 0
    step("inbox.letter-claimed")
    version = reply.version
    text = sending.ready_languages(version)[reply.lang]
    corrects = reply.send.corrects_id is not None
    piece = sending.piece_of(version, text, reply_to=reply.message.outside_id, letter=True, corrects=corrects)
    address = writers.mail_address(reply.message)
    outcome, why = send_note(by=by, channel=channel, key=reply.key, piece=piece, address=address)
    _book(by, reply, outcome, why)
    return int(outcome == "done")


@transaction.atomic
def _claim(by: Actor, pk: int) -> tuple[Reply | None, Channel | None]:
    rows = Reply.objects.select_for_update(of=("self",), skip_locked=True)
    reply = (
        rows.select_related("version__answer__mission", "message", "send")
        .filter(pk=pk, state="planned")
        .first()
    )
    if reply is None or reply.send.state != "running":
        return None, None
    told_in = {reply.message_id: reply.lang} if reply.send.corrects_id else None
    _, plan = sending.plans([reply.message], reply.version, fallback=reply.send.fallback, told_in=told_in)[0]
    why = reads.why_not_now(reply.version)
    if why or not plan.goes:
        state = "cancelled" if why or plan.reason in ("erased", "gone", "help") else "cannot"
        reply.move_to(state, frm="planned", reason=plan.reason, why=(why or plan.why)[:500])
        return None, None
    channel = sending.mail_channel(reply.version.answer.mission)
    reply.move_to("sending", frm="planned", lang=plan.lang, look_at=clock.now() + LEASE)
    target = f"message:{reply.message_id}"
    audit.note(by=by, verb="inbox.send_letter", target=target, mission=reply.version.answer.mission.slug)
    return reply, channel


@transaction.atomic
def _book(by: Actor, reply: Reply, outcome: str, why: str) -> None:
    if outcome == "done":
        reply.move_to("sent", frm="sending", sent_at=clock.now(), look_at=None)
        told([reply.message_id])
    elif outcome == "later":
        reply.move_to("planned", frm="sending", look_at=clock.now() + AGAIN, why=why[:500])
    elif outcome == "unsure":
        reply.move_to("unsure", frm="sending", look_at=None, why=why[:500])
    else:
        reply.move_to("cannot", frm="sending", look_at=None, reason="refused", why=why[:500])


@transaction.atomic
def give_up_letters(*, by: Actor) -> int:
    """Letters whose sending was cut off: they may have left, so a person looks."""
    rows = Reply.objects.select_for_update(skip_locked=True).filter(state="sending", look_at__lte=clock.now())
    found = list(rows[:200])
    for reply in found:
        why = "Its sending was cut off. Look into the relay's log whether the letter left."
        reply.move_to("unsure", frm="sending", look_at=None, why=why)
        audit.note(by=by, verb="inbox.give_up_letter", target=f"message:{reply.message_id}", why=why)
    return len(found)
