"""Calls to Telegram's Bot API, and what its answers mean.

The bot's token stands in the path of every call: the path is never kept, shown or put into words.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import Account, Refused, TryLater, Unsure
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, NotReached
from dragoman.lib.multipart import File, encode

DEFAULT_SERVICE = "https://api.telegram.org"
TOKEN = "Ask @BotFather for the bot's token (/mybots, API Token), and enter it under Credentials."  # noqa: S105 - words
RIGHTS = "Make the bot an administrator of the channel, with the right to post messages."
CHANNEL = "Look whether the channel still has this name, and mend the settings if it was renamed."


class Wrong(Exception):
    """Telegram refused a call. Never leaves this folder."""

    def __init__(self, status: int, says: str, moved_to: int | None = None) -> None:
        super().__init__(says)
        self.status = status
        self.says = says
        self.moved_to = moved_to


class Talk:
    """Calls of one bot."""

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door
        self.service = (account.settings.get("service") or DEFAULT_SERVICE).rstrip("/")

    @property
    def _token(self) -> str:
        return self.account.secrets.get("token", "").strip()

    @property
    def bot_id(self) -> int:
        """The bot's own number: the token begins with it."""
        number = self._token.partition(":")[0]
        return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0

    async def call(
        self,
        method: str,
        body: Mapping[str, Any],
        *,
        files: Mapping[str, File] | None = None,
        writes: bool = False,
    ) -> Any:
        """One call; what stands under `result`. With `files`, `body` holds texts only. Raises `Wrong` when
        Telegram refuses it for what it says."""
        self._usable()
        form, content = encode(body, files) if files else ("", None)
        try:
            answer = await self.door.call(
                "POST",
                f"{self.service}/bot{self._token}/{method}",
                headers={"content-type": form} if form else None,
                json=None if files else body,
                content=content,
                shown_path=f"/bot…/{method}",
            )
            if answer.ok:
                said = answer.json()
                if said.get("ok") is not True or "result" not in said:
                    raise BadAnswer("Telegram answered with something else than a result")
                return said["result"]
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except DoorError as problem:
            raise self._unclear(_sentence(problem), writes=writes) from None
        raise self._refusal(answer, writes=writes)

    def _usable(self) -> None:
        if not self.service.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The server's address does not begin with https://, so the token would travel openly.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        if not self.bot_id or not all(sign.isalnum() or sign in ":_-" for sign in self._token):
            raise Refused("This is no token of a bot.", shown=TOKEN, account=True)

    def _refusal(self, answer: Answer, *, writes: bool) -> Exception:
        if answer.status >= 500:
            return self._unclear(f"Telegram answered {answer.status}.", writes=writes)
        try:
            said = answer.json()
        except BadAnswer as problem:
            if answer.status == 429:
                return TryLater("Telegram asks us to slow down.", account=True)
            return self._unclear(f"Telegram {problem}.", writes=writes)
        more = said.get("parameters")
        parameters: dict[str, Any] = more if isinstance(more, dict) else {}
        if answer.status == 429:
            return TryLater("Telegram asks us to slow down.", when=_after(parameters, answer), account=True)
        says = self.clean(said.get("description") or "")
        if not says:
            return self._unclear(f"Telegram answered {answer.status} without a reason.", writes=writes)
        moved = parameters.get("migrate_to_chat_id")
        return _named(answer.status, says, moved if isinstance(moved, int) else None)

    def _unclear(self, why: str, *, writes: bool) -> TryLater | Unsure:
        return Unsure(why) if writes else TryLater(why)

    def clean(self, words: object) -> str:
        """What Telegram said, fit for a page: one line, not long, and without the token."""
        text = " ".join(str(words).split())
        if self._token:
            text = text.replace(self._token, "[hidden]")
        return text if len(text) <= 200 else text[:199] + "…"


def _named(status: int, says: str, moved_to: int | None) -> Exception:
    lower = says.lower()
    if status in (401, 404):
        return Refused("Telegram does not accept the bot's token.", shown=TOKEN, account=True)
    if "chat not found" in lower:
        return Refused(f"Telegram does not find the channel: {says}", shown=CHANNEL, account=True)
    if status == 403 or "rights" in lower or "chat_write_forbidden" in lower:
        return Refused(f"The bot may not do this in the channel: {says}", shown=RIGHTS, account=True)
    if status == 409:
        return TryLater(f"Telegram lets only one program read for this bot: {says}")
    return Wrong(status, says, moved_to)


def _after(parameters: Mapping[str, Any], answer: Answer) -> datetime | None:
    seconds = parameters.get("retry_after")
    if isinstance(seconds, int) and 0 <= seconds < 10_000_000:
        return datetime.now(UTC) + timedelta(seconds=seconds)
    return answer.retry_after(datetime.now(UTC))


def _sentence(problem: DoorError) -> str:
    text = str(problem).rstrip(".")
    return text[:1].upper() + text[1:] + "."
