"""The log of events in PostgreSQL: followed by LISTEN, re-read from the last number after every break.

A notice only says "look"; what is given out is what the table holds, in the order of its numbers. Numbers are
given under a lock and without gaps, so a number that is seen has all smaller ones committed before it.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from dragoman.public.streaming import wire
from dragoman.public.streaming.hub import KEEP_BYTES, KEEP_EVENTS, Hub

log = logging.getLogger("dragoman.pulse")

CHANNEL = "pulse"
BATCH = 100
REPLAY = 20
LOOK_AGAIN = 5.0
PATIENCE = 15.0
NEWER = "SELECT number, kind, data::text, talks FROM public_pulse WHERE number > %s ORDER BY number LIMIT %s"
NEWER_OF = """
    SELECT number, kind, data::text, talks FROM public_pulse
    WHERE number > %s AND talks = %s AND NOT talks = '' ORDER BY number LIMIT %s
"""
NEWEST = "SELECT number, kind, data::text, talks FROM public_pulse ORDER BY number DESC LIMIT %s"
Rows = list[tuple[int, str, str, str]]
Event = tuple[int, str, bytes]
T = TypeVar("T")


class Log:
    """Reads one database; survives its restarts."""

    def __init__(self, address: str, hub: Hub) -> None:
        self.address, self.hub = address, hub
        self.connected = False
        self.stopping = False
        self._spare: AsyncConnection[Any] | None = None
        self._told = False
        self._one_at_a_time = asyncio.Lock()
        self._read: dict[tuple[int, str], tuple[list[bytes], int]] = {}

    async def follow(self) -> None:
        """Until told to stop. Waits longer after each failure, up to five seconds, never the same."""
        pause = 0.1
        while not self.stopping:
            try:
                await self._follow()
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self.connected:
                    pause = 0.1
                self.connected = False
                log.warning(
                    "The database does not answer (%s); asked again in %.1f s", type(error).__name__, pause
                )
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311  no secret hangs on it
            pause = min(pause * 2, 5.0)

    async def after(self, number: int, topic: str = "") -> tuple[list[bytes], int]:
        """Some older events for a reader who was away, and the number up to which these are all there are.

        Thousands who were cut off together come back with the same number: what was read for one in the same
        second serves the others. Raises psycopg.Error or TimeoutError.
        """
        async with self._one_at_a_time:
            if (number, topic) not in self._read:
                self._read[number, topic] = await self._after(number, topic)
            return self._read[number, topic]

    def forget(self) -> None:
        """Read anew from now on. Called once a second, and when something was withdrawn."""
        self._read.clear()

    async def _after(self, number: int, topic: str) -> tuple[list[bytes], int]:
        committed = self.hub.last  # what is committed later may be missing from what is read now
        query, values = (NEWER_OF, (number, topic, REPLAY)) if topic else (NEWER, (number, REPLAY))
        try:
            if self._spare is None or self._spare.closed:
                self._spare = await self._connect()
            found = _events(await _rows(self._spare, query, values))
        except (psycopg.Error, OSError, TimeoutError):
            if self._spare is not None:
                await self._spare.close()
            self._spare = None
            raise
        upto = max(found[-1][0] if found else 0, committed if len(found) < REPLAY else 0, number)
        return [frame for _, _, frame in found], upto

    async def close(self) -> None:
        if self._spare is not None:
            await self._spare.close()

    async def _connect(self) -> AsyncConnection[Any]:
        return await _patient(
            AsyncConnection.connect(self.address, autocommit=True, application_name="dragoman pulse")
        )

    async def _follow(self) -> None:
        connection = await self._connect()
        try:
            await _patient(
                connection.execute(f"LISTEN {CHANNEL}")
            )  # before the first look, or one could slip by
            if not self.hub.ready:
                await self._begin(connection)
            connection.add_notify_handler(self._hear)
            while not self.stopping:
                self._told = False
                more = await self._catch_up(connection)
                self.connected = True
                if not more and not self._told:
                    await _notice(connection)
        finally:
            await connection.close()

    async def _begin(self, connection: AsyncConnection[Any]) -> None:
        newest: list[Event] = []
        room = KEEP_BYTES
        for number, topic, frame in _events(await _rows(connection, NEWEST, (KEEP_EVENTS,))):
            room -= len(frame)
            if room < 0 and newest:
                break
            newest.append((number, topic, frame))
        newest.reverse()
        self.hub.begin(newest[-1][0] if newest else 0, newest)

    def _hear(self, _: psycopg.Notify) -> None:
        """A notice came together with rows, which may have been read before it was sent."""
        self._told = True

    async def _catch_up(self, connection: AsyncConnection[Any]) -> bool:
        """Give out what is new; whether there may be more."""
        rows = await _rows(connection, NEWER, (self.hub.last, BATCH))
        for number, topic, frame in _events(rows):
            self.hub.publish(number, frame, topic)
            await asyncio.sleep(0)  # new readers are let in between two events
        if any(kind == "withdrawal" for _, kind, _, _ in rows):
            self.hub.forget()  # the rows of what was withdrawn hold no text any more
            self.forget()
        return len(rows) == BATCH


async def _notice(connection: AsyncConnection[Any]) -> None:
    """Wait for a notice, or for the time to look all the same. Raises psycopg.OperationalError when cut off.

    The library's own way of waiting wakes up ten times a second: most of what an idle process would do.
    """
    if _drained(connection):
        return
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(connection.fileno(), came.set)
    try:
        async with asyncio.timeout(LOOK_AGAIN):
            await came.wait()
    except TimeoutError:
        return
    finally:
        loop.remove_reader(connection.fileno())
    connection.pgconn.consume_input()
    _drained(connection)


def _drained(connection: AsyncConnection[Any]) -> int:
    """Take all notices that are here; how many there were."""
    count = 0
    while connection.pgconn.notifies():
        count += 1
    return count


async def _rows(connection: AsyncConnection[Any], query: str, values: tuple[int | str, ...]) -> Rows:
    async def ask() -> Rows:
        cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchall()

    return await _patient(ask())


async def _patient(work: Awaitable[T]) -> T:
    # not wait_for, which may swallow a cancellation that comes as the work ends
    async with asyncio.timeout(PATIENCE):
        return await work


def _events(rows: Rows) -> list[Event]:
    return [(number, topic, wire.frame(number, data)) for number, _, data, topic in rows]
