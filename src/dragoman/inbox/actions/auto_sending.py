"""Answers that go by themselves: to exact copies of an approved wording alone, by an officer's leave.

The leave is one named person's, for one answer, for a while, for so many a day. It stops when that person or
another stops it, when its time is over, and as long as a fact that the answer cites has ended or changed.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.inbox import answer_rules as rules
from dragoman.inbox.actions.answering import may_send, press, standing
from dragoman.inbox.models import Answer, AutoSend, Message, Reply
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_sending as sending
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Officer

AT_ONCE = 200
# Only what a person asked in public or by the form; never a call for help, a complaint or the press.
KINDS = ("question", "other")


@transaction.atomic
def switch_on(*, by: Officer, answer: Answer, until: datetime, daily_cap: int) -> AutoSend:
    """Let this answer go by itself to exact copies of its approved wordings: so many a day, for a while."""
    may_send(by, answer.mission)
    now = clock.now()
    if not 1 <= daily_cap <= rules.CAP_LIMIT:
        raise Invalid(
            f"A day's limit is a number from 1 to {rules.CAP_LIMIT:,}.", where=[{"field": "daily_cap"}]
        )
    if not now < until <= now + rules.LONGEST_LEAVE:
        raise Invalid(
            "Choose an end within the next month: a leave that nobody renews ends.",
            where=[{"field": "until"}],
        )
    version = standing(answer)
    try:
        with transaction.atomic():
            row = AutoSend.objects.create(answer=answer, officer=by, at=now, until=until, daily_cap=daily_cap)
    except IntegrityError:
        raise Conflict("It goes by itself already.", mend="Stop it first to change it.", code="on") from None
    data = {"until": until.isoformat(), "daily_cap": daily_cap, "version": version.number}
    audit.note(by=by, verb="inbox.auto_send_on", target=answer.target, data=data, mission=answer.mission.slug)
    return row


@transaction.atomic
def switch_off(*, by: Officer, answer: Answer, why: str = "") -> AutoSend:
    """Stop it now; also what of it is in its ten seconds."""
    may_send(by, answer.mission)
    row = AutoSend.objects.select_for_update().filter(answer=answer, stopped_at__isnull=True).first()
    if row is None:
        raise Conflict("It does not go by itself.", mend="Reload the page.", code="off")
    _stop(by, row, why.strip() or "Stopped by an officer.")
    return row


@transaction.atomic
def send_exact(*, by: Actor) -> int:
    """Let go what may go by itself now. Returns to how many messages."""
    leaves = list(
        AutoSend.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(stopped_at__isnull=True)
        .select_related("answer__mission")
        .order_by("pk")
    )
    return sum(_let_go(by, leave) for leave in leaves)


def _let_go(by: Actor, leave: AutoSend) -> int:
    if leave.until <= clock.now():
        _stop(by, leave, "Its time was over.")
        return 0
    version = reads.standing_of(leave.answer.ref)
    # While a fact has ended or changed it rests; a new version that is approved takes it up again.
    if version is None or reads.why_not_now(version) or version.approved_at is None:
        return 0
    if version.approved_at > leave.at:
        _stop(by, leave, f"Version {version.number} was approved since: what it says is another's decision.")
        return 0
    room = rules.room_today(leave.daily_cap, *_used_today(leave))
    rows = _exact(leave, version.pk, room)
    if not rows:
        return 0
    press(by=by, version=version, rows=Message.objects.filter(pk__in=rows), auto=leave)
    return len(rows)


def _exact(leave: AutoSend, version_id: int, room: int) -> list[int]:
    if not room:
        return []
    version = reads.versions_by_key([version_id])[0]
    by_lang: dict[str, set[str]] = defaultdict(set)
    for lang, digest in reads.digests_of(version):
        by_lang[lang].add(digest)
    ready = sending.ready_languages(version)
    wanted = Q(pk=None)
    for lang, digests in by_lang.items():
        if lang in ready:
            wanted |= Q(lang=lang, digest__in=digests)
    rows = Message.objects.filter(
        wanted,
        mission=leave.answer.mission,
        state__in=sending.WAITING,
        kind__in=KINDS,
        is_help=False,
        at__gte=leave.at,
        erased_at__isnull=True,
        gone_at__isnull=True,
        hidden_why="",
    )
    # A copy that an officer has read and left for a person stays with the person.
    untouched = rows.exclude(replies__version=version_id)
    return list(untouched.order_by("pk").values_list("pk", flat=True)[: min(room, AT_ONCE)])


def _used_today(leave: AutoSend) -> tuple[int, int]:
    """How many went by itself today, and how many are about to."""
    zone = ZoneInfo(leave.answer.mission.zone)
    midnight = datetime.combine(clock.now().astimezone(zone).date(), time(), tzinfo=zone)
    made = Reply.objects.filter(send__auto__answer=leave.answer, created__gte=midnight)
    sent = made.filter(state="sent").count()
    return sent, made.filter(state__in=("planned", "queued", "sending", "unsure")).count()


def _stop(by: Actor, leave: AutoSend, why: str) -> None:
    AutoSend.objects.filter(pk=leave.pk).update(
        stopped_at=clock.now(), stopped_by=by.audit_name, stopped_why=why[:300]
    )
    leave.refresh_from_db()
    for send in leave.sends.filter(state__in=("waiting", "running")):
        if send.state == "waiting":
            send.move_to("undone", frm="waiting", ended_at=clock.now())
            send.replies.filter(state__in=("planned", "cannot")).update(state="undone", state_at=clock.now())
        else:
            send.move_to("stopped", frm="running", ended_at=clock.now(), stopped_why=why[:300])
            later("inbox.cancel_stopped", send_id=send.pk)
    mission = leave.answer.mission.slug
    audit.note(by=by, verb="inbox.auto_send_off", target=leave.answer.target, why=why, mission=mission)
