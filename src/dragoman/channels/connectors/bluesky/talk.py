"""Speaks XRPC, the calls of the AT Protocol, and keeps the sign-in alive.

Turns everything a server may answer into the port's three failures. The one distinction that matters is
whether the call `writes`: after a write that got no clear answer the post may be out (`Unsure`), after any
other call nothing was changed and it may simply be asked again (`TryLater`).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, NotReached

DEFAULT_SERVICE = "https://bsky.social"
STALE_TOKEN = frozenset({"ExpiredToken", "InvalidToken"})
LOCKED = {
    "AccountTakedown": "The network has taken this account down.",
    "AccountDeactivated": "The account is deactivated on the network.",
    "AccountSuspended": "The network has suspended this account.",
    "AuthFactorTokenRequired": "The network asks for a code by e-mail: this is not an app password.",
}
WRONG_PASSWORD = "The network does not accept this handle and app password."  # noqa: S105 - words, no password
MAKE_ANOTHER = "Make a new app password on the network, and enter it under Credentials."
MARGIN = timedelta(minutes=2)


class Wrong(Exception):
    """The server refused a call by name. Never leaves this folder."""

    def __init__(self, name: str, says: str, status: int) -> None:
        super().__init__(name)
        self.name = name
        self.says = says
        self.status = status


class Talk:
    """Calls to one server for one account. `session` is what must be kept between uses."""

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.session: dict[str, Any] = dict(account.session)
        self.service = (account.settings.get("service") or DEFAULT_SERVICE).rstrip("/")
        self.headers: Mapping[str, str] = {}

    # --- calls ---

    async def read(self, name: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A query that anybody may ask. Raises `Wrong` when the server refuses it by name."""
        return await self._call("GET", name, params=params, writes=False)

    async def signed(
        self,
        name: str,
        body: Mapping[str, Any] | bytes | None,
        *,
        writes: bool,
        media_type: str = "",
        method: str = "POST",
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A call in the account's name. A token that has run out is renewed once, and the call made again:
        a call refused for its token was surely not carried out."""
        access = await self._access()
        try:
            return await self._call(
                method, name, params=params, body=body, token=access, writes=writes, media_type=media_type
            )
        except Wrong as wrong:
            if wrong.name not in STALE_TOKEN:
                raise
        access = await self._renew()
        try:
            return await self._call(
                method, name, params=params, body=body, token=access, writes=writes, media_type=media_type
            )
        except Wrong as wrong:
            if wrong.name in STALE_TOKEN:
                raise TryLater(f"{self.host} does not take the sign-in it gave a moment ago.") from None
            raise

    async def did(self) -> str:
        """The account's lasting name."""
        if not self.session.get("did"):
            await self._access()
        return str(self.session["did"])

    @property
    def until(self) -> datetime | None:
        """Until when the sign-in can be renewed without the password."""
        return expiry(str(self.session.get("refresh", "")))

    # --- sign-in ---

    async def _access(self) -> str:
        access = str(self.session.get("access", ""))
        ends = expiry(access)
        if access and self.session.get("did") and (ends is None or ends > datetime.now(UTC) + MARGIN):
            return access
        return await self._renew()

    async def _renew(self) -> str:
        refresh = str(self.session.get("refresh", ""))
        ends = expiry(refresh)
        if refresh and (ends is None or ends > datetime.now(UTC)):
            try:
                found = await self._call(
                    "POST", "com.atproto.server.refreshSession", token=refresh, writes=False
                )
                return self._keep(found)
            except Wrong as wrong:
                if wrong.name in LOCKED:
                    raise self._locked(wrong) from None
                # The refresh token is used up or withdrawn; the app password may still be good.
        return await self._sign_in()

    async def _sign_in(self) -> str:
        body = {
            "identifier": self.account.settings.get("handle", "").lstrip("@"),
            "password": self.account.secrets.get("app_password", ""),
        }
        try:
            found = await self._call("POST", "com.atproto.server.createSession", body=body, writes=False)
        except Wrong as wrong:
            raise self._locked(wrong) from None
        return self._keep(found)

    def _keep(self, found: Mapping[str, Any]) -> str:
        kept = {"access": found.get("accessJwt"), "refresh": found.get("refreshJwt")}
        kept |= {"did": found.get("did"), "handle": found.get("handle")}
        if not (isinstance(kept["access"], str) and kept["access"] and isinstance(kept["did"], str)):
            raise TryLater(f"{self.host} answered the sign-in with something else than a session.")
        # What did not come, or came empty, never replaces what we have.
        self.session |= {name: value for name, value in kept.items() if isinstance(value, str) and value}
        return kept["access"]

    def _locked(self, wrong: Wrong) -> Refused:
        if wrong.name in LOCKED:
            return Refused(LOCKED[wrong.name], shown=MAKE_ANOTHER, account=True)
        if wrong.status == 401 or wrong.name == "AuthenticationRequired":
            return Refused(WRONG_PASSWORD, shown=MAKE_ANOTHER, account=True)
        return Refused(f"{self.host} refuses the sign-in: {wrong.says}", shown=MAKE_ANOTHER, account=True)

    # --- one call ---

    @property
    def host(self) -> str:
        return urlsplit(self.service).hostname or self.service

    async def _call(
        self,
        method: str,
        name: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        token: str = "",
        writes: bool,
        media_type: str = "",
    ) -> dict[str, Any]:
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The server's address does not begin with https://, so the password would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if media_type:
            headers["content-type"] = media_type
        try:
            answer = await self.door.call(
                method,
                f"{self.service}/xrpc/{name}",
                headers=headers,
                params=params,
                json=None if isinstance(body, bytes) else body,
                content=body if isinstance(body, bytes) else None,
            )
            if answer.ok:
                self.headers = answer.headers
                return answer.json() if answer.body else {}
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise self._unclear(f"{_sentence(problem)}", writes=writes) from None
        raise self._refusal(answer, writes=writes)

    def _refusal(self, answer: Answer, *, writes: bool) -> Exception:
        now = datetime.now(UTC)
        if answer.status == 429:
            when = answer.retry_after(now) or reset(answer.headers)
            return TryLater(f"{self.host} asks us to slow down.", when=when, account=True)
        if answer.status >= 500:
            return self._unclear(f"{self.host} answered {answer.status}.", writes=writes)
        try:
            said = answer.json()
        except BadAnswer as problem:
            return self._unclear(f"{self.host} {problem}.", writes=writes)
        name = said.get("error")
        if not isinstance(name, str) or not name:
            return self._unclear(f"{self.host} answered {answer.status} without a reason.", writes=writes)
        return Wrong(name, self.clean(said.get("message") or name), answer.status)

    def _unclear(self, why: str, *, writes: bool) -> TryLater | Unsure:
        return Unsure(why) if writes else TryLater(why)

    def clean(self, words: object) -> str:
        """What a server said, fit for a page: one line, not long, and none of our secrets in it."""
        text = " ".join(str(words).split())
        secrets = [*self.account.secrets.values(), self.session.get("access"), self.session.get("refresh")]
        for secret in secrets:
            if secret:
                text = text.replace(str(secret), "[hidden]")
        return text if len(text) <= 200 else text[:199] + "…"


def _sentence(problem: DoorError) -> str:
    text = str(problem).rstrip(".")
    return text[:1].upper() + text[1:] + "."


def reset(headers: Mapping[str, str]) -> datetime | None:
    """When the limit that was met is lifted."""
    value = headers.get("ratelimit-reset", "")
    return (
        datetime.fromtimestamp(int(value), UTC)
        if value.isascii() and value.isdigit() and len(value) < 11
        else None
    )


def expiry(token: str) -> datetime | None:
    """When a JWT says that it runs out. Read for planning only; the server is the judge."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, binascii.Error):
        return None
