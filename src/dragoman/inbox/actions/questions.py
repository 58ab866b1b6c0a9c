"""Deeds on questions: who takes one, when it comes back, which belong together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import F

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.inbox import due, refs
from dragoman.inbox.actions.counting import recount
from dragoman.inbox.models import Decision, Message, Note, Question, Vector
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff.models import Mission, Officer

__all__ = [
    "add_note",
    "assign_question",
    "close_question",
    "merge_questions",
    "recount",
    "rename_question",
    "reopen_question",
    "snooze_question",
    "split_question",
    "wake_questions",
]

WORKERS = ("author", "approver", "releaser")
LIVE = ("open", "drafting", "answered", "snoozed")


@transaction.atomic
def assign_question(*, by: Officer, question: Question, to: Officer | None) -> Question:
    """Give a question to an officer who serves there, or to nobody. Invalid when they do not."""
    question = _locked(by, question)
    if to is not None and not any(to.may(role, question.mission) for role in WORKERS):
        raise Invalid(
            f"{to} writes nothing for {question.mission.name}.",
            mend="Choose somebody who holds a role there.",
            where=[{"field": "officer", "message": "holds no role at this mission"}],
        )
    question.assignee = to
    _changed(question, "assignee")
    _note(by, "assign_question", question, data={"to": to.username if to else ""})
    return question


@transaction.atomic
def rename_question(*, by: Officer, question: Question, title: str) -> Question:
    """An officer's words for what is asked; empty gives the asker's words back."""
    question = _locked(by, question)
    question.title = " ".join(title.split())[:300]
    _changed(question, "title")
    _note(by, "rename_question", question)
    return question


@transaction.atomic
def snooze_question(*, by: Officer, question: Question, until: datetime) -> Question:
    """Out of the way until a moment; it comes back by itself, or as soon as it is asked again much."""
    if until <= clock.now():
        raise Invalid(
            "That moment has passed.",
            mend="Choose a later one.",
            where=[{"field": "until", "message": "in the past"}],
        )
    question = _locked(by, question)
    question.move_to("snoozed", frm=("open", "drafting"), snoozed_until=until)
    _note(by, "snooze_question", question, data={"until": until.isoformat()})
    return question


@transaction.atomic
def close_question(*, by: Officer, question: Question, why: str) -> Question:
    """No answer will be given, for a reason that stays. Its messages leave the queue."""
    if len(why.strip()) < 5:
        raise Invalid("Say why it is closed.", where=[{"field": "why", "message": "missing"}])
    question = _locked(by, question)
    question.move_to("closed", frm=LIVE, snoozed_until=None)
    Message.objects.filter(question=question, state__in=("open", "ready")).update(
        state="closed", state_at=clock.now()
    )
    recount([question.pk])
    _note(by, "close_question", question, why=why.strip())
    return question


@transaction.atomic
def reopen_question(*, by: Officer, question: Question) -> Question:
    """Back onto the board, with the messages that were closed with it."""
    question = _locked(by, question)
    question.move_to("open", frm=("closed", "answered", "snoozed"), snoozed_until=None)
    Message.objects.filter(question=question, state="closed").update(state="open", state_at=clock.now())
    recount([question.pk])
    _note(by, "reopen_question", question)
    return question


@transaction.atomic
def merge_questions(*, by: Officer, into: Question, others: Sequence[Question], version: int) -> Question:
    """These ask the same thing. Their messages move, and the machine learns it.

    `version` is the one that the officer saw: Conflict when the question has changed since (two officers
    merge at once), so that the second looks again. Merging what is merged already changes nothing.
    """
    into = _locked(by, into)
    if into.state == "merged":
        raise Conflict(f"{into.ref} was itself merged meanwhile.", mend="Reload the page.", code="merged")
    if into.version != version:
        raise Conflict(
            f"{into.ref} has changed since you opened it.",
            mend="Reload the page and look again.",
            code="stale-question",
        )
    for other in sorted(others, key=lambda one: one.pk):
        if other.pk == into.pk:
            continue
        row = _locked(by, other)
        if row.merged_into_id == into.pk:
            continue
        if row.mission_id != into.mission_id:
            raise Invalid("Questions of two missions are not merged.", code="two-missions")
        _absorb(into, row)
        Decision.objects.create(
            what="merge", question=into, said="apart", decided="same", right=False, by=by.audit_name,
            features={"other": row.ref}, model=into.centroid_model,
        )  # fmt: skip
        _note(by, "merge_questions", into, data={"took": row.ref})
    _changed(into, "centroid", "weight")
    recount([into.pk])
    into.refresh_from_db()
    return into


@transaction.atomic
def split_question(*, by: Officer, question: Question, messages: Sequence[int], title: str = "") -> Question:
    """These messages ask something else: they become a question of their own, and the machine learns it."""
    question = _locked(by, question)
    moving = Message.objects.filter(question=question, pk__in=messages)
    count = moving.count()
    if not count:
        raise Invalid("Choose the messages that ask something else.", where=[{"field": "messages"}])
    if count == question.messages.count():
        raise Invalid(
            "All of its messages were chosen, so nothing would stay behind.",
            mend="Leave out those that do ask this; or rename the question.",
        )
    made = Question.objects.create(
        ref=refs.new_ref("Q"),
        mission=question.mission,
        title=" ".join(title.split())[:300],
        sheet=question.sheet,
        due_at=question.due_at,
        assignee=question.assignee,
        centroid_model=question.centroid_model,
    )
    digests = list(moving.values_list("digest", flat=True))
    moving.update(question=made)
    _recentre(made, digests)
    _recentre(question, list(question.messages.values_list("digest", flat=True)[:500]))
    Decision.objects.create(
        what="split", question=made, said="same", decided="apart", right=False, by=by.audit_name,
        features={"from": question.ref, "messages": count}, model=question.centroid_model,
    )  # fmt: skip
    _changed(question, "centroid", "weight")
    recount([question.pk, made.pk])
    _note(by, "split_question", question, data={"into": made.ref, "messages": count})
    made.refresh_from_db()
    return made


@transaction.atomic
def add_note(
    *, by: Officer, text: str, question: Question | None = None, message: Message | None = None
) -> Note:
    """Words to colleagues. Never sent anywhere."""
    if not text.strip():
        raise Invalid("The note is empty.", where=[{"field": "text", "message": "missing"}])
    mission = question.mission if question is not None else message.mission if message is not None else None
    if mission is None:
        raise Invalid("A note belongs to a question or to a message.")
    _may(by, mission)
    note = Note.objects.create(question=question, message=message, officer=by, text=text.strip()[:5000])
    target = f"question:{question.ref}" if question else f"message:{message.pk if message else ''}"
    audit.note(by=by, verb="inbox.add_note", target=target, mission=mission.slug)
    return note


@transaction.atomic
def wake_questions(*, by: Actor) -> int:
    """Snoozed questions whose moment has come, back onto the board; what is overdue, escalated."""
    now = clock.now()
    woken = list(
        Question.objects.select_for_update(skip_locked=True).filter(state="snoozed", snoozed_until__lte=now)[
            :500
        ]
    )
    for question in woken:
        question.move_to("open", frm="snoozed", snoozed_until=None)
    late = Question.objects.filter(
        state__in=("open", "drafting"), due_at__lte=now, escalated_at__isnull=True, waiting__gt=0
    )
    escalated = list(late.values_list("pk", "ref")[:500])
    Question.objects.filter(pk__in=[pk for pk, _ in escalated]).update(escalated_at=now)
    if escalated:
        deeds: list[tuple[str, str, dict[str, object]]] = [
            (f"question:{ref}", "overdue", {}) for _, ref in escalated
        ]
        audit.note_all(by=by, verb="inbox.escalate_question", deeds=deeds)
    return len(woken) + len(escalated)


def due_of(kind: str, arrived: datetime, hours: due.OfficeHours) -> datetime:
    """When a question that begins with such a message is due."""
    return due.due_at(kind, arrived, hours)


def _absorb(into: Question, other: Question) -> None:
    Message.objects.filter(question=other).update(question=into)
    Note.objects.filter(question=other).update(question=into)
    if into.centroid and other.centroid and into.centroid_model == other.centroid_model:
        one, two = _array(into.centroid) * into.weight, _array(other.centroid) * other.weight
        if one.shape == two.shape:
            into.centroid, into.weight = _packed(one + two), into.weight + other.weight
    elif other.centroid and not into.centroid:
        into.centroid, into.weight = other.centroid, other.weight
        into.centroid_model = other.centroid_model
    into.due_at = min((at for at in (into.due_at, other.due_at) if at), default=None)
    Question.objects.filter(pk=into.pk).update(due_at=into.due_at, centroid_model=into.centroid_model)
    # Who was merged into the other is from now on found through this one.
    Question.objects.filter(merged_into=other).update(merged_into=into)
    other.move_to("merged", merged_into=into, assignee=None, snoozed_until=None)
    recount([other.pk])


def _recentre(question: Question, digests: Sequence[str]) -> None:
    rows = Vector.objects.filter(digest__in=digests, model=question.centroid_model)
    vectors = [np.frombuffer(bytes(row.data), dtype="<f2").astype(np.float32) for row in rows]
    if vectors:
        question.centroid, question.weight = _packed(np.sum(vectors, axis=0)), float(len(digests))
        question.save(update_fields=["centroid", "weight", "updated"])


def _array(data: bytes | memoryview) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.frombuffer(bytes(data), dtype="<f4")


def _packed(total: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    length = float(np.linalg.norm(total))
    return (total / length if length else total).astype("<f4").tobytes()


def _locked(by: Officer, question: Question) -> Question:
    _may(by, question.mission)
    return Question.objects.select_for_update(of=("self",)).select_related("mission").get(pk=question.pk)


def _may(by: Officer, mission: Mission) -> None:
    if not any(by.may(role, mission) for role in WORKERS):
        raise NotAllowed(
            f"This needs one of the roles {', '.join(WORKERS)} at {mission}.", mend="Ask its administrator."
        )


def _changed(question: Question, *fields: str) -> None:
    question.save(update_fields=[*fields, "updated"])
    Question.objects.filter(pk=question.pk).update(version=F("version") + 1)
    question.refresh_from_db(fields=["version"])


def _note(
    by: Actor, verb: str, question: Question, why: str = "", data: dict[str, object] | None = None
) -> None:
    audit.note(
        by=by,
        verb=f"inbox.{verb}",
        target=f"question:{question.ref}",
        why=why,
        data=dict(data or {}),
        mission=question.mission.slug,
    )
