"""The live stream: `python -m dragoman.public.pulse`, processes of their own without Django.

`GET /pulse` answers Server-Sent Events: each numbered event holds the full text in every language, so that
nobody has to fetch anything after it. `GET /pulse/<ref>` gives only the events of one process of talks, with
the same numbers. `Last-Event-ID` (or `?last=`) asks for what was missed.
`GET /health` says how many listen in each process and whether the database answers.
"""

import asyncio
import gc
import logging
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable

from dragoman.public.streaming import tls
from dragoman.public.streaming.door import Door
from dragoman.public.streaming.keeping import keep
from dragoman.public.streaming.limits import Board
from dragoman.public.streaming.settings import Settings, from_environment

log = logging.getLogger("dragoman.pulse")

LATE_ACKNOWLEDGEMENT_MS = 45_000
REQUEST_ROOM = 16 * 1024
EVENT_ROOM = 128 * 1024
"""What the kernel may hold of a reader's request, and of events for one that does not take them."""


async def serve(door: Door, listening: socket.socket, renew: Callable[[], None], alive: int = -1) -> None:
    """Serve until told to stop, or until the parent at the other end of the pipe `alive` is gone."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, renew)
    if alive >= 0:
        loop.add_reader(alive, stop.set)
    follower = loop.create_task(door.log.follow())
    clock = loop.create_task(_tick(door))
    door.open(listening)
    # Nothing here makes cycles worth looking for at every hundredth reader: once a minute is enough.
    gc.freeze()
    gc.disable()
    await stop.wait()
    if alive >= 0:
        loop.remove_reader(alive)
    log.info("Stopping; %d readers are asked to come back", len(door.hub))
    door.log.stopping = True
    for task in (follower, clock):
        task.cancel()
    await door.drain()
    await asyncio.wait((follower, clock), timeout=2)
    await door.log.close()


async def _tick(door: Door) -> None:
    seconds, refused = 0, 0
    while True:
        await asyncio.sleep(1)
        seconds += 1
        door.log.forget()
        door.tick()
        if seconds % 60 == 0:
            if door.refused > refused:
                log.warning("%d connections were refused in the last minute", door.refused - refused)
            refused = door.refused
            door.limits.new_minute()
            gc.collect()


def open_port(host: str, port: int) -> socket.socket:
    """A socket of this process on the port that all share; what it is told here holds for its readers too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, REQUEST_ROOM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, EVENT_ROOM)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":  # a reader whose machine is gone is found by the kernel, at a ping
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LATE_ACKNOWLEDGEMENT_MS)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def run(settings: Settings) -> int:
    """The exit code of the whole: 1 when the port cannot be opened, 2 when a setting is wrong."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    certificate = None
    try:
        if settings.certificate and settings.key:
            certificate = tls.context(settings.certificate, settings.key)
    except OSError as error:
        log.error("The certificate or its key cannot be used: %s", error)
        return 2
    board = Board(settings.processes)

    def work(index: int, alive: int) -> int:
        try:
            listening = open_port(settings.host, settings.port)
        except OSError as error:
            log.error("Port %d cannot be opened: %s", settings.port, error.strerror)
            return 1
        door = Door(settings, board, board.rows[index], certificate)
        asyncio.run(serve(door, listening, lambda: _renew(settings, certificate), alive))
        return 0

    scheme = "https" if certificate else "http"
    log.info("The live stream is at %s://%s:%d/pulse", scheme, settings.host, settings.port)
    if settings.processes == 1:
        return work(0, -1)
    return keep(settings.processes, work, lambda index: board.rows[index].clear())


def _renew(settings: Settings, used: ssl.SSLContext | None) -> None:
    """On SIGHUP: the certificate as it is in its file now. A wrong one is not taken."""
    if used and settings.certificate and settings.key:
        try:
            tls.reload(used, settings.certificate, settings.key)
        except OSError as error:
            log.error("The new certificate or its key cannot be used; the old one stays: %s", error)
        else:
            log.info("The certificate was read again")


def main() -> int:
    """Run as many processes as asked for, on one port, until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    try:
        settings = from_environment()
    except ValueError as error:
        log.error("The environment is wrong: %s", error)
        return 2
    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
