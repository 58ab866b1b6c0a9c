"""Speaks to the push services of browsers: one encrypted notice to each browser that said yes on our page.

A push service is whoever the browser's maker says, so the address comes from a stranger: only https, and only
what the door takes for public. Push has no key that forbids doubling; but the `Topic` (RFC 8030, 5.4)
replaces a notice that still waits, and the tag one that is shown, so even a notice sent twice by a person's
decision is seen once.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connector import (
    BROWSERS,
    LANGUAGES,
    MANY,
    Account,
    Base,
    Copied,
    Field,
    Health,
    Kind,
    Limit,
    Piece,
    Post,
    Prepared,
    Recipient,
    Refused,
    Rendition,
    Sent,
    Unsure,
)
from dragoman.channels.connectors.webpush import rendering, vapid
from dragoman.lib.http import Answer, BadAnswer, Door, Limits, NoAnswer, NotReached

TTL = 24 * 3600  # seconds a notice waits for a browser that is off
MOST_ENDPOINT = 1000
POINT, SECRET = 65, 16  # bytes of a browser's key and of its secret (RFC 8291, 2)
LIMITS = Limits(connect=5.0, read=15.0, total=20.0, answer=100_000)
SEAL = "dragoman.channels.connectors.webpush.sealing"

KIND = Kind(
    name="webpush",
    label="Web Push",
    abilities=frozenset({MANY, BROWSERS, LANGUAGES}),
    fields=(
        Field(
            "contact",
            "Contact for push services",
            "An address where the makers of browsers can reach you, such as mailto:web@mfa.example.",
            pattern=r"(mailto:[^\s@]+@[^\s@]+\.[^\s@]+|https://\S+)",
            mend="Begin with mailto: or https://",
        ),
        Field(
            "topics", "Topics", "What readers may choose from, with commas: visas, culture.", required=False
        ),
        Field(
            "vapid_key",
            "Key of this channel",
            "Leave it empty: the desk makes one. It must never change, or every browser has to say yes anew.",
            secret=True,
            required=False,
            advanced=True,
            make=vapid.make,
        ),
    ),
    limits=(
        Limit("notice", rendering.BYTES, "bytes", "RFC 8030, 7.2 and RFC 8291, 4", "2026-11-22"),
        Limit("title", rendering.TITLE, "characters", "our own: screens show less", "2026-11-22"),
        Limit("waiting time", TTL, "seconds", "RFC 8030, 5.2, our choice", "2026-11-22"),
    ),
    help_file=Path(__file__).with_name("help.md"),
    about="A notice in each browser that said yes on your own page. No app, no account.",
)


class WebPush(Base):
    """The notices of one key."""

    lanes = 2

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self._tokens: dict[str, str] = {}

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece)

    def offer(self) -> Mapping[str, str]:
        return {"key": self._key.public}

    def accept(self, told: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        keys = told.get("keys")
        endpoint = told.get("endpoint")
        if not isinstance(endpoint, str) or not isinstance(keys, Mapping):
            raise Refused("This is not what a browser says when it subscribes.")
        address = {"endpoint": endpoint, "p256dh": str(keys.get("p256dh")), "auth": str(keys.get("auth"))}
        if not self._well_formed(address):
            raise Refused("The address or the keys of this subscription are not well formed.")
        return endpoint, address

    async def check(self) -> Health:
        """Signs a token with the key. There is nobody to ask: each browser has a push service of its own."""
        key = self._key
        key.authorization("https://push.example", self._contact, time.time())
        may = ("send a notice to each browser that said yes",)
        return Health(True, "The key is in place.", f"key {key.public[:16]}…", may=may)

    async def send(self, prepared: Prepared) -> Sent:
        """What is done once: prove that we can sign."""
        self._authorization("https://push.example")
        return Sent(f"push:{_topic(prepared.post.key)}", prepared.post.url, datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        raise Unsure("A push service does not tell what it has delivered.")

    async def send_each(self, prepared: Prepared, recipients: Sequence[Recipient]) -> Sequence[Copied]:
        """All of the group at the same time."""
        self._authorization("https://push.example")  # a key that cannot sign stops all of them
        return await asyncio.gather(*(self._one(prepared, one) for one in recipients))

    async def _one(self, prepared: Prepared, one: Recipient) -> Copied:
        urgent = bool(prepared.data.get("urgent"))
        topic = _topic(prepared.post.key)
        payload = rendering.payload_of(prepared.post, tag=topic, urgent=urgent)
        if not self._well_formed(one.address):
            return Copied(one.ref, "gone", "Its address is not well formed.")
        try:
            body = import_module(SEAL).seal(payload, one.address)
        except ValueError:
            return Copied(one.ref, "gone", "Its keys are not keys.")
        endpoint = one.address["endpoint"]
        headers = {
            "authorization": self._authorization(_origin(endpoint)),
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(TTL),
            "urgency": "high" if urgent else "normal",
            "topic": topic,
        }
        try:
            answer = await self.door.call("POST", endpoint, headers=headers, content=body, limits=LIMITS)
        except NotReached as problem:
            return Copied(one.ref, "later", f"{str(problem).capitalize()}.")
        except (NoAnswer, BadAnswer) as problem:
            return Copied(one.ref, "unsure", f"{str(problem).capitalize()}.")
        return _outcome(one.ref, answer)

    def _well_formed(self, address: Mapping[str, str]) -> bool:
        endpoint = address.get("endpoint", "")
        try:
            parts = urlsplit(endpoint)
            point = vapid.data(address.get("p256dh", ""))
            secret = vapid.data(address.get("auth", ""))
            named = bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
        except ValueError:
            return False
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.door.allow_loopback)
        right = len(point) == POINT and point[0] == 4 and len(secret) == SECRET
        return secure and named and right and len(endpoint) <= MOST_ENDPOINT and endpoint.isascii()

    def _authorization(self, origin: str) -> str:
        """One token a push service and run: it lasts for hours, a run less than a minute."""
        if origin not in self._tokens:
            self._tokens[origin] = self._key.authorization(origin, self._contact, time.time())
        return self._tokens[origin]

    @property
    def _contact(self) -> str:
        return self.account.settings.get("contact", "")

    @cached_property
    def _key(self) -> vapid.Key:
        try:
            return vapid.read(self.account.secrets.get("vapid_key", ""))
        except vapid.BadKey as problem:
            raise Refused(
                f"The key of this channel cannot be used: {problem}",
                shown="Put back the key under Credentials, or restore the backup of the keys.",
                account=True,
            ) from None


def _outcome(ref: str, answer: Answer) -> Copied:
    """RFC 8030, 5 and 8.4; 404 and 410 mean that the browser has unsubscribed. A plain 200 is no answer of a
    push service but of something in between, such as a page about maintenance."""
    status = answer.status
    if status in (201, 202, 204):
        location = answer.headers.get("location", "")
        return Copied(ref, "done", remote_id=location if len(location) <= 300 else "")
    why = f"The push service answered {status}."
    if status in (404, 410):
        return Copied(ref, "gone", why)
    if status == 429:
        return Copied(ref, "later", why)
    return Copied(ref, "unsure" if status >= 500 or status < 400 else "refused", why)


def _topic(key: str) -> str:
    """At most 32 characters of base64url (RFC 8030, 5.4), made of the key alone."""
    return vapid.text(hashlib.sha256(key.encode()).digest())[:32]


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def connect(account: Account, door: Door) -> WebPush:
    """The notices of one account."""
    return WebPush(account, door)
