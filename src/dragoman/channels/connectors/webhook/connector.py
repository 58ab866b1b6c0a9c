"""A receiver of our own choosing, told by a signed call: for every system that we did not foresee.

The calls follow the Standard Webhooks specification (standardwebhooks.com). Its rule for what is told
twice: the receiver keeps the `webhook-id` and ignores one that it has seen. Our id is the delivery's key,
so telling again after a lost answer is what the specification asks of us, and makes nothing twice there.
Whether a given receiver keeps to it cannot be asked of it, so there is no `FIND` and no `SAME_KEY_ONCE`
here; for a receiver that does not, choose "a person decides", and a lost answer waits for one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Health,
    Incoming,
    Kind,
    Piece,
    Post,
    Prepared,
    Receipt,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
    WebhookCall,
)
from dragoman.channels.connectors.webhook import reading, rendering
from dragoman.lib.http import Answer, Door, DoorError, Limits, NotReached, Redirected
from dragoman.lib.signatures import webhooks
from dragoman.lib.signatures.keys import BadKey

DROPS, UNKNOWN = "drops", "unknown"
LIMITS = Limits(total=20.0, answer=64_000)
SPEC = "standardwebhooks.com, specification"
CHECKED = "2026-11-22"
MEND_SECRET = "Enter the secret that the receiver shows, whsec_ included, under Credentials."  # noqa: S105 - words

KIND = Kind(
    name="webhook",
    label="Signed webhook",
    about="Tells a system of your choice, by signed calls as in the Standard Webhooks.",
    abilities=frozenset({port.WITHDRAW, port.LANGUAGES, port.WEBHOOK}),
    fields=(
        port.Field(
            "address",
            "Address of the receiver",
            hint="Where the calls go, such as https://news.example.org/hooks/ministry",
            pattern=r"https?://[^\s/?#@]+(/[^\s#]*)?",
            mend="Write the whole address, beginning with https://",
        ),
        port.Field(
            "secret",
            "Secret",
            hint="Shared with the receiver: whsec_ and a long row of letters",
            secret=True,
        ),
        port.Field(
            "old_secret",
            "Second secret",
            hint="While the secret is being changed: the old one. Every call is signed by both.",
            secret=True,
            required=False,
            advanced=True,
        ),
        port.Field(
            "repeats",
            "When an answer is lost",
            choices=(
                (DROPS, "Tell it again: the receiver ignores a webhook-id that it has seen, as it should"),
                (UNKNOWN, "A person decides: the receiver may take it for something new"),
            ),
            default=DROPS,
            advanced=True,
        ),
    ),
    limits=(
        port.Limit("text", rendering.LIMIT, rendering.UNIT, "our own choice", CHECKED),
        port.Limit("clock difference", 300, "seconds", SPEC, CHECKED),
    ),
    help_file=Path(__file__).with_name("help.md"),
    warnings=(
        "After a lost answer it is told again under the same id, as the standard asks: the receiver must "
        "ignore an id that it has seen. For one that cannot, a person decides; say so under Seldom needed.",
    ),
)


def connect(account: Account, door: Door) -> "Webhook":
    """A connector for one receiver."""
    return Webhook(account, door)


class Webhook(port.Base):
    """The verbs of the port."""

    @property
    def address(self) -> str:
        return self.account.settings.get("address", "")

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or "the receiver"

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece)

    async def check(self) -> Health:
        """A signed call that tells of nothing: a receiver ignores types that it does not know."""
        now = datetime.now(UTC)
        event = {"type": rendering.CHECKED, "timestamp": now.isoformat(), "data": {}}
        await self._tell(f"check:{int(now.timestamp())}", event, now, harmless=True)
        return Health(True, "The receiver took a signed call.", self.host, may=("be told of releases",))

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        key = rendering.event_id(post)
        now = datetime.now(UTC)
        await self._tell(key, rendering.released(post), now, harmless=self._drops)
        return Sent(key, post.url, now)

    async def find(self, post: Post) -> Sent | None:
        raise Unsure("A webhook cannot be asked what it was told.")

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Tells of the withdrawal. A receiver that never heard of the post has nothing to do."""
        now = datetime.now(UTC)
        event = rendering.withdrawn(post, now)
        await self._tell(rendering.event_id(post, "withdrawn"), event, now, harmless=True)

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Receipt]:
        """What the other side tells us under the same secrets: a message, or that it received something.

        Judges signature and clock; whether the id was seen before is for the desk.
        """
        return reading.read(call, self._secrets(), datetime.now(UTC))

    def call_id(self, call: WebhookCall) -> str:
        """Standard Webhooks: the id is signed with the body."""
        return {name.lower(): value for name, value in call.headers.items()}.get("webhook-id", "")

    # --- one call ---

    @property
    def _drops(self) -> bool:
        return self.account.settings.get("repeats", DROPS) != UNKNOWN

    def _secrets(self) -> list[bytes]:
        given = (self.account.secrets.get("secret", ""), self.account.secrets.get("old_secret", ""))
        try:
            return [webhooks.secret_bytes(text) for text in dict.fromkeys(given) if text.strip()]
        except BadKey as problem:
            raise Refused(f"The secret is not usable: {problem}.", shown=MEND_SECRET, account=True) from None

    async def _tell(self, key: str, event: Mapping[str, Any], at: datetime, *, harmless: bool) -> None:
        if not self.address.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The receiver's address does not begin with https://.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        secrets = self._secrets()
        if not secrets:
            raise Refused("There is no secret.", shown=MEND_SECRET, account=True)
        headers = {"content-type": "application/json", **webhooks.signed(key, body, at, secrets)}
        limits = replace(LIMITS, total=min(LIMITS.total, self.door.limits.total))
        try:
            answer = await self.door.call("POST", self.address, headers=headers, content=body, limits=limits)
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except Redirected:
            raise Refused(
                f"{self.host} sent the call on to another address. A signed call is not sent on.",
                shown="Enter the receiver's final address in the channel's settings.",
                account=True,
            ) from None
        except DoorError as problem:
            raise self._unclear(str(problem), harmless) from None
        if not answer.ok:
            raise self._refusal(answer, harmless)
        if _nonsense(answer):
            raise self._unclear(f"{self.host} answered {answer.status} with a page for people", harmless)

    def _unclear(self, why: str, harmless: bool) -> port.ChannelError:
        if harmless:
            return TryLater(f"No clear answer ({why}); it is told again under the same webhook-id.")
        return Unsure(
            f"No clear answer: {why}.", look_for=f"Look at {self.host} whether it has the statement."
        )

    def _refusal(self, answer: Answer, harmless: bool) -> port.ChannelError:
        status = answer.status
        if status == 429 or (status == 503 and "retry-after" in answer.headers):
            when = answer.retry_after(datetime.now(UTC))
            return TryLater(f"{self.host} asks us to slow down.", when=when, account=True)
        if status >= 500 or status in (408, 425):
            return self._unclear(f"{self.host} answered {status}", harmless)
        if status == 410:
            return Refused(
                f"{self.host} answers 410: it wants to be told nothing any more.",
                shown="Ask those who run it; switch the channel off if that is what they want.",
                account=True,
            )
        if status in (401, 403):
            return Refused(f"{self.host} does not accept our signature.", shown=MEND_SECRET, account=True)
        return Refused(
            f"{self.host} answered {status}, and so did not take it.",
            shown="Those who run the receiver can see why in its log.",
            account=status in (404, 405),
        )


def _nonsense(answer: Answer) -> bool:
    """A maintenance page, or JSON that is none: somebody else than the receiver has answered. A short word in
    whatever media type is how many receivers say yes."""
    kind = answer.headers.get("content-type", "")
    body = answer.body.lstrip()
    if "json" in kind and body:
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return True
    return body.startswith(b"<")
