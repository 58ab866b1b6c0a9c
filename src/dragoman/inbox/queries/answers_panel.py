"""What the panel on a question's page shows: the answer it has, where it would go, what stands in the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.inbox import answer_rules as rules
from dragoman.inbox.models import Answer, AnswerText, AnswerVersion, Author, Message, Question, Reply, Send
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_findings as findings
from dragoman.inbox.queries import answers_sending as sending
from dragoman.staff.models import Officer

HOW = {
    "network": "replies, paced by the network",
    "form": "at once, on the page of their receipt",
    "mail": "one letter to each person",
    "replay": "counted as told; nothing leaves the desk",
}
NAMES = {"form": "Question form, by receipt number", "mail": "E-mail", "replay": "Replayed messages"}


@dataclass(frozen=True)
class Way:
    """One line of where it goes."""

    name: str
    people: int
    how: str


@dataclass(frozen=True)
class Stuck:
    """People who are not told by the press: how many, why, what to do instead."""

    reason: str
    people: int
    instead: str
    langs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """Where a press would go."""

    ways: tuple[Way, ...] = ()
    stuck: tuple[Stuck, ...] = ()

    @property
    def people(self) -> int:
        """How many are told."""
        return sum(way.people for way in self.ways)


@dataclass(frozen=True)
class Progress:
    """One press, and how far it is."""

    send: Send
    states: dict[str, int]
    seconds: int

    @property
    def live(self) -> bool:
        return self.send.state in ("waiting", "running") or bool(self.states.get("queued"))

    @property
    def total(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True)
class Panel:
    """All of it. Without an answer only the near ones, and the way to begin one."""

    question: Question
    near: tuple[reads.Near, ...] = ()
    version: AnswerVersion | None = None
    texts: tuple[AnswerText, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)
    blocked: int = 0
    reach: Reach = field(default_factory=Reach)
    why_not: str = ""
    may_write: bool = False
    may_send: bool = False
    sends: tuple[Progress, ...] = ()

    @property
    def approved(self) -> bool:
        return self.version is not None and self.version.state == "approved"

    @property
    def may_press(self) -> bool:
        """Could a press reach anybody, as it stands or in a language of the officer's choice?"""
        waits = self.reach.people or any(one.reason == "no-text" for one in self.reach.stuck)
        return bool(waits) and self.approved and self.may_send and not self.why_not


def panel(question: Question, officer: Officer, *, chosen: str = "") -> Panel:
    """The panel of a question: with the answer chosen, else the one given, drafted or matched."""
    near = tuple(reads.for_question(question))
    may_write = any(officer.may(role, question.mission) for role in ("author", "approver", "releaser"))
    may_send = any(officer.may(role, question.mission) for role in ("approver", "releaser"))
    sends = tuple(progress(_sends(question)))
    bare = Panel(question, near, may_write=may_write, may_send=may_send, sends=sends)
    version = _version(question, near, chosen)
    if version is None:
        return bare
    source = version.answer.source_language
    texts = sorted(sending.ready_languages(version).values(), key=lambda one: (one.lang != source, one.lang))
    judged = findings.findings(version) if version.state in ("draft", "review") else []
    return replace(
        bare,
        version=version,
        texts=tuple(texts),
        missing=findings.missing_languages(version, dict(question.languages)),
        blocked=sum(1 for one in judged if one.stands_in_the_way),
        reach=reach(question, version),
        why_not=reads.why_not_now(version) if version.state == "approved" else "",
    )


def _version(question: Question, near: tuple[reads.Near, ...], chosen: str) -> AnswerVersion | None:
    """What is being written comes before what stands: the officer goes on with it."""
    wanted = chosen or question.answer
    rows = AnswerVersion.objects.select_related("answer__mission").exclude(state="discarded")
    drafted = rows.filter(question=question.ref).order_by("-answer_id", "-number").first()
    if not wanted and drafted is not None:
        return drafted
    ref = wanted or next((one.answer.ref for one in near if one.usable and one.confidence >= 0.5), "")
    answer = Answer.objects.filter(ref=ref, mission__in=question.mission.line()).first() if ref else None
    if answer is None:
        return None
    mine = rows.filter(answer=answer)
    return (mine.filter(number=answer.standing) if answer.standing else mine).order_by("-number").first()


def _sends(question: Question) -> Iterable[Send]:
    rows = Send.objects.filter(question=question).exclude(state="undone")
    return rows.select_related("version__answer__mission", "officer").order_by("-id")[:5]


