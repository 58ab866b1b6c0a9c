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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from dragoman.channels.values import (
    Batch,
    ChannelError,
    Copied,
    Figures,
    Gone,
    Headroom,
    Health,
    Incoming,
    Part,
    Picture,
    Piece,
    Post,
    Prepared,
    Receipt,
    Recipient,
    Refused,
    Rendition,
    Sent,
    Shown,
    TryLater,
    Unsure,
    Video,
    WebhookCall,
)
from dragoman.lib.http import Call, Door

__all__ = [
    "ABILITIES",
    "BROWSERS",
    "FETCH",
    "FIGURES",
    "FIND",
    "LANGUAGES",
    "LETTERS",
    "LOOK_BACK",
    "MANY",
    "OAUTH",
    "PICTURES",
    "PREPARE",
    "PUBLIC_MEDIA",
    "REPLY",
    "SAME_KEY_ONCE",
    "SILENT",
    "THREADS",
    "TIMELINE",
    "TRAINING",
    "VANISHED",
    "VIDEO",
    "WEBHOOK",
    "WITHDRAW",
    "Account",
    "Base",
    "Batch",
    "ChannelError",
    "Connector",
    "Copied",
    "Field",
    "Figures",
    "Gone",
    "Headroom",
    "Health",
    "Incoming",
    "Kind",
    "Limit",
    "OAuth",
    "Pace",
    "Part",
    "Picture",
    "Piece",
    "Post",
    "Prepared",
    "Receipt",
    "Recipient",
    "Refused",
    "Rendition",
    "Sent",
    "Shown",
    "TryLater",
    "Unsure",
    "Video",
    "WebhookCall",
]

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
LOOK_BACK = "look-back"  # reads again, without regard to where it had come, what was written since a moment
VANISHED = "vanished"  # can say which texts of others have been taken back
WEBHOOK = "webhook"  # is told by the network
FIGURES = "figures"  # reads the network's own counts
SILENT = "silent"  # is only read: nothing is ever put out on it
REPLY = "reply"  # answers a post that is there
VIDEO = "video"  # takes a film
PUBLIC_MEDIA = "public-media"  # fetches media itself: they need a public address before they are posted
MANY = "many"  # one copy to each of many recipients: `send` does what is done once, `send_each` the rest
LETTERS = "letters"  # a recipient gives an address, and is asked by a letter whether it is theirs
BROWSERS = "browsers"  # a recipient is a browser that said yes on our page
OAUTH = "oauth"  # signs in by the network's own page; `Kind.oauth` says how
TRAINING = "training"  # nobody outside sees it
ABILITIES = frozenset(
    {
        *(PREPARE, FIND, SAME_KEY_ONCE, WITHDRAW, THREADS, PICTURES, LANGUAGES, TIMELINE, FETCH, WEBHOOK),
        *(LOOK_BACK, VANISHED, SILENT),
        *(FIGURES, REPLY, VIDEO, PUBLIC_MEDIA, MANY, LETTERS, BROWSERS, OAUTH, TRAINING),
    }
)


