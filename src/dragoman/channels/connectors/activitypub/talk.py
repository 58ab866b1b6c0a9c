"""Posts activities to other servers' inboxes, signed in the form that each takes.

RFC 9421 is tried first, the older draft after a refusal ("double-knocking": FEP-8b32's neighbourhood, and
what Mastodon and Fedify do); which one a host took is remembered.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connectors.activitypub.documents import MEDIA_TYPE
from dragoman.channels.connectors.activitypub.peers import Signer
from dragoman.channels.connectors.activitypub.shelf import Shelf
from dragoman.lib.http import Answer, Door, DoorError, Limits, NotReached, Redirected
from dragoman.lib.signatures import cavage, rfc9421
from dragoman.lib.signatures.request import Request

NEW, OLD = "rfc9421", "cavage"
LIMITS = Limits(connect=5.0, read=12.0, total=15.0, answer=100_000)
AT_ONCE = 24
KNOCK_AGAIN = frozenset({400, 401, 403})
COVERS = ("@method", "@target-uri", "content-digest")


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one POST: an outcome of `Copied`, why, and whether the inbox may have it."""

    outcome: str
    why: str = ""
    may_have: bool = False
    missing: bool = False


class Talk:
    """Signed POSTs of one actor."""

    def __init__(self, door: Door, shelf: Shelf, signer: Signer) -> None:
        self.door = door
        self.shelf = shelf
        self.signer = signer
        self._speaks = shelf.speaks()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def post(self, inbox: str, activity: Mapping[str, Any]) -> Came:
        """Bring one activity to one inbox. Never raises: what became of it is told."""
        if not inbox.startswith("https://") and not self.door.allow_loopback:
            return Came("refused", "The inbox does not begin with https://.")
        body = json.dumps(activity, ensure_ascii=False, separators=(",", ":")).encode()
        async with self._turn:
            return await self._knock(inbox, body)

    async def _knock(self, inbox: str, body: bytes) -> Came:
        host = urlsplit(inbox).netloc
        known = self._speaks.get(host, "")
        first = known or NEW
        came, status = await self._once(inbox, body, first)
        if status not in KNOCK_AGAIN:
            self._learn(host, first, came)
            return came
        other = OLD if first == NEW else NEW
        again, _ = await self._once(inbox, body, other)
        self._learn(host, other, again)
        return again if again.outcome != "refused" else came

    def _learn(self, host: str, form: str, came: Came) -> None:
        if came.outcome == "done" and self._speaks.get(host) != form:
            self._speaks[host] = form
            self.shelf.learn(host, form)

    async def _once(self, inbox: str, body: bytes, form: str) -> tuple[Came, int]:
        host = urlsplit(inbox).hostname or inbox
        headers = self._signed(inbox, body, form)
        limits = replace(LIMITS, total=min(LIMITS.total, self.door.limits.total))
        try:
            answer = await self.door.call("POST", inbox, headers=headers, content=body, limits=limits)
        except NotReached as problem:
            return Came("later", f"Nothing was sent: {problem}."), 0
        except Redirected:
            return Came("refused", f"{host} sends us on to another address, which is not followed."), 0
        except DoorError as problem:
            why = f"No clear answer ({problem}); the activity's id makes a repeat harmless."
            return Came("later", why, may_have=True), 0
        return _read(host, answer), answer.status

    def _signed(self, inbox: str, body: bytes, form: str) -> dict[str, str]:
        base = {"content-type": MEDIA_TYPE, "accept": MEDIA_TYPE}
        request = Request("POST", inbox, base, body)
        now = datetime.now(UTC)
        if form == OLD:
            return base | cavage.signed(request, key=self.signer.key, key_id=self.signer.key_id, now=now)
        return base | rfc9421.signed(
            request, key=self.signer.key, key_id=self.signer.key_id, covers=COVERS, now=now
        )


def _read(host: str, answer: Answer) -> Came:
    status = answer.status
    if answer.ok and not answer.body.lstrip().startswith(b"<"):
        return Came("done", may_have=True)
    if answer.ok or status >= 500 or status in (408, 425):
        return Came("later", f"{host} answered {status}; sent again under the same id.", may_have=True)
    if status == 410:
        return Came("gone", f"{host} says that it is gone.")
    if status == 404:
        return Came("gone", f"{host} knows no such inbox.", missing=True)
    if status == 429:
        return Came("later", f"{host} asks us to slow down.")
    return Came("refused", f"{host} refuses it ({status}).")
