"""A mail relay of our own: real SMTP by aiosmtpd, with STARTTLS, a sign-in, and troubles on command."""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import ipaddress
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "desk", "correct horse battery staple"
# What the relay may do to the next message, and whether it took the text all the same.
TROUBLES = (
    *("sender-550", "sender-451", "rcpt-550", "rcpt-451", "data-554", "data-451", "421"),
    *("cut-before", "cut-after", "hang-after"),
)


@dataclass(frozen=True)
class Got:
    """One message that the relay took, and so will deliver."""

    sender: str
    recipient: str
    data: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.data, policy=email.policy.SMTP)
        assert isinstance(found, EmailMessage)
        return found


@cache
def certificate() -> Path:
    """A certificate for this machine that nobody has signed but itself: key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    place = Path(mkdtemp()) / "relay.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    place.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return place


class Relay:
    """The state of one relay. `will` names troubles, one a message, first in first out; `mailboxes` are
    addresses with a fate of their own."""

    def __init__(self, *, tls: str = "none", sign_in: bool = True) -> None:
        self.tls = tls
        self.sign_in = sign_in
        self.password = PASSWORD
        self.port = 0
        self.got: list[Got] = []
        self.troubles: deque[str] = deque()
        self.mailboxes: dict[str, str] = {}
        self.connections = 0
        self.per_connection: dict[int, int] = defaultdict(int)
        self.hang = asyncio.Event()

    def will(self, *troubles: str) -> None:
        assert set(troubles) <= set(TROUBLES), troubles
        self.troubles.extend(troubles)

    def received(self, recipient: str) -> int:
        return sum(got.recipient == recipient for got in self.got)

    def settings(self, **more: str) -> dict[str, str]:
        return {
            "relay": "localhost" if self.tls != "none" else "127.0.0.1",
            "port": str(self.port),
            "security": self.tls,
            "network": "inside",
            "user": USER if self.sign_in else "",
            "from_address": "statements@mfa.example",
            "from_name": "Ministry of Foreign Affairs",
            "reply_to": "press@mfa.example",
            "bounce_address": "returned@mfa.example",
            "topics": "visas, culture",
            "connections": "4",
            "per_connection": "100",
            **more,
        }

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """Settings, secrets and session of an account here."""
        return self.settings(), {"password": self.password}, {}

    # --- what aiosmtpd asks ---

    def trouble(self, recipient: str = "") -> str:
        if recipient in self.mailboxes:
            return self.mailboxes[recipient]
        return self.troubles[0] if self.troubles else ""

    def take(self, name: str) -> bool:
        """Is this the trouble of the message under way? Then it is used up."""
        if self.troubles and self.troubles[0] == name:
            self.troubles.popleft()
            return True
        return False

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.take("421"):
            return "421 4.3.2 closing"
        if self.take("sender-550"):
            return "550 5.7.1 sender not allowed"
        if self.take("sender-451"):
            return "451 4.3.0 not now"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fate = self.mailboxes.get(address, "")
        if fate == "unknown" or self.take("rcpt-550"):
            return f"550 5.1.1 <{address}>: no such mailbox"
        if fate == "policy":
            return "550 5.7.1 not wanted here"
        if fate == "full" or self.take("rcpt-451"):
            return "451 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.take("data-554"):
            return "554 5.6.0 message refused"
        if self.take("data-451"):
            return "451 4.3.0 not now"
        if self.take("cut-before"):
            _cut(server)
            return "451 gone"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.got += [Got(str(envelope.mail_from), one, content) for one in envelope.rcpt_tos]
        self.per_connection[id(session)] += 1
        if self.take("cut-after"):
            _cut(server)
        if self.take("hang-after"):
            await self.hang.wait()
        return "250 2.0.0 OK queued"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = (
            isinstance(data, LoginPassword)
            and data.login == USER.encode()
            and data.password == self.password.encode()
        )
        return AuthResult(success=right, handled=False)

    def factory(self) -> SMTP:
        self.connections += 1
        context = None
        if self.tls != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate())
        return SMTP(
            self,
            hostname="relay.test",
            enable_SMTPUTF8=True,
            tls_context=context if self.tls == "starttls" else None,
            require_starttls=self.tls == "starttls",
            authenticator=self.authenticate if self.sign_in else None,
            auth_required=self.sign_in,
            auth_require_tls=self.tls == "starttls",
            timeout=60,
        )

    @contextmanager
    def running(self, port: int = 0) -> Iterator[Relay]:
        """The relay, serving on a port of this machine."""
        loop = asyncio.new_event_loop()
        ready = threading.Event()
        context = None
        if self.tls == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate())

        async def serve() -> None:
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            self.port = sock.getsockname()[1]
            self.server = await loop.create_server(self.factory, sock=sock, ssl=context, backlog=256)
            ready.set()

        def run() -> None:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(serve())
            loop.run_forever()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(5)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(self.hang.set)
            loop.call_soon_threadsafe(self.server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)


def _cut(server: SMTP) -> None:
    transport = server.transport
    assert transport is not None
    transport.abort()
