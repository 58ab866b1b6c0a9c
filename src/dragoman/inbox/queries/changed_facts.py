"""A fact has changed or ends: every text that leans on it, and everybody who was told the old one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from dragoman.base import clock
from dragoman.facts.models import Fact
from dragoman.inbox import answer_rules as rules
from dragoman.inbox import states_answers
from dragoman.inbox.models import Answer, AnswerCitation, AnswerVersion, Question, Reply
from dragoman.staff.models import Mission, Officer
from dragoman.statements.models import Citation


@dataclass(frozen=True)
class Group:
    """A question that was answered with the old text, and how many in it were told."""

    question: Question
    told: int


@dataclass(frozen=True)
class Leaning:
    """An answer that leans, or leant, on what has changed. `told` people heard the old text and not the new
    one; `stands` says that the old text is still the one that stands; `draft` is the open next version."""

    answer: Answer
    told: int
    groups: tuple[Group, ...]
    stands: bool
    draft: AnswerVersion | None


@dataclass(frozen=True)
class Changed:
    """One fact that has a newer version, or ends within a week, or has ended."""

    cite: str
    fact: Fact
    ends: bool
    statements: tuple[Citation, ...]
    answers: tuple[Leaning, ...]


def changed_facts(officer: Officer) -> list[Changed]:
    """Facts on which something leans that has to be renewed, as far as the officer sees."""
    missions = Mission.objects.visible_to(officer)
    cites = {
        *_stale(missions).values_list("cite", flat=True),
        *_statements(missions).values_list("cite", flat=True),
    }
    ending = set(_ending(missions).values_list("cite", flat=True))
    found = [_changed(cite, missions, ends=cite in ending - cites) for cite in sorted(cites | ending)]
    return [one for one in found if one is not None and (one.statements or one.answers)]


def told_before(version: AnswerVersion) -> dict[int, str]:
    """Who was told an earlier version of this answer and not this one: message -> language it was told in."""
    heard = Reply.objects.filter(version__answer=version.answer_id, version__number__lt=version.number)
    return dict(_uncorrected(heard, version.number).order_by("pk").values_list("message_id", "lang"))


def what_changed(version: AnswerVersion) -> dict[str, str]:
    """A first wording of what has changed, by language: what the facts say now where they said otherwise."""
    found: dict[str, list[str]] = {}
    langs = list(version.texts.values_list("lang", flat=True))
    for citation in version.citations.select_related("fact__sheet"):
        old = citation.fact
        newest = Fact.objects.filter(sheet=old.sheet_id, number=old.number).order_by("-version").first()
        for lang in langs if newest is not None and newest.version > old.version else ():
            words = newest.texts.get(lang) if newest else ""
            if words and words != old.texts.get(lang):
                found.setdefault(lang, []).append(str(words))
    return {lang: " ".join(words) for lang, words in found.items()}


def waiting_count(officer: Officer) -> int:
    """How many answers stand on facts that have changed or ended."""
    missions = Mission.objects.visible_to(officer)
    standing = Q(version__number=F("version__answer__standing"))
    stale = _stale(missions).filter(standing).values("version__answer")
    ended = Answer.objects.filter(mission__in=missions, standing__gt=0, ends_on__lt=clock.now().date())
    return Answer.objects.filter(Q(pk__in=stale) | Q(pk__in=ended.values("pk"))).count()


def _changed(cite: str, missions: QuerySet[Mission], *, ends: bool) -> Changed | None:
    sheet, _, number = cite.partition("/")
    rows = Fact.objects.filter(sheet__slug=sheet, number=number).select_related("sheet")
    newest = rows.order_by("-version").first()
    if newest is None:
        return None
    leaning = (_ending(missions) if ends else _stale(missions)).filter(cite=cite)
    answers = Answer.objects.filter(versions__citations__in=leaning).select_related("mission").distinct()
    found = [_leaning(answer, cite, newest, ends=ends) for answer in answers.order_by("pk")]
    statements = () if ends else tuple(
        _statements(missions).filter(cite=cite).select_related("revision__statement", "fact")
    )  # fmt: skip
    return Changed(cite, newest, ends, statements, tuple(one for one in found if one.told or one.stands))


def _leaning(answer: Answer, cite: str, newest: Fact, *, ends: bool) -> Leaning:
    old = AnswerCitation.objects.filter(version__answer=answer, cite=cite, version__approved_at__isnull=False)
    old = old if ends else old.filter(fact__version__lt=newest.version)
    versions = dict(old.values_list("version_id", "version__number"))
    last = max(versions.values(), default=0)
    heard = _uncorrected(Reply.objects.filter(version__in=versions), last + 1)
    counted = heard.exclude(message__question=None).values("message__question").annotate(many=Count("pk"))
    many = {row["message__question"]: row["many"] for row in counted}
    questions = Question.objects.filter(pk__in=many).order_by("pk")
    return Leaning(
        answer=answer,
        told=heard.count(),
        groups=tuple(Group(question, many[question.pk]) for question in questions),
        stands=answer.standing in versions.values(),
        draft=answer.versions.filter(state__in=states_answers.OPEN).first(),
    )


def _uncorrected(heard: QuerySet[Reply], since: int) -> QuerySet[Reply]:
    """Of these replies those that arrived, whose message is there, and that no later version has followed."""
    later = Reply.objects.filter(
        message=OuterRef("message"),
        version__answer=OuterRef("version__answer"),
        version__number__gte=since,
        state__in=states_answers.TOLD,
    )
    rows = heard.filter(state="sent", message__erased_at__isnull=True, message__gone_at__isnull=True)
    return rows.filter(~Exists(later))


def _newer() -> Exists:
    same = Fact.objects.filter(sheet=OuterRef("fact__sheet"), number=OuterRef("fact__number"))
    return Exists(same.filter(version__gt=OuterRef("fact__version")))


def _stale(missions: QuerySet[Mission]) -> QuerySet[AnswerCitation]:
    """Citations of approved versions, of a fact of which there is a newer version."""
    rows = AnswerCitation.objects.filter(version__answer__mission__in=missions)
    return rows.filter(_newer(), version__approved_at__isnull=False)


def _ending(missions: QuerySet[Mission]) -> QuerySet[AnswerCitation]:
    """Citations of standing answers, of a fact that ends within a week or has ended."""
    rows = AnswerCitation.objects.filter(version__answer__mission__in=missions)
    soon = clock.now().date() + rules.ENDS_SOON
    return rows.filter(fact__valid_to__lte=soon, version__number=F("version__answer__standing"))


def _statements(missions: QuerySet[Mission]) -> QuerySet[Citation]:
    """Citations of statements that are out, of a fact of which there is a newer version."""
    rows = Citation.objects.filter(revision__statement__mission__in=missions, revision__state="released")
    return rows.filter(_newer())
