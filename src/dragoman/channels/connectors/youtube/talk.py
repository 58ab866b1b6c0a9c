"""Speaks the YouTube Data API, and turns whatever it may answer into the port's three failures.

Only making a film public `writes`: after that call without a clear answer it may be out (`Unsure`). After any
other nothing that others see has changed, and it may be asked again (`TryLater`).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, Door, DoorError, Limits, NotReached

DEFAULT_SERVICE = "https://www.googleapis.com"
SIGN_IN = "Sign in again on the channel's page, with the account that owns the YouTube channel."
PACIFIC = ZoneInfo("America/Los_Angeles")
CHUNK_LIMITS = Limits(read=45, total=50)

SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded", "uploadLimitExceeded"})
HASTY = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "servingLimitExceeded"})
CLOSED = frozenset(
    {
        "channelClosed",
        "channelSuspended",
        "youtubeSignupRequired",
        "accountDelegationForbidden",
        "accountClosed",
    }
)
UNRIGHTED = frozenset({"insufficientPermissions", "accessNotConfigured", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})


class Wrong(Exception):
    """The service refused a call for a reason it names. Never leaves this folder."""

    def __init__(self, status: int, reason: str, says: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.says = says


class Talk:
    """Calls for one account. `session` is what must be kept between uses."""

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.session: dict[str, Any] = dict(account.session)
        self.service = (account.settings.get("service") or DEFAULT_SERVICE).rstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.service).hostname or self.service

    async def read(self, resource: str, params: Mapping[str, str]) -> dict[str, Any]:
        """What the account may read."""
        return await self.call("GET", f"/youtube/v3/{resource}", params=params)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
    ) -> dict[str, Any]:
        """One call and its answer as an object."""
        answer = await self.ask(
            method,
            self.service + path,
            params=params,
            body=body,
            content=content,
            headers=headers,
            writes=writes,
        )
        if not answer.ok:
            raise self.refusal(answer, writes=writes)
        return self.value(answer, writes=writes)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
        limits: Limits | None = None,
    ) -> Answer:
        """One call, with whatever answer it gets."""
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The service's address does not begin with https://, so the token would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        token = str(self.session.get("access") or "")
        if not token:
            raise Refused("Nobody has signed in to this account yet.", shown=SIGN_IN, account=True)
        try:
            return await self.door.call(
                method,
                url,
                headers={**(headers or {}), "authorization": f"Bearer {token}"},
                params=params,
                json=body,
                content=content,
                limits=limits,
            )
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise _unclear(_sentence(problem), writes=writes) from None

    def value(self, answer: Answer, *, writes: bool = False) -> dict[str, Any]:
        """The answer as an object."""
        if answer.status == 204 or not answer.body:
            return {}
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            why = f"{self.host} answered {answer.status} with something that is not an object."
            raise _unclear(why, writes=writes)
        return found

    def refusal(self, answer: Answer, *, writes: bool = False) -> Exception:
        """What an answer that is no success means."""
        if answer.status == 429:
            return TryLater(
                f"{self.host} asks us to slow down.", when=answer.retry_after(datetime.now(UTC)), account=True
            )
        if answer.status >= 500:
            return _unclear(f"{self.host} answered {answer.status}.", writes=writes)
        reason, message = _reason(answer)
        says = self.clean(message or reason)
        if answer.status == 401 and reason != "youtubeSignupRequired":
            return self._signed_out(says)
        if not reason:
            return _unclear(f"{self.host} answered {answer.status} without a reason.", writes=writes)
        return self._named(answer.status, reason, says)

    def _signed_out(self, says: str) -> TryLater | Refused:
        if self.session.get("refresh"):
            return TryLater(f"The sign-in has run out: {says}", sign_in=True)
        return Refused(f"{self.host} does not accept the sign-in: {says}", shown=SIGN_IN, account=True)

    def _named(self, status: int, reason: str, says: str) -> Exception:
        if reason in SPENT:
            why = (
                "The day's share of calls or uploads is used up; a new one begins at midnight in California."
            )
            return TryLater(f"{why} ({reason})", when=midnight(datetime.now(UTC)), account=True)
        if reason in HASTY:
            return TryLater(f"{self.host} asks us to slow down ({reason}).", account=True)
        if reason in CLOSED:
            shown = "Sign in to YouTube with the account, and read what it says about the channel."
            return Refused(f"The YouTube channel cannot be used: {says}", shown=shown, account=True)
        if reason in UNRIGHTED:
            shown = "See that the YouTube Data API is switched on for the project, then sign in again."
            return Refused(f"The sign-in does not reach far enough: {says}", shown=shown, account=True)
        return Wrong(status, reason, says)

    def clean(self, words: object) -> str:
        """What a service said, fit for a page: one line, not long, and none of our secrets in it."""
        text = " ".join(str(words).split())
        kept = [self.session.get(name) for name in ("access", "refresh")]
        for secret in (*self.account.secrets.values(), *kept):
            if secret:
                text = text.replace(str(secret), "[hidden]")
        return text if len(text) <= 200 else text[:199] + "…"


def midnight(now: datetime) -> datetime:
    """When the day's quota begins anew: the next midnight of the Pacific coast."""
    there = now.astimezone(PACIFIC)
    following = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return following.astimezone(UTC)


def _reason(answer: Answer) -> tuple[str, str]:
    try:
        error = json.loads(answer.body)["error"]
        first = (error.get("errors") or [{}])[0]
        return str(first.get("reason") or error.get("status") or ""), str(error.get("message") or "")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError):
        return "", ""


def _unclear(why: str, *, writes: bool) -> TryLater | Unsure:
    return Unsure(why) if writes else TryLater(why)


def _sentence(problem: DoorError) -> str:
    text = str(problem).rstrip(".")
    return text[:1].upper() + text[1:] + "."
