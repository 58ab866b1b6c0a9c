"""Speaks to the Instagram API with Instagram login (graph.instagram.com), and turns what it answers into the
port's three failures.

The one distinction that matters is whether a call `writes` what the public sees: after such a call without a
clear answer the post may be out (`Unsure`); after any other nothing was shown, and it may be asked again.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, NotReached

DEFAULT_SERVICE = "https://graph.instagram.com"
DEFAULT_VERSION = "v25.0"
CONNECT_AGAIN = "Press “Connect” on the channel's page, and sign in with the ministry's Instagram account."

# developers.facebook.com/docs/graph-api/guides/error-handling and
# developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/error-codes
RATE = frozenset({4, 9, 17, 32, 613, *range(80000, 80015)})
RAN_OUT = frozenset({463, 467})
PASSING = frozenset({-1, 1, 2})
MISSING_LEAVE = frozenset({3, 10, *range(200, 300)})
BLOCKED = frozenset({25, 368})
SUSPECTED = 2207051  # "we restrict certain activity": it comes with code 4, and is no matter of haste
LOST = frozenset({24})
EXPIRED = (-2, 2207020)
NOT_READY = (9007, 2207027)
NOT_FETCHED = frozenset({(9004, 2207052), (-2, 2207003)})


class Wrong(Exception):
    """The network refused a call by number. Never leaves this folder."""

    def __init__(self, code: int, subcode: int, says: str) -> None:
        super().__init__(says)
        self.code = code
        self.subcode = subcode
        self.says = says

    @property
    def gone(self) -> bool:
        """There is nothing under that id: it was deleted, is lost, has run out, or was never there."""
        return self.code in LOST or self.both in ((100, 33), EXPIRED)

    @property
    def not_ready(self) -> bool:
        """The container cannot be published yet."""
        return self.both == NOT_READY

    @property
    def not_fetched(self) -> bool:
        """The network could not fetch the picture from us."""
        return self.both in NOT_FETCHED

    @property
    def both(self) -> tuple[int, int]:
        return self.code, self.subcode


class Talk:
    """Calls for one account. `session` is what must be kept between uses."""

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.session: dict[str, Any] = dict(account.session)
        self.service = (account.settings.get("service") or DEFAULT_SERVICE).rstrip("/")
        self.version = account.settings.get("version") or DEFAULT_VERSION

    @property
    def host(self) -> str:
        return urlsplit(self.service).hostname or self.service

    @property
    def until(self) -> datetime | None:
        """Until when the token is good."""
        return moment(self.session.get("access_until"))

    async def read(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Something that changes nothing. Raises `Wrong` when it is refused by number."""
        return await self._call("GET", f"{self.version}/{path}", params=params, writes=False)

    async def do(self, path: str, fields: Mapping[str, str], *, writes: bool) -> dict[str, Any]:
        """A POST with a form. `writes`: the public sees it."""
        return await self._call("POST", f"{self.version}/{path}", fields=fields, writes=writes)

    async def token(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A fresh token. The network takes its secrets in the address only; addresses are never logged
        with their query (`lib.http`)."""
        return await self._call("GET", path, params=params, writes=False, signed=False)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        writes: bool,
        signed: bool = True,
    ) -> dict[str, Any]:
        headers = self._headers(signed)
        content = None
        if fields is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            content = urlencode(fields).encode()
        try:
            answer = await self.door.call(
                method, f"{self.service}/{path}", headers=headers, params=params, content=content
            )
            if answer.ok and b'"error"' not in answer.body[:10]:
                return answer.json()
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise unclear(str(problem), writes=writes) from None
        raise self._refusal(answer, writes=writes)

    def _headers(self, signed: bool) -> dict[str, str]:
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The server's address does not begin with https://, so the sign-in would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        access = str(self.session.get("access") or "")
        if signed and not access:
            raise Refused("Nobody has signed in yet.", shown=CONNECT_AGAIN, account=True)
        return {"authorization": f"Bearer {access}"} if signed else {}

    def _refusal(self, answer: Answer, *, writes: bool) -> Exception:
        try:
            said = answer.json().get("error")
        except BadAnswer as problem:
            said, why = None, f"{self.host} {problem}."
        else:
            why = f"{self.host} answered {answer.status} without a reason."
        if answer.status == 429 and not isinstance(said, dict):
            return TryLater(f"{self.host} asks us to slow down.", when=self._when(answer), account=True)
        if not isinstance(said, dict):
            return unclear(why, writes=writes)
        code, subcode = number(said.get("code")), number(said.get("error_subcode"))
        says = self.clean(said.get("error_user_msg") or said.get("message") or f"error {code}")
        trace = said.get("fbtrace_id")
        if (code in RATE and subcode != SUSPECTED) or answer.status == 429:
            why = f"{self.host} asks us to slow down: {says}"
            return TryLater(why, when=self._when(answer), account=True)
        if answer.status >= 500 or code in PASSING or said.get("is_transient") is True:
            tail = f" (trace {self.clean(trace)})" if trace else ""
            return unclear(f"{self.host} answered {answer.status}: {says}{tail}", writes=writes)
        return self._about_account(code, subcode, says) or Wrong(code, subcode, says)

    def _about_account(self, code: int, subcode: int, says: str) -> Exception | None:
        if code == 190 and subcode in RAN_OUT:
            return TryLater(f"The sign-in has run out: {says}", sign_in=True)
        if code in (102, 190):
            return Refused(
                f"{self.host} no longer takes the sign-in: {says}", shown=CONNECT_AGAIN, account=True
            )
        if code in MISSING_LEAVE:
            return Refused(
                f"The app may not do this: {says}",
                shown="Give the app the permissions that the help page names, then connect again.",
                account=True,
            )
        if code in BLOCKED or subcode == SUSPECTED:
            return Refused(
                f"The network has blocked this for a while: {says}",
                shown="Look at the account's status on Instagram. Statements stay on your own site.",
                account=True,
            )
        return None

    def _when(self, answer: Answer) -> datetime | None:
        """When we may ask again, by the network's own words."""
        now = datetime.now(UTC)
        return regained(answer.headers.get("x-business-use-case-usage", ""), now) or answer.retry_after(now)

    def clean(self, words: object) -> str:
        """What a server said, fit for a page: one line, not long, and none of our secrets in it."""
        text = " ".join(str(words).split())
        for secret in [*self.account.secrets.values(), self.session.get("access")]:
            if secret:
                text = text.replace(str(secret), "[hidden]")
        return text if len(text) <= 200 else text[:199] + "…"


def unclear(why: str, *, writes: bool) -> TryLater | Unsure:
    """No clear answer: what that means depends on what was asked."""
    text = why.rstrip(".")
    text = text[:1].upper() + text[1:] + "."
    return Unsure(text) if writes else TryLater(text)


def number(value: object) -> int:
    """A number of the network's; 0 when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def moment(value: object) -> datetime | None:
    """A moment written in ISO 8601, also with `+0000` as the network writes it; None when it is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def regained(usage: str, now: datetime) -> datetime | None:
    """When the network lets us in again: minutes, in a header that is a JSON object of lists
    (developers.facebook.com/docs/graph-api/overview/rate-limiting)."""
    try:
        found = json.loads(usage)
        minutes = [
            number(entry.get("estimated_time_to_regain_access"))
            for entries in found.values()
            for entry in entries
        ]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
    longest = max(minutes, default=0)
    return now + timedelta(minutes=min(longest, 24 * 60)) if longest > 0 else None
