"""Finding statements: lists, one by name, history, and who cites a fact."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from dragoman.lib.problems import Invalid, NotFound
from dragoman.staff.models import Officer
from dragoman.statements import states
from dragoman.statements.models import Citation, Revision, Statement

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One keyset page. `after` is the cursor of the next, or ''."""

    items: Sequence[Statement]
    after: str


def statements_page(
    *,
    officer: Officer,
    state: str = "",
    mission: str = "",
    kind: str = "",
    lang: str = "",
    search: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """Statements that the officer may see, newest change first. Costs the same at any length of the list."""
    found = Statement.objects.visible_to(officer).select_related("mission")
    if state:
        found = found.filter(state=state)
    if mission:
        found = found.filter(mission__slug=mission)
    if kind:
        found = found.filter(kind=kind)
    if lang:
        found = found.filter(revisions__texts__lang=lang).distinct()
    if search:
        found = found.filter(
            Q(title__icontains=search)
            | Q(ref__startswith=search.lower())
            | Q(slug__startswith=search.lower())
        )
    if after:
        changed, pk = _open(after)
        found = found.filter(Q(changed__lt=changed) | Q(changed=changed, pk__lt=pk))
    rows = list(found.order_by("-changed", "-pk")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(items=rows, after=_close(rows[-1]) if more else "")


def statement(*, officer: Officer, ref: str) -> Statement:
    """One statement by name. NotFound when there is none, or none that the officer may see."""
    found = Statement.objects.visible_to(officer).select_related("mission").filter(ref=ref).first()
    if found is None:
        raise NotFound(f"There is no statement {ref!r} that you may see.")
    return found


def newest_revision(statement: Statement) -> Revision:
    """The revision that work goes on with: the open one, else the last that was not discarded."""
    revisions = statement.revisions.select_related("statement__mission")
    found = (
        revisions.filter(state__in=states.OPEN).first()
        or revisions.exclude(state="discarded").order_by("-number").first()
        or revisions.order_by("-number").first()
    )
    if found is None:
        raise NotFound("The statement has no revision.")
    return found


def history(statement: Statement) -> QuerySet[Revision]:
    """Every revision, newest first, with its texts and approvals."""
    return (
        statement.revisions.order_by("-number")
        .prefetch_related("texts", "approvals__officer", "citations__fact", "releases", "pictures__media")
        .select_related("statement__mission")
    )


def counts(officer: Officer) -> dict[str, int]:
    """State -> number of statements that the officer may see."""
    rows = Statement.objects.visible_to(officer).values("state").annotate(number=Count("id"))
    return {row["state"]: row["number"] for row in rows}


def citing(*, officer: Officer, sheet: str, number: str) -> QuerySet[Citation]:
    """Who leans on a fact, the oldest version first; discarded drafts left out."""
    return (
        Citation.objects.filter(fact__sheet__slug=sheet, fact__number=number)
        .filter(revision__statement__in=Statement.objects.visible_to(officer))
        .exclude(revision__state="discarded")
        .select_related("fact", "revision__statement__mission")
        .order_by("fact__version", "-revision__statement__changed")
    )


def _close(row: Statement) -> str:
    return base64.urlsafe_b64encode(f"{row.changed.isoformat()}|{row.pk}".encode()).decode()


def _open(cursor: str) -> tuple[datetime, int]:
    try:
        changed, pk = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        return datetime.fromisoformat(changed), int(pk)
    except (ValueError, binascii.Error):
        raise Invalid(
            "The cursor is not one of ours.", mend="Start from the first page.", where=[{"field": "after"}]
        ) from None
