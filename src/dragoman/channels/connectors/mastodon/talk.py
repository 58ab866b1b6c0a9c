"""Speaks the Mastodon API, and turns whatever a server may answer into the port's three failures.

After the one call that `writes` got no clear answer, the post may be out (`Unsure`); after any other call
nothing was changed that others see, and it may simply be asked again (`TryLater`).
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, Door, DoorError, Limits, NotReached

DEFAULT_SERVICE = "https://mastodon.social"
SIGN_IN = "Sign in again on the channel's page, or enter a new access token under Credentials."
UPLOAD = Limits(read=60, total=80)


class Wrong(Exception):
    """The server refused a call with a reason. Never leaves this folder."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status
        self.says = says


class Talk:
    """Calls to one server for one account. `session` is what must be kept between uses."""

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.session: dict[str, Any] = dict(account.session)
        self.service = (account.settings.get("service") or DEFAULT_SERVICE).rstrip("/")
        self.headers: Mapping[str, str] = {}

    @property
    def host(self) -> str:
        return urlsplit(self.service).hostname or self.service

    @property
    def token(self) -> str:
        """A token that was pasted goes before one from a sign-in: whoever pastes one means it."""
        return self.account.secrets.get("access_token") or str(self.session.get("access") or "")

    async def open(self, path: str) -> Any:
        """What anybody may read."""
        return await self._call("GET", path)

    async def read(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """What the account may read."""
        return await self._call("GET", path, params=params, token=self._need())

    async def change(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        writes: bool,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A call in the account's name that changes something; `writes` when others can see it."""
        return await self._call(method, path, body=body, headers=headers, token=self._need(), writes=writes)

    async def upload(self, data: bytes, media_type: str, fields: Mapping[str, str]) -> tuple[int, Any]:
        """Bring a file in. The status says whether the server is done with it (200) or not yet (202)."""
        edge = "dragoman-" + secrets.token_hex(16)
        head = "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        name = "picture." + media_type.rpartition("/")[2]
        head += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        head += f"Content-Type: {media_type}\r\n\r\n"
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {"content-type": f"multipart/form-data; boundary={edge}"}
        answer = await self._ask("POST", "/api/v2/media", content=body, headers=headers, limits=UPLOAD)
        return answer.status, self._value(answer, writes=False)

    async def state_of(self, media: str) -> int:
        """How the server stands with a file: 200 done, 206 not yet."""
        return (await self._ask("GET", f"/api/v1/media/{media}")).status

    # --- one call ---

    def _need(self) -> str:
        if not self.token:
            raise Refused("Nobody has signed in to this account yet.", shown=SIGN_IN, account=True)
        return self.token

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        token: str = "",
        writes: bool = False,
    ) -> Any:
        answer = await self._ask(
            method, path, params=params, body=body, headers=headers, token=token, writes=writes
        )
        return self._value(answer, writes=writes)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        writes: bool = False,
        limits: Limits | None = None,
    ) -> Answer:
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The server's address does not begin with https://, so the token would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        bearer = self._need() if token is None else token
        sent = {**(headers or {}), **({"authorization": f"Bearer {bearer}"} if bearer else {})}
        try:
            answer = await self.door.call(
                method,
                self.service + path,
                headers=sent,
                params=params,
                json=body,
                content=content,
                limits=limits,
            )
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise self._unclear(_sentence(problem), writes=writes) from None
        if not answer.ok:
            raise self._refusal(answer, writes=writes)
        self.headers = answer.headers
        return answer

    def _value(self, answer: Answer, *, writes: bool) -> Any:
        if not answer.body:
            return {}
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            why = f"{self.host} answered {answer.status} with something that is not JSON."
            raise self._unclear(why, writes=writes) from None

    def _refusal(self, answer: Answer, *, writes: bool) -> Exception:
        if answer.status == 429:
            when = answer.retry_after(datetime.now(UTC)) or reset(answer.headers)
            return TryLater(f"{self.host} asks us to slow down.", when=when, account=True)
        if answer.status >= 500:
            return self._unclear(f"{self.host} answered {answer.status}.", writes=writes)
        said = _error(answer)
        if said is None:
            why = f"{self.host} answered {answer.status} without a reason."
            return self._unclear(why, writes=writes)
        says = self.clean(said)
        if answer.status == 401:
            return Refused(f"{self.host} does not accept the sign-in: {says}", shown=SIGN_IN, account=True)
        if answer.status == 403:
            mend = "Sign in to the account itself and read what the server says, then press Check now here."
            return Refused(f"{self.host} does not let the account do this: {says}", shown=mend, account=True)
        return Wrong(answer.status, says)

    def _unclear(self, why: str, *, writes: bool) -> TryLater | Unsure:
        return Unsure(why) if writes else TryLater(why)

    def clean(self, words: object) -> str:
        """What a server said, fit for a page: one line, not long, and none of our secrets in it."""
        text = " ".join(str(words).split())
        for secret in (
            *self.account.secrets.values(),
            self.session.get("access"),
            self.session.get("refresh"),
        ):
            if secret:
                text = text.replace(str(secret), "[hidden]")
        return text if len(text) <= 200 else text[:199] + "…"


def reset(headers: Mapping[str, str]) -> datetime | None:
    """When the limit that was met is lifted: Mastodon names the moment in ISO 8601."""
    try:
        moment = datetime.fromisoformat(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _error(answer: Answer) -> str | None:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, str) and error else None


def _sentence(problem: DoorError) -> str:
    text = str(problem).rstrip(".")
    return text[:1].upper() + text[1:] + "."
