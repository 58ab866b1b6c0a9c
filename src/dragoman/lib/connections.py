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
from functools import cache
from importlib.util import find_spec
from typing import Any

import httpx

# The library beneath httpx looks for an optional package four times a request. Where it is not installed,
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
        # One client per host: connections are made to addresses, and two hosts may share an address
        # behind one provider; a connection greeted as one host must never carry another's requests.
        self._clients: dict[Origin, httpx.AsyncClient] = {}
        self._ahead: dict[Origin, _Ahead] = {}
        self._addresses: dict[tuple[str, int], tuple[float, list[str]]] = {}

    async def close(self) -> None:
        """Close every connection."""
        clients, self._clients = self._clients, {}
        ahead, self._ahead = self._ahead, {}
        for each in ahead.values():
            await each.close()
        for client in clients.values():
            await client.aclose()

    def client(self, origin: Origin) -> httpx.AsyncClient:
        """The client for one host."""
        if origin not in self._clients:
            limits = httpx.Limits(max_connections=100, keepalive_expiry=IDLE_SECONDS)
            transport = httpx.AsyncHTTPTransport(
                verify=self.trust or trusted(), trust_env=False, limits=limits
            )
            # The library offers no way to hand it an open connection. Its pool asks this object for new
            # ones; should a later version do otherwise, connections are opened when they are needed.
            pool = getattr(transport, "_pool", None)
            if pool is not None and hasattr(pool, "_network_backend"):
                self._ahead[origin] = pool._network_backend = _Ahead(pool._network_backend)
            self._clients[origin] = httpx.AsyncClient(
                transport=transport, trust_env=False, follow_redirects=False
            )
        return self._clients[origin]

    def known(self, host: str, port: int) -> list[str] | None:
        """The addresses that were looked up and judged a moment ago."""
        at, addresses = self._addresses.get((host, port), (0.0, []))
        return addresses if addresses and 0 <= time.monotonic() - at < ADDRESSES_SECONDS else None

    def keep(self, host: str, port: int, addresses: list[str]) -> None:
        """Remember judged addresses, if this pool remembers at all."""
        if self.remember:
            self._addresses[(host, port)] = (time.monotonic(), addresses)

    async def open(self, origin: Origin, address: str, seconds: float) -> None:
        """Open one connection ahead, unless one is ready. Raises what httpx raises."""
        self.client(origin)
        ahead = self._ahead.get(origin)
        if ahead is not None:
            await ahead.open(origin, address, seconds, self.trust or trusted())


class _Ahead:
    """Stands where the library asks for connections, and hands out those that were opened ahead."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.ready: dict[tuple[str, int], list[_Ready]] = {}

    async def open(self, origin: Origin, address: str, seconds: float, trust: ssl.SSLContext) -> None:
        scheme, host, port = origin
        if any(one.fresh for one in self.ready.get((address, port), ())):
            return
        stream = await self.inner.connect_tcp(address, port, timeout=seconds)
        if scheme == "https":
            trust.set_alpn_protocols(["http/1.1"])
            stream = await stream.start_tls(ssl_context=trust, server_hostname=host, timeout=seconds)
        self.ready.setdefault((address, port), []).append(_Ready(stream, host))

    async def connect_tcp(self, host: str, port: int, **more: Any) -> Any:
        waiting = self.ready.get((host, port), [])
        while waiting:
            one = waiting.pop()
            if one.fresh:
                return one if one.secured else one.stream
            await one.aclose()
        return await self.inner.connect_tcp(host, port, **more)

    async def connect_unix_socket(self, path: str, **more: Any) -> Any:
        return await self.inner.connect_unix_socket(path, **more)

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
            raise httpx.ConnectError("a connection that was opened ahead belongs to another host")
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
