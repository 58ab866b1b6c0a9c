"""The witness's HTTP/1.1 server: small, on asyncio alone. Whoever is slow, long or malformed is let go."""

import asyncio
import logging
import math
import signal
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from dragoman.lib.witnessing.answering import LARGEST_QUESTION, Said
from dragoman.lib.witnessing.limits import Limits, Rate

log = logging.getLogger(__name__)

LARGEST_HEAD = 8_192
MOST_A_CONNECTION = 1_000
MOST_OF_ONE = 16
MOST_IN_ALL = 256
LINGER_BYTES = 1_000_000
LINGER_SECONDS = 2.0

Answer = Callable[[str, str, bytes], Said]
"""(method, target, body) -> what to say. Called in the loop's own thread, one at a time."""


@dataclass(frozen=True)
class Serving:
    """How to serve. `proxies`: how many proxies of the house stand in front and add X-Forwarded-For."""

    host: str = "127.0.0.1"
    port: int = 0
    proxies: int = 0
    rate: Rate = field(default_factory=Rate)
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    write_seconds: float = 10.0
    idle_seconds: float = 30.0
    grace_seconds: float = 3.0
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Request:
    """The head of a request; header names are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    keep: bool


class Broken(Exception):
    """The request cannot be read; say why, and close."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


async def serve(
    answer: Answer, serving: Serving, ready: Callable[[int], None], stop: asyncio.Event | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, or until `stop`. `ready` is called with the port that was bound."""
    ending = stop or _at_a_signal()
    server = _Server(answer, serving)
    listening = await asyncio.start_server(
        server.connected, serving.host, serving.port, limit=LARGEST_HEAD, ssl=serving.tls
    )
    async with listening:
        ready(listening.sockets[0].getsockname()[1])
        await ending.wait()
        listening.close()
        await server.finish()


def _at_a_signal() -> asyncio.Event:
    ending = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, ending.set)
    return ending


class _Server:
    def __init__(self, answer: Answer, serving: Serving) -> None:
        self._answer = answer
        self._serving = serving
        # Behind a proxy all connections are the proxy's own, which counts those of its readers itself.
        self._limits = Limits(serving.rate, connections=MOST_IN_ALL if serving.proxies else MOST_OF_ONE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("unknown",))[0])
        task = asyncio.current_task()
        if not self._limits.enter(address):
            writer.transport.abort()
            return
        if task is not None:
            self._tasks.add(task)
        try:
            await self._converse(reader, writer, address)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            log.debug("a connection of %s ended", address)
        finally:
            self._limits.leave(address)
            self._tasks.discard(task) if task is not None else None
            await self._close(writer)

    async def finish(self) -> None:
        """Let the answers that are under way go out, then close."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._serving.grace_seconds)
        for task in self._tasks:
            task.cancel()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        for count in range(MOST_A_CONNECTION):
            try:
                request = await self._head(reader, self._serving.idle_seconds if count else None)
                if request is None:
                    return
                said, keep = await self._one(request, reader, writer, address)
            except Broken as broken:
                await self._write(writer, _bytes(Said(broken.status, f"{broken}\n".encode()), keep=False))
                await self._linger(reader, writer)
                return
            keep = keep and count + 1 < MOST_A_CONNECTION
            if said.told:
                log.info("%s %s", address, said.told)
            await self._write(writer, _bytes(said, keep=keep, bare=request.method == "HEAD"))
            if not keep:
                return

    async def _one(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> tuple[Said, bool]:
        wait = self._limits.wait(self._client(request, address), time.monotonic())
        body = await self._body(request, reader, writer)
        if wait:
            words = b"Too many requests from your address.\n"
            return Said(HTTPStatus.TOO_MANY_REQUESTS, words, retry_after=math.ceil(wait)), request.keep
        return self._answer(request.method, request.target, body), request.keep

    async def _head(self, reader: asyncio.StreamReader, idle: float | None) -> Request | None:
        """The next request's head, or None when the other side has nothing more to ask."""
        try:
            first = await asyncio.wait_for(reader.read(1), idle or self._serving.head_seconds)
            if not first:
                return None
            rest = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self._serving.head_seconds)
        except asyncio.LimitOverrunError as error:
            raise Broken(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head is too long.") from error
        return read_head(first + rest)

    async def _body(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers:
            raise Broken(HTTPStatus.LENGTH_REQUIRED, "Send the body in one piece, with its length.")
        if not (length.isascii() and length.isdigit()) or len(length) > 12:
            raise Broken(HTTPStatus.BAD_REQUEST, "The length is not a number.")
        if int(length) > LARGEST_QUESTION:
            raise Broken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too long.")
        if request.headers.get("expect", "").lower() == "100-continue" and int(length):
            await self._write(writer, b"HTTP/1.1 100 Continue\r\n\r\n")
        return await asyncio.wait_for(reader.readexactly(int(length)), self._serving.body_seconds)

    def _client(self, request: Request, address: str) -> str:
        """Who asks: the last address that a proxy of the house did not add by hearsay."""
        if not self._serving.proxies:
            return address
        named = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",") if one.strip()]
        return named[-self._serving.proxies] if len(named) >= self._serving.proxies else address

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await asyncio.wait_for(writer.drain(), self._serving.write_seconds)

    async def _linger(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Closing on bytes that nobody read would break off the answer: take some of them first."""
        if writer.can_write_eof():
            writer.write_eof()
        left = LINGER_BYTES
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0 and (data := await reader.read(65_536)):
                left -= len(data)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, ssl.SSLError):
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), self._serving.write_seconds)
            return
        writer.transport.abort()


def read_head(data: bytes) -> Request:
    """The first line and the headers, up to the empty line. Raises Broken."""
    first, *lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0") or not parts[1].startswith("/"):
        raise Broken(HTTPStatus.BAD_REQUEST, "This is no HTTP/1.1 request.")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Broken(HTTPStatus.BAD_REQUEST, "A header line cannot be read.")
        if name.lower() == "content-length" and "content-length" in headers:
            raise Broken(HTTPStatus.BAD_REQUEST, "The length is said twice.")
        before = headers.get(name.lower())
        headers[name.lower()] = f"{before}, {value.strip()}" if before else value.strip()
    wish = headers.get("connection", "").lower()
    keep = wish == "keep-alive" if parts[2] == "HTTP/1.0" else "close" not in wish
    return Request(parts[0], parts[1], headers, keep)


def _bytes(said: Said, *, keep: bool, bare: bool = False) -> bytes:
    lines = [
        f"HTTP/1.1 {said.status.value} {said.status.phrase}",
        f"content-length: {len(said.body)}",
        f"content-type: {said.content_type}",
        "cache-control: no-cache",
        "access-control-allow-origin: *",
        "x-content-type-options: nosniff",
        f"connection: {'keep-alive' if keep else 'close'}",
    ]
    if said.retry_after:
        lines.append(f"retry-after: {said.retry_after}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if bare else said.body)
