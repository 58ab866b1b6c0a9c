"""Reads of decision tables."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from dragoman.base import clock
from dragoman.facts import eligibility
from dragoman.facts.models import Conditions, Fact, Sheet
from dragoman.facts.queries.beliefs import fact_digests
from dragoman.lib.eligibility.evaluate import evaluate, read
from dragoman.lib.eligibility.values import Standing, Table, Verdict
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Officer

APPROVERS = ("approver", "releaser")


def current_table(sheet: Sheet) -> Conditions | None:
    """The version that answers, if the sheet has one."""
    return Conditions.objects.filter(sheet=sheet, state="current").select_related("sheet__mission").first()


def table_in_review(sheet: Sheet) -> Conditions | None:
    """The version that waits for a yes, if there is one."""
    return Conditions.objects.filter(sheet=sheet, state="review").select_related("sheet__mission").first()


def tables_of(sheet: Sheet) -> list[Conditions]:
    """Every version, newest first."""
    return list(Conditions.objects.filter(sheet=sheet).select_related("sheet__mission").order_by("-version"))


def table_version(sheet: Sheet, version: int) -> Conditions:
    """One version. Raises NotFound."""
    found = Conditions.objects.filter(sheet=sheet, version=version).select_related("sheet__mission").first()
    if found is None:
        mend = "Its versions are listed on its page."
        raise NotFound(f"The table of “{sheet.title}” has no version {version}.", mend=mend)
    return found


def yeses_needed(conditions: Conditions) -> int:
    """How many people must say yes to this version."""
    return eligibility.RISKS[conditions.risk]


def may_approve(officer: Officer, conditions: Conditions) -> bool:
    """May the officer say yes: an approver or releaser of the sheet's mission who did not write it?"""
    roles = any(officer.may(role, conditions.sheet.mission) for role in APPROVERS)
    return roles and officer.audit_name != conditions.author


def changed_facts(conditions: Conditions) -> tuple[str, ...]:
    """Facts that the version cites and that say something else now than when it was written."""
    now = fact_digests(conditions.sheet, conditions.leans_on)
    changed = [number for number, was in conditions.leans_on.items() if now.get(number) != was]
    return tuple(sorted(changed, key=lambda number: int(number[1:])))


def standing_of(conditions: Conditions) -> Standing:
    """How the facts of a version stand now."""
    rows = Fact.objects.filter(sheet=conditions.sheet_id, state="current", number__in=conditions.leans_on)
    last_days = {fact.number: fact.valid_to for fact in rows if fact.valid_to}
    return Standing(frozenset(changed_facts(conditions)), last_days)


def check_eligibility(sheet: Sheet, answers: dict[str, object]) -> tuple[Verdict, int, Table]:
    """What the sheet's table says to these answers, today in the sheet's zone, with its version and itself.
    Raises NotFound when the sheet has no table that answers, Invalid for an answer of the wrong kind."""
    conditions = current_table(sheet)
    if conditions is None:
        mend = "Read the facts, or ask the ministry."
        raise NotFound(f"The sheet “{sheet.slug}” has no approved table.", mend=mend, code="no-table")
    table = conditions.draft().table
    given = read(table, answers)
    verdict = evaluate(table, given, today=today_in(sheet.zone), standing=standing_of(conditions))
    return verdict, conditions.version, table


def today_in(zone: str) -> date:
    """Today, in the sheet's zone."""
    return clock.now().astimezone(ZoneInfo(zone)).date()


def checker_of(slug: str) -> dict[str, Any] | None:
    """The table that answers as plain data, with how its facts stand: for the public plane."""
    found = Conditions.objects.filter(sheet__slug=slug, state="current").select_related("sheet").first()
    if found is None:
        return None
    standing = standing_of(found)
    return {
        "version": found.version,
        "table": found.table,
        "changed": sorted(standing.changed),
        "last": {number: day.isoformat() for number, day in sorted(standing.last_days.items())},
    }
