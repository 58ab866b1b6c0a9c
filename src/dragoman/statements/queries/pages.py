"""Reads for the desk's pages of statements. The number of queries never grows with the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import F, Max, Q, QuerySet

from dragoman.facts.models import Fact
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Mission, Officer
from dragoman.statements import states
from dragoman.statements.models import Approval, Citation, Release, Revision, Statement, Text

PAGE = 25
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
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
    found = _narrowed(Statement.objects.visible_to(officer), filters)
    found = _after(found, after)
    statements = list(found.select_related("mission").order_by("-changed", "-id")[: PAGE + 1])
    more = len(statements) > PAGE
    statements = statements[:PAGE]
    languages = _languages(statements)
    moments = _moments(statements)
    rows = tuple(
        Row(item, tuple(languages[item.pk]), *moments.get(item.pk, (None, item.mission.zone)))
        for item in statements
    )
    last = statements[-1] if more and statements else None
    return Page(rows, _mark(last) if last else "", not after)


def missions_of(officer: Officer) -> list[Mission]:
    """What the list can be narrowed to."""
    return list(Mission.objects.visible_to(officer))


def writable_missions(officer: Officer) -> QuerySet[Mission]:
    """Where this officer may begin a statement."""
    return officer.missions_with("author", "approver", "releaser")


def find(officer: Officer, ref: str) -> Statement:
    """The statement, if this officer may see it. Raises NotFound."""
    statement = Statement.objects.visible_to(officer).select_related("mission").filter(ref=ref).first()
    if statement is None:
        raise NotFound(
            f"There is no statement {ref}, or it belongs to a mission that you cannot see.",
            mend="Look for it in the list.",
        )
    return statement


def revision_of(officer: Officer, ref: str, number: int | None = None) -> Revision:
    """The revision of that number, else the one being written, else the newest. Raises NotFound."""
    statement = find(officer, ref)
    revisions = Revision.objects.filter(statement=statement).select_related("statement__mission")
    if number is not None:
        revision = revisions.filter(number=number).first()
    else:
        revision = (
            revisions.filter(state__in=states.OPEN).first()
            or revisions.exclude(state="discarded").order_by("-number").first()
            or revisions.order_by("-number").first()
        )
    if revision is None:
        raise NotFound(f"{ref} has no revision {number}." if number else f"{ref} has no revision.")
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


def revisions_of(statement: Statement) -> list[Revision]:
    """All revisions, newest first, with texts and writers read ahead."""
    return list(
        statement.revisions.order_by("-number").prefetch_related("texts", "writers", "approvals__officer")
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


@dataclass(frozen=True)
class Citing:
    """A statement that leans on one version of a fact."""

    revision: Revision
    version: int
    outdated: bool
    in_text: bool


def citing(officer: Officer, sheet: str, number: str) -> list[Citing]:
    """Every statement that cites the fact, the oldest versions first. A discarded draft does not count."""
    found = (
        Citation.objects.filter(
            fact__sheet__slug=sheet,
            fact__number=number,
            revision__statement__mission__in=Mission.objects.visible_to(officer),
        )
        .exclude(revision__state="discarded")
        .select_related("revision__statement__mission", "fact")
        .order_by("fact__version", "-revision__statement__changed")
    )
    rows = list(found[:500])
    newest = newest_version(sheet, number)
    return [Citing(row.revision, row.fact.version, row.fact.version < newest, row.inline) for row in rows]


def newest_version(sheet: str, number: str) -> int:
    """The newest version of a fact; 0 when there is none."""
    versions = Fact.objects.filter(sheet__slug=sheet, number=number).aggregate(top=Max("version"))
    return int(versions["top"] or 0)


def waiting_count(officer: Officer) -> int:
    """How many texts are under review or approved and not yet out, for the menu. One query."""
    return Statement.objects.visible_to(officer).filter(state__in=("review", "approved")).count()


def release_count(officer: Officer) -> int:
    """How many releases are planned or under way, for the menu. One query."""
    return Statement.objects.visible_to(officer).filter(state__in=("armed", "releasing")).count()


def _holds(officer: Officer, mission: Mission, *roles: str) -> bool:
    return any(officer.may(role, mission) for role in roles)


def _narrowed(found: QuerySet[Statement], filters: Filters) -> QuerySet[Statement]:
    found = found.filter(state=filters.state) if filters.state else found.exclude(state="discarded")
    if filters.mission:
        found = found.filter(mission__slug=filters.mission)
    if filters.lang:
        found = found.filter(
            pk__in=Text.objects.filter(
                lang=filters.lang, revision__number=F("revision__statement__newest")
            ).values("revision__statement")
        )
    if filters.q:
        found = found.filter(Q(title__icontains=filters.q) | Q(ref=filters.q.lower()) | Q(slug=filters.q))
    return found


def _mark(last: Statement) -> str:
    """Where the next page begins, exact to the microsecond."""
    return f"{(last.changed - EPOCH) // timedelta(microseconds=1)}-{last.pk}"


def _after(found: QuerySet[Statement], after: str) -> QuerySet[Statement]:
    stamp, _, number = after.partition("-")
    try:
        at, pk = EPOCH + timedelta(microseconds=int(stamp)), int(number)
    except (ValueError, OverflowError):
        return found
    return found.filter(Q(changed__lt=at) | Q(changed=at, pk__lt=pk))


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
