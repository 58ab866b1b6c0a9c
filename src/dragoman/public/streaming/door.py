"""The sockets of one process: readers are let in, heard, and let go.

One epoll of its own holds them all, inside the event loop but without a transport for each. A turn takes a
few milliseconds at most, so that an event for ten thousand readers never waits for a storm of new ones.
"""

import asyncio
import errno
import json
import logging
import resource
import select
import socket
import ssl
from itertools import takewhile
from time import monotonic

from dragoman.public.streaming import answering, wire
from dragoman.public.streaming.hearing import Hearing
from dragoman.public.streaming.hub import Hub
from dragoman.public.streaming.limits import Board, Limits, Row
from dragoman.public.streaming.log import Log
from dragoman.public.streaming.reader import (
    CLOSED,
    ENDING,
    HANDSHAKE,
    HEAD,
    LISTENING,
    PROXY,
    REPLAYING,
    Reader,
)
from dragoman.public.streaming.settings import Settings

log = logging.getLogger("dragoman.pulse")

HEAD_SECONDS = 10.0
LINGER_SECONDS = 2.0
LINGERING = 64
SPARE_FILES = 200
TURN = 0.005
AT_ONCE = 64
READ = select.EPOLLIN | select.EPOLLRDHUP
LAST_WORDS = b": this server is stopping; come back\n\n"


