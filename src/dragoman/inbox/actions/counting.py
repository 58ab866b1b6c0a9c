"""The figures kept beside a question, worked out from its messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import TruncHour

from dragoman.base import clock
from dragoman.inbox.models import AnswerCitation, Message, Question, StatedCountry

KEPT_HOURS = timedelta(hours=48)
EXAMPLE_LENGTH = 300
# From this confidence on the facts of the nearest answer are shown as touched.
TOUCHES = 0.4


def recount(questions: Iterable[int]) -> int:
    """Work the figures of these questions out anew. In the caller's transaction, if it has one.

    Spam and what its writer deleted are not counted; a question without any message keeps its row.
    """
    wanted = sorted(set(questions))
    if not wanted:
        return 0
    counted = Message.objects.filter(question__in=wanted, gone_at__isnull=True).exclude(kind="spam")
    figures: dict[int, dict[str, Any]] = {
        int(row["question"] or 0): dict(row)
        for row in counted.values("question").annotate(
            size=Count("pk"),
            waiting=Count("pk", filter=Q(state__in=("open", "ready"))),
            first=Min("at"),
            last=Max("at"),
        )
    }
    languages, hours = _languages(counted), _hours(counted)
    countries, examples = _countries(wanted), _examples(wanted)
    rows = list(Question.objects.filter(pk__in=wanted))
    cited = _cited({row.match for row in rows if row.match and row.confidence >= TOUCHES})
    for row in rows:
        figure = figures.get(row.pk, {})
        row.size, row.waiting = figure.get("size", 0), figure.get("waiting", 0)
        row.first_at, row.last_at = figure.get("first"), figure.get("last")
        row.languages, row.countries = dict(languages[row.pk]), dict(countries[row.pk])
        row.hours = dict(hours[row.pk])
        if row.match in cited and row.confidence >= TOUCHES:
            row.facts = cited[row.match]
        if row.pk in examples and not row.example:
            row.example, row.example_lang = examples[row.pk]
    Question.objects.bulk_update(
        rows,
        [
            "size",
            "waiting",
            "first_at",
            "last_at",
            "languages",
            "countries",
            "hours",
            "facts",
            "example",
            "example_lang",
        ],
    )
    return len(rows)


def _cited(answers: Iterable[str]) -> dict[str, list[str]]:
    """Answer -> the facts that its standing version cites: what a question that it may answer touches."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = AnswerCitation.objects.filter(
        version__answer__ref__in=sorted(answers), version__number=F("version__answer__standing")
    )
    for ref, cite in rows.order_by("pk").values_list("version__answer__ref", "cite"):
        found[ref].append(cite)
    return found


def _languages(counted: Any) -> defaultdict[int, Counter[str]]:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in counted.values("question", "lang").annotate(many=Count("pk")):
        found[row["question"]][row["lang"]] = row["many"]
    return found


def _hours(counted: Any) -> defaultdict[int, Counter[str]]:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    recent = counted.filter(at__gte=clock.now() - KEPT_HOURS).annotate(hour=TruncHour("at"))
    for row in recent.values("question", "hour").annotate(many=Count("pk")):
        hour: datetime = row["hour"]
        found[row["question"]][f"{hour:%Y-%m-%dT%H}"] = row["many"]
    return found


def _countries(wanted: list[int]) -> defaultdict[int, Counter[str]]:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    stated = StatedCountry.objects.filter(message__question__in=wanted, message__gone_at__isnull=True)
    for row in stated.values("message__question", "code").annotate(many=Count("message", distinct=True)):
        found[row["message__question"]][row["code"]] = row["many"]
    return found


def _examples(wanted: list[int]) -> dict[int, tuple[str, str]]:
    """The first asker's words, without what may be personal data."""
    clean = (
        Message.objects.filter(question__in=wanted, personal=[], erased_at__isnull=True)
        .exclude(text="")
        .order_by("question_id", "at", "pk")
        .distinct("question_id")
    )
    return {
        row.question_id: (" ".join(row.text.split())[:EXAMPLE_LENGTH], row.lang)
        for row in clean
        if row.question_id is not None
    }
