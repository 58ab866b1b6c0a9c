"""What the API takes and gives of talks. Who has answered, and never what before its time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from dragoman.api.schemas import Body, Digest, Given, Lang, Reason, Slug, Summary, TextIn, Title, Zone

TalksState = Literal["founding", "open", "paused", "closed"]
RoundKind = Literal["joint", "notice", "protocol"]
RoundState = Literal[
    "drafting",
    "open",
    "agreed",
    "armed",
    "releasing",
    "released",
    "declined",
    "expired",
    "replaced",
    "cancelled",
]
Value = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(max_length=60, pattern=r"^[a-z_-]+$")]


class Place(Given):
    """Where in a list."""

    after: int = Field(default=0, ge=0, le=2**62, description="the cursor `next` of the page before")
    limit: int = Field(default=50, ge=1, le=100)


class RoundIn(Given):
    """A joint text in every language of the talks. Nobody but the host sees it before it is opened."""

    texts: dict[Lang, TextIn] = Field(min_length=1, max_length=400)
    previous: int | None = Field(default=None, ge=1, le=2_000_000_000, description="the round it comes after")
    channels: list[Slug] = Field(default=[], max_length=200)


class FactIn(Given):
    kind: Name = Field(description="one of the publishable facts of the protocol", examples=["meeting"])
    values: dict[Name, Value | dict[Lang, Value]] = Field(default={}, max_length=50)


class NoticeIn(Given):
    """Publishable facts; the words are those of the agreed sentences."""

    facts: list[FactIn] = Field(min_length=1, max_length=20)


class OpeningIn(Given):
    """`not_before` is the earliest moment of a release, which the parties sign as well."""

    not_before: AwareDatetime | None = None
    closes_at: AwareDatetime | None = Field(default=None, description="as the protocol says if left out")
    reasons: dict[Annotated[str, Field(max_length=300)], Reason] = Field(
        default={}, max_length=100, description="key of a finding of neutrality -> why it stands"
    )


class PlanIn(Given):
    """Without `at`: now."""

    at: AwareDatetime | None = None
    zone: Zone = ""


class PartyOut(Schema):
    """A side by its name in the keyring."""

    name: str
    titles: dict[str, str]
    observer: bool
    state: Literal["invited", "active", "frozen", "left"]


class TalksOut(Schema):
    """Talks as the host sees them. `protocol` and `keyring_entry` are null until all agreed on the first."""

    id: str
    state: TalksState
    mission: str
    titles: dict[str, str]
    languages: list[str]
    zone: str
    protocol: int | None
    keyring_entry: int | None
    parties: list[PartyOut]
    last_confirmed: datetime | None


class TalksPage(Schema):
    items: list[TalksOut]
    next: str | None


class RoundTextOut(Schema):
    """`sha256` is of the canonical bytes, which are signed and later sealed; empty while it is a draft."""

    title: Title
    summary: Summary
    body: Body
    sha256: Digest | Literal[""]


class AnswerOut(Schema):
    """`answer` is null until all have answered or time is over."""

    party: str
    answered_at: datetime | None
    answer: Literal["consent", "decline"] | None


class RoundFindingOut(Schema):
    """What a rule of neutrality found in a draft."""

    rule: str
    severity: Literal["blocks", "reason", "note"]
    lang: str
    field: str
    words: str
    why: str
    mend: str
    key: str


class RoundLineOut(Schema):
    """A round in a list."""

    number: int
    kind: RoundKind
    state: RoundState
    opened_at: datetime | None
    closes_at: datetime | None
    moment: datetime | None
    released_at: datetime | None
    statement: str
    revision: int
    digest: str
    trouble: str


class RoundOut(RoundLineOut):
    """One round whole."""

    texts: dict[str, RoundTextOut]
    needed: str
    answers: list[AnswerOut]
    findings: list[RoundFindingOut]


class RoundPage(Schema):
    items: list[RoundLineOut]
    next: str | None
