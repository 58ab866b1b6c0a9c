"""One reader from its first byte to its request, and what is told from the log before it joins the others."""

import asyncio
import re
import socket
import ssl
from typing import TYPE_CHECKING

import psycopg

from dragoman.public.streaming import answering, wire
from dragoman.public.streaming.limits import behind_proxies
from dragoman.public.streaming.reader import CLOSED, ENDING, HANDSHAKE, HEAD, PROXY, REPLAYING, Reader

if TYPE_CHECKING:
    from dragoman.public.streaming.door import Door

REPLAY_SECONDS = 60.0
REPLAYS = 500
AT_ONCE = 64
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
PROXY_LINE = re.compile(rb"PROXY (?:UNKNOWN|TCP[46] ([0-9a-fA-F:.]{2,45}) )[^\r\n]{0,80}\r\n")


class Hearing:
    """What readers say, for one door."""

    def __init__(self, door: "Door", tls: ssl.SSLContext | None) -> None:
        self.door = door
        self.replays: set[asyncio.Task[None]] = set()
        self._tls = tls

    def readable(self, reader: Reader) -> None:
        if reader.stage == PROXY and not self._hear_proxy(reader):
            return
        if reader.stage == HANDSHAKE and not self._shake_hands(reader):
            return
        for _ in range(AT_ONCE):
            try:
                data = reader.read()
            except NOT_YET:
                return
            except OSError:
                data = b""
            if reader.stage == HEAD and data:
                self._hear(reader, data)
            elif not data or (data.strip() and reader.stage != ENDING):
                self.door.close(reader)  # it left, or it talks where it should listen
            if not self._tls or reader.stage == CLOSED:
                return  # what is left is told again; TLS may hold it in its own memory

    def _hear_proxy(self, reader: Reader) -> bool:
        """The line of our own balancer, before anything else: whose connection this is."""
        try:
            found = PROXY_LINE.match(reader.sock.recv(128, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        except OSError:
            found = None
        if not found:
            self.door.close(reader)
            return False
        reader.sock.recv(found.end())
        reader.stage = HEAD
        if found[1]:
            reader.address = found[1].decode()
        if not self._count(reader):
            return False
        if self._tls:
            self.begin_tls(reader)
        return reader.stage != CLOSED

    def _count(self, reader: Reader, allow: str = "") -> bool:
        """Count a reader whose address is known only now; False when it had to be refused."""
        self.door.limits.leave(reader.place)
        reader.place = -1
        place = self.door.limits.enter(reader.address)
        if place is None:
            self.door.refuse(reader, answering.too_many(allow))
            return False
        reader.place = place
        return reader.stage != CLOSED

    def begin_tls(self, reader: Reader) -> None:
        if self._tls is None:
            raise RuntimeError("there is no certificate")
        try:
            sock = self._tls.wrap_socket(reader.sock, server_side=True, do_handshake_on_connect=False)
        except OSError:  # it has left already
            self.door.close(reader)
            return
        reader.sock = reader.handle = sock
        reader.stage = HANDSHAKE

    def _shake_hands(self, reader: Reader) -> bool:
        try:
            reader.handle.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLWantWriteError:
            self.door.watch(reader, writable=True)
            return False
        except OSError:
            self.door.close(reader)
            return False
        self.door.watch(reader, writable=False)
        reader.stage = HEAD
        return True

    def _hear(self, reader: Reader, data: bytes) -> None:
        reader.buffer += data
        head, end, _ = reader.buffer.partition(wire.END)
        if len(head) > wire.HEAD_LIMIT:
            self.door.end(reader, answering.too_large(), unread=True)
        elif end:
            self.door.heard(reader)
            request = wire.parse(head)
            if self._is_let_in(reader, request):
                self._answer(reader, request)

    def _is_let_in(self, reader: Reader, request: wire.Request | None) -> bool:
        """Behind proxies of ours the address is known by the request alone. Whoever asks how we are is not
        counted: that is the balancer itself."""
        settings = self.door.settings
        if not settings.proxies or request is None or request.path == "/health":
            return True
        reader.address = behind_proxies(request.through, settings.proxies, reader.address)
        topic = wire.topic(request.path)
        return self._count(reader, answering.allowed(request.origin, topic, settings.public_origin))

    def _answer(self, reader: Reader, request: wire.Request | None) -> None:
        door, hub = self.door, self.door.hub
        reader.address = ""  # counted, and not kept
        house = answering.House(door.settings.public_origin, hub.ready, door.well, door.health)
        found = answering.answer(request, house)
        if isinstance(found, bytes):
            door.end(reader, found)
            return
        number = hub.last if found.last is None else found.last
        missed = hub.since(number, found.topic)
        if missed is None and len(self.replays) >= REPLAYS:
            door.end(reader, answering.full())
            return
        reader.topic = found.topic
        hub.send(reader, found.head)
        if missed is not None and reader.stage != CLOSED:
            hub.join(reader, number, missed)
        elif reader.stage != CLOSED:
            self._begin_replay(reader, number)

    def _begin_replay(self, reader: Reader, number: int) -> None:
        reader.stage = REPLAYING
        task = asyncio.get_running_loop().create_task(self._replay(reader, number))
        self.replays.add(task)
        task.add_done_callback(self.replays.discard)

    async def _replay(self, reader: Reader, number: int) -> None:
        """Older events from the log, no faster than the reader takes them; then it joins the others.

        Nothing can happen between the last old event and the first new one: after the last look into memory
        there is no await.
        """
        reader.idle = asyncio.Event()
        try:
            async with asyncio.timeout(REPLAY_SECONDS):
                while (missed := self.door.hub.since(number, reader.topic)) is None:
                    frames, number = await self.door.log.after(number, reader.topic)
                    reader.idle.clear()
                    for frame in frames:
                        self.door.hub.send(reader, frame)
                    if reader.unsent:
                        await reader.idle.wait()
                    if reader.stage != REPLAYING:
                        return
        except (TimeoutError, psycopg.Error, OSError):
            self.door.close(reader)  # it comes back with the number of the last event it got
            return
        reader.idle = None
        self.door.hub.join(reader, number, missed)
