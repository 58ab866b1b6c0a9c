"""Reads of answers: the library that triage matches against, what stands, what may still be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from dragoman.base import clock
from dragoman.facts.models import Fact
from dragoman.inbox import answer_rules as rules
from dragoman.inbox.models import Answer, AnswerCitation, AnswerText, AnswerVersion, Message
from dragoman.inbox.triage import normal
from dragoman.lib import markdown
from dragoman.lib.problems import NotFound

if TYPE_CHECKING:
    from dragoman.inbox.models import Question
    from dragoman.staff.models import Mission, Officer


@dataclass(frozen=True, slots=True)
class ApprovedAnswer:
    """One answer of the library as triage takes it. `questions` are all wordings, each with its language;
    `texts` what is answered, as plain text;
    `digests` (language and digest) are what an exact copy is known by."""

    ref: str
    version: int
    sheet: str
    questions: tuple[tuple[str, str], ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    digests: frozenset[tuple[str, str]] = frozenset()

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.texts)


def library(mission: Mission | None = None) -> list[ApprovedAnswer]:
    """Every answer that may be given now: approved, each of its facts the newest and still in force.

    With a mission: its own, and those of the missions above it.
    """
    answers = Answer.objects.filter(standing__gt=0)
    if mission is not None:
        answers = answers.filter(mission__in=mission.line())
    numbers = dict(answers.values_list("pk", "standing"))
    rows = _standing_versions().filter(answer__in=numbers).select_related("answer__mission")
    stale = stale_versions([row.pk for row in rows])
    return [
        _approved(row)
        for row in rows.prefetch_related("texts", "wordings")
        if row.pk not in stale and not has_ended(row)
    ]


def _standing_versions() -> QuerySet[AnswerVersion]:
    return AnswerVersion.objects.filter(state="approved", number=F("answer__standing")).order_by("answer_id")


def _approved(row: AnswerVersion) -> ApprovedAnswer:
    texts = list(row.texts.all())
    wordings = list(row.wordings.all())
    return ApprovedAnswer(
        ref=row.answer.ref,
        version=row.number,
        sheet=row.answer.sheet,
        questions=tuple((one.lang, one.question) for one in texts if one.question)
        + tuple((one.lang, one.text) for one in wordings),
        texts={one.lang: markdown.to_plain(one.body) for one in texts},
        digests=digests_of(row),
    )


def digests_of(row: AnswerVersion) -> frozenset[tuple[str, str]]:
    """What an exact copy of an approved wording is known by: language and digest."""
    asked = [(one.lang, normal.digest(one.question)) for one in row.texts.all() if one.question]
    return frozenset([*asked, *((one.lang, one.digest) for one in row.wordings.all())])


def versions_by_key(keys: Iterable[int]) -> list[AnswerVersion]:
    """Versions with their texts and wordings."""
    rows = AnswerVersion.objects.filter(pk__in=list(keys)).select_related("answer__mission")
    return list(rows.prefetch_related("texts", "wordings"))


def answer_of(officer: Officer, ref: str) -> Answer:
    """By its name; NotFound when there is none that this officer may see."""
    rows = Answer.objects.visible_to(officer).select_related("mission")
    found = rows.filter(ref__iexact=ref).first() if "\0" not in ref else None
    if found is None:
        raise NotFound(
            f"There is no answer {ref[:40]!r} that you may see.", mend="Look at the list of answers."
        )
    return found


def version_of(answer: Answer, number: int | None = None) -> AnswerVersion:
    """The newest version that was not given up, or the one asked for."""
    rows = AnswerVersion.objects.filter(answer=answer).select_related("answer__mission")
    found = rows.filter(number=number).first() if number else rows.exclude(state="discarded").first()
    if found is None:
        raise NotFound(f"{answer.ref} has no such version.")
    return found


def standing_of(ref: str) -> AnswerVersion | None:
    """The approved version of an answer; None when there is none."""
    rows = _standing_versions().select_related("answer__mission")
    return rows.filter(answer__ref=ref).first()


# --- may it still be said? ---


def today_of(answer: Answer) -> date:
    """The day on which the answer's facts are judged: that of its mission's clock."""
    return clock.now().astimezone(ZoneInfo(answer.mission.zone)).date()


def has_ended(version: AnswerVersion) -> bool:
    """Has a fact that it cites ended?"""
    return rules.has_ended(version.answer.ends_on, today_of(version.answer))


def stale_versions(versions: Iterable[int]) -> set[int]:
    """Of these versions, those that cite a fact of which there is a newer version."""
    newer = Fact.objects.filter(
        sheet=OuterRef("fact__sheet"), number=OuterRef("fact__number"), version__gt=OuterRef("fact__version")
    )
    rows = AnswerCitation.objects.filter(version__in=list(versions)).filter(Exists(newer))
    return set(rows.values_list("version_id", flat=True))


def why_not_now(version: AnswerVersion) -> str:
    """Why this version may not be told to anybody now, in words; empty when it may."""
    answer = version.answer
    if version.state != "approved" or answer.standing != version.number:
        return f"Version {version.number} of {answer.ref} is {version.state}."
    if has_ended(version):
        return f"A fact that {answer.ref} cites held until {answer.ends_on}."
    if stale_versions([version.pk]):
        return f"A fact that {answer.ref} cites has a newer version."
    return ""


def versions_in(keys: QuerySet[Any, Any]) -> list[AnswerVersion]:
    """The versions with these keys."""
    return list(AnswerVersion.objects.filter(pk__in=keys).select_related("answer__mission"))


# --- lists ---


@dataclass(frozen=True)
class Row:
    """One line of the library's list."""

    answer: Answer
    languages: tuple[str, ...]
    cites: tuple[str, ...]
    told: int
    stale: bool
    ended: bool
    soon: bool
    auto: bool


