"""The readers of the live stream: one connection each, from its request to its last event."""

import asyncio
import json
import os
import resource

import psycopg

from dragoman.public.streaming import wire
from dragoman.public.streaming.hub import Hub, Listener
from dragoman.public.streaming.log import Log

HEAD_SECONDS = 10.0
REPLAY_SECONDS = 60.0
SPARE_FILES = 100


class Server:
    """The readers of one process and what they share."""

    def __init__(self, database: str, public_origin: str, readers: int) -> None:
        self.public_origin = public_origin
        self.hub = Hub()
        self.log = Log(database, self.hub)
        self.open = 0
        self.tasks: set[asyncio.Task[None]] = set()
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.cap = min(readers, files - SPARE_FILES)

    def health(self) -> str:
        return json.dumps(
            {
                "ok": self.hub.ready and self.log.connected,
                "readers": len(self.hub),
                "last": self.hub.last,
                "database": self.log.connected,
                "dropped": self.hub.dropped,
            }
        )

    def allowed(self, origin: str) -> str:
        return origin if origin and origin == self.public_origin else ""


class Reader(asyncio.Protocol):
    """One connection: first a request, then silence and events."""

    __slots__ = ("buffer", "fd", "gone", "server", "timer", "transport", "writable")

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer: bytes | None = b""
        self.fd = -1
        self.gone = False
        self.writable: asyncio.Event | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream is needed")
        self.transport = transport
        self.server.open += 1
        self.timer: asyncio.TimerHandle | None = None
        if self.server.open > self.server.cap:
            self.refuse_full()
            return
        self.timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self.server.open -= 1
        self.server.hub.leave(self.fd)
        self.stop_timer()
        if self.writable:
            self.writable.set()

    def pause_writing(self) -> None:
        if self.writable:
            self.writable.clear()

    def resume_writing(self) -> None:
        if self.writable:
            self.writable.set()

    def data_received(self, data: bytes) -> None:
        if self.buffer is None:  # nothing more is expected from a reader
            return
        self.buffer += data
        head, end, _ = self.buffer.partition(wire.END)
        if len(head) > wire.HEAD_LIMIT:
            self.end(wire.answer(431, "The request's head is too large.\n"))
        elif end:
            self.stop_timer()
            self.buffer = None
            self.answer(wire.parse(head))

    def eof_received(self) -> bool:
        return False

    def stop_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def too_slow(self) -> None:
        self.end(wire.answer(408, "The request did not arrive in time.\n"))

    def end(self, data: bytes) -> None:
        self.buffer = None
        self.stop_timer()
        self.transport.write(data)
        self.transport.close()

    def refuse_full(self, allow: str = "") -> None:
        seconds = int.from_bytes(os.urandom(1)) % 20 + 5
        words = (
            "As many readers listen as this server can hold. The page and the feeds have the same texts.\n"
        )
        self.end(wire.answer(503, words, allow=allow, extra=(f"Retry-After: {seconds}",)))

    def answer(self, request: wire.Request | None) -> None:
        if request is None:
            self.end(wire.answer(400, "This is not a request that can be read.\n"))
            return
        allow = self.server.allowed(request.origin)
        head = request.method == "HEAD"
        if request.path not in ("/pulse", "/health"):
            self.end(wire.answer(404, "There is only /pulse here.\n", allow=allow, head=head))
        elif request.method == "OPTIONS":
            extra = ("Access-Control-Allow-Headers: Last-Event-ID", "Access-Control-Max-Age: 86400")
            self.end(wire.answer(204, "", allow=allow, extra=extra))
        elif request.method not in ("GET", "HEAD"):
            self.end(
                wire.answer(405, "Only GET is answered here.\n", allow=allow, extra=("Allow: GET, HEAD",))
            )
        elif request.path == "/health":
            ok = self.server.hub.ready and self.server.log.connected
            body = self.server.health()
            self.end(wire.answer(200 if ok else 503, body, allow=allow, head=head, kind="application/json"))
        elif not self.server.hub.ready:
            again = ("Retry-After: 3",)
            self.end(wire.answer(503, "The log cannot be read yet.\n", allow=allow, head=head, extra=again))
        elif head:
            self.end(wire.stream_head(allow))
        else:
            self.transport.write(wire.stream_head(allow) + wire.retry())
            self.listen(request.last)

    def listen(self, last: int | None) -> None:
        """Join at once when memory holds all that was missed, else after reading it from the log."""
        hub = self.server.hub
        number = hub.last if last is None else last
        missed = hub.since(number)
        if missed is not None:
            self.join(number, missed)
            return
        task = asyncio.get_running_loop().create_task(self.replay(number))
        self.server.tasks.add(task)
        task.add_done_callback(self.server.tasks.discard)

    def join(self, number: int, missed: list[bytes]) -> None:
        """Nothing can happen between the last old event and the first new one: there is no await here."""
        hub = self.server.hub
        if missed:
            self.transport.write(b"".join(missed))
        self.fd = self.transport.get_extra_info("socket").fileno()
        # A number from the future: another process is ahead by a moment, or the log was set back by far.
        number = number if hub.last < number <= hub.last + 100 else hub.last
        hub.join(Listener(self.transport, self.fd, number))

    async def replay(self, number: int) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        try:
            async with asyncio.timeout(REPLAY_SECONDS):
                while (missed := self.server.hub.since(number)) is None:
                    frames = await self.server.log.after(number)
                    if not frames:
                        break
                    self.transport.write(b"".join(frame for _, frame in frames))
                    number = frames[-1][0]
                    await self.writable.wait()
                    if self.gone:
                        return
        except (TimeoutError, psycopg.Error, OSError):
            self.transport.close()  # it comes back with the number of the last event it got
            return
        if not self.gone:
            self.join(number, missed or [])
