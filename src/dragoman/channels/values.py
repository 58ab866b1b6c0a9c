"""The values of the port: what is to be said, what comes back, what comes in, and how it fails.

All frozen and plain: they pass between the desk, which knows rows, and connectors, which know networks.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

# --- what is to be said ---


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `data` is empty until the delivery is about to be made; so is `public_url`, where a
    network that fetches pictures itself finds it (kinds with the ability `PUBLIC_MEDIA`)."""

    sha256: str
    media_type: str
    width: int
    height: int
    alt: str = ""
    data: bytes = field(default=b"", repr=False)
    public_url: str = ""

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
class Video:
    """One film. `path` is empty until the delivery is about to be made: films are too long for memory.

    `captions` are WebVTT texts by language.
    """

    sha256: str
    media_type: str
    size: int
    seconds: float = 0.0
    title: str = ""
    captions: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: str = ""
    public_url: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without its place, which is the desk's affair."""
        return {
            "sha256": self.sha256,
            "media_type": self.media_type,
            "size": self.size,
            "seconds": self.seconds,
            "title": self.title,
            "captions": dict(self.captions),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            sha256=str(value["sha256"]),
            media_type=str(value.get("media_type", "")),
            size=int(value.get("size", 0)),
            seconds=float(value.get("seconds", 0)),
            title=str(value.get("title", "")),
            captions={str(lang): str(text) for lang, text in dict(value.get("captions", {})).items()},
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """What is to be said: one language of one revision. `body` is plain text, `url` our own page.

    `reply_to` is the network's own id of the post that this answers (kinds with the ability `REPLY`).
    """

    lang: str
    title: str
    summary: str
    body: str
    url: str
    tags: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    videos: tuple[Video, ...] = ()
    reply_to: str = ""


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
    """The form of one piece on one channel, as it will appear. `note` says what the form leaves out.

    `warnings` are told to the officer before approval: a commercial rule of the network, a price, a picture
    that it will not take. They are no part of what appears, and so of no approval.
    """

    parts: tuple[Part, ...]
    note: str = ""
    warnings: tuple[str, ...] = ()

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
    videos: tuple[Video, ...] = ()
    reply_to: str = ""


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
class Headroom:
    """How much of a limit of the network is left: `left` of `limit` until `resets`."""

    name: str
    left: int
    limit: int
    resets: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """What `check` found: who we are there, what the account `may` do (in words for the officer), until when
    the sign-in lasts without a person, and how much the network still lets us do."""

    ok: bool
    says: str
    who: str = ""
    until: datetime | None = None
    may: tuple[str, ...] = ()
    headroom: tuple[Headroom, ...] = ()


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
    """One text from outside. The outside id makes a repeat harmless.

    `in_reply_to` is the network's id of what it answers, `conversation` that of the thread's first post, as
    `Sent.remote_id` would name it. `author` is the name as shown, `author_id` the network's own; the inbox
    holds both apart. `edited` is when the text was last changed: the same id with another text is a later
    version. `private`: written to us alone, such as mail. `automatic`: a machine answered (RFC 3834).
    `attachments` are counted and never fetched. `final`: it cannot be changed, so that another text under
    the same id is not believed.
    """

    outside_id: str
    text: str = field(repr=False)
    at: datetime
    lang: str = ""
    url: str = ""
    in_reply_to: str = ""
    author: str = field(default="", repr=False)
    author_id: str = field(default="", repr=False)
    conversation: str = ""
    edited: datetime | None = None
    private: bool = False
    attachments: int = 0
    automatic: bool = False
    final: bool = False

    @property
    def version(self) -> str:
        """Which of the versions under one outside id: the words themselves, and when they were changed."""
        if self.final:
            return ""
        digest = hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()[:16]
        return f"{self.edited.astimezone(UTC):%Y%m%dT%H%M%S}-{digest}" if self.edited else digest

    def as_json(self) -> dict[str, Any]:
        """The form that is sealed."""
        found = asdict(self)
        return {**found, "at": self.at.isoformat(), "edited": self.edited.isoformat() if self.edited else ""}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, at: datetime) -> Self:
        """What was sealed; what an older form did not hold is empty."""
        edited = str(value.get("edited") or "")
        words = ("lang", "url", "in_reply_to", "author", "author_id", "conversation")
        return cls(
            outside_id=str(value["outside_id"]),
            text=str(value["text"]),
            at=at,
            edited=datetime.fromisoformat(edited) if edited else None,
            private=bool(value.get("private")),
            attachments=int(value.get("attachments") or 0),
            automatic=bool(value.get("automatic")),
            final=bool(value.get("final")),
            **{name: str(value.get(name) or "") for name in words},
        )


@dataclass(frozen=True, slots=True)
class Gone:
    """A text that its writer, or the network, has taken back."""

    outside_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network says what became of something we sent."""

    remote_id: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What `fetch` read, and where to go on. `more`: the network has more by now, so ask again at once."""

    incoming: tuple[Incoming, ...]
    cursor: str
    gone: tuple[Gone, ...] = ()
    more: bool = False


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


# --- many recipients (kinds with the ability MANY) ---


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who receives a copy of their own. `ref` is ours and lasting; `address` is what the kind needs."""

    ref: str
    address: Mapping[str, str] = field(repr=False)
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one copy: `done`; `gone`, the recipient is no more; `later`, surely not received;
    `refused`, surely not received and never will be; `unsure`."""

    ref: str
    outcome: str
    why: str = ""
    remote_id: str = ""


# --- failure ---


class ChannelError(Exception):
    """`why` is for the officer's page: what happened, without any secret."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return self.why


class TryLater(ChannelError):
    """Surely not out. `when` is the earliest moment the network named, or None: then we choose.

    `account` is True when the limit is the account's, so that nothing else goes out on it before `when`.
    `sign_in` is True when the sign-in has run out: the desk renews it and asks again at once.
    """

    def __init__(
        self, why: str, *, when: datetime | None = None, account: bool = False, sign_in: bool = False
    ) -> None:
        super().__init__(why)
        self.when = when
        self.account = account
        self.sign_in = sign_in


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
