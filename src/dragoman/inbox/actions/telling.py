"""Carrying a press: from rows to deliveries, and from what became of them back to the messages.

Everything here may be run again at any point, by a job or by the sweep. A reply is planned, and handed to the
channels in one transaction with its delivery; the channels' own keys and leases do the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.channels import actions as channels
from dragoman.channels import queries as channel_queries
from dragoman.channels.connector import Post
from dragoman.channels.models import Delivery
from dragoman.inbox import answer_rules as rules
from dragoman.inbox.actions import answers_publishing, telling_mail
from dragoman.inbox.actions.answering import note, told
from dragoman.inbox.models import AnswerText, Question, Reply, Send
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_sending as sending
from dragoman.lib.problems import Conflict, Problem
from dragoman.lib.steps import step

WORKER = System("inbox worker")
TOGETHER = 100
ENDED = {"refused": "refused", "expired": "expired", "cancelled": "refused"}


def run_send(*, by: Actor, send_id: int) -> str:
    """Carry one press as far as it goes. Returns its state. Never inside a transaction but a test's."""
    send = _begin(by, send_id)
    if send is None:
        return Send.objects.values_list("state", flat=True).get(pk=send_id)
    step("inbox.send-begun")
    # First our own ground: a reply leads to a page that is there, and to words that are in the record.
    if not answers_publishing.publish_answer(by=by, version_id=send.version_id):
        return send.state  # it waits for the record, and is taken up again by the clock
    while _some(by, send.pk):
        step("inbox.some-queued")
    telling_mail.send_letters(by=by, send=send)
    return _end(by, send.pk)


def _begin(by: Actor, send_id: int) -> Send | None:
    with transaction.atomic():
        rows = Send.objects.select_for_update(of=("self",), skip_locked=True)
        send = rows.select_related("version__answer__mission", "question").filter(pk=send_id).first()
        if send is None or send.state not in ("waiting", "running") or send.starts_at > clock.now():
            return None
        if send.state == "waiting":
            send.move_to("running", frm="waiting", began_at=clock.now())
            _answered(send)
            note(by, "begin_send", send)
        return send


def _answered(send: Send) -> None:
    """The question has its answer from the moment that the first reply may leave."""
    if send.question_id is None:
        return
    row = Question.objects.select_for_update(of=("self",)).get(pk=send.question_id)
    if row.state in ("open", "drafting", "snoozed"):
        row.move_to("answered", answered_at=clock.now(), answer=send.version.answer.ref, snoozed_until=None)


@transaction.atomic
def _some(by: Actor, send_id: int) -> bool:
    """Hand on the next of its replies. False when there are none left, or another does it."""
    rows = Send.objects.select_for_update(of=("self",), skip_locked=True)
    send = rows.select_related("version__answer__mission").filter(pk=send_id, state="running").first()
    if send is None:
        return False
    if why := reads.why_not_now(send.version):
        _stop(by, send, why)
        return False
    planned = send.replies.filter(state="planned").exclude(way="mail")
    some = list(
        planned.select_related("message__channel__mission", "message__mission")
        .select_for_update(of=("self",))
        .order_by("pk")[:TOGETHER]
    )
    texts = sending.ready_languages(send.version)
    told_in = {reply.message_id: reply.lang for reply in some} if send.corrects_id else None
    messages = [reply.message for reply in some]
    judged = sending.plans(messages, send.version, fallback=send.fallback, told_in=told_in)
    plans = {message.pk: plan for message, plan in judged}
    judged_now = [(reply, plans[reply.message_id]) for reply in some]
    _told_here([reply for reply, plan in judged_now if _hand_on(by, send, reply, plan, texts.get(plan.lang))])
    step("inbox.before-start")
    if some:
        channels.start_deliveries(by=by, source=send.version.answer.ref, rev=send.version.number)
    return bool(some)


