"""Statements: write, hand in, approve, release, correct, withdraw."""
# ruff: noqa: A002 - `id` is the name in the address, and so in the description

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Status
from pydantic import Field

from dragoman.api import schemas, shown
from dragoman.api.door import Scope, caller_of
from dragoman.channels import queries as channels
from dragoman.channels.models import Channel
from dragoman.lib.problems import Conflict, Invalid, NotFound
from dragoman.staff import queries as staff
from dragoman.staff.models import Mission, Officer
from dragoman.statements.actions import corrections, drafts, releases, review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Revision, Statement
from dragoman.statements.queries import lists

router = Router(tags=["statements"])

Id = Annotated[
    str,
    Path(pattern=r"^[0-9]{4}-[0-9a-z]{6}$", description="the statement's name, the same everywhere"),
]
Limit = Annotated[int, Query(ge=1, le=100)]


class Filters(schemas.Given):
    state: schemas.State | Literal[""] = ""
    mission: schemas.Slug | Literal[""] = ""
    kind: schemas.Kind | Literal[""] = ""
    lang: schemas.Lang | Literal[""] = ""
    q: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")] = ""
    after: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_=-]*$")] = Field(
        default="", description="the cursor `next` of the page before"
    )
    limit: int = Field(default=50, ge=1, le=100)


@router.post("", response={201: schemas.StatementOut}, auth=Scope("write"), operation_id="create_statement")
def create_statement(
    request: HttpRequest, response: HttpResponse, body: schemas.StatementIn
) -> Status[schemas.StatementOut]:
    """Start a statement as a draft. The answer holds its digest and what the guidelines find."""
    by = caller_of(request).officer
    with _as_input("facts"):
        revision = drafts.create_statement(
            by=by,
            mission=_mission(by, body.mission),
            kind=body.kind,
            source_language=body.source_language,
            texts={lang: TextInput(text.title, text.summary, text.body) for lang, text in body.texts.items()},
            facts_cited=body.facts,
            channels=_channels(by, body.channels),
            risk=body.risk,
            lane=body.lane,
            sheet=body.sheet,
        )
    response["Location"] = f"/api/v1/statements/{revision.statement.ref}"
    return Status(201, shown.statement(revision))


@router.get("", response=schemas.StatementPage, auth=Scope("read"), operation_id="list_statements")
def list_statements(request: HttpRequest, filters: Query[Filters]) -> schemas.StatementPage:
    """Statements that the officer may see, newest change first."""
    page = lists.statements_page(
        officer=caller_of(request).officer,
        state=filters.state,
        mission=filters.mission,
        kind=filters.kind,
        lang=filters.lang,
        search=filters.q,
        after=filters.after,
        limit=filters.limit,
    )
    return schemas.StatementPage(items=[shown.line(one) for one in page.items], next=page.after or None)


@router.get("/{id}", response=schemas.StatementOut, auth=Scope("read"), operation_id="get_statement")
def get_statement(request: HttpRequest, id: Id) -> schemas.StatementOut:
    """A statement as its newest revision stands, with findings, approvals, release and record."""
    return shown.statement(_revision(request, id))


@router.patch("/{id}", response=schemas.StatementOut, auth=Scope("write"), operation_id="edit_statement")
def edit_statement(
    request: HttpRequest,
    id: Id,
    body: schemas.StatementChange,
) -> schemas.StatementOut:
    """Change a draft, all that is named or nothing. Any change voids its approvals."""
    by = caller_of(request).officer
    newest = _revision(request, id)
    with transaction.atomic(), _as_input("facts"):
        # locked before it is compared: of two changes to one digest the second must see the first
        revision = drafts.editable(by, newest)
        _still(revision, body.digest)
        _edit(by, revision, body)
    return shown.statement(_revision(request, id))


@router.post(
    "/{id}/submission",
    response={201: schemas.StatementOut},
    auth=Scope("write"),
    operation_id="submit_statement",
)
def submit_statement(request: HttpRequest, id: Id) -> Status[schemas.StatementOut]:
    """Hand a draft in for review."""
    review.submit_statement(by=caller_of(request).officer, revision=_revision(request, id))
    return Status(201, shown.statement(_revision(request, id)))


@router.post(
    "/{id}/clearances",
    response={201: schemas.StatementOut},
    auth=Scope("write"),
    operation_id="clear_finding",
)
def clear_finding(request: HttpRequest, id: Id, body: schemas.ClearanceIn) -> Status[schemas.StatementOut]:
    """Give the reason for which a finding is let stand. It holds until the words change."""
    revision = _revision(request, id)
    review.clear_finding(by=caller_of(request).officer, revision=revision, key=body.key, reason=body.reason)
    return Status(201, shown.statement(_revision(request, id)))


@router.post(
    "/{id}/approvals",
    response={201: schemas.StatementOut},
    auth=Scope("approve"),
    operation_id="approve_statement",
)
def approve_statement(request: HttpRequest, id: Id, body: schemas.ApprovalIn) -> Status[schemas.StatementOut]:
    """Say yes to exactly this digest. 409 when it is not the current one, 403 for who wrote in the text."""
    review.approve_statement(
        by=caller_of(request).officer, revision=_revision(request, id), digest=body.digest
    )
    return Status(201, shown.statement(_revision(request, id)))


