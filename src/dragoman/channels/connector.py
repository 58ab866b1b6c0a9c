"""The port: what the desk asks of any kind of channel, and in what words it is answered.

A connector is built from an `Account` (frozen plain values) and a `Door` (the only way out). It never sees a
model, a request or the database, and two connectors never know each other. One folder under `connectors/`
and one line in `registry.py` add a kind.

**The life of one post.** `render` (pure, while the text is written; what it gives is approved) · `prepare`
(all that can be done before the moment; nothing may become visible) · `send` (the one irreversible call) ·
`find` (read-only: is it out?) · `withdraw`. The key in `Post` is fixed before the first attempt and never
changes; where the network lets us choose an identity, a connector derives it from the key alone, so that
asking twice cannot post twice. It then declares the ability `SAME_KEY_ONCE`.

**Three failures and no more.** `TryLater`: surely not out, and time will mend it. `Refused`: surely not out,
and a person must act. `Unsure`: it may be out; it is never sent again blindly, but looked for with `find`.
Whatever else a connector raises is taken as `Unsure` by the desk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from dragoman.lib.http import Call, Door

# Abilities a kind may declare. What is not declared is never asked for.
PREPARE = "prepare"  # does something useful ahead of the moment
FIND = "find"  # can say whether a post is out, and prove that it is not
SAME_KEY_ONCE = "same-key-once"  # sending again under the same key cannot make a second post
WITHDRAW = "withdraw"  # can take a post down, also one that is only partly out
THREADS = "threads"  # a long text becomes several posts that hang together
PICTURES = "pictures"
LANGUAGES = "languages"  # tells the network the language of a post
TIMELINE = "timeline"  # can show on the desk what it holds (training)
FETCH = "fetch"  # reads what people answer
WEBHOOK = "webhook"  # is told by the network
FIGURES = "figures"  # reads the network's own counts
ABILITIES = frozenset(
    {PREPARE, FIND, SAME_KEY_ONCE, WITHDRAW, THREADS, PICTURES, LANGUAGES, TIMELINE, FETCH, WEBHOOK, FIGURES}
)


# --- what is to be said ---


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `data` is empty until the delivery is about to be made."""

    sha256: str
    media_type: str
    width: int
    height: int
    alt: str = ""
    data: bytes = field(default=b"", repr=False)

    def as_json(self) -> dict[str, Any]:
        """Without the bytes, which lie in files under their digest."""
        return {
            "sha256": self.sha256,
            "media_type": self.media_type,
            "width": self.width,
            "height": self.height,
            "alt": self.alt,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            sha256=str(value["sha256"]),
            media_type=str(value.get("media_type", "")),
            width=int(value.get("width", 0)),
            height=int(value.get("height", 0)),
            alt=str(value.get("alt", "")),
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """What is to be said: one language of one revision. `body` is plain text, `url` our own page."""

    lang: str
    title: str
    summary: str
    body: str
    url: str
    tags: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One post of a rendition: its text, counted as the network counts. `extra` is the connector's own."""

    text: str
    count: int
    limit: int
    unit: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def over(self) -> int:
        """By how much it is too long; 0 when it fits."""
        return max(0, self.count - self.limit)


@dataclass(frozen=True, slots=True)
class Rendition:
    """The form of one piece on one channel, as it will appear. `note` says what the form leaves out."""

    parts: tuple[Part, ...]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form that is stored, digested and approved."""
        parts = [
            {"text": p.text, "count": p.count, "limit": p.limit, "unit": p.unit, "extra": dict(p.extra)}
            for p in self.parts
        ]
        return {"parts": parts, "note": self.note}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        parts = tuple(
            Part(str(p["text"]), int(p["count"]), int(p["limit"]), str(p["unit"]), dict(p.get("extra", {})))
            for p in value["parts"]
        )
        return cls(parts, str(value.get("note", "")))


@dataclass(frozen=True, slots=True)
class Post:
    """One delivery: a rendition and its key. `at` is frozen: the moment the post says it was made."""

    key: str
    rendition: Rendition
    lang: str
    url: str
    at: datetime
    title: str = ""
    summary: str = ""
    pictures: tuple[Picture, ...] = ()


# --- what comes back ---


@dataclass(frozen=True, slots=True)
class Prepared:
    """A post and what was done ahead for it. `data` is plain JSON; after `good_until` it is made anew."""

    post: Post
    data: Mapping[str, Any] = field(default_factory=dict)
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """It is out: the network's own id, the address where people see it, when, and what withdrawal needs."""

    remote_id: str
    url: str
    at: datetime
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """What `check` found: who we are there, and until when the sign-in lasts without a person."""

    ok: bool
    says: str
    who: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One post as a training channel holds it."""

    key: str
    lang: str
    texts: tuple[str, ...]
    url: str
    at: datetime
    withdrawn: bool = False


# --- what comes in (used by the inbox and the figures; carried by the port so that it need not change) ---


@dataclass(frozen=True, slots=True)
class Incoming:
    """One text from outside. The outside id makes a repeat harmless."""

    outside_id: str
    text: str
    at: datetime
    lang: str = ""
    url: str = ""
    in_reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network says what became of something we sent."""

    remote_id: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What `fetch` read, and where to go on."""

    incoming: tuple[Incoming, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The network's own counts; a name that is absent was not given."""

    counts: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One call from a network, as it came."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


# --- failure ---


class ChannelError(Exception):
    """`why` is for the officer's page: what happened, without any secret."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return self.why


class TryLater(ChannelError):
    """Surely not out. `when` is the earliest moment the network named, or None: then we choose."""

    def __init__(self, why: str, *, when: datetime | None = None) -> None:
        super().__init__(why)
        self.when = when


class Refused(ChannelError):
    """Surely not out (or no further), and a person must act.

    `shown` tells what to do. `account` is True when the account itself is at fault, so that nothing else
    will go out on it either.
    """

    def __init__(self, why: str, *, shown: str = "", account: bool = False) -> None:
        super().__init__(why)
        self.shown = shown
        self.account = account


class Unsure(ChannelError):
    """It may be out. `look_for` tells a person where to look and for what, should `find` not know."""

    def __init__(self, why: str, *, look_for: str = "") -> None:
        super().__init__(why)
        self.look_for = look_for


# --- what a kind declares ---


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the set-up form. A secret is sealed, and never shown again."""

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the network, where we have it from and when it was looked up."""

    name: str
    value: int
    unit: str
    source: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of channel is and is able to do. `help_file` is what an officer follows to set one up."""

    name: str
    label: str
    abilities: frozenset[str]
    fields: tuple[Field, ...]
    limits: tuple[Limit, ...]
    help_file: Path
    about: str = ""

    def able(self, ability: str) -> bool:
        return ability in self.abilities


@dataclass(frozen=True, slots=True)
class Account:
    """What a connector is built from. `folder` is for kinds that keep files; `session` is what it left."""

    name: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    folder: Path
    session: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Connector(Protocol):
    """The verbs. Every one but `render` may speak to the network, and raises the three failures only.

    `session` is read by the desk after each verb and kept sealed: sign-in tokens live there.
    """

    session: Mapping[str, Any]

    def render(self, piece: Piece) -> Rendition:
        """The piece as it will appear. Pure and repeatable; never cuts text silently."""

    async def check(self) -> Health:
        """Who are we there, and may we post? Changes nothing that others can see."""

    async def prepare(self, post: Post) -> Prepared:
        """All that can be done before the moment. Nothing may become visible; may be done many times."""

    async def send(self, prepared: Prepared) -> Sent:
        """The irreversible call. A thread that was cut short goes on under the same keys."""

    async def find(self, post: Post) -> Sent | None:
        """Read-only. The whole post is out: `Sent`. Surely not, or not whole: None. Cannot tell: `Unsure`."""

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Take down all of it, or whatever part is out. Done twice, it succeeds twice."""

    async def timeline(self) -> Sequence[Shown]:
        """What the channel holds, newest first. Asked only of kinds that declare `TIMELINE`."""

    async def fetch(self, cursor: str) -> Batch:
        """What came in since. Asked only of kinds that declare `FETCH`."""

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Receipt]:
        """What a call says; `Refused` when its signature is wrong. Asked only of kinds with `WEBHOOK`."""

    async def figures(self, sent: Sent) -> Figures:
        """The network's counts for one post. Asked only of kinds that declare `FIGURES`."""


class Base:
    """What a connector may inherit: the verbs that most kinds do not have.

    They are asked for only where the ability is declared, so reaching one is a mistake of ours.
    """

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.session: Mapping[str, Any] = dict(account.session)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account.name!r})"

    @property
    def calls(self) -> list[Call]:
        return self.door.calls

    async def prepare(self, post: Post) -> Prepared:
        return Prepared(post)

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        raise Refused("This network does not let a post be taken down by the desk.")

    async def timeline(self) -> Sequence[Shown]:
        raise NotImplementedError

    async def fetch(self, cursor: str) -> Batch:
        raise NotImplementedError

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Receipt]:
        raise NotImplementedError

    async def figures(self, sent: Sent) -> Figures:
        raise NotImplementedError
