"""The door of the live stream in this process: who is kept waiting, who is sent away, and for how long."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dragoman.public.pulse import open_port
from dragoman.public.streaming import door as door_module
from dragoman.public.streaming import hearing, wire
from dragoman.public.streaming.door import LINGERING, Door
from dragoman.public.streaming.limits import Board
from dragoman.public.streaming.settings import Settings

ASK = b"GET /pulse HTTP/1.1\r\nHost: x\r\n\r\n"
GIVEN: dict[str, Any] = {"database": "", "host": "127.0.0.1", "port": 0, "public_origin": "http://x.example"}


class Scene:
    """A door and those before it, in one event loop."""

    def __init__(self, door: Door, port: int) -> None:
        self.door, self.port = door, port
        self.held: list[asyncio.StreamWriter] = []

    async def knock(self, words: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reading, writing = await asyncio.open_connection("127.0.0.1", self.port)
        writing.write(words)
        self.held.append(writing)
        return reading, writing

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def scene(board: Board | None = None, **more: Any) -> AsyncIterator[Scene]:
    board = board or Board()
    door = Door(Settings(**{**GIVEN, **more}), board, board.rows[0])
    door.hub.begin(0, [])
    listening = open_port("127.0.0.1", 0)
    door.open(listening)
    try:
        yield Scene(door, listening.getsockname()[1])
    finally:
        await door.drain(seconds=0)


def played(work: Callable[[], Any]) -> None:
    asyncio.run(work())


@pytest.mark.parametrize("words", [b"", b"GET /pul", b"GET /pulse HTTP/1.1\r\nHost: x\r\n"])
def test_who_does_not_ask_in_time_is_told_so(monkeypatch: pytest.MonkeyPatch, words: bytes) -> None:
    monkeypatch.setattr(door_module, "HEAD_SECONDS", 0.0)

    async def work() -> None:
        async with scene() as here:
            reading, writing = await here.knock(words)
            await here.until(lambda: len(here.door) == 1)
            here.door.tick()
            assert (await reading.read()).startswith(b"HTTP/1.1 408 ")
            writing.close()
            await here.until(lambda: len(here.door) == 0)

    played(work)


def test_who_asked_in_time_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "HEAD_SECONDS", 0.0)

    async def work() -> None:
        async with scene() as here:
            reading, _ = await here.knock(ASK)
            await here.until(lambda: len(here.door.hub) == 1)
            here.door.tick()
            here.door.hub.publish(1, wire.frame(1, "{}"))
            assert b"id: 1\n" in await reading.readuntil(b"id: 1\n")

    played(work)


def test_who_talks_where_it_should_listen_is_let_go() -> None:
    async def work() -> None:
        async with scene() as here:
            reading, writing = await here.knock(ASK)
            await here.until(lambda: len(here.door.hub) == 1)
            writing.write(b"\r\n")
            writing.write(b"and another thing")
            with suppress(ConnectionResetError):
                await reading.read()
            assert (len(here.door), len(here.door.hub)) == (0, 0)

    played(work)


def test_those_who_are_sent_away_do_not_fill_the_house() -> None:
    async def work() -> None:
        async with scene(readers=1) as here:
            _, first = await here.knock(ASK)
            await here.until(lambda: len(here.door.hub) == 1)
            many = [await here.knock() for _ in range(LINGERING * 2)]
            await here.until(lambda: here.door.refused == LINGERING * 2)
            assert len(here.door) <= LINGERING + 1
            assert (await many[0][0].read()).startswith(b"HTTP/1.1 503 ")
            for _, writing in many:
                writing.close()
            await here.until(lambda: len(here.door) == 1)
            first.close()
            await here.until(lambda: len(here.door) == 0)
            reading, _ = await here.knock(ASK)
            assert (await reading.read(12)) == b"HTTP/1.1 200"

    played(work)


def test_readers_are_counted_over_processes() -> None:
    async def work() -> None:
        board = Board(2)
        board.rows[1].say(open=5)
        async with scene(board, readers=6) as here:
            await here.knock(ASK)
            await here.until(lambda: len(here.door.hub) == 1)
            reading, _ = await here.knock(ASK)
            assert (await reading.read()).startswith(b"HTTP/1.1 503 ")
            board.rows[1].clear()  # the other process died
            reading, _ = await here.knock(ASK)
            assert (await reading.read(12)) == b"HTTP/1.1 200"

    played(work)


def test_when_too_many_ask_for_old_events_the_next_is_told_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hearing, "REPLAYS", 0)

    async def work() -> None:
        async with scene() as here:
            here.door.hub.publish(1, b"x")
            here.door.hub.forget()
            reading, _ = await here.knock(ASK.replace(b"\r\n\r\n", b"\r\nLast-Event-ID: 0\r\n\r\n"))
            answer = await reading.read()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: " in answer

    played(work)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts its open files in /proc")
def test_without_files_left_nobody_is_let_in_for_a_moment_and_nothing_breaks() -> None:
    async def work() -> None:
        async with scene() as here:
            loop = asyncio.get_running_loop()
            reading, _ = await here.knock(ASK)
            await here.until(lambda: len(here.door.hub) == 1)
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            with socket.socket() as late:
                late.setblocking(False)
                free = late.fileno() + 1
                try:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
                    await loop.sock_connect(late, ("127.0.0.1", here.port))
                    await loop.sock_sendall(late, ASK)
                    await here.until(lambda: here.door._deaf)
                    here.door.hub.publish(1, wire.frame(1, "{}"))
                    await reading.readuntil(b"id: 1\n")
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                here.door.tick()
                assert (await loop.sock_recv(late, 12)) == b"HTTP/1.1 200"

    played(work)