def _hand_on(by: Actor, send: Send, reply: Reply, plan: rules.Plan, text: AnswerText | None) -> bool:
    """One reply, judged again as its message stands now. True when it is told on our own ground."""
    if not plan.goes or text is None:
        gone = plan.reason in ("erased", "gone", "help")
        reply.move_to("cancelled" if gone else "cannot", frm="planned", reason=plan.reason, why=plan.why)
        return False
    if reply.way == "network":
        _deliver(by, send, reply, text)
        return False
    return True


def _deliver(by: Actor, send: Send, reply: Reply, text: AnswerText) -> None:
    channel = reply.message.channel
    if channel is None:
        reply.move_to("cannot", frm="planned", reason="no-reply")
        return
    corrects = send.corrects_id is not None
    piece = sending.piece_of(send.version, text, reply_to=reply.message.outside_id, corrects=corrects)
    try:
        rendition = channel_queries.render(channel, piece)
        if any(part.over for part in rendition.parts):
            reply.move_to("cannot", frm="planned", reason="too-long")
            return
        now = clock.now()
        post = Post(
            key=reply.key,
            rendition=rendition,
            lang=text.lang,
            url=piece.url,
            at=now,
            title=piece.title,
            summary=piece.summary,
            reply_to=piece.reply_to,
        )
        version = send.version
        channels.plan_delivery(
            by=by, channel=channel, source=version.answer.ref, rev=version.number, post=post, due=now
        )
    except Problem as problem:
        reply.move_to("cannot", frm="planned", reason="refused", why=problem.detail[:500])
        return
    reply.move_to("queued", frm="planned", lang=text.lang)


def _told_here(replies: Sequence[Reply]) -> None:
    """Those who look it up with us: on the page of their receipt it stands from now on."""
    now = clock.now()
    keys = [reply.pk for reply in replies]
    Reply.objects.filter(pk__in=keys, state="planned").update(state="sent", state_at=now, sent_at=now)
    told([reply.message_id for reply in replies])


@transaction.atomic
def _end(by: Actor, send_id: int) -> str:
    send = (
        Send.objects.select_for_update(of=("self",))
        .select_related("version__answer__mission")
        .get(pk=send_id)
    )
    if send.state == "running" and not send.replies.filter(state__in=("planned", "sending")).exists():
        send.move_to("done", frm="running", ended_at=clock.now())
        note(by, "end_send", send)
    return send.state


def _stop(by: Actor, send: Send, why: str) -> None:
    """A fact ended or changed while it was under way: nobody else is told."""
    send.move_to("stopped", frm="running", ended_at=clock.now(), stopped_why=why[:300])
    send.replies.filter(state="planned").update(state="cancelled", state_at=clock.now(), why=why[:500])
    note(by, "stop_send", send, why=why)


# --- what became of them ---


@transaction.atomic
def settle_replies(*, by: Actor, limit: int = 500) -> int:
    """Take over from the deliveries what became of the replies. Returns how many were settled."""
    open_keys = Reply.objects.filter(state="queued").values("key")
    # A refused delivery may be sent after all, by a person's deed: then its writer has been told.
    late_keys = (
        Reply.objects.filter(state="cannot", reason__in=("refused", "expired")).exclude(key="").values("key")
    )
    ended = list(Delivery.objects.filter(key__in=open_keys, state__in=("sent", "withdrawn", *ENDED))[:limit])
    late = list(Delivery.objects.filter(key__in=late_keys, state="sent")[:limit])
    by_key = {row.key: row for row in (*ended, *late)}
    rows = Reply.objects.select_for_update(of=("self",), skip_locked=True)
    settled = list(rows.filter(key__in=list(by_key), state__in=("queued", "cannot")).order_by("pk"))
    out = []
    for reply in settled:
        delivery = by_key[reply.key]
        if delivery.state in ENDED:
            if reply.state == "queued":
                reply.move_to("cannot", frm="queued", reason=ENDED[delivery.state], why=delivery.why[:500])
            continue
        reply.move_to("sent", frm=("queued", "cannot"), sent_at=delivery.sent_at, reason="", why="")
        out.append(reply.message_id)
    told(out)
    if settled:
        data = {"settled": len(settled), "sent": len(out)}
        audit.note(by=by, verb="inbox.settle_replies", target="inbox:replies", data=data)
    return len(settled)


