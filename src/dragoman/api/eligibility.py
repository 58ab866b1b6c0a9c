"""What a sheet's decision table says to given answers. The public asks at `/check/<sheet>`, with no token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from dragoman.api import schemas
from dragoman.api.door import Scope, caller_of
from dragoman.facts import queries

router = Router(tags=["facts"])


class AnswersIn(schemas.Given):
    """Answers by question. A question that does not matter may be left out."""

    answers: dict[str, str | int | bool | None] = Field(
        default_factory=dict, max_length=60, examples=[{"nationality": "DE", "days": 5, "enter": True}]
    )
    lang: schemas.Lang = "en"


class Reason(schemas.Given):
    """A row that holds, in the language asked for or else in the sheet's own."""

    id: str
    text: str


class EligibilityOut(schemas.Given):
    """`open`: `ask` names the next question. `revised`: a fact that it leans on changed or ended. Nothing
    here promises entry: the border authority decides."""

    sheet: str
    table_version: int
    outcome: str = Field(description="yes, no, depends (a person decides), unknown, revised or open")
    rows: list[str]
    ask: str
    why: list[Reason]
    facts: list[str]


@router.post("/{sheet}", response=EligibilityOut, auth=Scope("read"), operation_id="check_eligibility")
def check_eligibility(request: HttpRequest, sheet: str, body: AnswersIn) -> EligibilityOut:
    """May somebody do this, by the sheet's approved table and its facts as they stand? Changes nothing."""
    found = queries.sheet_for(caller_of(request).officer, sheet)
    answers: dict[str, Any] = dict(body.answers)
    verdict, version, table = queries.check_eligibility(found, answers)
    held = [row for row in table.rows if row.id in verdict.rows]
    firm = [] if verdict.outcome == "revised" else held
    return EligibilityOut(
        sheet=found.slug,
        table_version=version,
        outcome=verdict.outcome,
        rows=list(verdict.rows),
        ask=verdict.ask,
        why=[
            Reason(id=row.id, text=row.texts.get(body.lang) or row.texts[found.source_language])
            for row in firm
        ],
        facts=[f"{found.slug}/{number}" for number in dict.fromkeys(n for row in held for n in row.facts)],
    )