def progress(sends: Iterable[Send]) -> list[Progress]:
    """How far these presses are, in one query for all."""
    rows = list(sends)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Reply.objects.filter(send__in=rows).values("send", "state").annotate(many=Count("pk"))
    for row in counted:
        counts[row["send"]][row["state"]] = row["many"]
    now = clock.now()
    return [
        Progress(row, counts[row.pk], max(0, round((row.starts_at - now).total_seconds()))) for row in rows
    ]


def reach(question: Question, version: AnswerVersion, *, fallback: str = "") -> Reach:
    """Where a press would go, worked out over kinds of messages and not over each of them."""
    now = clock.now()
    groups = list(_groups(question, version, now))
    road = sending.roads({group["channel_id"] for group in groups})
    ready = sending.ready_languages(version)
    mailed = any(group["way"] == "mail" for group in groups)
    can_mail = mailed and sending.mail_channel(version.answer.mission) is not None
    ways: Counter[str] = Counter()
    places: dict[str, set[int]] = defaultdict(set)
    stuck: Counter[str] = Counter()
    langs: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        plan = rules.plan(
            _asked(group, now),
            road.get(group["channel_id"], rules.Road()),
            ready,
            fallback=fallback,
            can_mail=can_mail,
            now=now,
        )
        if plan.goes:
            ways[plan.way] += group["many"]
            places[plan.way].add(group["channel_id"] or 0)
        else:
            stuck[plan.reason] += group["many"]
            langs[plan.reason].add(group["lang"])
    return Reach(
        tuple(Way(_name(way, places[way]), many, HOW.get(way, "")) for way, many in ways.most_common()),
        tuple(
            Stuck(reason, many, rules.INSTEAD.get(reason, ""), _langs(reason, langs[reason]))
            for reason, many in stuck.most_common()
        ),
    )


def _groups(question: Question, version: AnswerVersion, now: datetime) -> Iterable[dict[str, Any]]:
    rows = sending.waiting_for(question, version).order_by()
    held = Author.objects.filter(message=OuterRef("pk")).exclude(sealed="")

    def flag(when: Q) -> Case:
        return Case(When(when, then=Value(True)), default=Value(False))

    rows = rows.annotate(
        gone=flag(Q(gone_at__isnull=False)),
        erased=flag(Q(erased_at__isnull=False)),
        hidden=flag(~Q(hidden_why="")),
        old=flag(Q(at__lt=now - rules.TOO_OLD)),
        has_id=flag(~Q(outside_id="")),
        has_author=Exists(held),
    )
    names = ("gone", "erased", "hidden", "old", "has_id", "has_author")
    found = rows.values("way", "channel_id", "lang", "state", "kind", "is_help", *names)
    return list(found.annotate(many=Count("pk")))


def _asked(group: dict[str, Any], now: datetime) -> rules.Asked:
    same = ("way", "lang", "state", "kind", "is_help", "gone", "erased", "hidden", "has_id", "has_author")
    at = now - 2 * rules.TOO_OLD if group["old"] else now
    return rules.Asked(at=at, **{name: group[name] for name in same})


def _langs(reason: str, found: set[str]) -> tuple[str, ...]:
    return tuple(sorted(found - {"und", ""})) if reason == "no-text" else ()


def _name(way: str, places: set[int]) -> str:
    if way != "network":
        return NAMES.get(way, way)
    labels = list(Channel.objects.filter(pk__in=places).order_by("label").values_list("label", flat=True))
    shown = ", ".join(labels[:4]) + (f" and {len(labels) - 4} more" if len(labels) > 4 else "")
    return f"Replies on {shown}"


def cannot(send: Send, limit: int = 200) -> list[Reply]:
    """Whom this press did not tell, with the message to open."""
    rows = send.replies.filter(state__in=("cannot", "unsure")).select_related("message__channel")
    return list(rows.order_by("pk")[:limit])


@dataclass(frozen=True)
class Ready:
    """An answer that triage laid ready, and messages of a few who wait for it."""

    version: AnswerVersion
    many: int
    messages: tuple[Message, ...]
    why_not: str


def ready_for(officer: Officer, shown: int = 50) -> list[Ready]:
    """What triage laid ready, answer by answer, for an officer's yes."""
    rows = Message.objects.visible_to(officer).filter(state="ready").exclude(match="")
    counted = rows.values("match").annotate(many=Count("pk")).order_by("-many", "match")[:50]
    found = []
    for row in counted:
        version = reads.standing_of(row["match"])
        if version is None:
            continue
        some = sending.not_told(rows.filter(match=row["match"]), version).select_related("channel")
        found.append(
            Ready(
                version, row["many"], tuple(some.order_by("-at", "-pk")[:shown]), reads.why_not_now(version)
            )
        )
    return found
