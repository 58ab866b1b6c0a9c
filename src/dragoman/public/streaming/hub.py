"""All readers of one process, and the one loop that writes an event to each of them.

There is no task, queue or future for a reader while it listens: only its socket, and what that did not take.
Readers who have everything stand in plain dicts of handles, by what they asked for; the loop over them knows
nothing but a handle and the bytes. Their order is shuffled before each event, so that nobody is first by
habit.
"""

import os
import random
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from dragoman.public.streaming import wire
from dragoman.public.streaming.reader import CLOSED, LISTENING, Reader

KEEP_EVENTS = 256
KEEP_BYTES = 8 * 1024 * 1024
BACKLOG = 256 * 1024
PING_SECONDS = 20
RUN = 16
GONE = -1

Write = Callable[[Any, Any], int]
"""Of a handle and bytes: how many the socket took. Raises what os.write and SSLSocket.write raise."""


class Door(Protocol):
    """What the hub asks of who holds the sockets."""

    def watch(self, reader: Reader, *, writable: bool) -> None:
        """Call `Hub.flush` when the socket takes bytes again; or no more."""

    def close(self, reader: Reader) -> None:
        """Close at once; calls `Hub.leave`."""


def mixed(handles: list[Any]) -> list[Any]:
    """These in an order of chance: each is as likely to have any place, and of any two each to be before.

    Neighbours stay together in short runs: sockets made one after another lie beside each other in memory,
    and a wholly random order makes each write some 5 % dearer.
    """
    start = int(random.random() * len(handles))  # noqa: S311  no secret hangs on it
    turned = handles[start:] + handles[:start]
    runs = [turned[at : at + RUN] for at in range(0, len(turned), RUN)]
    random.shuffle(runs)
    for run in runs:
        if random.random() < 0.5:  # noqa: S311  nor on this
            run.reverse()
    return [handle for run in runs for handle in run]


