"""A mail server of our own: as much IMAP4rev1 (RFC 3501) as a reader needs, with troubles on command.

It keeps to the RFC where a reader could go wrong: literals, untagged answers in between, UIDs that only grow,
UIDVALIDITY, `n:*` that always names the last mail, SINCE by the day of arrival, parts of a text by `<0.n>`.
It refuses whatever would change the mailbox, and counts such tries.
"""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

USER, PASSWORD = "questions@mfa.example", "abcd efgh ijkl"
CHANGES = ("SELECT", "STORE", "UID STORE", "EXPUNGE", "UID COPY", "UID MOVE")
TROUBLES = ("cut", "hang", "garbage", "huge", "no", "unavailable")


@dataclass(frozen=True)
class Kept:
    """One mail in the folder."""

    uid: int
    data: bytes = field(repr=False)
    at: datetime


class Mailbox:
    """The state of one server. `troubles` are (command, trouble) pairs, each taken once."""

    kind = "mailbox"

    def __init__(self, *, tls: ssl.SSLContext | None = None, plain_only: bool = False) -> None:
        self.tls, self.plain_only = tls, plain_only
        self.port = 0
        self.mails: list[Kept] = []
        self.validity = 1
        self.folders = {"INBOX", "Fragen &APw-ber Visa"}
        self.troubles: deque[tuple[str, str]] = deque()
        self.changes = 0
        self.said: list[str] = []
        self.connections = 0
        self.closing = threading.Event()

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        settings = {
            "host": "127.0.0.1",
            "port": str(self.port),
            "user": USER,
            "addresses": "questions@mfa.example, press@mfa.example",
            "security": "tls" if self.tls else "none",
        }
        return settings, {"password": PASSWORD}, {}

    def put(self, data: bytes | str, *, at: datetime | None = None) -> int:
        """Mail comes in; its number."""
        raw = data.encode() if isinstance(data, str) else data
        number = (self.mails[-1].uid if self.mails else 0) + 1
        self.mails.append(
            Kept(number, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), at or datetime.now(UTC))
        )
        return number

    def renumber(self) -> None:
        """The folder was restored from a backup: the numbers no longer mean what they meant."""
        self.validity += 1
        self.mails = [Kept(number, kept.data, kept.at) for number, kept in enumerate(self.mails, 1)]

    @contextmanager
    def running(self) -> Iterator[Self]:
        server = _Server(("127.0.0.1", 0), _Talk)
        server.state = self
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    state: Mailbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that has gone is part of the test."""


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        state = self.server.state
        if state.tls:
            self.request = state.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        state.connections += 1
        self.in_folder = self.signed_in = False

    def handle(self) -> None:
        self.line(b"* OK ready")
        while raw := self.rfile.readline(20_000):
            tag, _, rest = raw.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            name, _, args = rest.partition(" ")
            command = name.upper()
            if command == "UID":
                second, _, args = args.partition(" ")
                command = f"UID {second.upper()}"
            self.server.state.said.append(f"{command} {args}" if command not in ("LOGIN",) else command)
            if self.trouble(tag, command):
                return
            method = getattr(self, "do_" + command.lower().replace(" ", "_"), None)
            if method is None:
                self.server.state.changes += command in (
                    "SELECT",
                    "STORE",
                    "UID STORE",
                    "EXPUNGE",
                    "UID COPY",
                )
                self.line(f"{tag} BAD not here".encode())
            elif method(tag, args):
                return

    def trouble(self, tag: str, command: str) -> bool:
        state = self.server.state
        if not state.troubles or state.troubles[0][0] != command:
            return False
        _, what = state.troubles.popleft()
        if what == "hang":
            state.closing.wait(60)
        elif what == "garbage":
            self.line(b"\x00\xff\xfe ??? {")
        elif what == "huge":
            self.wfile.write(b"* 1 FETCH (UID 1 BODY[]<0> {9999999999}\r\n" + b"x" * 100_000)
        elif what == "no":
            self.line(f"{tag} NO not now".encode())
            return False
        elif what == "unavailable":
            self.line(f"{tag} NO [UNAVAILABLE] back soon".encode())
            self.rfile.readline()
        self.connection.shutdown(socket.SHUT_RDWR)
        return True

    def line(self, data: bytes) -> None:
        self.wfile.write(data + b"\r\n")

    def do_capability(self, tag: str, args: str) -> None:
        auth = b"" if self.server.state.plain_only else b" AUTH=PLAIN"
        self.line(b"* CAPABILITY IMAP4rev1" + auth)
        self.line(f"{tag} OK done".encode())

    def do_authenticate(self, tag: str, args: str) -> None:
        self.line(b"+ ")
        said = base64.b64decode(self.rfile.readline().strip()).decode().split("\0")
        self.answer_sign_in(tag, said[1:])

    def do_login(self, tag: str, args: str) -> None:
        self.answer_sign_in(tag, [one.strip('"') for one in re.findall(r'"[^"]*"|\S+', args)])

    def answer_sign_in(self, tag: str, said: list[str]) -> None:
        self.signed_in = said == [USER, PASSWORD]
        # as some do, with something untagged in between
        self.line(b"* OK [ALERT] be well")
        self.line(
            f"{tag} OK in".encode() if self.signed_in else f"{tag} NO [AUTHENTICATIONFAILED] no".encode()
        )

    def do_examine(self, tag: str, args: str) -> None:
        state = self.server.state
        if not self.signed_in or args.strip('"') not in state.folders:
            self.line(f"{tag} NO [NONEXISTENT] no such folder".encode())
            return
        self.in_folder = True
        self.line(b"* FLAGS (\\Seen \\Deleted)")
        self.line(f"* {len(state.mails)} EXISTS".encode())
        self.line(b"* 0 RECENT")
        self.line(f"* OK [UIDVALIDITY {state.validity}] valid".encode())
        self.line(f"* OK [UIDNEXT {(state.mails[-1].uid if state.mails else 0) + 1}] next".encode())
        self.line(f"{tag} OK [READ-ONLY] done".encode())

    def do_uid_search(self, tag: str, args: str) -> None:
        mails = self.server.state.mails
        if found := re.fullmatch(r"UID (\d+):\*", args):
            low = int(found.group(1))
            numbers = [kept.uid for kept in mails if kept.uid >= low] or [kept.uid for kept in mails[-1:]]
        elif found := re.fullmatch(r"SINCE (\d{1,2}-[A-Z][a-z]{2}-\d{4})", args):
            day = datetime.strptime(found.group(1), "%d-%b-%Y").date()  # noqa: DTZ007 - a day without a zone
            numbers = [kept.uid for kept in mails if kept.at.date() >= day]
        else:
            self.line(f"{tag} BAD what?".encode())
            return
        self.line(b"* SEARCH" + b"".join(f" {number}".encode() for number in numbers))
        self.line(f"{tag} OK done".encode())

    def do_uid_fetch(self, tag: str, args: str) -> None:
        found = re.fullmatch(r"([\d,]+) \(UID INTERNALDATE RFC822\.SIZE BODY\.PEEK\[\]<0\.(\d+)>\)", args)
        if not found or not self.in_folder:
            self.server.state.changes += "BODY[" in args
            self.line(f"{tag} BAD what?".encode())
            return
        wanted = {int(one) for one in found.group(1).split(",")}
        for place, kept in enumerate(self.server.state.mails, 1):
            if kept.uid in wanted:
                data = kept.data[: int(found.group(2))]
                when = kept.at.strftime("%d-%b-%Y %H:%M:%S +0000")
                head = f'INTERNALDATE "{when}" RFC822.SIZE {len(kept.data)} BODY[]<0> {{{len(data)}}}'
                # the UID may stand before the text or after it
                before, after = (f"UID {kept.uid} ", ")") if kept.uid % 2 else ("", f" UID {kept.uid})")
                self.line(f"* {place} FETCH ({before}{head}".encode())
                self.wfile.write(data + after.encode() + b"\r\n")
                self.line(b"* 1 RECENT")
        self.line(f"{tag} OK done".encode())

    def do_logout(self, tag: str, args: str) -> bool:
        self.line(b"* BYE")
        self.line(f"{tag} OK bye".encode())
        time.sleep(0)
        return True
