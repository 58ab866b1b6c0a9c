"""Deeds on calls for help: raised by triage or by an officer, taken, handed over, done, or sent back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.inbox import due, keeping
from dragoman.inbox.actions import teaching, telling
from dragoman.inbox.actions.counting import recount
from dragoman.inbox.models import HelpCall, Message
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff.models import Mission, Officer

WORKERS = ("author", "approver", "releaser")


@transaction.atomic
def raise_call(*, by: Actor, message: Message, score: float, model: str) -> HelpCall:
    """This message calls for help: into the consular queue, out of the questions'. Raised twice, it is one.

    What an officer has said is no call for help stays so, unless its writer changed the words since.
    """
    now = clock.now()
    call = HelpCall.objects.select_for_update(of=("self",)).filter(message=message).first()
    if call is not None and call.state == "not_help" and not _changed_since(message, call):
        return call
    question = message.question_id
    Message.objects.filter(pk=message.pk).update(
        is_help=True,
        help_score=score,
        help_model=model,
        kind="help",
        state="help",
        state_at=F("state_at") if message.state == "help" else now,
        question=None,
        keep_until=None,
        updated=now,
    )
    message.refresh_from_db()
    if call is None:
        call = HelpCall.objects.create(
            message=message,
            mission=message.mission,
            raised_at=now,
            raised_by=by.audit_name if isinstance(by, Officer) else model,
            due_at=now + due.allowed("help"),
        )
    elif call.state in ("done", "not_help"):
        call.move_to(
            "waiting", due_at=now + due.allowed("help"), raised_at=now, owner=None, escalated_at=None
        )
    else:
        return call
    telling.cancel_replies(by=by, messages=[message.pk], why="It is a call for help: a person answers.")
    if question:
        recount([question])
    _note(by, "raise_call", call, data={"score": round(score, 3), "model": model})
    later("inbox.escalate", at=call.due_at + timedelta(seconds=1), priority=10)
    return call


@transaction.atomic
def take_call(*, by: Officer, call: HelpCall) -> HelpCall:
    """I look after it. Conflict when another was first."""
    call = _locked(by, call)
    if call.owner_id == by.pk and call.state == "taken":
        return call
    if call.state == "taken":
        raise Conflict(f"{call.owner} has taken it.", mend="Ask them to hand it over.", code="taken")
    call.move_to("taken", frm="waiting", owner=by, taken_at=call.taken_at or clock.now())
    _note(by, "take_call", call)
    return call


@transaction.atomic
def hand_over_call(*, by: Officer, call: HelpCall, to: Officer, why: str = "") -> HelpCall:
    """Another officer of the mission looks after it from now on."""
    call = _locked(by, call)
    if not any(to.may(role, call.mission) for role in WORKERS):
        raise Invalid(
            f"{to} holds no role at {call.mission.name}.",
            mend="Choose somebody who serves there.",
            where=[{"field": "officer", "message": "holds no role at this mission"}],
        )
    if call.state == "waiting":
        call.move_to("taken", frm="waiting", owner=to, taken_at=clock.now())
    elif call.state == "taken":
        HelpCall.objects.filter(pk=call.pk).update(owner=to, updated=clock.now())
        call.refresh_from_db()
    else:
        raise Conflict("It is no longer open.", mend="Reload the page.", code="wrong-state")
    _note(by, "hand_over_call", call, why=why, data={"to": to.username})
    return call


@transaction.atomic
def finish_call(*, by: Officer, call: HelpCall, outcome: str) -> HelpCall:
    """It is done; what was done stays. From now on its own clock of keeping runs."""
    if len(outcome.strip()) < 5:
        raise Invalid(
            "Say what was done.",
            mend="A sentence that the next shift understands.",
            where=[{"field": "outcome", "message": "missing"}],
        )
    call = _locked(by, call)
    now = clock.now()
    call.move_to(
        "done", frm=("waiting", "taken"), done_at=now, owner=call.owner or by, outcome=outcome.strip()
    )
    Message.objects.filter(pk=call.message_id, state="help").update(
        state="closed", state_at=now, keep_until=keeping.keep_help_until(now)
    )
    _note(by, "finish_call", call)
    return call


@transaction.atomic
def reopen_call(*, by: Officer, call: HelpCall, why: str) -> HelpCall:
    """It was not over after all."""
    if len(why.strip()) < 5:
        raise Invalid("Say why it is open again.", where=[{"field": "why", "message": "missing"}])
    call = _locked(by, call)
    now = clock.now()
    call.move_to("waiting", frm=("done", "not_help"), due_at=now + due.allowed("help"), escalated_at=None)
    Message.objects.filter(pk=call.message_id).update(
        state="help", state_at=now, keep_until=None, is_help=True
    )
    _note(by, "reopen_call", call, why=why.strip())
    return call


@transaction.atomic
def dismiss_call(*, by: Officer, call: HelpCall, why: str = "") -> HelpCall:
    """Not a call for help: back to the questions' queue. The machine learns it, and it is not raised again
    unless its writer changes the words."""
    call = _locked(by, call)
    now = clock.now()
    call.move_to("not_help", frm=("waiting", "taken"), done_at=now, owner=call.owner or by)
    message = Message.objects.select_for_update(of=("self",)).get(pk=call.message_id)
    teaching.decide(by=by, what="help", message=message, decided="not help")
    # It is read again for everything else; help that was decided by an officer stays decided.
    Message.objects.filter(pk=message.pk).update(
        state="open",
        state_at=now,
        is_help=False,
        kind="question" if message.kind == "help" else message.kind,
        keep_until=keeping.keep_until(message.at, private=message.private),
    )
    _note(by, "dismiss_call", call, why=why.strip())
    later("inbox.retriage", message_id=message.pk)
    return call


@transaction.atomic
def call_for_help(*, by: Officer, message: Message) -> HelpCall:
    """An officer sees a call for help that the machine did not. The machine learns it."""
    _may(by, message.mission)
    message = Message.objects.select_for_update(of=("self",)).select_related("mission").get(pk=message.pk)
    teaching.decide(by=by, what="help", message=message, decided="help")
    HelpCall.objects.filter(message=message, state="not_help").update(
        state="waiting", state_at=clock.now(), due_at=clock.now() + due.allowed("help"), escalated_at=None
    )
    return raise_call(by=by, message=message, score=1.0, model=f"officer {by.audit_name}")


@transaction.atomic
def escalate_calls(*, by: Actor) -> int:
    """Calls past their due time that nobody has taken are marked, and stand first on every list, those of the
    missions above as well. However old they are."""
    now = clock.now()
    late = (
        HelpCall.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("mission")
        .filter(state="waiting", due_at__lte=now, escalated_at__isnull=True)[:200]
    )
    calls = list(late)
    for call in calls:
        HelpCall.objects.filter(pk=call.pk, state="waiting").update(escalated_at=now, updated=now)
    if calls:
        deeds: list[tuple[str, str, dict[str, Any]]] = [
            (f"help:{call.pk}", "nobody took it in time", {}) for call in calls
        ]
        audit.note_all(by=by, verb="inbox.escalate_calls", deeds=deeds)
    return len(calls)


def _changed_since(message: Message, call: HelpCall) -> bool:
    return message.edited_at is not None and message.edited_at > call.state_at


def _locked(by: Officer, call: HelpCall) -> HelpCall:
    _may(by, call.mission)
    rows = HelpCall.objects.select_for_update(of=("self",)).select_related("mission", "owner", "message")
    return rows.get(pk=call.pk)


def _may(by: Officer, mission: Mission) -> None:
    if not any(by.may(role, mission) for role in WORKERS):
        raise NotAllowed(
            f"This needs one of the roles {', '.join(WORKERS)} at {mission}.", mend="Ask its administrator."
        )


def _note(by: Actor, verb: str, call: HelpCall, why: str = "", data: dict[str, object] | None = None) -> None:
    audit.note(
        by=by,
        verb=f"inbox.{verb}",
        target=f"help:{call.pk}",
        why=why,
        data=dict(data or {}),
        mission=call.mission.slug,
    )
