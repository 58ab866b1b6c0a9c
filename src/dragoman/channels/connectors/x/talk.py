"""Calls to the API of X, and what its answers mean.

Turns everything X may answer into the port's three failures. The one distinction that matters is whether the
call `writes`: after a write without a clear answer the post may be out (`Unsure`), after any other call
nothing was changed and it may simply be asked again (`TryLater`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connector import Account, Headroom, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, NotReached

DEFAULT_SERVICE = "https://api.x.com"
DEFAULT_SITE = "https://x.com"
SIGN_IN = "An administrator of the channel's mission must connect it again."
APP = "Look at the app in X's developer console: its plan, its permissions and its credits."
# What X says of accounts that it has closed or locked (response codes and errors of v1.1, kept in v2).
CLOSED = ("suspended", "temporarily locked", "account is locked", "deactivated")
NO_APP = ("client-forbidden", "unsupported-authentication", "client-not-enrolled")


class Wrong(Exception):
    """X refused a call. Never leaves this folder."""

    def __init__(self, status: int, says: str, kind: str = "") -> None:
        super().__init__(says)
        self.status = status
        self.says = says
        self.kind = kind


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

    @property
    def until(self) -> datetime | None:
        """Until when the access token lasts."""
        try:
            moment = datetime.fromisoformat(str(self.session.get("access_until", "")))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        media_type: str = "",
        writes: bool = False,
    ) -> dict[str, Any]:
        """One call in the account's name. Raises `Wrong` when X refuses it for what it says."""
        headers = {"authorization": f"Bearer {self._access()}"}
        if media_type:
            headers["content-type"] = media_type
        try:
            answer = await self.door.call(
                method, self.service + path, headers=headers, params=params, json=json, content=content
            )
            if answer.ok:
                if writes:
                    self._keep_headroom(answer)
                return answer.json()
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise self._unclear(_sentence(problem), writes=writes) from None
        raise self._refusal(answer, writes=writes)

    # --- sign-in ---

    def _access(self) -> str:
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The server's address does not begin with https://, so the sign-in would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        access = str(self.session.get("access", ""))
        if not access:
            raise Refused("The channel is not connected to X.", shown=SIGN_IN, account=True)
        if self.until is not None and self.until <= datetime.now(UTC):
            raise self._no_longer_signed_in("The sign-in on X has run out.")
        return access

    def _no_longer_signed_in(self, why: str) -> TryLater | Refused:
        # X does not say whether a token is old or revoked; trying to renew it tells the one from the other.
        if self.session.get("refresh"):
            return TryLater(why, sign_in=True)
        return Refused(why, shown=SIGN_IN, account=True)

    # --- answers ---

    def _refusal(self, answer: Answer, *, writes: bool) -> Exception:
        if answer.status == 429:
            when = answer.retry_after(datetime.now(UTC)) or _reset(answer)
            return TryLater("X asks us to slow down.", when=when, account=True)
        if answer.status >= 500:
            return self._unclear(f"X answered {answer.status}.", writes=writes)
        try:
            said = answer.json()
        except BadAnswer as problem:
            return self._unclear(f"X {problem}.", writes=writes)
        says, kind = self.clean(_words(said)), str(said.get("type", "")).rsplit("/", 1)[-1]
        if not says:
            return self._unclear(f"X answered {answer.status} without a reason.", writes=writes)
        return self._named(answer.status, says, kind)

    def _named(self, status: int, says: str, kind: str) -> Exception:
        if status == 401:
            return self._no_longer_signed_in("X no longer accepts the sign-in.")
        if status == 402:
            return Refused(f"X wants to be paid first: {says}", shown=APP, account=True)
        if any(word in says.lower() for word in CLOSED):
            return Refused(
                f"X has closed or locked the account: {says}",
                shown="Sign in on X itself and write to its support. Statements stay on your own site.",
                account=True,
            )
        if status == 403 and kind in NO_APP:
            return Refused(f"X does not let this app post: {says}", shown=APP, account=True)
        return Wrong(status, says, kind)

    def _unclear(self, why: str, *, writes: bool) -> TryLater | Unsure:
        return Unsure(why) if writes else TryLater(why)

    def clean(self, words: object) -> str:
        """What X said, fit for a page: one line, not long, and none of our secrets in it."""
        text = " ".join(str(words).split())
        for secret in [
            *self.account.secrets.values(),
            self.session.get("access"),
            self.session.get("refresh"),
        ]:
            if secret:
                text = text.replace(str(secret), "[hidden]")
        return text if len(text) <= 200 else text[:199] + "…"

    # --- how much is left ---

    def _keep_headroom(self, answer: Answer) -> None:
        """X tells how many posts are left only when one is made, so the last word is kept for `check`."""
        kept = [answer.headers.get(f"x-rate-limit-{name}", "") for name in ("remaining", "limit", "reset")]
        if all(value.isascii() and value.isdigit() and len(value) < 11 for value in kept):
            self.session["headroom"] = " ".join(kept)

    def headroom(self) -> tuple[Headroom, ...]:
        """What was left after the last post, while that still holds."""
        kept = str(self.session.get("headroom", "")).split()
        if len(kept) != 3:
            return ()
        left, limit, reset = map(int, kept)
        resets = datetime.fromtimestamp(reset, UTC)
        return (Headroom("posts in 15 minutes", left, limit, resets),) if resets > datetime.now(UTC) else ()


def _words(said: Mapping[str, Any]) -> str:
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    for where in (said, first):
        for name in ("detail", "message", "title"):
            if where.get(name):
                return str(where[name])
    return ""


def _sentence(problem: DoorError) -> str:
    text = str(problem).rstrip(".")
    return text[:1].upper() + text[1:] + "."


def _reset(answer: Answer) -> datetime | None:
    """The latest moment that a limit which is used up names."""
    moments = []
    for kind in ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"):
        left, reset = answer.headers.get(f"{kind}-remaining", ""), answer.headers.get(f"{kind}-reset", "")
        if left == "0" and reset.isascii() and reset.isdigit() and len(reset) < 11:
            moments.append(datetime.fromtimestamp(int(reset), UTC))
    return max(moments, default=None)