@router.post(
    "/{id}/release",
    response={201: schemas.StatementOut},
    auth=Scope("release"),
    operation_id="release_statement",
)
def release_statement(
    request: HttpRequest,
    id: Id,
    body: schemas.ReleaseIn | None = None,
) -> Status[schemas.StatementOut]:
    """Put an approved statement out, now or at a moment. Its state goes on by itself: read it again."""
    given = body or schemas.ReleaseIn()
    releases.release_statement(
        by=caller_of(request).officer, revision=_revision(request, id), at=given.at, zone=given.zone
    )
    return Status(201, shown.statement(_revision(request, id)))


@router.post(
    "/{id}/corrections",
    response={201: schemas.StatementOut},
    auth=Scope("write"),
    operation_id="start_correction",
)
def start_correction(
    request: HttpRequest, id: Id, body: schemas.CorrectionIn
) -> Status[schemas.StatementOut]:
    """Begin a new revision that names the old one; it is reviewed, approved and released like the first."""
    by = caller_of(request).officer
    one = lists.statement(officer=by, ref=id)
    with transaction.atomic(), _as_input("texts"):
        revision = corrections.start_correction(by=by, statement=one, note=_words(one, body.note))
        _edit(by, revision, schemas.StatementChange(texts=dict(body.texts)))
    return Status(201, shown.statement(_revision(request, id)))


@router.post(
    "/{id}/withdrawal",
    response={201: schemas.StatementOut},
    auth=Scope("release"),
    operation_id="withdraw_statement",
)
def withdraw_statement(
    request: HttpRequest, id: Id, body: schemas.WithdrawalIn
) -> Status[schemas.StatementOut]:
    """Take a released statement back: its page becomes a tombstone that tells the reason."""
    by = caller_of(request).officer
    one = lists.statement(officer=by, ref=id)
    corrections.withdraw_statement(by=by, statement=one, reasons=_words(one, body.reason))
    return Status(201, shown.statement(_revision(request, id)))


@router.get(
    "/{id}/deliveries", response=schemas.DeliveryPage, auth=Scope("read"), operation_id="list_deliveries"
)
def list_deliveries(
    request: HttpRequest,
    id: Id,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Limit = 100,
) -> schemas.DeliveryPage:
    """Every rendition to every channel, with how it stands."""
    one = lists.statement(officer=caller_of(request).officer, ref=id)
    rows = list(channels.deliveries_of(one.ref).filter(pk__gt=after).order_by("pk")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    return schemas.DeliveryPage(
        items=[shown.delivery(row) for row in rows], next=str(rows[-1].pk) if more else None
    )


def _revision(request: HttpRequest, ref: str) -> Revision:
    return lists.newest_revision(lists.statement(officer=caller_of(request).officer, ref=ref))


def _still(revision: Revision, digest: str | None) -> None:
    if digest is not None and digest != revision.digest:
        raise Conflict(
            f"You read {digest[:8]}; the text is now {revision.digest[:8]}.",
            mend="Read it again, and send the change with its digest.",
            code="stale-digest",
            where=[{"field": "digest", "message": "not the current one", "current": revision.digest}],
        )


def _edit(by: Officer, revision: Revision, change: schemas.StatementChange) -> None:
    """Every change named, in the caller's transaction."""
    present = {text.lang: text for text in revision.texts.all()}
    written = {}
    for lang, given in change.texts.items():
        if given is None:
            continue
        old = present.get(lang)
        written[lang] = TextInput(
            title=given.title if given.title is not None else old.title if old else "",
            summary=given.summary if given.summary is not None else old.summary if old else "",
            body=given.body if given.body is not None else old.body if old else "",
            version=given.version,
        )
    if written:
        drafts.edit_texts(by=by, revision=revision, texts=written)
    for lang, given in change.texts.items():
        if given is None:
            drafts.remove_language(by=by, revision=revision, lang=lang)
    if change.facts is not None:
        drafts.set_facts(by=by, revision=revision, named=change.facts)
    if change.channels is not None:
        drafts.set_channels(by=by, revision=revision, channels=_channels(by, change.channels))
    if change.kind or change.risk or change.lane:
        drafts.describe_statement(
            by=by, revision=revision, kind=change.kind, risk=change.risk, lane=change.lane
        )


def _words(one: Statement, given: str | Mapping[str, str]) -> dict[str, str]:
    return {one.source_language: given} if isinstance(given, str) else dict(given)


def _mission(by: Officer, slug: str) -> Mission:
    with _as_input("mission"):
        return staff.mission_named(slug)


def _channels(by: Officer, slugs: Sequence[str]) -> list[Channel]:
    found = []
    for number, slug in enumerate(slugs):
        with _as_input(f"channels.{number}"):
            found.append(channels.channel(slug, by))
    return found


@contextmanager
def _as_input(field: str) -> Iterator[None]:
    """What is named in a body and is not there makes the body wrong, not the address."""
    try:
        yield
    except NotFound as error:
        where = [{"field": field, "message": error.detail}]
        raise Invalid(error.detail, mend=error.mend, where=where) from error
