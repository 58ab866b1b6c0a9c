"""How many connections an address may hold, counted over all processes that share the port.

Each process writes only its own row of one piece of shared memory and reads the rows of the others, so that
no lock is needed. An address is a slot of that row, found by a digest under a key that dies with the
processes: no address is written down, and nobody can aim at another's slot.
"""

import hashlib
import mmap
import os
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

SLOTS = 1 << 15
FIGURES = ("open", "readers", "last", "dropped", "refused", "ok")
"""What each process says of itself in `/health`."""
_ROW = SLOTS * 4 + len(FIGURES) * 8


@lru_cache(4096)
def network(address: str) -> str:
    """What an address is counted as: an IPv6 network of 64 bits counts as one, for one reader has it all."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))
    return str(ip)


def behind_proxies(through: tuple[str, ...], proxies: int, nearest: str) -> str:
    """The reader's address by the word of our own proxies, counted from the nearest, and nobody else's."""
    return through[-proxies] if 0 < proxies <= len(through) else nearest


class Board:
    """The shared memory. Made before the processes are forked."""

    def __init__(self, processes: int = 1) -> None:
        self._memory = mmap.mmap(-1, processes * _ROW)
        whole = memoryview(self._memory)
        self._key = os.urandom(16)
        self.rows = [Row(whole[at : at + _ROW]) for at in range(0, processes * _ROW, _ROW)]

    def slot(self, address: str) -> int:
        digest = hashlib.blake2b(network(address).encode(), key=self._key, digest_size=4).digest()
        return int.from_bytes(digest) % SLOTS

    def count(self, slot: int) -> int:
        return sum(row.counts[slot] for row in self.rows)

    def total(self, figure: str) -> int:
        return sum(row.tell(figure) for row in self.rows)

    def figures(self) -> Iterator[dict[str, int]]:
        for row in self.rows:
            yield {name: row.tell(name) for name in FIGURES}


class Row:
    """One process's part."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self.counts = memory[: SLOTS * 4].cast("I")
        self._figures = memory[SLOTS * 4 :].cast("q")

    def say(self, **figures: int) -> None:
        for name, value in figures.items():
            self._figures[FIGURES.index(name)] = value

    def tell(self, figure: str) -> int:
        return self._figures[FIGURES.index(figure)]

    def clear(self) -> None:
        """The process of this row is dead, and its connections with it."""
        self._memory[:] = bytes(len(self._memory))


class Limits:
    """The doorkeeper of one process.

    An address holds at most `most` connections, and opens at most `A_MINUTE` times as many in a minute (the
    latter counted by each process for itself). 0 is no limit.
    """

    A_MINUTE = 10

    def __init__(self, board: Board, row: Row, most: int) -> None:
        self._board, self._row, self._most = board, row, most
        self._opened: dict[int, int] = {}

    def enter(self, address: str) -> int | None:
        """Its place, to be given back by `leave`; -1 where none are counted; None when it has enough."""
        if not self._most:
            return -1
        slot = self._board.slot(address)
        opened = self._opened.get(slot, 0)
        if opened >= self._most * self.A_MINUTE or self._board.count(slot) >= self._most:
            return None
        self._opened[slot] = opened + 1
        self._row.counts[slot] += 1
        return slot

    def leave(self, slot: int) -> None:
        if slot >= 0:
            self._row.counts[slot] -= 1

    def new_minute(self) -> None:
        self._opened.clear()
