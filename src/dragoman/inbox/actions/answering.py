"""The press: an approved answer to everybody who waits for it, ten seconds to undo, then each exactly once.

A press writes rows and no more. What it sends goes by deliveries whose key is made from the version and the
message alone, so neither two officers at once nor a worker that dies can tell anybody twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.inbox import answer_rules as rules
from dragoman.inbox.actions.counting import recount
from dragoman.inbox.models import Answer, AnswerVersion, AutoSend, Message, Question, Reply, Send
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_sending as sending
from dragoman.inbox.queries.changed_facts import told_before
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff.models import Mission, Officer

SENDERS = ("approver", "releaser")
TOGETHER = 1_000
LIVE = ("open", "drafting", "answered", "snoozed")


@transaction.atomic
def answer_question(*, by: Officer, question: Question, answer: Answer, fallback: str = "") -> Send:
    """One press: the approved version to everybody who waits in this question, each in their language.

    `fallback` is the language for those in whose own there is no text; without it they wait. Nothing leaves
    for ten seconds (`undo_send`). Conflict when nobody waits, when another has just pressed, or when a fact
    that it cites has ended or changed.
    """
    may_send(by, question.mission)
    question = Question.objects.select_for_update(of=("self",)).select_related("mission").get(pk=question.pk)
    if question.state not in LIVE:
        raise Conflict(
            f"{question.ref} is {question.state}.", mend="Open it again first.", code="wrong-state"
        )
    version = standing(answer)
    _needs_text(version, fallback)
    rows = sending.waiting_for(question, version)
    if not rows.exists():
        raise _nobody_waits(question, version)
    send = _press(by, version, rows, question=question, fallback=fallback)
    Question.objects.filter(pk=question.pk).update(answer=version.answer.ref)
    return send


@transaction.atomic
def answer_message(*, by: Officer, message: Message, answer: Answer, fallback: str = "") -> Send:
    """The same for a single message."""
    may_send(by, message.mission)
    version = standing(answer)
    _needs_text(version, fallback)
    rows = sending.not_told(Message.objects.filter(pk=message.pk, state__in=sending.WAITING), version)
    if not rows.exists():
        raise Conflict(
            "This message does not wait for that answer.", mend="Reload the page.", code="nobody-waiting"
        )
    return _press(by, version, rows, fallback=fallback)


@transaction.atomic
def send_ready(*, by: Officer, messages: Sequence[int]) -> list[Send]:
    """An officer's yes to what triage laid ready: each message gets the answer it matched.

    What is no longer ready, or whose answer may not be given now, stays where it is.
    """
    rows = Message.objects.visible_to(by).filter(pk__in=list(messages), state="ready").exclude(match="")
    by_answer: dict[str, list[int]] = defaultdict(list)
    for row in rows.select_for_update(of=("self",)).select_related("mission").order_by("pk"):
        may_send(by, row.mission)
        by_answer[row.match].append(row.pk)
    sends = []
    for ref, chosen in sorted(by_answer.items()):
        version = reads.standing_of(ref)
        if version is None or reads.why_not_now(version):
            continue
        waiting = sending.not_told(Message.objects.filter(pk__in=chosen), version)
        if waiting.exists():
            sends.append(_press(by, version, waiting))
    if not sends:
        raise Conflict(
            "None of these can be sent now: they were answered meanwhile, or their answer has to be renewed.",
            mend="Reload the list.",
            code="nobody-waiting",
        )
    return sends


@transaction.atomic
def undo_send(*, by: Officer, send: Send) -> Send:
    """Take a press back before its ten seconds are over. Nothing has left, and everybody waits as before."""
    row = (
        Send.objects.select_for_update(of=("self",))
        .select_related("version__answer__mission")
        .get(pk=send.pk)
    )
    may_send(by, row.version.answer.mission)
    if row.state != "waiting" or row.starts_at <= clock.now():
        raise Conflict(
            "It is under way; what has left cannot be called back.",
            mend="Stop it, so that the rest does not leave.",
            code="too-late",
        )
    row.move_to("undone", frm="waiting", ended_at=clock.now())
    row.replies.filter(state__in=("planned", "cannot")).update(state="undone", state_at=clock.now())
    note(by, "undo_send", row)
    return row


@transaction.atomic
def stop_send(*, by: Officer, send: Send, why: str) -> Send:
    """Stop a press that is under way: whoever has not been told is not told. What has left, has left."""
    row = (
        Send.objects.select_for_update(of=("self",))
        .select_related("version__answer__mission")
        .get(pk=send.pk)
    )
    may_send(by, row.version.answer.mission)
    if not why.strip():
        raise Invalid("Say why it is stopped.", where=[{"field": "why", "message": "missing"}])
    if row.state == "waiting":
        row.move_to("running", frm="waiting", began_at=clock.now())
    row.move_to("stopped", frm="running", ended_at=clock.now(), stopped_why=why.strip()[:300])
    note(by, "stop_send", row, why=why.strip())
    later("inbox.cancel_stopped", send_id=row.pk)
    return row


@transaction.atomic
def mark_told(*, by: Officer, reply: Reply) -> Reply:
    """A person has answered by hand where the desk could not."""
    row = (
        Reply.objects.select_for_update(of=("self",))
        .select_related("version__answer__mission", "message")
        .get(pk=reply.pk)
    )
    may_send(by, row.version.answer.mission)
    row.move_to("sent", frm=("cannot", "unsure"), way="hand", sent_at=clock.now(), reason="answered", why="")
    told([row.message_id])
    target = f"message:{row.message_id}"
    audit.note(by=by, verb="inbox.mark_told", target=target, mission=row.version.answer.mission.slug)
    return row


def press(
    *,
    by: Actor,
    version: AnswerVersion,
    rows: QuerySet[Message],
    auto: AutoSend | None = None,
    corrects: AnswerVersion | None = None,
    fallback: str = "",
) -> Send:
    """A press that another deed decided on (the clock's, a correction's), in its transaction."""
    return _press(by, version, rows, auto=auto, corrects=corrects, fallback=fallback)


def _press(
    by: Actor,
    version: AnswerVersion,
    rows: QuerySet[Message],
    *,
    question: Question | None = None,
    auto: AutoSend | None = None,
    corrects: AnswerVersion | None = None,
    fallback: str = "",
) -> Send:
    """The row of a press and of each reply, in the caller's transaction."""
    send = Send.objects.create(
        version=version,
        question=question,
        by=by.audit_name,
        officer=by if isinstance(by, Officer) else None,
        auto=auto,
        corrects=corrects,
        fallback=fallback,
        starts_at=clock.now() + rules.UNDO,
        state="waiting",
    )
    counts: dict[str, int] = defaultdict(int)
    told_in = told_before(version) if corrects is not None else None
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").only(*sending.SEEN)[:TOGETHER]):
        last = chunk[-1].pk
        judged = sending.plans(chunk, version, fallback=fallback, told_in=told_in)
        made = [_reply(send, message, plan) for message, plan in judged]
        Reply.objects.bulk_create(made)
        for reply in made:
            counts[reply.state] += 1
    note(by, "press_send", send, data=dict(counts))
    later("inbox.run_send", at=send.starts_at, send_id=send.pk)
    return send


