"""How well triage does, by what officers said of it: never by what it says of itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from dragoman.inbox import reading
from dragoman.inbox.models import Decision, HelpCall, Message, Question
from dragoman.staff.models import Mission, Officer

LATELY = 20_000
# Below so many decisions a share says nothing, and none is shown.
FEWEST = 20
BINS = 10
NAMES = {"kind": "Kind", "language": "Language", "match": "Answer that fits", "help": "Call for help"}


@dataclass(frozen=True)
class Judged:
    """One sort of judgement: how many officers looked at, and how many they left as they were."""

    what: str
    name: str
    decisions: int
    right: int

    @property
    def share(self) -> float | None:
        return self.right / self.decisions if self.decisions >= FEWEST else None


@dataclass(frozen=True)
class Bin:
    """Matches of about one confidence: what was promised, and what was so."""

    low: float
    high: float
    count: int
    said: float
    right: float


@dataclass(frozen=True)
class Swap:
    """A judgement that officers changed, by the language of the message."""

    what: str
    lang: str
    said: str
    decided: str
    count: int


@dataclass(frozen=True)
class Models:
    """Which models read now, and from what confidence on an answer is proposed."""

    rows: tuple[tuple[str, str], ...]
    join_at: float | None
    threshold: float | None
    missing: str


@dataclass(frozen=True)
class Quality:
    """All that the page shows."""

    models: Models
    judged: tuple[Judged, ...]
    error: float | None
    bins: tuple[Bin, ...]
    matched: int
    swaps: tuple[Swap, ...]
    read: int
    asked: int
    covered: int
    by_language: tuple[tuple[str, int, int], ...]
    missed_help: int
    false_help: int
    raised_help: int

    @property
    def coverage(self) -> float | None:
        return self.covered / self.asked if self.asked else None


def quality(officer: Officer) -> Quality:
    """Over the officer's missions. What was read lately counts for coverage, every decision for the rest."""
    here = Mission.objects.visible_to(officer)
    decisions = Decision.objects.filter(
        Q(message__mission__in=here) | Q(message__isnull=True, question__mission__in=here)
    )
    matches = _matches(decisions)
    asked, covered, read, languages = _coverage(here)
    helped = decisions.filter(what="help")
    return Quality(
        models=models(),
        judged=_judged(decisions),
        error=expected_error(matches) if len(matches) >= FEWEST else None,
        bins=bins(matches),
        matched=len(matches),
        swaps=_swaps(decisions),
        read=read,
        asked=asked,
        covered=covered,
        by_language=languages,
        missed_help=helped.filter(decided="help", right=False).count(),
        false_help=helped.filter(decided="not help", right=False).count(),
        raised_help=HelpCall.objects.visible_to(officer).count(),
    )


def models() -> Models:
    """The models that read last, the thresholds in force, in words what is missing. Loads none."""
    last = Message.objects.filter(triaged_at__isnull=False).order_by("-id").first()
    space = Question.objects.exclude(centroid_model="").order_by("-id").first()
    rows = []
    if last is not None:
        rows = [
            ("Encoder and its space", space.centroid_model if space else ""),
            ("Match to answers", last.match_model),
            ("Language", last.lang_model),
            ("Kind", last.kind_model),
            ("Call for help", last.help_model),
        ]
    return Models(
        tuple((name, model or "none yet") for name, model in rows),
        reading.join_at(),
        reading.threshold(),
        reading.missing(),
    )


def expected_error(matches: list[tuple[float, bool]]) -> float:
    """Expected calibration error (Naeini and others, 2015): the distance of promise and truth."""
    total = len(matches)
    return sum(one.count / total * abs(one.said - one.right) for one in bins(matches)) if total else 0.0


def bins(matches: list[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Ten steps of confidence, without the empty ones."""
    steps: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in matches:
        steps[min(BINS - 1, max(0, int(confidence * BINS)))].append((confidence, right))
    return tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            count=len(step),
            said=sum(confidence for confidence, _ in step) / len(step),
            right=sum(right for _, right in step) / len(step),
        )
        for place, step in enumerate(steps)
        if step
    )


def _matches(decisions: QuerySet[Decision]) -> list[tuple[float, bool]]:
    found = []
    for features, right in decisions.filter(what="match").values_list("features", "right"):
        confidence = features.get("confidence") if isinstance(features, dict) else None
        if isinstance(confidence, int | float):
            found.append((min(1.0, max(0.0, float(confidence))), bool(right)))
    return found


def _judged(decisions: QuerySet[Decision]) -> tuple[Judged, ...]:
    rows = decisions.filter(what__in=NAMES).values_list("what")
    counted = rows.annotate(all=Count("pk"), good=Count("pk", filter=Q(right=True)))
    many: dict[str, tuple[int, int]] = {what: (all_, good) for what, all_, good in counted}
    return tuple(Judged(what, name, *many.get(what, (0, 0))) for what, name in NAMES.items())


def _swaps(decisions: QuerySet[Decision]) -> tuple[Swap, ...]:
    rows = decisions.filter(right=False, what__in=("kind", "language", "help"), message__isnull=False)
    found: Counter[tuple[str, str, str, str]] = Counter(
        rows.values_list("what", "message__lang", "said", "decided")
    )
    ordered = sorted(found.items(), key=lambda item: (item[0][1], -item[1], item[0]))
    return tuple(Swap(*names, count) for names, count in ordered[:200])


def _coverage(here: QuerySet[Mission]) -> tuple[int, int, int, tuple[tuple[str, int, int], ...]]:
    """Of the messages read lately that ask something: how many have an answer above the threshold."""
    lately = (
        Message.objects.filter(mission__in=here, triaged_at__isnull=False)
        .order_by("-id")
        .values_list("kind", "lang", "state", "match", "confidence")[:LATELY]
    )
    threshold = reading.threshold()
    asked: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    read = 0
    for kind, lang, state, match, confidence in lately:
        read += 1
        if kind not in ("question", "complaint"):
            continue
        asked[lang] += 1
        sure = threshold is not None and bool(match) and confidence >= threshold
        covered[lang] += bool(sure or state == "ready")
    rows = tuple((lang, many, covered[lang]) for lang, many in asked.most_common())
    return asked.total(), covered.total(), read, rows