def rows_for(officer: Officer, *, sheet: str = "", state: str = "", limit: int = 200) -> list[Row]:
    """The library as the officer sees it, the newest change first."""
    answers = Answer.objects.visible_to(officer).select_related("mission").order_by("-changed", "-id")
    answers = answers.filter(sheet=sheet) if sheet else answers
    answers = answers.filter(state=state) if state else answers
    told = Count("versions__replies", filter=Q(versions__replies__state="sent"), distinct=True)
    auto = Count("auto_sends", filter=Q(auto_sends__stopped_at__isnull=True), distinct=True)
    found = list(answers.annotate(told=told, autos=auto)[:limit])
    versions = _shown_versions(found)
    langs, cites = _by_version(AnswerText, "lang", versions), _by_version(AnswerCitation, "cite", versions)
    stale = stale_versions([pk for pk in versions.values() if pk])
    return [_row(one, versions.get(one.pk, 0), langs, cites, stale) for one in found]


def _shown_versions(answers: Sequence[Answer]) -> dict[int, int]:
    """Of each answer the version that stands, else its newest."""
    wanted = AnswerVersion.objects.filter(answer__in=answers).exclude(state="discarded").order_by("number")
    found: dict[int, int] = {}
    standing = {one.pk: one.standing for one in answers}
    for pk, answer, number in wanted.values_list("pk", "answer_id", "number"):
        if not standing[answer] or standing[answer] == number:
            found[answer] = pk
    return found


def _by_version(
    model: type[AnswerText | AnswerCitation], column: str, versions: Mapping[int, int]
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = model._default_manager.filter(version__in=versions.values()).order_by("pk")
    for version, value in rows.values_list("version_id", column):
        found.setdefault(version, []).append(value)
    return found


def _row(
    answer: Answer,
    version: int,
    langs: Mapping[int, list[str]],
    cites: Mapping[int, list[str]],
    stale: set[int],
) -> Row:
    today = today_of(answer)
    return Row(
        answer=answer,
        languages=tuple(
            sorted(langs.get(version, ()), key=lambda lang: (lang != answer.source_language, lang))
        ),
        cites=tuple(cites.get(version, ())),
        told=int(getattr(answer, "told", 0)),
        stale=version in stale and answer.standing > 0,
        ended=rules.has_ended(answer.ends_on, today),
        soon=rules.ends_soon(answer.ends_on, today),
        auto=bool(getattr(answer, "autos", 0)),
    )


@dataclass(frozen=True)
class Near:
    """An answer that may fit a question, and the calibrated confidence that it does."""

    answer: Answer
    confidence: float
    usable: bool


def for_question(question: Question) -> list[Near]:
    """Answers that may fit: given before, matched by triage, drafted for it, or leaning on its facts."""
    confidence = {question.match: question.confidence} if question.match else {}
    matched = Message.objects.filter(question=question).exclude(match="").values("match")
    for row in matched.annotate(many=Count("pk"), best=F("match")).order_by("-many")[:5]:
        confidence.setdefault(row["match"], 0.0)
    wanted = Q(ref__in=[*confidence, question.answer]) | Q(versions__question=question.ref)
    if question.facts:
        wanted |= Q(versions__citations__cite__in=list(question.facts)[:8], standing__gt=0)
    rows = Answer.objects.filter(wanted, mission__in=question.mission.line()).distinct()
    usable = {one.ref for one in library(question.mission)}
    found = [
        Near(one, confidence.get(one.ref, 0.0), one.ref in usable)
        for one in rows.exclude(state="discarded").select_related("mission")[:20]
    ]
    first = (question.answer, question.match)
    return sorted(found, key=lambda one: (one.answer.ref not in first, -one.confidence, one.answer.pk))


def page_url(answer: Answer, lang: str) -> str:
    """Where the public reads it."""
    return f"{settings.DRAGOMAN.public_url}/{lang}/answers/{answer.sheet}/#{answer.ref.lower()}"
