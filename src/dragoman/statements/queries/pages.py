"""Reads for the desk's pages of statements. The number of queries never grows with the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, QuerySet

from dragoman.facts.models import Fact
from dragoman.staff.models import Mission, Officer
from dragoman.statements import states
from dragoman.statements.models import Approval, Release, Revision, Statement, Text
from dragoman.statements.queries import lists

PAGE = 25
SHOWN_STATES = (
    "draft",
    "review",
    "approved",
    "armed",
    "releasing",
    "released",
    "withdrawn",
    "discarded",
)


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means all."""

    state: str = ""
    mission: str = ""
    lang: str = ""
    q: str = ""

    @property
    def any(self) -> bool:
        return bool(self.state or self.mission or self.lang or self.q)


@dataclass(frozen=True)
class Row:
    """One statement in a list, with the languages of its newest revision."""

    statement: Statement
    languages: tuple[str, ...]
    moment: datetime | None
    zone: str


@dataclass(frozen=True)
class Page:
    rows: tuple[Row, ...]
    after: str
    first: bool


def listing(officer: Officer, filters: Filters, *, after: str = "") -> Page:
    """One page, newest change first, going on after the row that `after` names. Three queries."""
    found = lists.statements_page(
        officer=officer,
        state=filters.state,
        mission=filters.mission,
        lang=filters.lang,
        search=filters.q,
        after=after,
        limit=PAGE,
    )
    languages = _languages(found.items)
    moments = _moments(found.items)
    rows = tuple(
        Row(item, tuple(languages[item.pk]), *moments.get(item.pk, (None, item.mission.zone)))
        for item in found.items
    )
    return Page(rows, found.after, not after)


def missions_of(officer: Officer) -> list[Mission]:
    """What the list can be narrowed to."""
    return list(Mission.objects.visible_to(officer))


def writable_missions(officer: Officer) -> QuerySet[Mission]:
    """Where this officer may begin a statement."""
    return officer.missions_with("author", "approver", "releaser")


def revision_of(officer: Officer, ref: str) -> Revision:
    """The revision being written, else the newest, of a statement this officer may see. Raises NotFound."""
    statement = lists.statement(officer=officer, ref=ref)
    revision = lists.newest_revision(statement)
    revision.statement = statement
    return revision


def may_write(officer: Officer, statement: Statement) -> bool:
    return _holds(officer, statement.mission, "author", "approver", "releaser")


def may_approve(officer: Officer, statement: Statement) -> bool:
    return _holds(officer, statement.mission, "approver", "releaser")


def may_release(officer: Officer, statement: Statement) -> bool:
    return officer.may("releaser", statement.mission)


def wrote_in(officer: Officer, revision: Revision) -> bool:
    return revision.writers.filter(pk=officer.pk).exists()


def approvals_of(revision: Revision) -> list[Approval]:
    """Every yes to this revision, those that were voided too, newest last."""
    return list(revision.approvals.select_related("officer").order_by("at"))


def approved_before(revision: Revision) -> Revision | None:
    """The revision that a reader last saw released, to show what this one changes."""
    return (
        Revision.objects.filter(
            statement=revision.statement, number__lt=revision.number, state__in=("released", "superseded")
        )
        .order_by("-number")
        .first()
    )


def releases(officer: Officer, *, state: str = "", limit: int = 100) -> list[Release]:
    """Releases and plans that this officer may see, the latest moment first. One query."""
    found = Release.objects.filter(revision__statement__mission__in=Mission.objects.visible_to(officer))
    if state:
        found = found.filter(state=state)
    return list(
        found.select_related("revision__statement__mission", "officer").order_by("-moment", "-id")[:limit]
    )


def release_of(revision: Revision) -> Release | None:
    """The release of a revision, planned or done; never a cancelled one."""
    return (
        Release.objects.filter(revision=revision)
        .exclude(state="cancelled")
        .select_related("officer", "revision__statement__mission")
        .first()
    )


def newest_version(sheet: str, number: str) -> int:
    """The newest version of a fact; 0 when there is none."""
    versions = Fact.objects.filter(sheet__slug=sheet, number=number).aggregate(top=Max("version"))
    return int(versions["top"] or 0)


def standing_key(revision: Revision) -> str:
    """Under which the cache keeps how many findings stand in the way of exactly this text by these rules."""
    return f"standing:{revision.pk}:{revision.digest[:24]}:{revision.rules_version[:16]}"


def waiting_count(officer: Officer) -> int:
    """How many texts are under review or approved and not yet out, for the menu. One query."""
    return Statement.objects.visible_to(officer).filter(state__in=("review", "approved")).count()


def release_count(officer: Officer) -> int:
    """How many releases are planned or under way, for the menu. One query."""
    return Statement.objects.visible_to(officer).filter(state__in=("armed", "releasing")).count()


def _holds(officer: Officer, mission: Mission, *roles: str) -> bool:
    return any(officer.may(role, mission) for role in roles)


def _languages(statements: Sequence[Statement]) -> dict[int, list[str]]:
    texts = Text.objects.filter(
        revision__statement__in=[item.pk for item in statements],
        revision__number=F("revision__statement__newest"),
    ).values_list("revision__statement_id", "lang")
    found: dict[int, list[str]] = defaultdict(list)
    for pk, lang in texts:
        found[pk].append(lang)
    return found


def _moments(statements: Iterable[Statement]) -> dict[int, tuple[datetime, str]]:
    plans = (
        Release.objects.filter(revision__statement__in=[item.pk for item in statements])
        .exclude(state="cancelled")
        .order_by("moment")
        .values_list("revision__statement_id", "moment", "zone")
    )
    return {pk: (moment, zone) for pk, moment, zone in plans}


def shown_revision(statement: Statement, number: str) -> Revision:
    """The revision of that number, else the newest that went out or is going out, else the newest of all."""
    revisions = Revision.objects.filter(statement=statement).select_related("statement__mission")
    found = revisions.filter(number=int(number)).first() if number.isdecimal() and len(number) < 7 else None
    went_out = revisions.filter(state__in=("armed", "releasing", *states.PUBLIC))
    found = found or went_out.order_by("-number").first() or lists.newest_revision(statement)
    found.statement = statement
    return found
