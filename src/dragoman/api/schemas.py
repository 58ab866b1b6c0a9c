"""What the API takes and gives, as JSON. The names are those of the house."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

# U+0000 cannot be kept by the database; whatever else is wrong in a text, the guidelines name
_SOUND = r"^[^\x00]*$"
Lang = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", examples=["en"])]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Cite = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/F[1-9][0-9]{0,5}$", max_length=120, examples=["visa-free/F1"]),
]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Title = Annotated[str, Field(max_length=300, pattern=_SOUND)]
Summary = Annotated[str, Field(max_length=1_000, pattern=_SOUND)]
Body = Annotated[str, Field(max_length=200_000, pattern=_SOUND)]
Reason = Annotated[str, Field(min_length=1, max_length=1_000, pattern=_SOUND)]
Zone = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+/-]*$", examples=["Europe/Minsk"])]

Kind = Literal["statement", "announcement", "explanation", "advice", "comment", "notice"]
Risk = Literal["ordinary", "sensitive", "high"]
Lane = Literal["ordinary", "crisis"]
State = Literal[
    "draft", "review", "approved", "armed", "releasing", "released", "superseded", "withdrawn", "discarded"
]


class Given(Schema):
    """What is handed in. A name that is not known is a mistake, and is told as one."""

    model_config = ConfigDict(extra="forbid")


class TextIn(Given):
    title: Title = ""
    summary: Summary = ""
    body: Body = Field(
        default="", description="Markdown of the small subset; cite facts as [F1] or [visa-free/F1]"
    )


class TextChange(Given):
    """A field left out stays as it is."""

    title: Title | None = None
    summary: Summary | None = None
    body: Body | None = None
    version: int | None = Field(default=None, ge=1, le=2_000_000_000, description="the version that was read")


class StatementIn(Given):
    """A new statement, as a draft."""

    mission: Slug = Field(description="slug of the mission that speaks")
    kind: Kind = "statement"
    source_language: Lang
    texts: dict[Lang, TextIn] = Field(min_length=1, max_length=400)
    facts: list[Cite] = Field(
        default=[], max_length=200, description="facts that the whole statement leans on"
    )
    channels: list[Slug] = Field(
        default=[], max_length=200, description="slugs of channels; none: own pages only"
    )
    risk: Risk = "ordinary"
    lane: Lane = "ordinary"
    sheet: Slug | Literal[""] = Field(default="", description="the sheet in which a bare [F1] is looked up")


class StatementChange(Given):
    """Only what is named changes. A language set to null is taken out. Voids every approval."""

    texts: dict[Lang, TextChange | None] = Field(default={}, max_length=400)
    facts: list[Cite] | None = Field(default=None, max_length=200)
    channels: list[Slug] | None = Field(default=None, max_length=200)
    kind: Kind | None = None
    risk: Risk | None = None
    lane: Lane | None = None
    digest: Digest | None = Field(default=None, description="409 if the statement is not this one any more")


class ApprovalIn(Given):
    digest: Digest = Field(description="the digest of exactly what was read")


class ClearanceIn(Given):
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    reason: Annotated[str, Field(min_length=10, max_length=1_000, pattern=_SOUND)]


class ReleaseIn(Given):
    at: AwareDatetime | None = Field(default=None, description="when, with its zone; left out or null: now")
    zone: Zone = Field(default="", description="zone in which the moment is shown; left out: the mission's")


class CorrectionIn(Given):
    """`note` tells readers what was wrong; as plain words it is in the source language."""

    note: Reason | dict[Lang, Reason]
    texts: dict[Lang, TextChange] = Field(default={}, max_length=400)


class WithdrawalIn(Given):
    """The tombstone shows the reason; as plain words it is in the source language."""

    reason: Reason | dict[Lang, Reason]


class ImportIn(Given):
    mission: Slug
    source: Annotated[str, Field(max_length=2_000_000, pattern=_SOUND)] = Field(
        description="the sheet as TOML"
    )
    why: Annotated[str, Field(max_length=1_000, pattern=_SOUND)] = ""


class TextOut(Schema):
    title: str
    summary: str
    body: str
    version: int


class CitationOut(Schema):
    cite: str
    version: int
    inline: bool


class FindingOut(Schema):
    """What a guideline found. `reason` is the one given for letting it stand."""

    rule: str
    severity: Literal["blocks", "reason", "warns"]
    title: str
    lang: str
    field: str
    paragraph: int | None
    start: int | None
    end: int | None
    words: str
    why: str
    source: str
    mend: str
    suggestion: str
    key: str
    reason: str
    reason_by: str


class ApprovalsOut(Schema):
    given: int
    needed: int
    missing: list[str]
    by: list[str]


class ReleaseOut(Schema):
    state: str
    moment: datetime
    zone: str
    released: datetime | None
    trouble: str


class RecordOut(Schema):
    index: int
    leaf_hash: str
    proof: str
    witnesses_signed: int
    witnesses_needed: int


class StatementOut(Schema):
    """A statement as its newest revision stands."""

    id: str
    slug: str
    state: State
    mission: str
    kind: Kind
    risk: Risk
    lane: Lane
    source_language: str
    revision: int
    digest: str
    rules_version: str
    changed: datetime
    texts: dict[str, TextOut]
    facts: list[CitationOut]
    channels: list[str]
    findings: list[FindingOut]
    approvals: ApprovalsOut
    release: ReleaseOut | None
    record: RecordOut | None
    pages: dict[str, str] = Field(description="language -> address of the public page, once it is out")


class StatementLine(Schema):
    id: str
    slug: str
    state: State
    mission: str
    kind: Kind
    risk: Risk
    lane: Lane
    title: str
    source_language: str
    revision: int
    changed: datetime


class StatementPage(Schema):
    items: list[StatementLine]
    next: str | None = Field(description="send it as `after` for the next page; null at the end")


class DeliveryOut(Schema):
    id: int
    channel: str
    kind: str
    lang: str
    revision: int
    state: str
    due: datetime
    sent_at: datetime | None
    url: str
    tries: int
    why: str
    taken_back: str = Field(description="how its withdrawal stands, empty when none was asked for")


class DeliveryPage(Schema):
    items: list[DeliveryOut]
    next: str | None


class FactOut(Schema):
    cite: str
    sheet: str
    number: str
    version: int
    texts: dict[str, str]
    basis: dict[str, Any]
    valid_from: str | None
    valid_to: str | None
    cited: bool


class FactPage(Schema):
    items: list[FactOut]
    next: str | None


class ImportOut(Schema):
    sheet: str
    new_sheet: bool
    added: list[str]
    revised: list[str]
    amended: list[str]
    unchanged: list[str]
    kept: list[str]
