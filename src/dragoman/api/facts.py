"""Facts: read what stands, bring a sheet in."""

from __future__ import annotations

from typing import Annotated, Literal

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from dragoman.api import schemas, shown
from dragoman.api.door import Scope, caller_of
from dragoman.facts import actions, queries
from dragoman.lib.problems import Invalid, NotFound
from dragoman.staff import queries as staff

router = Router(tags=["facts"])


class Filters(schemas.Given):
    sheet: schemas.Slug | Literal[""] = ""
    after: Annotated[str, Field(max_length=120, pattern=r"^([a-z0-9-]+/F[1-9][0-9]{0,5})?$")] = Field(
        default="", description="the cursor `next` of the page before"
    )
    limit: int = Field(default=50, ge=1, le=100)


@router.get("", response=schemas.FactPage, auth=Scope("read"), operation_id="list_facts")
def list_facts(request: HttpRequest, filters: Query[Filters]) -> schemas.FactPage:
    """Facts as they stand, sheet by sheet, in the order of their numbers."""
    rows = queries.facts_for(caller_of(request).officer)
    if filters.sheet:
        rows = rows.filter(sheet__slug=filters.sheet)
    if filters.after:
        sheet, _, number = filters.after.partition("/")
        place = int(number.removeprefix("F"))
        rows = rows.filter(Q(sheet__slug__gt=sheet) | Q(sheet__slug=sheet, position__gt=place))
    found = list(rows[: filters.limit + 1])
    more, found = len(found) > filters.limit, found[: filters.limit]
    return schemas.FactPage(items=[shown.fact(row) for row in found], next=found[-1].label if more else None)


@router.post("/import", response=schemas.ImportOut, auth=Scope("write"), operation_id="import_sheet")
def import_sheet(request: HttpRequest, body: schemas.ImportIn) -> schemas.ImportOut:
    """Bring a sheet to what the TOML says: all of it or nothing. A cited fact gets a new version."""
    try:
        mission = staff.mission_named(body.mission)
    except NotFound as error:
        where = [{"field": "mission", "message": error.detail}]
        raise Invalid(error.detail, mend=error.mend, where=where) from error
    report = actions.import_sheet(
        by=caller_of(request).officer, mission=mission, source=body.source, why=body.why
    )
    return schemas.ImportOut(
        sheet=report.sheet,
        new_sheet=report.new_sheet,
        added=list(report.added),
        revised=list(report.revised),
        amended=list(report.amended),
        unchanged=list(report.unchanged),
        kept=list(report.kept),
    )
