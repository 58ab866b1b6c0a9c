"""Reads of sheets, facts and proposals."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet

from dragoman.facts import rules
from dragoman.facts.models import Fact, FactQuerySet, Proposal, Sheet, SheetQuerySet
from dragoman.facts.values import FactPage, SheetPage
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Mission, Officer

# ---- one fact, as other apps ask for it -----------------------------------------------------------------


def resolve(cite: str, *, version: int | None = None) -> Fact:
    """The fact behind "visa-free/F1": its current version, or the one asked for. Raises NotFound."""
    sheet, slash, number = cite.strip().partition("/")
    rows = Fact.objects.filter(sheet__slug=sheet, number=number).select_related("sheet__mission", "mission")
    rows = rows.current() if version is None else rows.filter(version=version)
    fact = rows.first() if slash and rules.NUMBER.fullmatch(number) and "\0" not in sheet else None
    if fact is None:
        raise no_such_fact(cite, version)
    return fact


def no_such_fact(cite: str, version: int | None = None) -> NotFound:
    """The one answer to a fact that is not there, and to one that is out of sight."""
    return NotFound(
        f"There is no fact “{cite[:80]}”{f' in version {version}' if version else ''}.",
        mend="Name the sheet and the number, such as visa-free/F1.",
        code="no-such-fact",
    )


def newest_version(fact: Fact) -> int:
    """The number of the newest version of the same fact."""
    return int(
        Fact.objects.filter(sheet=fact.sheet_id, number=fact.number).aggregate(n=Max("version"))["n"] or 0
    )


def current_facts(sheet: Sheet) -> FactQuerySet:
    """The facts of the sheet as they stand, in the order of their numbers."""
    return (
        Fact.objects.filter(sheet=sheet)
        .current()
        .select_related("sheet__mission", "mission")
        .order_by("position")
    )


def facts_for(officer: Officer) -> FactQuerySet:
    """Every current fact that the officer may see and so may cite."""
    rows = Fact.objects.all().current().visible_to(officer).select_related("sheet__mission", "mission")
    return rows.order_by("sheet__slug", "position")


def versions(sheet: Sheet | str, number: str) -> FactQuerySet:
    """All versions of one fact, newest first."""
    slug = sheet if isinstance(sheet, str) else sheet.slug
    return (
        Fact.objects.filter(sheet__slug=slug, number=number)
        .select_related("sheet__mission", "mission")
        .order_by("-version")
    )


# ---- sheets ---------------------------------------------------------------------------------------------


def all_sheets() -> SheetQuerySet:
    """Every sheet, for what shows them all: the public plane."""
    return Sheet.objects.select_related("mission").order_by("slug")


def sheets_for(officer: Officer) -> QuerySet[Sheet]:
    """Sheets the officer may see, with `current`, `cited` and `waiting` (open proposals) counted."""
    return (
        Sheet.objects.all()
        .visible_to(officer)
        .select_related("mission")
        .annotate(
            current=Count("facts", filter=Q(facts__state="current"), distinct=True),
            cited=Count(
                "facts", filter=Q(facts__state="current", facts__cited_at__isnull=False), distinct=True
            ),
            waiting=Count("proposals", filter=Q(proposals__state="open"), distinct=True),
            changed=Max("facts__created"),
        )
        .order_by("slug")
    )


def sheets_seen(officer: Officer) -> QuerySet[Sheet, int]:
    """The keys of the sheets that the officer may see."""
    return Sheet.objects.all().visible_to(officer).values_list("pk", flat=True)


def sheet_for(officer: Officer, slug: str) -> Sheet:
    """One sheet the officer may see. Raises NotFound, also for one that is there but out of sight."""
    sheet = Sheet.objects.all().visible_to(officer).select_related("mission").filter(slug=slug).first()
    if sheet is None:
        raise NotFound(
            f"There is no fact sheet “{slug}” that you may see.", mend="Look in the list of sheets."
        )
    return sheet


def sheet_named(slug: str) -> Sheet:
    """One sheet, whoever asks: for the command line and the public plane. Raises NotFound."""
    sheet = all_sheets().filter(slug=slug).first() if "\0" not in slug else None
    if sheet is None:
        names = ", ".join(all_sheets().values_list("slug", flat=True)[:20]) or "none yet"
        raise NotFound(f"There is no fact sheet “{slug[:80]}”.", mend=f"The sheets are: {names}.")
    return sheet


def sheet_page(slug: str) -> SheetPage:
    """Everything a public page or JSON of the sheet shows, old versions included. Raises NotFound."""
    sheet = sheet_named(slug)
    rows = list(Fact.objects.filter(sheet=sheet).select_related("mission").order_by("position", "-version"))
    pages = [_fact_page(row) for row in rows]
    return SheetPage(
        slug=sheet.slug,
        source_language=sheet.source_language,
        titles=sheet.titles,
        summaries=sheet.summaries,
        zone=sheet.zone,
        demonstration=sheet.demonstration,
        mission=sheet.mission.slug,
        mission_name=sheet.mission.name,
        updated=max([sheet.updated, *(row.updated for row in rows)]),
        facts=tuple(page for page in pages if page.current),
        history=tuple(page for page in pages if not page.current),
    )


def _fact_page(row: Fact) -> FactPage:
    current = row.state == "current"
    return FactPage(
        number=row.number,
        version=row.version,
        current=current,
        texts=row.texts,
        basis=row.basis,
        sources=tuple(row.sources),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        owner=row.mission.slug,
        owner_name=row.mission.name,
        since=row.created,
        superseded_at=None if current else row.state_at,
    )


# ---- who may ------------------------------------------------------------------------------------------


def may_change(officer: Officer, mission: Mission) -> bool:
    """May the officer change sheets and facts of this mission? (rules.py says who may.)"""
    return rules.may_change(role for role in rules.CHANGERS if officer.may(role, mission))


def may_propose(officer: Officer, sheet: Sheet) -> bool:
    """May the officer propose a change to the sheet?"""
    return (
        officer.has_role(*rules.PROPOSERS)
        and Sheet.objects.all().visible_to(officer).filter(pk=sheet.pk).exists()
    )


def open_proposals(sheet: Sheet) -> QuerySet[Proposal]:
    """Proposals that wait for a decision, oldest first."""
    return (
        Proposal.objects.filter(sheet=sheet, state="open")
        .select_related("sheet__mission", "base", "mission")
        .order_by("id")
    )


def proposal_for(officer: Officer, pk: int) -> Proposal:
    """One proposal on a sheet the officer may see. Raises NotFound."""
    rows = Proposal.objects.filter(pk=pk, sheet__in=Sheet.objects.all().visible_to(officer))
    proposal = rows.select_related("sheet__mission", "base__mission", "mission").first()
    if proposal is None:
        raise NotFound("There is no such proposal that you may see.")
    return proposal