# --- what a kind declares ---


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the set-up form. A secret is sealed, and never shown again. What is `advanced` has a good
    default, and is folded away. `make` makes a secret that is left empty at set-up, such as a key of ours."""

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    mend: str = ""
    advanced: bool = False
    make: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the network, where we have it from and when it was looked up."""

    name: str
    value: int
    unit: str
    source: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class OAuth:
    """How an account signs in: OAuth 2.0, authorization code with PKCE (RFC 6749, RFC 7636).

    In the addresses `{name}` stands for a setting of the account, such as `{service}`. The kind's fields have
    `client_id` and, but for public clients, the secret `client_secret`. What comes of it is kept in the
    session: `access`, `refresh`, `access_until` (ISO 8601, UTC), `scope`. `renews` is False where the network
    gives no way to renew: a person signs in again before `access_until`. `issuer` is the name under which the
    network answers (RFC 9207) where that is not the origin of `authorize`. A kind that takes a token made by
    hand as well has the secret `access_token`, not required.
    """

    authorize: str
    token: str
    scopes: tuple[str, ...]
    client_auth: Literal["basic", "body"] = "body"
    scope_separator: str = " "
    extra: Mapping[str, str] = field(default_factory=dict)
    renews: bool = True
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many posts in so many seconds on one account; the network's own words come first."""

    posts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of channel is and is able to do. `help_file` is what an officer follows to set one up;
    `warnings` are what it costs and what the network's rules forbid, told before anybody chooses it. Gaps
    are looked for so often as `look_back_every` says: seldom where the network is paid for each reading.
    """

    name: str
    label: str
    abilities: frozenset[str]
    fields: tuple[Field, ...]
    limits: tuple[Limit, ...]
    help_file: Path
    about: str = ""
    oauth: OAuth | None = None
    pace: Pace | None = None
    warnings: tuple[str, ...] = ()
    look_back_every: timedelta = timedelta(hours=1)

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
    lanes: int

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

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        """All that was written since that moment and still stands, whether it was read before or not. The
        first time `cursor` is empty, then what the batch before gave, as long as that had `more`. Asked only
        of kinds that declare `LOOK_BACK`."""

    async def vanished(self, outside_ids: Sequence[str]) -> Sequence[Gone]:
        """Which of these texts of others are surely no longer there. What cannot be told is left out. Asked
        only of kinds that declare `VANISHED`, with a hundred at most."""

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Gone | Receipt]:
        """What a call says; `Refused` when its signature is wrong. Asked only of kinds with `WEBHOOK`."""

    def call_id(self, call: WebhookCall) -> str:
        """The network's own id for a call that was read, if it is signed with the call; else nothing, and
        the desk knows the call again by its bytes. Asked only of kinds with `WEBHOOK`."""

    def challenge(self, query: Mapping[str, str]) -> str:
        """The answer to a network that asks whether the address for its calls is ours; `Refused` when the
        question is not the network's. Asked only of kinds with `WEBHOOK`."""

    async def figures(self, sent: Sent) -> Figures:
        """The network's counts for one post. Asked only of kinds that declare `FIGURES`."""

    async def warm(self) -> None:
        """Open the connections that `send` will use. Never raises; nothing is asked of the network."""

    async def signed_in(self, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """What to keep of the sign-in that a person has just made, in the words of `OAuth`. Asked only of
        kinds with `OAUTH`; some networks want the token changed for a longer one first."""

    async def renew(self) -> Mapping[str, Any] | None:
        """A fresh sign-in from the kept one; None: the desk does it in the usual way (`refresh_token`)."""

    async def send_each(self, prepared: Prepared, recipients: Sequence[Recipient]) -> Sequence[Copied]:
        """One copy to each, in one go. Asked only of kinds with `MANY`, after `send`, with a part of the
        recipients at a time; the key of a copy is the post's key and the recipient's `ref`."""

    async def rest(self) -> None:
        """No more is sent for now: close what was kept open between two `send_each`. Never raises."""

    def letter(self, piece: Piece) -> Rendition:
        """A note to one recipient about their own subscription, to be sent by `send_each`: the form of a
        copy without what belongs to a list. Pure. Asked only of kinds with `LETTERS`."""

    def offer(self) -> Mapping[str, str]:
        """What a browser must be told before it can say yes. Pure. Asked only of kinds with `BROWSERS`."""

    def accept(self, told: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """What a browser said: by what it is known again, and its address. `Refused` when it is not well
        formed. Pure. Asked only of kinds with `BROWSERS`."""


class Base:
    """What a connector may inherit: the verbs that most kinds do not have.

    They are asked for only where the ability is declared, so reaching one is a mistake of ours.

    `lanes` is how many `send_each` the desk asks at once; the connector keeps its connections between them.
    """

    lanes = 4

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

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        raise NotImplementedError

    async def vanished(self, outside_ids: Sequence[str]) -> Sequence[Gone]:
        raise NotImplementedError

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Gone | Receipt]:
        raise NotImplementedError

    def call_id(self, call: WebhookCall) -> str:
        return ""

    def challenge(self, query: Mapping[str, str]) -> str:
        raise Refused("This network asks no such question.")

    async def figures(self, sent: Sent) -> Figures:
        raise NotImplementedError

    async def warm(self) -> None:
        """To the one host that most kinds speak to."""
        if service := self.account.settings.get("service"):
            await self.door.open(service)

    async def signed_in(self, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        return tokens

    async def renew(self) -> Mapping[str, Any] | None:
        return None

    async def send_each(self, prepared: Prepared, recipients: Sequence[Recipient]) -> Sequence[Copied]:
        raise NotImplementedError

    async def rest(self) -> None:
        return None

    def letter(self, piece: Piece) -> Rendition:
        raise NotImplementedError

    def offer(self) -> Mapping[str, str]:
        raise NotImplementedError

    def accept(self, told: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        raise NotImplementedError
