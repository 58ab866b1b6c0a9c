"""The live stream as a prober hears it: Server-Sent Events over one connection, opened anew after a break."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dragoman.lib.http import is_public

Hear = Callable[[dict[str, Any], datetime], None]
"""Called with each event, and with when this connection was opened."""
LONGEST = 16 * 1024 * 1024
SILENCE = 90.0
"""Seconds without a byte, not even a ping, after which a connection is given up."""


async def follow(address: str, hear: Hear, *, allow_loopback: bool = False) -> None:
    """Until cancelled. A number that was heard is said when coming back, so that nothing is missed.

    The address is the site's word: only a public one is spoken to, or it could send us to neighbours.
    """
    last, pause = "", 1.0
    while True:
        try:
            last = await _once(address, last, hear, allow_loopback=allow_loopback)
            pause = 1.0
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pause = min(pause * 2, 30.0)
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  no secret hangs on it


async def _once(address: str, last: str, hear: Hear, *, allow_loopback: bool) -> str:
    parts = urlsplit(address)
    if parts.hostname is None or parts.scheme not in ("http", "https"):
        raise ValueError("not an address of a stream")
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    judged = await asyncio.wait_for(_judged(parts.hostname, port, allow_loopback=allow_loopback), 20)
    named = parts.hostname if secure else None
    reader, writer = await _open(judged, port, secure, named)
    try:
        opened = datetime.now(UTC)
        head = [
            f"GET {parts.path or '/'} HTTP/1.1",
            f"Host: {parts.netloc.rpartition('@')[2]}",
            "Accept: text/event-stream",
            "User-Agent: dragoman-probe",
            "Cache-Control: no-store",
            *([f"Last-Event-ID: {last}"] if last else []),
        ]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
        await writer.drain()
        status = (await _line(reader)).split(" ")
        if len(status) < 2 or status[1] != "200":
            raise ValueError("the stream is not open")
        while await _line(reader):
            pass
        while True:
            line = await _line(reader)
            field, _, value = line.partition(":")
            if field == "id":
                last = value.strip() if value.strip().isdecimal() else last
            elif field == "data":
                event = json.loads(value)
                if isinstance(event, dict):
                    hear(event, opened)
    except asyncio.IncompleteReadError:
        return last
    finally:
        writer.close()


async def _judged(host: str, port: int, *, allow_loopback: bool) -> list[str]:
    """A host's addresses, which are then spoken to by themselves. Raises ValueError unless all are public."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(is_public(one, allow_loopback=allow_loopback) for one in addresses):
        raise ValueError("not a public address")
    return addresses


async def _open(
    addresses: list[str], port: int, secure: ssl.SSLContext | None, named: str | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first that answers."""
    for number, one in enumerate(addresses, 1):
        opening = asyncio.open_connection(one, port, ssl=secure, server_hostname=named, limit=LONGEST)
        try:
            return await asyncio.wait_for(opening, 20)
        except (OSError, TimeoutError):
            if number == len(addresses):
                raise
    raise OSError("the name has no address")


async def _line(reader: asyncio.StreamReader) -> str:
    data = await asyncio.wait_for(reader.readuntil(b"\n"), SILENCE)
    return data.decode("utf-8").rstrip("\r\n")