def _reply(send: Send, message: Message, plan: rules.Plan) -> Reply:
    return Reply(
        send=send,
        version=send.version,
        message=message,
        lang=plan.lang,
        way=plan.way,
        key=rules.key_of(send.version.answer.ref, send.version.number, message.pk),
        state="planned" if plan.goes else "cannot",
        reason=plan.reason,
        why=(f"The account {plan.why}." if plan.why else ""),
    )


def told(messages: Sequence[int]) -> None:
    """These have their answer: they leave the queue. In the caller's transaction."""
    rows = Message.objects.filter(pk__in=list(messages), state__in=("new", "open", "ready", "help"))
    questions = set(rows.exclude(question=None).values_list("question_id", flat=True))
    rows.exclude(state="help").update(state="answered", state_at=clock.now(), answered_at=clock.now())
    recount(questions)


def standing(answer: Answer) -> AnswerVersion:
    """The approved version, if it may be told now; Conflict otherwise, saying what to do."""
    version = reads.standing_of(answer.ref)
    if version is None:
        raise Conflict(
            f"No version of {answer.ref} is approved.", mend="Have it approved first.", code="not-approved"
        )
    if why := reads.why_not_now(version):
        raise Conflict(
            why, mend="Begin the next version, with the facts as they are now.", code="stale-facts"
        )
    return version


def may_send(by: Officer, mission: Mission) -> None:
    """What leaves the house is sent by those who approve or release."""
    if not any(by.may(role, mission) for role in SENDERS):
        raise NotAllowed(
            f"This needs the role of approver or releaser at {mission.name}.", mend="Ask its administrator."
        )


def send_of(officer: Officer, pk: int) -> Send:
    """One press that the officer may see; NotFound otherwise."""
    rows = Send.objects.visible_to(officer).select_related("version__answer__mission", "question")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such press that you may see.")
    return found


def note(by: Actor, verb: str, send: Send, *, why: str = "", data: dict[str, object] | None = None) -> None:
    """The audit of a deed on a press."""
    answer = send.version.answer
    told_of = {"answer": answer.ref, "version": send.version.number, **(data or {})}
    audit.note(
        by=by, verb=f"inbox.{verb}", target=send.target, why=why, data=told_of, mission=answer.mission.slug
    )


def _needs_text(version: AnswerVersion, fallback: str) -> None:
    if fallback and fallback not in sending.ready_languages(version):
        raise Invalid(
            f"There is no text in {fallback!r} to fall back on.",
            mend="Choose a language that the answer has.",
            where=[{"field": "fallback", "message": "no such text"}],
        )


def _nobody_waits(question: Question, version: AnswerVersion) -> Conflict:
    other = Send.objects.filter(question=question, version=version, state__in=("waiting", "running")).first()
    if other is not None:
        return Conflict(
            f"{other.by} has just pressed: it is on its way.", mend="Reload the page.", code="pressed-already"
        )
    return Conflict("Nobody waits for this answer any more.", mend="Reload the page.", code="nobody-waiting")
