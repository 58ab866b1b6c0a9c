"""Official accounts: read the register as the desk knows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from dragoman.accounts import queries
from dragoman.accounts.queries import Row
from dragoman.api import schemas
from dragoman.api.door import Scope, caller_of
from dragoman.lib.problems import Invalid

router = Router(tags=["accounts"])
Shown = Literal["", "proposed", "confirmed", "compromised", "review", "failed", "retired"]


class AccountFilters(schemas.Given):
    show: Shown = Field(default="", description="a state, or `review` (due) or `failed` (check)")


class AccountOut(Schema):
    """One official account. `checked_ok` is null when nothing could be known."""

    id: str
    state: str
    kind: str
    network: str
    handle: str
    address: str
    owner: str
    languages: list[str]
    valid_from: date
    valid_to: date | None
    successor: str | None
    channel: str | None
    verified: str = Field(description="how, in words; empty before it was verified")
    checked_at: datetime | None
    checked_ok: bool | None
    review_due: date | None
    compromised_from: datetime | None


class AccountList(Schema):
    """The register, in the order of networks and names."""

    items: Annotated[list[AccountOut], Field(description="all accounts that the officer sees")]
    version: int | None = Field(description="the number of the newest public version")


@router.get("", response=AccountList, auth=Scope("read"), operation_id="list_accounts")
def list_accounts(request: HttpRequest, filters: Query[AccountFilters]) -> AccountList:
    """The official accounts that the officer sees. The public register is `/accounts.json` of the site."""
    unknown = sorted(set(request.GET) - {"show"})
    if unknown:
        where = [{"field": name[:80], "message": "not known here"} for name in unknown[:5]]
        raise Invalid("The list takes `show` and nothing else.", where=where)
    newest = queries.newest()
    rows = queries.rows(caller_of(request).officer, filters.show)
    return AccountList(items=[_shown(row) for row in rows], version=newest.number if newest else None)


def _shown(row: Row) -> AccountOut:
    one = row.account
    return AccountOut(
        id=one.ref,
        state=one.state,
        kind=one.kind,
        network=one.network,
        handle=one.handle,
        address=one.address,
        owner=one.mission.slug,
        languages=list(one.languages),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        successor=one.successor.ref if one.successor else None,
        channel=one.channel.slug if one.channel else None,
        verified=row.method if one.verified_at else "",
        checked_at=one.checked_at,
        checked_ok=one.checked_ok,
        review_due=one.review_due,
        compromised_from=one.compromised_from,
    )
