"""Reads of facts, for pages, other apps, files and the public plane."""

from dragoman.facts.models import Fact, Sheet
from dragoman.facts.queries.beliefs import belief_for, beliefs, beliefs_of
from dragoman.facts.queries.facts import (
    all_sheets,
    current_facts,
    facts_for,
    may_change,
    may_propose,
    newest_version,
    no_such_fact,
    open_proposals,
    proposal_for,
    resolve,
    sheet_for,
    sheet_named,
    sheet_page,
    sheets_for,
    sheets_seen,
    versions,
)
from dragoman.facts.queries.files import draft_of, export_sheet, plan_import

__all__ = [
    "Fact",
    "Sheet",
    "all_sheets",
    "belief_for",
    "beliefs",
    "beliefs_of",
    "current_facts",
    "draft_of",
    "export_sheet",
    "facts_for",
    "may_change",
    "may_propose",
    "newest_version",
    "no_such_fact",
    "open_proposals",
    "plan_import",
    "proposal_for",
    "resolve",
    "sheet_for",
    "sheet_named",
    "sheet_page",
    "sheets_for",
    "sheets_seen",
    "versions",
]
