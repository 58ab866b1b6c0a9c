"""Calls to the API of LinkedIn, and what its answers mean.

The one distinction that matters is whether the call `writes`: after a write without a clear answer the post
may be out (`Unsure`), after any other call nothing was changed and it may simply be asked again (`TryLater`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, NotReached

DEFAULT_SERVICE = "https://api.linkedin.com"
DEFAULT_SITE = "https://www.linkedin.com"
DEFAULT_VERSION = "202607"
SIGN_IN = "An administrator of the channel's mission must connect it again."
VERSION = "Write a newer version, such as the month before last, into the channel's settings under Version."
ROLE = "Somebody must give the connected member the role of content administrator of the page on LinkedIn."


class Wrong(Exception):
    """LinkedIn refused a call. Never leaves this folder."""

    def __init__(self, status: int, says: str, code: str = "") -> None:
        super().__init__(says)
        self.status = status
        self.says = says
        self.code = code


class Talk:
    """Calls in the name of one member, for one organisation."""

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
        json: Mapping[str, Any] | None = None,
        finder: bool = False,
        writes: bool = False,
    ) -> Answer:
        """One call below /rest. `path` has its query in it, encoded as Rest.li 2.0 wants it. Raises `Wrong`
        when LinkedIn refuses it for what it says."""
        headers = {
            "authorization": f"Bearer {self._access()}",
            "linkedin-version": self.account.settings.get("version") or DEFAULT_VERSION,
            "x-restli-protocol-version": "2.0.0",
        }
        if finder:
            headers["x-restli-method"] = "FINDER"
        try:
            answer = await self.door.call(method, f"{self.service}/rest{path}", headers=headers, json=json)
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise self._unclear(_sentence(problem), writes=writes) from None
        if answer.ok:
            return answer
        raise self._refusal(answer, writes=writes)

    async def read(self, path: str, *, finder: bool = False) -> dict[str, Any]:
        """What stands at that path."""
        answer = await self.call("GET", path, finder=finder)
        try:
            return answer.json()
        except BadAnswer as problem:
            raise TryLater(f"LinkedIn {problem}.") from None

    async def put(self, address: str, data: bytes) -> None:
        """Bring a file to the address that LinkedIn named. Our sign-in goes to hosts of LinkedIn only."""
        host = urlsplit(address).hostname or ""
        ours = host in (self.host, "linkedin.com") or host.endswith(".linkedin.com")
        if not ours or not (address.startswith("https://") or self.door.allow_loopback):
            raise Refused(
                f"LinkedIn wants the picture at another host ({self.clean(host)}), which is not done."
            )
        headers = {"authorization": f"Bearer {self._access()}", "content-type": "application/octet-stream"}
        try:
            # the address is signed: whoever has it may put a file there
            answer = await self.door.call("PUT", address, headers=headers, content=data, shown_path="/upload")
        except DoorError as problem:
            raise TryLater(_sentence(problem)) from None
        if not answer.ok:
            raise self._refusal(answer, writes=False)

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
            raise Refused("The channel is not connected to LinkedIn.", shown=SIGN_IN, account=True)
        if self.until is not None and self.until <= datetime.now(UTC):
            raise self._run_out("The sign-in on LinkedIn has run out.")
        return access

    def _run_out(self, why: str) -> TryLater | Refused:
        # Only apps that LinkedIn has approved for it are given the means to renew a sign-in.
        if self.session.get("refresh"):
            return TryLater(why, sign_in=True)
        return Refused(why, shown=SIGN_IN, account=True)

    # --- answers ---

    def _refusal(self, answer: Answer, *, writes: bool) -> Exception:
        try:
            said = answer.json()
        except BadAnswer:
            said = {}
        says, code = self.clean(said.get("message") or ""), _code(said)
        if answer.status == 429:
            return TryLater("LinkedIn asks us to slow down.", when=_later(answer, says), account=True)
        if answer.status >= 500:
            return self._unclear(f"LinkedIn answered {answer.status}.", writes=writes)
        if not says:
            return self._unclear(f"LinkedIn answered {answer.status} without a reason.", writes=writes)
        return self._named(answer.status, says, code)

    def _named(self, status: int, says: str, code: str) -> Exception:
        if code == "REVOKED_ACCESS_TOKEN":
            return Refused("The sign-in was withdrawn on LinkedIn.", shown=SIGN_IN, account=True)
        if status == 401:
            return self._run_out("LinkedIn no longer accepts the sign-in.")
        if status == 426 or "VERSION" in code:
            why = f"LinkedIn no longer speaks this version of its API: {says}"
            return Refused(why, shown=VERSION, account=True)
        if status == 403:
            return Refused(f"LinkedIn does not let us do this: {says}", shown=ROLE, account=True)
        return Wrong(status, says, code)

    def _unclear(self, why: str, *, writes: bool) -> TryLater | Unsure:
        return Unsure(why) if writes else TryLater(why)

    def clean(self, words: object) -> str:
        """What LinkedIn said, fit for a page: one line, not long, and none of our secrets in it."""
        text = " ".join(str(words).split())
        for secret in [
            *self.account.secrets.values(),
            self.session.get("access"),
            self.session.get("refresh"),
        ]:
            if secret:
                text = text.replace(str(secret), "[hidden]")
        return text if len(text) <= 300 else text[:299] + "…"


def key(urn: str) -> str:
    """A URN as Rest.li 2.0 wants it in a path or a query."""
    return quote(urn, safe="")


def _code(said: Mapping[str, Any]) -> str:
    """The most telling code: that of the first wrong input, else that of the whole."""
    details = said.get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, dict) else None
    first = inputs[0] if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict) else {}
    return str(first.get("code") or said.get("code") or "")


def _later(answer: Answer, says: str) -> datetime | None:
    """LinkedIn names no moment for its daily limits, which begin anew at midnight UTC."""
    now = datetime.now(UTC)
    named = answer.retry_after(now)
    if named is None and "day" in says.lower():
        return (now + timedelta(days=1)).replace(hour=0, minute=0, second=30, microsecond=0)
    return named


def _sentence(problem: DoorError) -> str:
    text = str(problem).rstrip(".")
    return text[:1].upper() + text[1:] + "."
