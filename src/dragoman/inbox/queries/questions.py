"""Reads for one question's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.facts.models import Fact
from dragoman.inbox.models import Message, Note, Question
from dragoman.inbox.queries.board import FEWEST
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Membership, Officer

SPREAD = 8
MORE = 50
HERE_FOR = timedelta(seconds=40)
NEAREST = 6


@dataclass(frozen=True)
class Place:
    """How many stated a country. Those under five are one line together, without names."""

    code: str
    many: int


def question_of(officer: Officer, ref: str) -> Question:
    """By its name; one that was merged gives itself (the page leads on). NotFound when not visible."""
    found = (
        Question.objects.visible_to(officer)
        .select_related("mission", "assignee", "merged_into")
        .filter(ref__iexact=ref)
        .first()
    )
    if found is None:
        raise NotFound(f"There is no question {ref!r} that you may see.")
    return found


def spread(question: Question, limit: int = SPREAD) -> list[Message]:
    """A few of its messages, one of each language first, the newest before older ones. Two queries."""
    ranked = (
        _messages(question)
        .annotate(
            place=Window(RowNumber(), partition_by=[F("lang")], order_by=[F("at").desc(), F("id").desc()])
        )
        .order_by("place", "-at", "-id")[:limit]
    )
    return list(ranked.prefetch_related("countries").select_related("channel"))


def messages_page(
    question: Question, *, before: int | None = None, lang: str = ""
) -> tuple[list[Message], int | None]:
    """Its messages, the newest first, fifty at a time; and the id to go on from, or None."""
    found = _messages(question)
    if lang:
        found = found.filter(lang=lang)
    if before is not None:
        pivot = Message.objects.filter(pk=before).values_list("at", flat=True).first()
        if pivot is not None:
            found = found.filter(Q(at__lt=pivot) | Q(at=pivot, pk__lt=before))
    rows = list(
        found.order_by("-at", "-id").prefetch_related("countries").select_related("channel")[: MORE + 1]
    )
    return rows[:MORE], rows[MORE - 1].pk if len(rows) > MORE else None


def places(question: Question) -> tuple[list[Place], int]:
    """Countries stated by at least five, and how many people are in all the smaller groups together."""
    many = sorted(question.countries.items(), key=lambda item: (-item[1], item[0]))
    return [Place(code, count) for code, count in many if count >= FEWEST], sum(
        count for _, count in many if count < FEWEST
    )


def notes_of(question: Question) -> list[Note]:
    return list(question.notes.select_related("officer"))


def history_of(question: Question) -> list[Event]:
    """What was done to it, the newest first."""
    return list(Event.objects.filter(target=f"question:{question.ref}").order_by("-id")[:30])


def near(question: Question) -> list[Question]:
    """Other live questions that lean on the same facts or match the same answer: merge candidates."""
    alike = Q()
    if question.match and question.confidence >= 0.5:
        alike |= Q(match=question.match, confidence__gte=0.5)
    if question.facts:
        for cite in question.facts[:5]:
            alike |= Q(facts__contains=[cite])
    if not alike:
        return []
    live = Question.objects.filter(alike, mission=question.mission).exclude(pk=question.pk)
    return list(live.exclude(state__in=("merged", "closed")).order_by("-size", "pk")[:NEAREST])


def facts_of(question: Question) -> list[Fact]:
    """The current facts that it touches."""
    found = []
    for cite in question.facts[:8]:
        sheet, _, number = str(cite).partition("/")
        fact = Fact.objects.current().filter(sheet__slug=sheet, number=number).select_related("sheet").first()
        if fact is not None:
            found.append(fact)
    return found


def colleagues(question: Question) -> list[Officer]:
    """Who could take it: officers with a role at its mission or above."""
    paths = [row.path for row in question.mission.line()]
    held = Membership.objects.filter(mission__path__in=paths, role__in=("author", "approver", "releaser"))
    return list(Officer.objects.filter(is_active=True, pk__in=held.values("officer")).order_by("name"))


def here(question: Question, officer: Officer) -> Sequence[str]:
    """Mark that this officer has the page open; gives who else has. Kept for seconds, in the shared cache."""
    key = f"inbox.here.{question.pk}"
    now = clock.now().timestamp()
    seen = {
        name: at for name, at in (cache.get(key) or {}).items() if now - float(at) < HERE_FOR.total_seconds()
    }
    others = sorted(name for name in seen if name != str(officer))
    seen[str(officer)] = now
    cache.set(key, seen, timeout=120)
    return others


def _messages(question: Question) -> QuerySet[Message]:
    return Message.objects.filter(question=question, gone_at__isnull=True).exclude(kind="spam")
