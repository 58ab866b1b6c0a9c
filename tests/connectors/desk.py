"""What the desk does around a connector: a new one for each verb, and the session that it left is kept."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from dragoman.channels import registry
from dragoman.channels.connector import Account, Post, Prepared, Sent, WebhookCall
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
SHORT = Limits(connect=2, read=2, total=4, answer=1_000_000)


class Fake(Protocol):
    """A fake network of one kind."""

    kind: Any

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]: ...


class Desk:
    """One account of the desk on a fake network. `keep=False`: the desk died before it kept the session."""

    def __init__(self, fake: Fake, **settings: str) -> None:
        self.kind = str(fake.kind)
        self.settings, self.secrets, self.session = fake.account()
        self.settings |= settings

    def account(self) -> Account:
        return Account("test", self.settings, self.secrets, Path(), self.session)

    def do(self, verb: Callable[[Any], Awaitable[T]], *, keep: bool = True) -> T:
        async def go() -> T:
            async with Door(allow_loopback=True, limits=SHORT) as door:
                connector = registry.connect(self.kind, self.account(), door)
                try:
                    return await verb(connector)
                finally:
                    if keep:
                        self.session |= dict(connector.session)

        return asyncio.run(go())

    def plain(self, verb: Callable[[Any], T]) -> T:
        """A verb that asks nobody."""

        async def go(connector: Any) -> T:
            return verb(connector)

        return self.do(go)

    def prepare(self, post: Post) -> Prepared:
        return self.do(lambda connector: connector.prepare(post))

    def send(self, post: Post, prepared: Prepared | None = None, *, keep: bool = True) -> Sent:
        return self.do(lambda connector: connector.send(prepared or Prepared(post)), keep=keep)

    def find(self, post: Post) -> Sent | None:
        return self.do(lambda connector: connector.find(post))


def signed(body: bytes, secret: str) -> WebhookCall:
    """A call as Meta signs it."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return WebhookCall({"X-Hub-Signature-256": f"sha256={mac}"}, body)
