"""The only door through which the product speaks HTTP to the outside.

What it promises to whoever calls it:

- it connects to public addresses only: the name is looked up here, every address found is judged here, and
  the connection is made to that very address, so a name cannot change its mind in between;
- it never waits longer than its time limit and never reads more than its size cap;
- it follows no redirect to another host, and none at all after a request that may have changed something;
- it tells two kinds of failure apart: `NotReached` (nothing was sent: surely nothing is out) and `NoAnswer`
  (the request left us: it may have been carried out);
- no header, query string or body is ever logged or shown by `repr`.
"""

import asyncio
import ipaddress
import json as jsonlib
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from dragoman.lib.connections import Origin, Pool, literal, noting

# httpx logs each address with its query string at level INFO, and a query string may hold a token.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

USER_AGENT = "Dragoman/0.1"
SAFE_METHODS = frozenset({"GET", "HEAD"})
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
NOT_CONNECTED = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
BROKEN_OFF = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
)


class DoorError(Exception):
    """Something went wrong at the door. The text is fit for an officer and holds no secret."""


class NotReached(DoorError):
    """Nothing was sent: the other side was never spoken to. Surely nothing is out."""


class NoAnswer(DoorError):
    """The request left us and no whole answer came back: it may have been carried out."""


class BadAnswer(DoorError):
    """An answer came that cannot be taken (too long, packed, sent elsewhere, not what it says it is)."""


