"""The desk's menu: what there is, for whom, how many wait. An app adds its count from `apps.py ready()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

Count = Callable[[Any], int | None]

_counts: dict[str, Count] = {}


@dataclass(frozen=True)
class Entry:
    """One line of the menu. `under` are the URL names (or whole namespaces) that light it up."""

    name: str
    label: str
    url: str
    under: tuple[str, ...]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    label: str
    href: str
    current: bool
    count: int | None


@dataclass(frozen=True)
class Group:
    label: str
    lines: tuple[Line, ...]


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("Desk", (Entry("today", "Today", "reports:today", ("reports",)),)),
    (
        "Speak",
        (
            Entry("statements", "Statements", "statements:list", ("statements",)),
            Entry("facts", "Facts", "facts:list", ("facts",)),
            Entry(
                "releases", "Releases", "statements:releases", ("statements:releases", "statements:release")
            ),
            Entry("channels", "Channels", "channels:list", ("channels",)),
            Entry("accounts", "Official accounts", "accounts:list", ("accounts",)),
            Entry("talks", "Talks", "negotiations:list", ("negotiations",)),
        ),
    ),
    (
        "Listen",
        (
            Entry("questions", "Questions", "inbox:questions", ("inbox:questions", "inbox:question")),
            Entry("messages", "Messages", "inbox:messages", ("inbox",)),
            Entry(
                "answers",
                "Answers",
                "inbox:answers",
                (
                    "inbox:answers",
                    "inbox:answer",
                    "inbox:answer_new",
                    "inbox:answers_changed",
                    "inbox:ready",
                    "inbox:send",
                ),
            ),
            Entry(
                "misunderstandings",
                "Misunderstandings",
                "inbox:misunderstandings",
                ("inbox:misunderstandings", "inbox:misunderstanding"),
            ),
            Entry("help", "Calls for help", "inbox:help", ("inbox:help", "inbox:help_call")),
            Entry("listening", "The day", "reports:day", ("reports:day",)),
        ),
    ),
    (
        "Proof",
        (
            Entry("record", "Record", "record:overview", ("record",)),
            Entry("audit", "Audit", "audit:list", ("audit",), ("auditor", "administrator")),
        ),
    ),
    (
        "Set-up",
        (
            Entry(
                "officers",
                "Officers",
                "staff:officers",
                ("staff:officers", "staff:officer", "staff:tokens"),
                ("administrator", "auditor"),
            ),
            Entry("missions", "Missions", "staff:missions", ("staff:missions", "staff:mission")),
        ),
    ),
)


def count(name: str, finder: Count) -> None:
    """Give a menu line its number: `finder(officer)` says how many wait for them, or None. One query."""
    _counts[name] = finder


def build(officer: Any, here: str) -> tuple[Group, ...]:
    """The menu as this officer sees it; `here` is the page's URL name with its namespace."""
    lit = _lit(here)
    groups = []
    for label, entries in GROUPS:
        lines = [line for entry in entries if (line := _line(entry, officer, lit)) is not None]
        if lines:
            groups.append(Group(label, tuple(lines)))
    return tuple(groups)


def _lit(here: str) -> str:
    """The entry of this page: an exact URL name wins over a namespace."""
    space = here.partition(":")[0]
    entries = [entry for _, group in GROUPS for entry in group]
    for wanted in (here, space):
        for entry in entries:
            if wanted and wanted in entry.under:
                return entry.name
    return ""


def _line(entry: Entry, officer: Any, lit: str) -> Line | None:
    if entry.roles and not officer.has_role(*entry.roles):
        return None
    try:
        href = reverse(entry.url)
    except NoReverseMatch:
        return None
    finder = _counts.get(entry.name)
    return Line(entry.label, href, entry.name == lit, finder(officer) if finder else None)