class Door:
    """Everything about connections but what is written to those who listen: that is the hub's."""

    def __init__(self, settings: Settings, board: Board, row: Row, tls: ssl.SSLContext | None = None) -> None:
        self.settings, self.board, self.row = settings, board, row
        self.hub = Hub(ssl.SSLSocket.write, settings.ping) if tls else Hub(ping_seconds=settings.ping)
        self.hub.door = self
        self.log = Log(settings.database, self.hub)
        self.limits = Limits(board, row, settings.per_address)
        self.refused = 0
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._own_cap = files - SPARE_FILES
        self.hearing = Hearing(self, tls)
        self._tls = tls
        self._epoll = select.epoll()
        self._listening: socket.socket | None = None
        self._readers: dict[int, Reader] = {}
        self._hearing: dict[Reader, float] = {}
        self._ending: dict[Reader, float] = {}
        self._deaf = False

    def __len__(self) -> int:
        return len(self._readers)

    # --- opening and closing

    def open(self, listening: socket.socket) -> None:
        """Begin to let readers in, in the running event loop."""
        listening.setblocking(False)
        listening.listen(4096)
        self._listening = listening
        self._epoll.register(listening.fileno(), select.EPOLLIN)
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._turn)

    def tick(self) -> None:
        """Called once a second."""
        now = monotonic()
        for reader in _due(self._hearing, now):
            if reader.stage == HEAD:
                self.end(reader, answering.too_slow(), unread=True)
            else:
                self.close(reader)
        for reader in _due(self._ending, now):
            self.close(reader)
        if self._deaf and self._listening:
            self._deaf = False
            self._epoll.modify(self._listening.fileno(), select.EPOLLIN)
        self.hub.ping()
        self.tell()

    def tell(self) -> None:
        """What the other processes and `/health` know of this one."""
        self.row.say(
            open=len(self._readers),
            readers=len(self.hub),
            last=self.hub.last,
            dropped=self.hub.dropped,
            refused=self.refused,
            ok=int(self.well),
        )

    @property
    def well(self) -> bool:
        return self.hub.ready and self.log.connected

    async def drain(self, seconds: float = 2.5) -> None:
        """Tell everybody to come back, each after a time of its own, and let them go."""
        self._shut()
        for task in self.hearing.replays:
            task.cancel()
        for reader in list(self._readers.values()):
            if reader.stage in (LISTENING, REPLAYING):
                self.hub.leave(reader)
                self.end(reader, wire.retry() + LAST_WORDS)
            elif reader.stage == HEAD:
                self.end(reader, answering.stopping(), unread=True)
            elif reader.stage != ENDING:
                self.close(reader)
        end = monotonic() + seconds
        while self._readers and monotonic() < end:
            await asyncio.sleep(0.05)
        for reader in list(self._readers.values()):
            self.close(reader)
        asyncio.get_running_loop().remove_reader(self._epoll.fileno())
        self._epoll.close()
        self.tell()

    def _shut(self) -> None:
        """Let nobody in any more; who has knocked already is told, rather than cut off."""
        if self._listening is None:
            return
        self._epoll.unregister(self._listening.fileno())
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                break
            sock.setblocking(False)
            reader = Reader(sock, "", -1)
            self._take(reader)
            self.close(reader) if self._tls else self.end(reader, answering.stopping(), unread=True)
        self._listening.close()
        self._listening = None

    def heard(self, reader: Reader) -> None:
        """Its request is here, or no longer waited for."""
        self._hearing.pop(reader, None)
        reader.buffer = b""

    # --- what the hub asks

    def watch(self, reader: Reader, *, writable: bool) -> None:
        self._epoll.modify(reader.fd, READ | select.EPOLLOUT if writable else READ)
        if not writable:
            if reader.idle:
                reader.idle.set()
            if reader.stage == ENDING:
                self._say_end(reader)

    def close(self, reader: Reader) -> None:
        if reader.stage == CLOSED:
            return
        reader.stage = CLOSED
        self.hub.leave(reader)
        reader.unsent = None
        self._hearing.pop(reader, None)
        self._ending.pop(reader, None)
        self._readers.pop(reader.fd, None)
        self.limits.leave(reader.place)
        reader.sock.close()  # which takes it out of the epoll as well
        if reader.idle:
            reader.idle.set()

    # --- a turn of the loop

    def _turn(self) -> None:
        end = monotonic() + TURN
        for fd, events in self._epoll.poll(0, AT_ONCE):
            reader = self._readers.get(fd)
            if reader is not None:
                if events & select.EPOLLOUT:
                    self._writable(reader)
                if events & ~select.EPOLLOUT and reader.stage != CLOSED:
                    self.hearing.readable(reader)
            elif self._listening and fd == self._listening.fileno():
                self._accept(end)
            if monotonic() > end:
                break  # the rest is told again at the next turn

    def _writable(self, reader: Reader) -> None:
        if reader.stage == HANDSHAKE:
            self.hearing.readable(reader)
        elif reader.unsent:
            self.hub.flush(reader)

    def _accept(self, end: float) -> None:
        if self._listening is None:
            return
        while monotonic() < end:
            try:
                sock, peer = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._deaf = True  # for a moment, or the loop would turn for nothing
                    self._epoll.modify(self._listening.fileno(), 0)
                    return
                continue
            sock.setblocking(False)
            self._welcome(sock, peer[0])

    def _welcome(self, sock: socket.socket, address: str) -> None:
        """Counted by its address before it costs anything; behind proxies that is known only later."""
        told_later = self.settings.proxies or self.settings.proxy_protocol
        place = -1 if told_later else self.limits.enter(address)
        reader = Reader(sock, address, -1 if place is None else place)
        self._take(reader)
        if place is None:
            self.refuse(reader, answering.too_many())
        elif self._full():
            self.refuse(reader, answering.full())
        else:
            self._hearing[reader] = monotonic() + HEAD_SECONDS
            if self.settings.proxy_protocol:
                reader.stage = PROXY
            elif self._tls:
                self.hearing.begin_tls(reader)
            if reader.stage != CLOSED:
                self.hearing.readable(reader)  # a request comes with the connection more often than not

    def _take(self, reader: Reader) -> None:
        self._readers[reader.fd] = reader
        self._epoll.register(reader.fd, READ)

    def _full(self) -> bool:
        here = len(self._readers) - len(self._ending)
        others = self.board.total("open") - self.row.tell("open")
        return here > self._own_cap or here + others > self.settings.readers

    def refuse(self, reader: Reader, words: bytes) -> None:
        self.refused += 1
        if reader.address in ("127.0.0.1", "::1") and self.refused == 1:
            log.warning(
                "Readers from this machine are refused. If a proxy stands before the live stream, say so:"
                " DRAGOMAN_LIVE_TRUSTED_PROXIES or DRAGOMAN_LIVE_PROXY_PROTOCOL"
            )
        if self._tls and reader.handle == reader.fd:
            self.close(reader)  # before the handshake: whoever knocks too often costs nothing
        else:
            self.end(reader, words, unread=True)

    # --- short answers

    def end(self, reader: Reader, data: bytes, *, unread: bool = False) -> None:
        """A last answer. With `unread`, what the reader still sends is heard out for a moment: closing on
        bytes that nobody read would break the answer off on its way."""
        if reader.stage == CLOSED:
            return
        self.heard(reader)
        reader.stage = ENDING
        self.hub.send(reader, data)
        if (not unread and not reader.unsent) or (len(self._ending) >= LINGERING and unread):
            self.close(reader)
        else:
            self._ending[reader] = monotonic() + LINGER_SECONDS
            if not reader.unsent:
                self._say_end(reader)

    def _say_end(self, reader: Reader) -> None:
        try:
            reader.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close(reader)

    def health(self) -> str:
        self.tell()
        total = {name: self.board.total(name) for name in ("readers", "open", "dropped", "refused")}
        return json.dumps(
            {
                "ok": self.well,
                "last": self.hub.last,
                "database": self.log.connected,
                **total,
                "processes": list(self.board.figures()),
            }
        )


def _due(waiting: dict[Reader, float], now: float) -> list[Reader]:
    """Those whose time is over. All of one dict wait equally long, so the first in are the first out."""
    return [reader for reader, _ in takewhile(lambda item: item[1] <= now, waiting.items())]
