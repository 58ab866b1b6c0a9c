"""Speaks to the Graph API (graph.facebook.com), and turns what it answers into the port's three failures.

The one distinction that matters is whether a call `writes` what the public sees: after such a call without a
clear answer the post may be out (`Unsure`); after any other nothing was shown, and it may be asked again. The
Graph API is known to answer 500 to posts that it has made (koala, issue 699).

Every call carries `appsecret_proof`, so that a token that was stolen is of no use without the app's secret
(developers.facebook.com/docs/graph-api/guides/secure-requests).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, NotReached

DEFAULT_SERVICE = "https://graph.facebook.com"
DEFAULT_VERSION = "v25.0"
CONNECT_AGAIN = "Press “Connect” on the channel's page, and sign in as somebody who may post on the Page."

# developers.facebook.com/docs/graph-api/guides/error-handling
RATE = frozenset({4, 17, 32, 613, *range(80000, 80015)})
PASSING = frozenset({-1, 1, 2})
MISSING_LEAVE = frozenset({3, 10, *range(200, 300)})
BLOCKED = 368
DUPLICATE = 506
FORM = "application/x-www-form-urlencoded"
NO_PREVIEW = 1609005  # it could not read the page that the link leads to


class Wrong(Exception):
    """The network refused a call by number. Never leaves this folder."""

    def __init__(self, code: int, subcode: int, says: str) -> None:
        super().__init__(says)
        self.code = code
        self.subcode = subcode
        self.says = says

    @property
    def gone(self) -> bool:
        """There is nothing under that id: it was deleted, or was never there."""
        return self.code == 100 and self.subcode == 33

    @property
    def duplicate(self) -> bool:
        """The network says that this was posted already."""
        return self.code == DUPLICATE

    @property
    def no_preview(self) -> bool:
        return NO_PREVIEW in (self.code, self.subcode)


class Talk:
    """Calls for one account. `session` is what must be kept between uses."""

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.session: dict[str, Any] = dict(account.session)
        self.service = (account.settings.get("service") or DEFAULT_SERVICE).rstrip("/")
        self.version = account.settings.get("version") or DEFAULT_VERSION
        self.usage = ""

    @property
    def host(self) -> str:
        return urlsplit(self.service).hostname or self.service

    async def read(
        self, path: str, params: Mapping[str, str] | None = None, *, token: str = ""
    ) -> dict[str, Any]:
        """Something that changes nothing. Raises `Wrong` when it is refused by number."""
        access = token or self.access
        params = {**(params or {}), "appsecret_proof": self.proof(access)}
        return await self._call("GET", path, access, params=params, writes=False)

    async def do(self, path: str, fields: Mapping[str, str], *, writes: bool) -> dict[str, Any]:
        """A POST with a form. `writes`: the public sees it."""
        body = urlencode({**fields, "appsecret_proof": self.proof(self.access)}).encode()
        return await self._call("POST", path, self.access, body=(FORM, body), writes=writes)

    async def upload(self, path: str, fields: Mapping[str, str], data: bytes, kind: str) -> dict[str, Any]:
        """A POST with one file, which the public does not see yet."""
        body = multipart({**fields, "appsecret_proof": self.proof(self.access)}, data, kind)
        return await self._call("POST", path, self.access, body=body, writes=False)

    async def delete(self, path: str) -> dict[str, Any]:
        """A deletion, which may be asked for twice."""
        params = {"appsecret_proof": self.proof(self.access)}
        return await self._call("DELETE", path, self.access, params=params, writes=False)

    async def token(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """A longer token for a short one. Its secrets travel in the body."""
        body = (FORM, urlencode(fields).encode())
        return await self._call("POST", "oauth/access_token", "", body=body, writes=False)

    @property
    def access(self) -> str:
        """The Page's token. `Refused` when nobody has signed in."""
        found = str(self.session.get("access") or "")
        if not found:
            raise Refused("Nobody has signed in yet.", shown=CONNECT_AGAIN, account=True)
        return found

    def proof(self, token: str) -> str:
        """What proves that whoever holds the token has the app's secret as well."""
        secret = self.account.secrets.get("client_secret", "")
        return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()

    async def _call(
        self,
        method: str,
        path: str,
        token: str,
        *,
        params: Mapping[str, str] | None = None,
        body: tuple[str, bytes] | None = None,
        writes: bool,
    ) -> dict[str, Any]:
        headers = self._headers(token)
        if body is not None:
            headers["content-type"] = body[0]
        address = f"{self.service}/{self.version}/{path}"
        try:
            answer = await self.door.call(
                method, address, headers=headers, params=params, content=body[1] if body else None
            )
            self.usage = answer.headers.get("x-business-use-case-usage", "") or self.usage
            if answer.ok and b'"error"' not in answer.body[:10]:
                return answer.json()
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise unclear(str(problem), writes=writes) from None
        raise self._refusal(answer, writes=writes)

    def _headers(self, token: str) -> dict[str, str]:
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The server's address does not begin with https://, so the sign-in would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        return {"authorization": f"Bearer {token}"} if token else {}

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
        if code in RATE or answer.status == 429:
            why = f"{self.host} asks us to slow down: {says}"
            return TryLater(why, when=self._when(answer), account=True)
        if answer.status >= 500 or code in PASSING or said.get("is_transient") is True:
            tail = f" (trace {self.clean(trace)})" if trace else ""
            return unclear(f"{self.host} answered {answer.status}: {says}{tail}", writes=writes)
        return self._about_account(code, subcode, says) or Wrong(code, subcode, says)

    def _about_account(self, code: int, subcode: int, says: str) -> Exception | None:
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
        if code == BLOCKED and "already posted" in says.lower():
            return Wrong(DUPLICATE, subcode, says)
        if code == BLOCKED:
            return Refused(
                f"The network has blocked this for a while: {says}",
                shown="Look at the Page's status under Page quality. Statements stay on your own site.",
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


def multipart(fields: Mapping[str, str], data: bytes, kind: str) -> tuple[str, bytes]:
    """A form with one file named `source` (RFC 7578): its media type and its body."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="source"; filename="picture"\r\n'
    parts.append(f"{head}content-type: {kind}\r\n\r\n".encode() + data + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


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


def busiest(usage: str) -> int | None:
    """How much of the hour's calls is used, in per cent, by the same header; None when it does not say."""
    try:
        entries = [entry for group in json.loads(usage).values() for entry in group]
        return max((number(entry.get("call_count")) for entry in entries), default=None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