@transaction.atomic
def cancel_replies(*, by: Actor, messages: Sequence[int], why: str) -> int:
    """These messages are not answered: their writers were erased, took them back, or call for help. What has
    not left does not leave. Returns how many replies were taken back."""
    rows = Reply.objects.select_for_update(of=("self",)).filter(
        message__in=list(messages), state__in=("planned", "queued")
    )
    return _cancel(by, list(rows.select_related("version__answer").order_by("pk")), why)


@transaction.atomic
def cancel_unsaid(*, by: Actor, version_id: int, why: str = "Another version stands now.") -> int:
    """Nobody else is told this version: it was replaced or taken back, or its facts have ended."""
    rows = Reply.objects.select_for_update(of=("self",)).filter(
        version=version_id, state__in=("planned", "queued")
    )
    return _cancel(by, list(rows.select_related("version__answer").order_by("pk")), why)


@transaction.atomic
def cancel_stopped(*, by: Actor, send_id: int) -> int:
    """The rest of a press that a person has stopped."""
    rows = Reply.objects.select_for_update(of=("self",)).filter(send=send_id, state__in=("planned", "queued"))
    return _cancel(by, list(rows.select_related("version__answer").order_by("pk")), "It was stopped.")


def _cancel(by: Actor, replies: Sequence[Reply], why: str) -> int:
    cancelled = 0
    for reply in replies:
        if reply.state == "queued":
            source, rev = reply.version.answer.ref, reply.version.number
            if not channels.cancel_deliveries(by=by, source=source, rev=rev, why=why, keys=[reply.key]):
                continue  # it has been tried: it may be out, and its delivery tells
        try:
            reply.move_to("cancelled", frm=("planned", "queued"), why=why[:500])
        except Conflict:
            continue
        cancelled += 1
    if cancelled:
        data = {"cancelled": cancelled}
        audit.note(by=by, verb="inbox.cancel_replies", target="inbox:replies", why=why, data=data)
    return cancelled


def sweep_answers(*, by: Actor) -> int:
    """Everything that is due and that nothing carries. Returns how much it found."""
    found = settle_replies(by=by)
    unsaid = Reply.objects.filter(state__in=("planned", "queued"))
    for field in ("message__erased_at__isnull", "message__gone_at__isnull"):
        gone = list(unsaid.filter(**{field: False}).values_list("message_id", flat=True)[:500])
        found += cancel_replies(by=by, messages=gone, why="The message is no longer there.") if gone else 0
    helped = list(unsaid.filter(message__state="help").values_list("message_id", flat=True)[:500])
    found += cancel_replies(by=by, messages=helped, why="It is a call for help.") if helped else 0
    found += _cancel_what_may_not_be_said(by)
    for pk in answers_publishing.waiting():
        answers_publishing.publish_answer(by=by, version_id=pk)
        found += 1
    due = Send.objects.filter(state__in=("waiting", "running"), starts_at__lte=clock.now())
    for pk in list(due.order_by("starts_at").values_list("pk", flat=True)[:50]):
        run_send(by=by, send_id=pk)
        found += 1
    return found


def _cancel_what_may_not_be_said(by: Actor) -> int:
    """Replies that wait for their turn on a network, of versions that may not be told any more."""
    found = 0
    waiting = Reply.objects.filter(state="queued").values("version").distinct()
    for version in reads.versions_in(waiting):
        if why := reads.why_not_now(version):
            found += cancel_unsaid(by=by, version_id=version.pk, why=why)
    return found
