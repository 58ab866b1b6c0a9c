"""A mailbox that is read: what people write to the ministry by e-mail (IMAP, RFC 3501 and 9051).

Nothing is put out on it, and nothing in it is marked, moved or deleted.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from dragoman.channels.connector import (
    FETCH,
    LOOK_BACK,
    SILENT,
    Account,
    Base,
    Batch,
    Field,
    Health,
    Incoming,
    Kind,
    Limit,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    TryLater,
)
from dragoman.channels.connectors.mailbox import letters
from dragoman.lib import imap
from dragoman.lib.http import Door, NotReached
from dragoman.lib.imap import Box, Found, Rejected, Security, Want

LOOKED_BACK = timedelta(days=14)
BATCH = 50
MEND = "It looks like name@example.org."
ADDRESSES = r"[^\s@<>\",]+@[^\s@<>\",]+(\s*,\s*[^\s@<>\",]+@[^\s@<>\",]+)*"
AGAIN = "Enter the name and the app password again under Credentials, and look whether IMAP is switched on."
NOTHING_GOES_OUT = "Nothing can be put out on a mailbox: it is only read."

KIND = Kind(
    name="mailbox",
    label="Mailbox",
    about="Reads what people write to an address of the ministry; answers go out by other channels.",
    abilities=frozenset({FETCH, LOOK_BACK, SILENT}),
    fields=(
        Field("host", "Mail server", "The IMAP server, such as imap.mfa.example."),
        Field("user", "Name at the server", "Often the whole address."),
        Field("password", "App password", "One made for the desk alone, if the server can.", secret=True),
        Field(
            "addresses",
            "Our own addresses",
            "With commas. What comes from them is not taken for a question.",
            pattern=ADDRESSES,
            mend=MEND,
        ),
        Field("folder", "Folder", default="INBOX", advanced=True),
        Field(
            "port", "Port", default="993", pattern=r"[0-9]{2,5}", mend="A number such as 993.", advanced=True
        ),
        Field(
            "security",
            "Encryption",
            "Without encryption a server is spoken to on this very machine only.",
            default="tls",
            choices=(
                ("tls", "TLS from the start (port 993)"),
                ("starttls", "STARTTLS (port 143)"),
                ("none", "None"),
            ),
            advanced=True,
        ),
        Field(
            "network",
            "Where the server stands",
            default="public",
            choices=(
                ("public", "On the public internet"),
                ("inside", "In our own network or on this machine"),
            ),
            advanced=True,
        ),
    ),
    limits=(
        Limit("mail", 1_000_000, "bytes read of each", "our own", "2026-11-22"),
        Limit("text", letters.MOST_TEXT, "characters kept of each", "our own", "2026-11-22"),
    ),
    help_file=Path(__file__).with_name("help.md"),
)


def connect(account: Account, door: Door) -> "Mailbox":
    """A connector for one folder of one mailbox."""
    return Mailbox(account, door)


class Mailbox(Base):
    """The verbs of the port that read."""

    def render(self, piece: Piece) -> Rendition:
        return Rendition((), NOTHING_GOES_OUT)

    async def send(self, prepared: Prepared) -> Sent:
        raise Refused(NOTHING_GOES_OUT)

    async def find(self, post: Post) -> Sent | None:
        return None

    async def warm(self) -> None:
        return None

    async def check(self) -> Health:
        """Signs in, looks into the folder and leaves."""
        tomorrow = datetime.now(UTC) + timedelta(days=2)
        await self._read(Want(tomorrow.date(), most=1, cap=1))
        folder = self.account.settings.get("folder") or "INBOX"
        may = (f"Read what comes into {folder}, without marking, moving or deleting anything",)
        return Health(True, "The server lets us in.", self.account.settings.get("user", ""), may=may)

    async def fetch(self, cursor: str) -> Batch:
        """Mail with a number above the last; where the server has numbered anew, that of the last fortnight.

        The cursor is the folder's UIDVALIDITY and the last number that was read.
        """
        validity, last = _place(cursor)
        since = (datetime.now(UTC) - LOOKED_BACK).date()
        return self._batch(await self._read(Want(since, last, validity, BATCH)))

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        validity, last = _place(cursor)
        found = await self._read(Want((since - timedelta(days=1)).date(), last, validity, BATCH))
        return self._batch(found)

    def _batch(self, found: Found) -> Batch:
        read = [letters.read(mail.data, mail.at, self._own) for mail in found.mails]
        incoming: Sequence[Incoming] = [one for one in read if one is not None and one.text]
        return Batch(tuple(incoming), f"{found.validity}:{found.last}", more=found.more)

    @property
    def _own(self) -> frozenset[str]:
        given = self.account.settings.get("addresses", "")
        return frozenset(one.strip().lower() for one in given.split(",") if one.strip())

    async def _read(self, want: Want) -> Found:
        settings = self.account.settings
        port, security = settings.get("port") or "993", settings.get("security") or "tls"
        box = Box(
            host=settings.get("host", ""),
            port=int(port) if port.isdigit() else 993,
            user=settings.get("user", ""),
            password=self.account.secrets.get("password", ""),
            folder=settings.get("folder") or "INBOX",
            security=cast(Security, security if security in ("tls", "starttls", "none") else "tls"),
            inside=settings.get("network") == "inside",
        )
        try:
            return await imap.read(box, want, allow_loopback=self.door.allow_loopback)
        except NotReached as problem:
            text = str(problem)
            raise TryLater(f"{text[:1].upper()}{text[1:]}.") from None
        except Rejected as problem:
            if problem.lasting:
                raise Refused(str(problem), shown=AGAIN, account=True) from None
            raise TryLater(str(problem)) from None


def _place(cursor: str) -> tuple[int, int]:
    validity, _, last = cursor.partition(":")
    return (int(validity), int(last)) if validity.isdigit() and last.isdigit() else (0, 0)
