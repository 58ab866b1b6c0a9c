"""One connection. As small as can be: there may be twenty thousand in a process."""

import asyncio
import socket
from collections import deque
from typing import Any

PROXY, HANDSHAKE, HEAD, REPLAYING, LISTENING, ENDING, CLOSED = range(7)
"""What a connection waits for: our proxy's line, TLS, a request, old events, new events, its end."""


class Reader:
    """`handle` is what the hub writes to: the socket's number, or the TLS socket.

    `number` is the last event it has; `unsent` what its socket has not taken yet, `waiting` how many bytes
    of it; `place` where its address is counted; `idle` is set when a replay may go on.
    """

    __slots__ = (
        "address",
        "buffer",
        "fd",
        "handle",
        "idle",
        "number",
        "place",
        "sock",
        "stage",
        "topic",
        "unsent",
        "waiting",
    )

    def __init__(self, sock: socket.socket, address: str, place: int) -> None:
        self.sock, self.address, self.place = sock, address, place
        self.fd = sock.fileno()
        self.handle: Any = self.fd
        self.stage = HEAD
        self.buffer = b""
        self.topic = ""
        self.number = 0
        self.unsent: deque[bytes | memoryview] | None = None
        self.waiting = 0
        self.idle: asyncio.Event | None = None

    def read(self) -> bytes:
        """What came; empty at the end. Raises BlockingIOError or ssl.SSLError when there is nothing yet."""
        return self.sock.recv(4096)