class Hub:
    """The newest events in memory and those who listen."""

    def __init__(self, write: Write = os.write, ping_seconds: int = PING_SECONDS) -> None:
        self.last = 0
        self.ready = False
        self.dropped = 0
        self.door: Door
        self._write = write
        self._kept: deque[tuple[int, str, bytes]] = deque()
        self._bytes = 0
        self._quiet: dict[str, dict[Any, Reader]] = {}
        self._behind: dict[Any, Reader] = {}
        self._late: set[Reader] = set()
        self._turn, self._turns = 0, ping_seconds

    def __len__(self) -> int:
        return sum(map(len, self._quiet.values())) + len(self._behind)

    # --- events

    def begin(self, last: int, newest: list[tuple[int, str, bytes]]) -> None:
        """Take the state of the log before the first reader is let in."""
        self.last = last
        for number, topic, frame in newest:
            self._keep(number, topic, frame)
        self.ready = True

    def publish(self, number: int, frame: bytes, topic: str = "") -> bool:
        """Give an event to everybody who asked for all or for its topic; False for one given before."""
        if number <= self.last:
            return False
        self.last = number
        self._keep(number, topic, frame)
        behind = list(self._behind.values())
        self._broadcast(frame, topic)
        for reader in behind:  # after everybody else: nobody waits for a slow reader
            if number > reader.number and reader.topic in ("", topic):
                self._give_late(reader, frame)
            if reader.stage == LISTENING:
                self._settle(reader)
        return True

    def since(self, number: int, topic: str = "") -> list[bytes] | None:
        """The frames of a topic after `number`, or None when memory does not reach back so far."""
        if number >= self.last:
            return []
        if not self._kept or self._kept[0][0] > number + 1:
            return None
        return [frame for known, of, frame in self._kept if known > number and topic in ("", of)]

    def forget(self) -> None:
        """Drop the kept frames: those who were away are served from the log from now on."""
        self._kept.clear()
        self._bytes = 0

    # --- readers

    def join(self, reader: Reader, number: int, missed: list[bytes]) -> None:
        """From now on it gets every event after `number`, and first what it missed up to now.

        A number from the future means that another process is ahead by a moment: those events are left out.
        A number from far in the future means that the log was set back, and is not believed.
        """
        reader.number = number if self.last < number <= self.last + 100 else self.last
        reader.stage = LISTENING
        for frame in missed:
            self.send(reader, frame)
        if reader.stage == LISTENING:
            self._settle(reader)

    def leave(self, reader: Reader) -> None:
        """Before the number of its socket can be given to another reader."""
        self._behind.pop(reader.handle, None)
        self._late.discard(reader)
        self._take_from_quiet(reader)

    def everybody(self) -> Iterator[Reader]:
        for readers in [*self._quiet.values(), self._behind]:
            yield from list(readers.values())

    def send(self, reader: Reader, data: bytes) -> None:
        """Bytes for one reader: what the socket takes at once, the rest when it takes more."""
        if reader.stage == CLOSED:
            return
        sent = 0 if reader.unsent else self._try(reader.handle, data)
        if sent == GONE:
            self.door.close(reader)
        elif sent < len(data):
            self._hold(reader, data, sent)

    def flush(self, reader: Reader) -> None:
        """The socket takes bytes again."""
        unsent = reader.unsent
        while unsent:
            data = unsent[0]
            sent = self._try(reader.handle, data)
            if sent == GONE:
                self.door.close(reader)
                return
            reader.waiting -= sent
            if sent < len(data):
                unsent[0] = memoryview(data)[sent:]
                return
            unsent.popleft()
        reader.unsent = None
        self._late.discard(reader)
        self.door.watch(reader, writable=False)
        if reader.stage == LISTENING:
            self._settle(reader)

    def ping(self) -> None:
        """Called once a second: a comment to a part of the readers. Who did not take the last one goes."""
        if not self._turns:
            return
        self._turn = (self._turn + 1) % self._turns
        for reader in [one for one in self._everyone() if one.fd % self._turns == self._turn]:
            if not reader.unsent:
                self.send(reader, wire.PING)
            elif reader in self._late:
                self._drop(reader)
            else:
                self._late.add(reader)

    # --- inside

    def _everyone(self) -> Iterator[Reader]:
        for readers in [*self._quiet.values(), self._behind]:
            yield from readers.values()

    def _keep(self, number: int, topic: str, frame: bytes) -> None:
        self._kept.append((number, topic, frame))
        self._bytes += len(frame)
        while len(self._kept) > 1 and (len(self._kept) > KEEP_EVENTS or self._bytes > KEEP_BYTES):
            self._bytes -= len(self._kept.popleft()[2])

    def _broadcast(self, frame: bytes, topic: str) -> None:
        everybody = list(self._quiet.get("", ()))
        if topic:
            everybody += self._quiet.get(topic, ())
        order = mixed(everybody)
        write, size = self._write, len(frame)
        short: list[tuple[Any, int]] = []
        for handle in order:
            try:
                sent = write(handle, frame)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                short.append((handle, 0))
            except OSError:
                short.append((handle, GONE))
            else:
                if sent != size:
                    short.append((handle, sent))
        for handle, sent in short:
            reader = self._quiet.get("", {}).get(handle) or self._quiet[topic][handle]
            if sent == GONE:
                self.door.close(reader)
            else:
                self._hold(reader, frame, sent)

    def _give_late(self, reader: Reader, frame: bytes) -> None:
        if reader.unsent and reader.waiting + len(frame) > max(BACKLOG, len(frame)):
            self._drop(reader)
        else:
            self.send(reader, frame)

    def _try(self, handle: Any, data: bytes | memoryview) -> int:
        try:
            return self._write(handle, data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0
        except OSError:
            return GONE

    def _hold(self, reader: Reader, data: bytes, sent: int) -> None:
        """Keep what was not taken, by reference: frames are shared by all who wait for them."""
        if reader.unsent is None:
            reader.unsent = deque()
            self.door.watch(reader, writable=True)
        reader.unsent.append(memoryview(data)[sent:] if sent else data)
        reader.waiting += len(data) - sent
        if reader.stage == LISTENING:
            self._take_from_quiet(reader)
            self._behind[reader.handle] = reader

    def _settle(self, reader: Reader) -> None:
        """To those who have everything; or to those behind, or ahead of this process."""
        if reader.unsent or reader.number > self.last:
            self._behind[reader.handle] = reader
        else:
            self._behind.pop(reader.handle, None)
            self._quiet.setdefault(reader.topic, {})[reader.handle] = reader

    def _take_from_quiet(self, reader: Reader) -> None:
        readers = self._quiet.get(reader.topic)
        if readers is not None and readers.get(reader.handle) is reader:
            del readers[reader.handle]
            if not readers:  # or names that nobody asks for any more would be kept for ever
                del self._quiet[reader.topic]

    def _drop(self, reader: Reader) -> None:
        """A reader that cannot follow comes back by itself, with the number of the last event it has."""
        self.dropped += 1
        self.door.close(reader)
