"""Connections kept open between calls, and opened ahead of need.

A `Pool` belongs to one event loop and to one account (or to one call): two accounts never share a connection.
What it opens ahead is a connection, greeted and encrypted, and nothing more: no request is made on it. One
that has waited too long, or on which the other side has spoken or hung up, is thrown away and not used: a
request on a dying connection is a request without an answer.
"""

import ipaddress
import socket
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from typing import Any

import httpcore
import httpx

# The library beneath looks for an optional package four times a request. Where it is not installed,
# each look searches every folder: a quarter of the request's whole time. So the answer is remembered.
if "sniffio" not in sys.modules and find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # Python's own way of saying that there is none

Origin = tuple[str, str, int]  # scheme, host, port

# Servers close idle connections after 5 seconds at the earliest (the habit of many small ones): we are first.
IDLE_SECONDS = 4.0
# One that has carried nothing yet is kept longer by every server that was looked at (60 seconds is usual).
READY_SECONDS = 20.0
ADDRESSES_SECONDS = 60.0
ESTABLISHED = 1  # the kernel's word for a connection that both sides hold open (tcp_states.h)


class Pool:
    """The connections of one account, and for a minute the judged addresses of the hosts it speaks to."""

    def __init__(self, *, trust: ssl.SSLContext | None = None, remember: bool = False) -> None:
        self.trust = trust
        self.remember = remember
        # One set per host: connections are made to addresses, and two hosts may share an address
        # behind one provider; a connection greeted as one host must never carry another's requests.
        self._lines: dict[Origin, httpcore.AsyncConnectionPool] = {}
        self._ahead: dict[Origin, _Ahead] = {}
        self._addresses: dict[tuple[str, int], tuple[float, list[str]]] = {}

    async def close(self) -> None:
        """Close every connection."""
        lines, self._lines = self._lines, {}
        ahead, self._ahead = self._ahead, {}
        for each in ahead.values():
            await each.close()
        for line in lines.values():
            await line.aclose()

    def lines(self, origin: Origin) -> httpcore.AsyncConnectionPool:
        """The connections to one host. It follows nothing, keeps no cookie and reads no environment."""
        if origin not in self._lines:
            # The library offers no way to hand it an open connection, but asks this object for new ones.
            self._ahead[origin] = ahead = _Ahead(httpcore.AnyIOBackend())
            self._lines[origin] = httpcore.AsyncConnectionPool(
                ssl_context=self.trust or trusted(),
                max_connections=100,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=ahead,
            )
        return self._lines[origin]

    def known(self, host: str, port: int) -> list[str] | None:
        """The addresses that were looked up and judged a moment ago."""
        at, addresses = self._addresses.get((host, port), (0.0, []))
        return addresses if addresses and 0 <= time.monotonic() - at < ADDRESSES_SECONDS else None

    def keep(self, host: str, port: int, addresses: list[str]) -> None:
        """Remember judged addresses, if this pool remembers at all."""
        if self.remember:
            self._addresses[(host, port)] = (time.monotonic(), addresses)

    async def open(self, origin: Origin, address: str, seconds: float) -> None:
        """Open one connection ahead, unless one is ready. Raises what httpcore raises."""
        self.lines(origin)
        await self._ahead[origin].open(origin, address, seconds, self.trust or trusted())


_wrote: ContextVar[list[datetime] | None] = ContextVar("wrote", default=None)


@contextmanager
def noting(wrote: list[datetime]) -> Iterator[None]:
    """While this lasts, `wrote` is given the moment of the first byte that this task writes to a connection;
    what greeting and encrypting write does not count."""
    token = _wrote.set(wrote)
    try:
        yield
    finally:
        _wrote.reset(token)


class _Noted(httpcore.AsyncNetworkStream):
    """A connection that notes when a request begins to be written.

    The library's own tracing would do the same, but is called ten times a request.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self.inner = inner

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        wrote = _wrote.get()
        if wrote is not None and not wrote:
            wrote.append(datetime.now(UTC))
        await self.inner.write(buffer, timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self.inner.read(max_bytes, timeout)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Noted(await self.inner.start_tls(ssl_context, server_hostname, timeout))

    async def aclose(self) -> None:
        await self.inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Ahead(httpcore.AsyncNetworkBackend):
    """Stands where the library asks for connections, and hands out those that were opened ahead."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.ready: dict[tuple[str, int], list[_Ready]] = {}

    async def open(self, origin: Origin, address: str, seconds: float, trust: ssl.SSLContext) -> None:
        scheme, host, port = origin
        if any(one.fresh for one in self.ready.get((address, port), ())):
            return
        stream: httpcore.AsyncNetworkStream = _Noted(
            await self.inner.connect_tcp(address, port, timeout=seconds)
        )
        if scheme == "https":
            trust.set_alpn_protocols(["http/1.1"])
            stream = await stream.start_tls(ssl_context=trust, server_hostname=host, timeout=seconds)
        self.ready.setdefault((address, port), []).append(_Ready(stream, host))

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Any:
        waiting = self.ready.get((host, port), [])
        while waiting:
            one = waiting.pop()
            if one.fresh:
                return one if one.secured else one.stream
            await one.aclose()
        return _Noted(await self.inner.connect_tcp(host, port, timeout, local_address, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self.inner.sleep(seconds)

    async def close(self) -> None:
        for waiting in self.ready.values():
            while waiting:
                await waiting.pop().aclose()


class _Ready:
    """A connection that has carried nothing yet."""

    def __init__(self, stream: Any, host: str) -> None:
        self.stream = stream
        self.host = host
        self.at = time.monotonic()

    @property
    def secured(self) -> bool:
        return self.stream.get_extra_info("ssl_object") is not None

    @property
    def fresh(self) -> bool:
        young = 0 <= time.monotonic() - self.at < READY_SECONDS
        return young and self._stands()

    def _stands(self) -> bool:
        """Does the other side still hold it? Bytes that wait to be read are a bad sign, but not where it is
        encrypted: there most servers hand out tickets for later, right after the greeting."""
        if self.secured and hasattr(socket, "TCP_INFO"):
            try:
                raw = self.stream.get_extra_info("socket")
                return bool(raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED)
            except (OSError, AttributeError):
                return False
        return not self.stream.get_extra_info("is_readable")

    async def start_tls(self, **wanted: Any) -> Any:
        """It is encrypted already, and greeted as the host that is wanted: a pool has one host."""
        if wanted.get("server_hostname") != self.host:
            await self.aclose()
            raise httpcore.ConnectError("a connection that was opened ahead belongs to another host")
        return self.stream

    async def aclose(self) -> None:
        await self.stream.aclose()


@cache
def trusted() -> ssl.SSLContext:
    """The usual authorities. Reading their list takes longer than a call; it is read once a process."""
    return httpx.create_ssl_context(trust_env=False)


def literal(host: str) -> list[str] | None:
    """A host that is an address needs no look-up."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return None
