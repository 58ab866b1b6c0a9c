"""The live stream: `python -m dragoman.public.pulse`, a process of its own without Django.

`GET /pulse` answers Server-Sent Events: each numbered event holds the full text in every language, so that
nobody has to fetch anything after it. `Last-Event-ID` (or `?last=`) asks for what was missed.
`GET /health` says how many listen and whether the database answers.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dragoman.lib.postgres import server as embedded
from dragoman.public.streaming import wire
from dragoman.public.streaming.hub import Hub
from dragoman.public.streaming.reader import Reader, Server

log = logging.getLogger("dragoman.pulse")

LAST_WORDS = b": this server is stopping; come back\n\n"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; names as in `dragoman.config.env`, the last two only for this."""

    database: str
    host: str
    port: int
    public_origin: str
    readers: int
    processes: int


async def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    server = Server(settings.database, settings.public_origin, settings.readers)
    listening = await loop.create_server(
        lambda: Reader(server),
        sock=_socket(settings.host, settings.port),
        backlog=4096,
    )
    follower = loop.create_task(server.log.follow())
    pings = loop.create_task(_ping(server.hub))
    gc.freeze()
    log.info("The live stream is at http://%s:%d/pulse", settings.host, settings.port)
    await stop.wait()
    listening.close()
    log.info("Stopping; %d readers are asked to come back", len(server.hub))
    server.log.stopping = True
    for task in (follower, pings, *server.tasks):
        task.cancel()
    for listener in server.hub.everybody():
        listener.pipe.write(wire.retry() + LAST_WORDS)
        listener.pipe.close()
    await asyncio.wait((follower, pings), timeout=2)
    await server.log.close()
    await asyncio.sleep(0.2)


async def _ping(hub: Hub) -> None:
    while True:
        await asyncio.sleep(1)
        hub.ping()


def _socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # one process per core may share the port
    bound.bind((host, port))
    return bound


def from_environment() -> Settings:
    """Raises ValueError that names every wrong variable."""
    wrong: list[str] = []

    def number(name: str, default: int, least: int, most: int) -> int:
        given = os.environ.get(name) or str(default)
        if given.isdecimal() and least <= int(given) <= most:
            return int(given)
        wrong.append(f"{name}={given!r} must be a number from {least} to {most}")
        return default

    public_port = number("DRAGOMAN_PUBLIC_PORT", 8000, 1, 65535)
    public = urlsplit(os.environ.get("DRAGOMAN_PUBLIC_URL") or f"http://localhost:{public_port}")
    settings = Settings(
        database=os.environ.get("DATABASE_URL") or _embedded(),
        host=os.environ.get("DRAGOMAN_LIVE_HOST") or "127.0.0.1",
        port=number("DRAGOMAN_LIVE_PORT", 8002, 1, 65535),
        public_origin=f"{public.scheme}://{public.netloc}",
        readers=number("DRAGOMAN_LIVE_READERS", 10_000, 1, 1_000_000),
        processes=number("DRAGOMAN_LIVE_PROCESSES", 1, 1, 64),
    )
    if wrong:
        raise ValueError("; ".join(wrong))
    return settings


def _embedded() -> str:
    """The address of the embedded database; it is started by whoever supervises, not here."""
    return embedded.url(Path(os.environ.get("DRAGOMAN_HOME") or "var").expanduser().absolute())


def main() -> int:
    """Run as many processes as asked for; one port, shared. Ends when the first of them was told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    try:
        settings = from_environment()
    except ValueError as error:
        log.error("The environment is wrong: %s", error)
        return 2
    children = _fork(settings.processes - 1)
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        log.error("Port %d cannot be opened: %s", settings.port, error.strerror)
        return 1
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
    return 0


def _fork(count: int) -> list[int]:
    """Children for the other cores. Each follows the log for itself: they need not know each other."""
    children: list[int] = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            return []
        children.append(child)
    return children


if __name__ == "__main__":
    sys.exit(main())
