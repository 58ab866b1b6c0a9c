"""All readers of one process, and the one loop that writes an event to each of them.

There is no task, queue or future for a reader while it listens: only its socket. The order of readers is
shuffled before each event, so that nobody is first by habit.
"""

import os
import random
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from dragoman.public.streaming import wire

KEEP_EVENTS = 256
KEEP_BYTES = 8 * 1024 * 1024
BACKLOG = 256 * 1024
PING_SECONDS = 20


class Pipe(Protocol):
    """What the hub needs of a transport."""

    def write(self, data: bytes) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...
    def get_write_buffer_size(self) -> int: ...


class Listener:
    """One reader who has everything up to `number` and waits for the next."""

    __slots__ = ("fd", "late", "number", "pipe")

    def __init__(self, pipe: Pipe, fd: int, number: int) -> None:
        self.pipe, self.fd, self.number = pipe, fd, number
        self.late = False


class Hub:
    """The newest events in memory and those who listen."""

    def __init__(self) -> None:
        self.last = 0
        self.ready = False
        self._kept: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._listeners: dict[int, Listener] = {}
        self._slots: list[dict[int, Listener]] = [{} for _ in range(PING_SECONDS)]
        self._turn = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._listeners)

    def begin(self, last: int, newest: list[tuple[int, bytes]]) -> None:
        """Take the state of the log before the first reader is let in."""
        self.last = last
        for number, frame in newest:
            self._keep(number, frame)
        self.ready = True

    def publish(self, number: int, frame: bytes) -> bool:
        """Give an event to everybody; False for one that was given before."""
        if number <= self.last:
            return False
        self.last = number
        self._keep(number, frame)
        self._broadcast(number, frame)
        return True

    def since(self, number: int) -> list[bytes] | None:
        """The frames after `number`, or None when memory does not reach back so far."""
        if number >= self.last:
            return []
        if not self._kept or self._kept[0][0] > number + 1:
            return None
        return [frame for known, frame in self._kept if known > number]

    def forget(self) -> None:
        """Drop the kept frames: those who were away are served from the log from now on."""
        self._kept.clear()
        self._bytes = 0

    def join(self, listener: Listener) -> None:
        self._listeners[listener.fd] = listener
        self._slots[listener.fd % PING_SECONDS][listener.fd] = listener

    def leave(self, fd: int) -> None:
        """Before the number of the socket can be given to another reader."""
        self._listeners.pop(fd, None)
        self._slots[fd % PING_SECONDS].pop(fd, None)

    def ping(self) -> None:
        """Called once a second: a comment to one in twenty readers. Who did not take the last one goes."""
        self._turn = (self._turn + 1) % PING_SECONDS
        for listener in list(self._slots[self._turn].values()):
            if listener.pipe.get_write_buffer_size():
                if listener.late:
                    self._drop(listener)
                listener.late = True
            else:
                listener.late = False
                listener.pipe.write(wire.PING)

    def everybody(self) -> Iterator[Listener]:
        return iter(list(self._listeners.values()))

    def _keep(self, number: int, frame: bytes) -> None:
        self._kept.append((number, frame))
        self._bytes += len(frame)
        while len(self._kept) > 1 and (len(self._kept) > KEEP_EVENTS or self._bytes > KEEP_BYTES):
            self._bytes -= len(self._kept.popleft()[1])

    def _broadcast(self, number: int, frame: bytes) -> None:
        order = list(self._listeners.values())
        random.shuffle(order)
        write, size = os.write, len(frame)
        behind: list[tuple[Listener, int]] = []
        for listener in order:
            if listener.number >= number:
                continue
            if listener.pipe.get_write_buffer_size():  # writing past it would mix two events
                behind.append((listener, 0))
                continue
            try:
                sent = write(listener.fd, frame)
            except BlockingIOError:
                sent = 0
            except OSError:
                sent = -1
            if sent != size:
                behind.append((listener, sent))
        for listener, sent in behind:  # after everybody else: nobody waits for a slow reader
            if sent < 0 or listener.pipe.get_write_buffer_size() + size - sent > max(BACKLOG, size):
                self._drop(listener)
            else:
                listener.pipe.write(frame[sent:])

    def _drop(self, listener: Listener) -> None:
        """A reader that cannot follow comes back by itself, with the number of the last event it has."""
        self.dropped += 1
        self.leave(listener.fd)
        listener.pipe.abort()
