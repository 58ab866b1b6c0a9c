"""The live stream as a prober hears it: Server-Sent Events over one connection, opened anew after a break."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Hear = Callable[[dict[str, Any], datetime], None]
"""Called with each event, and with when this connection was opened."""
LONGEST = 16 * 1024 * 1024
SILENCE = 90.0
"""Seconds without a byte, not even a ping, after which a connection is given up."""


async def follow(address: str, hear: Hear) -> None:
    """Until cancelled. A number that was heard is said when coming back, so that nothing is missed."""
    last, pause = "", 1.0
    while True:
        try:
            last = await _once(address, last, hear)
            pause = 1.0
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pause = min(pause * 2, 30.0)
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  no secret hangs on it


async def _once(address: str, last: str, hear: Hear) -> str:
    parts = urlsplit(address)
    if parts.hostname is None or parts.scheme not in ("http", "https"):
        raise ValueError("not an address of a stream")
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.wait_for(
        asyncio.open_connection(parts.hostname, port, ssl=secure, limit=LONGEST), 20
    )
    try:
        opened = datetime.now(UTC)
        head = [
            f"GET {parts.path or '/'} HTTP/1.1",
            f"Host: {parts.netloc}",
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
                last = value.strip()
            elif field == "data":
                event = json.loads(value)
                if isinstance(event, dict):
                    hear(event, opened)
    except asyncio.IncompleteReadError:
        return last
    finally:
        writer.close()


async def _line(reader: asyncio.StreamReader) -> str:
    data = await asyncio.wait_for(reader.readuntil(b"\n"), SILENCE)
    return data.decode("utf-8").rstrip("\r\n")