class Redirected(BadAnswer):
    """It was sent elsewhere, and that is not followed: this address did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds and the cap on an answer in bytes."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0
    answer: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """What may be kept of one call: no header, no query, no body."""

    method: str
    host: str
    path: str
    status: int | None
    ms: int
    error: str = ""
    at: datetime | None = None
    """When its first byte was written, by the clock on the wall; None: nothing was written."""

    @property
    def safe(self) -> bool:
        """True when it cannot have changed anything."""
        return self.method in SAFE_METHODS

    def as_json(self) -> dict[str, Any]:
        """The call as a plain dictionary, for the row of an attempt."""
        return {
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "status": self.status,
            "ms": self.ms,
            "error": self.error,
            "at": self.at.isoformat() if self.at else None,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Its headers have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; `BadAnswer` when it is anything else."""
        try:
            value = jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            raise BadAnswer(f"answered {self.status} with something that is not JSON") from None
        if not isinstance(value, dict):
            raise BadAnswer(f"answered {self.status} with JSON that is not an object")
        return value

    def retry_after(self, now: datetime) -> datetime | None:
        """The moment named by `Retry-After`, in seconds or as a date; None when there is none."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit() and len(value) < 9:
            return now + timedelta(seconds=int(value))
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# Inner addresses that the library takes for public ones: site-local, IPv4-compatible, a network's own NAT64.
_INNER = tuple(ipaddress.IPv6Network(net) for net in ("fec0::/10", "::/96", "64:ff9b:1::/48"))


def is_public(address: str, *, allow_loopback: bool = False) -> bool:
    """True when the product may connect to this IP address.

    An IPv4 address carried inside an IPv6 one is judged as the IPv4 address that it is.
    """
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if inner is not None:
            return is_public(str(inner), allow_loopback=allow_loopback)
    if ip.is_loopback:
        return allow_loopback
    return ip.is_global and not ip.is_multicast and not any(ip in inner for inner in _INNER)


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


@dataclass(frozen=True, slots=True)
class _Ask:
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    limits: Limits
    shown_path: str
    wrote: list[datetime] = field(default_factory=list)


class Door:
    """One way out, with its own connections or with a `pool` of lasting ones, which it then leaves open.

    Use it as an async context manager, within one event loop.

    `calls` lists what was done through it, in order, for the row of the attempt. `trust` replaces the usual
    authorities for certificates, for a ministry with one of its own.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        limits: Limits = Limits(),
        trust: ssl.SSLContext | None = None,
        pool: Pool | None = None,
    ) -> None:
        self.allow_loopback = allow_loopback
        self.limits = limits
        self.calls: list[Call] = []
        self._own = pool is None
        self._pool = pool or Pool(trust=trust)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection, but those of a pool that was given."""
        if self._own:
            await self._pool.close()

    async def judge(self, url: str) -> None:
        """`NotReached` unless the host of this address has public addresses only. Asks it nothing."""
        _, host, port = _origin(url)
        await self._addresses(host, port, self.limits)

    async def open(self, url: str) -> bool:
        """Open a connection to the host of this address ahead of need, and ask nothing. True when it stands.

        Never raises: what is not ready is opened when it is needed.
        """
        try:
            _, host, port = origin = _origin(url)
            async with asyncio.timeout(self.limits.connect):
                addresses = await self._addresses(host, port, self.limits)
                for address in addresses:
                    try:
                        await self._pool.open(origin, address, self.limits.connect)
                    except (httpcore.NetworkError, httpcore.TimeoutException):
                        continue
                    # the one that answered is the one that is asked first
                    self._pool.keep(host, port, [address, *(one for one in addresses if one != address)])
                    return True
        except (DoorError, TimeoutError, OSError, ssl.SSLError):
            pass
        return False

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        limits: Limits | None = None,
        shown_path: str = "",
    ) -> Answer:
        """Ask once. Returns whatever the other side answers, errors included; raises `DoorError`.

        Never tries again by itself. A redirect is followed for GET and HEAD within the same host only.
        `shown_path` is kept of the call in place of its path, where that holds a secret.
        """
        body = jsonlib.dumps(json, ensure_ascii=False).encode() if json is not None else content
        sent = {"user-agent": USER_AGENT, "accept-encoding": "identity", "accept": "application/json"}
        if json is not None:
            sent["content-type"] = "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        ask = _Ask(method, url, sent, dict(params or {}), body, limits or self.limits, shown_path)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once(ask)
            # Without an address it leads nowhere: some services say "go on" with such a status.
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                return answer
            ask = replace(ask, url=_follow(ask, answer), params={}, wrote=[])
        raise BadAnswer("it sent us round in circles (too many redirects)")

    async def _once(self, ask: _Ask) -> Answer:
        _, host, port = origin = _origin(ask.url)
        began = time.monotonic()
        status: int | None = None
        error = ""
        reached = False
        try:
            async with asyncio.timeout(ask.limits.total):
                addresses = await self._addresses(host, port, ask.limits)
                reached = True
                answer = await self._speak_to_any(ask, origin, addresses)
            status = answer.status
            return answer
        except TimeoutError:
            error = f"{host} did not answer within {ask.limits.total:g} seconds"
            raise (NoAnswer(error) if reached else NotReached(error)) from None
        except DoorError as problem:
            error = str(problem)
            raise
        finally:
            ms = round((time.monotonic() - began) * 1000)
            wrote = ask.wrote[0] if ask.wrote else None
            path = ask.shown_path or urlsplit(ask.url).path
            self.calls.append(Call(ask.method, host, path, status, ms, error, wrote))

    async def _addresses(self, host: str, port: int, limits: Limits) -> list[str]:
        known = self._pool.known(host, port)
        if known is not None:
            return known
        addresses = literal(host) or await _look_up(host, port, limits)
        # One private address among several is refused as a whole: a name of that kind is a trap or a
        # mistake, and neither should depend on which address is tried first.
        if not all(is_public(address, allow_loopback=self.allow_loopback) for address in addresses):
            raise NotReached(f"{host} is not a public address, and only public ones are spoken to")
        self._pool.keep(host, port, addresses)
        return addresses

    async def _speak_to_any(self, ask: _Ask, origin: Origin, addresses: list[str]) -> Answer:
        """The next address is tried only where nothing was sent to the one before."""
        for address in addresses[:-1]:
            try:
                return await self._speak(ask, origin, address)
            except NotReached:
                continue
        return await self._speak(ask, origin, addresses[-1])

    async def _speak(self, ask: _Ask, origin: Origin, address: str) -> Answer:
        host = origin[1]
        request = _request(ask, origin, address)
        try:
            with noting(ask.wrote):
                response = await self._pool.lines(origin).handle_async_request(request)
        except NOT_CONNECTED:
            raise NotReached(f"{host} could not be reached") from None
        except httpcore.TimeoutException:
            raise NoAnswer(f"{host} did not answer in time") from None
        except BROKEN_OFF:
            raise NoAnswer(f"{host} broke off without an answer") from None
        try:
            return await _read(response, host, ask.limits)
        finally:
            await response.aclose()


async def _look_up(host: str, port: int, limits: Limits) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limits.connect):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise NotReached(f"the name {host} could not be looked up") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise NotReached(f"the name {host} has no address")
    return addresses


def _follow(ask: _Ask, answer: Answer) -> str:
    if ask.method not in SAFE_METHODS:
        raise Redirected("it answered with a redirect where an answer was due")
    there = urljoin(ask.url, answer.headers.get("location", ""))
    try:
        same = _origin(there) == _origin(ask.url)
    except NotReached:
        same = False
    if not same:
        raise Redirected("it sent us on to another host, which is not followed")
    return there


def _request(ask: _Ask, origin: Origin, address: str) -> httpcore.Request:
    """The request as it goes to one judged address. The name is told in `Host` and in the greeting."""
    scheme, host, port = origin
    url = httpx.URL(ask.url)
    if ask.params:
        url = url.copy_merge_params(ask.params)
    headers = [(b"host", url.netloc)]
    headers += [
        (name.encode("ascii"), value.encode("ascii")) for name, value in ask.headers.items() if name != "host"
    ]
    if "content-length" not in ask.headers and (ask.body or ask.method in WITH_BODY):
        headers.append((b"content-length", b"%d" % len(ask.body or b"")))
    limits = ask.limits
    times = {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.connect}
    return httpcore.Request(
        ask.method,
        httpcore.URL(scheme=scheme, host=address, port=port, target=url.raw_path),
        headers=headers,
        content=ask.body or b"",
        extensions={"timeout": times, "sni_hostname": host},
    )


def _headers(response: httpcore.Response) -> dict[str, str]:
    """With lower-case names; what is said several times is joined as RFC 9110, section 5.3, has it."""
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


async def _read(response: httpcore.Response, host: str, limits: Limits) -> Answer:
    headers = _headers(response)
    if headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise BadAnswer(f"{host} answered in a packed form that was not asked for")
    body = bytearray()
    try:
        async for chunk in response.aiter_stream():
            body += chunk
            if len(body) > limits.answer:
                raise BadAnswer(f"the answer of {host} is longer than {limits.answer} bytes")
    except httpcore.TimeoutException:
        raise NoAnswer(f"{host} stopped in the middle of its answer") from None
    except BROKEN_OFF:
        raise NoAnswer(f"{host} broke off in the middle of its answer") from None
    return Answer(response.status, headers, bytes(body))


def _origin(url: str) -> Origin:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotReached("the address is not one that can be used") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotReached("the address must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise NotReached("an address that carries a name or password is not used")
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)
