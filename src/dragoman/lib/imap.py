"""The only door through which the product reads a mailbox (IMAP4rev1, RFC 3501, and RFC 9051 after it).

What it promises to whoever calls it:

- it connects to the addresses that it has judged itself, and to no others (as `lib.smtp` does);
- nothing, and no password, goes over an open line: TLS from the start or by STARTTLS, with a certificate that
  is checked, unless the server is on this very machine;
- it changes nothing in the mailbox: the folder is opened with EXAMINE and texts are read with BODY.PEEK, so
  that nothing is marked, moved or deleted;
- it never waits longer than its time limits, and reads no more of a mail than its cap;
- no name, text or password is ever logged.
"""

from __future__ import annotations

import asyncio
import base64
import imaplib
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal

from dragoman.lib.hosts import addresses
from dragoman.lib.http import NotReached

Security = Literal["tls", "starttls", "none"]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UID = re.compile(rb"\bUID (\d{1,10})\b")
ARRIVED = re.compile(rb'INTERNALDATE "([^"]{20,40})"')
SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})\b")
# One question names so many mails.
AT_ONCE = 10
# A line or a text that is longer than any honest answer ends the connection.
ROOM = 65_536


class Rejected(Exception):
    """The server does not let us in, or has no such folder. `lasting`: a person must act. Holds no secret."""

    def __init__(self, why: str, *, lasting: bool) -> None:
        super().__init__(why)
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Box:
    """Where mail is read. `inside`: the server may stand at a private address."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    security: Security = "tls"
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """Time limits in seconds: for the connection, for one answer, and for all of it."""

    connect: float = 10.0
    answer: float = 20.0
    total: float = 80.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it lies there. `data` is its beginning, where it is longer than the cap."""

    uid: int
    at: datetime
    size: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What was read. `validity` says whether the numbers still mean what they meant (RFC 3501, 2.3.1.1);
    `more`: there are further mails beyond `last`."""

    validity: int
    mails: tuple[Mail, ...]
    last: int
    more: bool


@dataclass(frozen=True, slots=True)
class Want:
    """What is to be read: mails after number `after`, if the folder is still the one of `validity`, else
    those that came since `since`. `most` mails, and of each at most `cap` bytes."""

    since: date
    after: int = 0
    validity: int = 0
    most: int = 50
    cap: int = 1_000_000


async def read(
    box: Box,
    want: Want,
    *,
    times: Times = Times(),
    allow_loopback: bool = False,
    trust: ssl.SSLContext | None = None,
) -> Found:
    """Sign in, read, leave. `NotReached` or `Rejected` when that cannot be."""
    found = await addresses(
        box.host, box.port, inside=box.inside, allow_loopback=allow_loopback, seconds=times.connect
    )
    line = _Line(box, found, times, trust or _trust(), want.cap)
    try:
        async with asyncio.timeout(times.total):
            return await asyncio.to_thread(line.work, want)
    except TimeoutError:
        raise NotReached(f"{box.host} took longer than {times.total:.0f} seconds") from None
    finally:
        # Ends the thread as well, should it still wait for an answer.
        line.cut()


class _Line:
    """One connection, used from one thread."""

    def __init__(self, box: Box, found: list[str], times: Times, trust: ssl.SSLContext, cap: int) -> None:
        self.box, self.found, self.times, self.trust, self.cap = box, found, times, trust, cap
        self.imap: _Imap | None = None

    def cut(self) -> None:
        if self.imap is not None:
            self.imap.cut()

    def work(self, want: Want) -> Found:
        try:
            self.imap = imap = self._open()
            self._sign_in(imap)
            found = self._read(imap, want)
            imap.logout()
        except ssl.SSLCertVerificationError:
            why = f"The certificate of {self.box.host} is not one that can be trusted."
            raise Rejected(why, lasting=True) from None
        except (imaplib.IMAP4.error, OSError, EOFError, ValueError) as error:
            raise NotReached(f"{self.box.host} broke off or spoke oddly ({type(error).__name__})") from None
        return found

    def _open(self) -> _Imap:
        for number, address in enumerate(self.found):
            try:
                return self._open_at(address)
            except (NotReached, ssl.SSLCertVerificationError):
                if number + 1 == len(self.found):
                    raise
        raise NotReached(f"{self.box.host} could not be reached")

    def _open_at(self, address: str) -> _Imap:
        box = self.box
        here = ipaddress.ip_address(address.split("%", 1)[0]).is_loopback
        if box.security == "none" and not here:
            raise NotReached(f"{box.host} would be spoken to without TLS, which is done on this machine only")
        try:
            sock = socket.create_connection((address, box.port), self.times.connect)
        except OSError:
            raise NotReached(f"{box.host} could not be reached on port {box.port}") from None
        sock.settimeout(self.times.answer)
        if box.security == "tls":
            try:
                sock = self.trust.wrap_socket(sock, server_hostname=box.host)
            except BaseException:
                sock.close()
                raise
        imap = _Imap(sock, self.cap + ROOM)
        if box.security == "starttls":
            self._encrypt(imap)
        return imap

    def _encrypt(self, imap: _Imap) -> None:
        # The class wraps its own socket under the name that it was given.
        if "STARTTLS" not in imap.capabilities:
            raise Rejected(f"{self.box.host} does not offer STARTTLS.", lasting=True)
        imap.host = self.box.host
        imap.starttls(self.trust)

    def _sign_in(self, imap: _Imap) -> None:
        user, password = self.box.user, self.box.password
        try:
            if "AUTH=PLAIN" in imap.capabilities:
                imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            elif user.isascii() and password.isascii():
                imap.login(user, password)
            else:
                why = f"{self.box.host} takes only names and passwords of plain letters."
                raise Rejected(why, lasting=True)
        except (imaplib.IMAP4.abort, OSError):
            raise
        except imaplib.IMAP4.error as error:
            # RFC 5530: [UNAVAILABLE] and its like are for now; everything else is the password.
            lasting = b"UNAVAILABLE" not in str(error).upper().encode()
            raise Rejected(
                f"{self.box.host} does not accept the name and password.", lasting=lasting
            ) from None

    def _read(self, imap: _Imap, want: Want) -> Found:
        answer, _ = imap.select(folder_name(self.box.folder), readonly=True)
        if answer != "OK":
            why = f"{self.box.host} has no folder {self.box.folder!r} that we may read."
            raise Rejected(why, lasting=True)
        validity = _number(imap.response("UIDVALIDITY")[1])
        goes_on = bool(want.after and validity and validity == want.validity)
        said = f"UID {want.after + 1}:*" if goes_on else f"SINCE {_day(want.since)}"
        answer, rows = imap.uid("SEARCH", said)
        if answer != "OK":
            raise NotReached(f"{self.box.host} did not search the folder")
        after = want.after if goes_on or want.validity == validity else 0
        # "7:*" names the last mail even where it is older than 7.
        numbers = sorted({int(one) for row in rows if row for one in row.split() if int(one) > after})
        wanted = numbers[: want.most]
        read = [mail for part in _parts(wanted) for mail in self._fetch(imap, part, want.cap)]
        mails = tuple(sorted(read, key=lambda mail: mail.uid))
        last = wanted[-1] if wanted else (want.after if goes_on else after)
        return Found(validity, mails, last, len(numbers) > len(wanted))

    def _fetch(self, imap: _Imap, numbers: list[int], cap: int) -> Iterator[Mail]:
        names = ",".join(str(one) for one in numbers)
        answer, rows = imap.uid("FETCH", names, f"(UID INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{cap}>)")
        if answer != "OK":
            raise NotReached(f"{self.box.host} did not give the mails")
        for place, row in enumerate(rows):
            if not isinstance(row, tuple):
                continue
            after = rows[place + 1] if place + 1 < len(rows) else b""
            said = row[0] + b" " + (after if isinstance(after, bytes) else b"")
            uid = UID.search(said)
            if uid and int(uid.group(1)) in numbers:
                size = SIZE.search(said)
                yield Mail(
                    int(uid.group(1)), _arrived(said), int(size.group(1)) if size else len(row[1]), row[1]
                )


class _Imap(imaplib.IMAP4):
    """The library's client over a socket that we opened and judged, and with a cap on what it reads."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self._ready, self._most = sock, most
        super().__init__()

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._ready

    def read(self, size: int) -> bytes:
        if size > self._most:
            raise self.abort("a text that is longer than was asked for")
        return super().read(size)

    def cut(self) -> None:
        """Ends whatever it waits for. Never raises."""
        with suppress(OSError):
            self._ready.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self.sock.close()


def folder_name(name: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 in quotes (RFC 3501, 5.1.3)."""
    written = ""
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if run.isascii() and run.isprintable():
            written += run.replace("&", "&-")
        else:
            packed = base64.b64encode(run.encode("utf-16-be", "replace")).rstrip(b"=").replace(b"/", b",")
            written += f"&{packed.decode()}-"
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _day(day: date) -> str:
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year}"


def _parts(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _number(rows: Any) -> int:
    first = rows[0] if rows else b""
    return int(first) if isinstance(first, bytes) and first.isdigit() else 0


def _arrived(said: bytes) -> datetime:
    found = ARRIVED.search(said)
    try:
        text = found.group(1).decode("ascii").strip() if found else ""
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, UnicodeDecodeError):
        return datetime.now(UTC)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
