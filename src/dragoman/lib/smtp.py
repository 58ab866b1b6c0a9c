"""The only door through which the product hands mail to a relay (RFC 5321, 6409).

What it promises to whoever calls it:

- it connects to the addresses that it has judged itself, and to no others: public ones, or, where the caller
  says that the relay stands in the house, private ones; never link-local or multicast ones;
- nothing, and no password, goes over an open line: TLS from the start or by STARTTLS, with a certificate that
  is checked, unless the relay is on this very machine;
- it never waits longer than its time limits;
- it tells apart what was refused, what was surely not handed over, and what may have been (`Lost`, when the
  line broke after the text was sent and before the relay answered);
- no address, text or password is ever logged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, Self

import aiosmtplib

from dragoman.lib.hosts import addresses
from dragoman.lib.http import NotReached

Security = Literal["starttls", "tls", "none"]
Answers = (aiosmtplib.SMTPResponseException,)
ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class Lost(Exception):
    """The line broke while the text was with the relay: it may have been taken."""


class Rejected(Exception):
    """The relay does not let us in. `lasting`: a person must act. The text holds no secret."""

    def __init__(self, why: str, *, lasting: bool) -> None:
        super().__init__(why)
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over. `inside`: the relay may stand at a private address."""

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    inside: bool = False
    greeting: str = "localhost"


@dataclass(frozen=True, slots=True)
class Times:
    """Time limits in seconds: for the connection, for one command, and for the relay to take a text."""

    connect: float = 10.0
    command: float = 20.0
    text: float = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the relay says to one message. `stage` is how far it came: sender, recipient or text."""

    code: int
    says: str
    stage: Literal["sender", "recipient", "text"]

    @property
    def taken(self) -> bool:
        return 200 <= self.code < 300

    @property
    def for_now(self) -> bool:
        """Refused this time; another time it may be taken."""
        return 400 <= self.code < 500

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), such as 5.1.1, or nothing."""
        found = ENHANCED.match(self.says)
        return found.group(1) if found else ""


class Line:
    """One connection to a relay: signed in, and good for many messages, one after the other."""

    def __init__(self, smtp: aiosmtplib.SMTP, times: Times) -> None:
        self._smtp = smtp
        self._times = times
        self.sent = 0

    @classmethod
    async def open(
        cls,
        relay: Relay,
        *,
        times: Times = Times(),
        allow_loopback: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> Self:
        """Connect, turn on TLS and sign in. `NotReached` or `Rejected`: nothing was handed over."""
        found = await _addresses(relay, times, allow_loopback=allow_loopback)
        for address in found[:-1]:
            try:
                return await cls._open_at(relay, address, times, trust)
            except NotReached:
                continue
        return await cls._open_at(relay, found[-1], times, trust)

    @classmethod
    async def _open_at(cls, relay: Relay, address: str, times: Times, trust: ssl.SSLContext | None) -> Self:
        here = ipaddress.ip_address(address.split("%", 1)[0]).is_loopback
        if relay.security == "none" and not here:
            raise NotReached(
                f"{relay.host} would be spoken to without TLS, which is done on this machine only"
            )
        context = trust or _trust()
        smtp = aiosmtplib.SMTP(
            local_hostname=relay.greeting, start_tls=False, timeout=times.command, tls_context=context
        )
        try:
            async with asyncio.timeout(times.connect):
                sock = await _socket(address, relay.port)
        except (OSError, TimeoutError):
            raise NotReached(f"{relay.host} could not be reached on port {relay.port}") from None
        try:
            async with asyncio.timeout(times.connect + times.command):
                await _greet(smtp, relay, sock, context)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            smtp.close()
            sock.close()
            raise _turned_away(relay, error) from None
        except BaseException:
            smtp.close()
            sock.close()
            raise
        return cls(smtp, times)

    async def send(self, sender: str, recipient: str, text: bytes) -> Verdict:
        """Hand over one message for one recipient. `NotReached`: surely not taken. `Lost`: perhaps."""
        utf8 = not (sender + recipient).isascii()
        if utf8 and not self._smtp.supports_extension("smtputf8"):
            return Verdict(553, "5.6.7 the relay takes no addresses in other scripts", "recipient")
        stage: Literal["sender", "recipient", "text"] = "sender"
        try:
            options = ["SMTPUTF8"] if utf8 else []
            coding = "utf-8" if utf8 else "ascii"
            await self._smtp.mail(sender, options=options, encoding=coding)
            stage = "recipient"
            await self._smtp.rcpt(recipient, encoding=coding)
            stage = "text"
            answer = await self._smtp.data(text, timeout=self._times.text)
            self.sent += 1
            return Verdict(answer.code, answer.message, "text")
        except Answers as error:
            await self._again(error.code)
            return Verdict(error.code, error.message, stage)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._smtp.close()
            if stage == "text":
                raise Lost("the line to the relay broke before it said whether it took the text") from None
            raise NotReached(f"the line to the relay broke ({type(error).__name__})") from None
        except BaseException:
            self._smtp.close()
            raise

    async def _again(self, code: int) -> None:
        """Begin a new envelope after a refusal; a relay that says 421 has hung up."""
        if code == 421:
            self._smtp.close()
            return
        try:
            await self._smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._smtp.close()

    @property
    def alive(self) -> bool:
        return self._smtp.is_connected

    async def close(self) -> None:
        """Say farewell if the line still stands. Never raises."""
        try:
            if self._smtp.is_connected:
                async with asyncio.timeout(2):
                    await self._smtp.quit()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            pass
        finally:
            self._smtp.close()


async def _greet(smtp: aiosmtplib.SMTP, relay: Relay, sock: socket.socket, context: ssl.SSLContext) -> None:
    if relay.security == "tls":
        await smtp.connect(hostname=relay.host, port=None, sock=sock, use_tls=True, tls_context=context)
    else:
        await smtp.connect(hostname=relay.host, port=None, sock=sock, use_tls=False, start_tls=False)
    await smtp.ehlo()
    if relay.security == "starttls":
        if not smtp.supports_extension("starttls"):
            raise aiosmtplib.SMTPNotSupported("no STARTTLS")
        await smtp.starttls(server_hostname=relay.host, tls_context=context)
        await smtp.ehlo()
    if relay.user:
        await smtp.login(relay.user, relay.password)


def _turned_away(relay: Relay, error: Exception) -> Exception:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Rejected(f"{relay.host} does not accept the name and password.", lasting=error.code >= 500)
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Rejected(
            f"{relay.host} does not offer what is asked of it (STARTTLS or a sign-in).", lasting=True
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Rejected(f"{relay.host} turned us away with {error.code}.", lasting=error.code >= 500)
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError) or "certificate" in str(error).lower():
        return Rejected(f"The certificate of {relay.host} is not one that can be trusted.", lasting=True)
    return NotReached(f"{relay.host} broke off before it let us in")


async def _socket(address: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


async def _addresses(relay: Relay, times: Times, *, allow_loopback: bool) -> list[str]:
    return await addresses(
        relay.host, relay.port, inside=relay.inside, allow_loopback=allow_loopback, seconds=times.connect
    )


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
