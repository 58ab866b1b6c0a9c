"""The live stream: how long until the last of 1,000 and of 5,000 readers has an event, and at what cost.

Side by side in one run, turn about: our process, a bare asyncio loop that does nothing but write, and (where
there is a C compiler) a C loop. Each holds its own readers on loopback; one client process reads them all.
What counts is the ratio inside a run: a busy machine slows all of them.
`python -m bench.pulse [--quick]`; makes and drops a database of its own when it has one to ask.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import write

from dragoman.public.streaming import wire
from dragoman.public.streaming.reader import Reader, Server

READERS = (1_000, 5_000)
ROUNDS = 15
SIZE = 3_000
WORSE = 1.5
"""A larger ratio to the bare loop fails the run."""
HERE = Path(__file__).resolve().parent
REQUEST = b"GET /pulse HTTP/1.1\r\nHost: bench\r\n\r\n"


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures as plain values. `quick` takes a fifth of the readers and rounds."""
    share = 5 if quick else 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    found: dict[str, Any] = {"event_bytes": SIZE, "rounds": max(ROUNDS // share, 3), "readers": {}}
    try:
        for readers in READERS:
            count = readers // share
            found["readers"][str(count)] = _round_about(count, found["rounds"])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return found


def main() -> int:
    found = run(quick="--quick" in sys.argv)
    write("pulse", found)
    print(f"{'readers':>8} {'server':>10} {'last ms':>9} {'x bare':>7} {'us/reader':>10} {'x bare':>7}")
    worst = 0.0
    for count, servers in found["readers"].items():
        for name, row in servers.items():
            print(
                f"{count:>8} {name:>10} {row['last_ms']:>9.1f} {row['last_ratio']:>7.2f}"
                f" {row['cpu_us']:>10.2f} {row['cpu_ratio']:>7.2f}"
            )
        worst = max(worst, servers["pulse"]["cpu_ratio"])
    if worst > WORSE:
        print(f"The live stream costs {worst:.2f} times the bare loop; at most {WORSE} is allowed.")
        return 1
    return 0


def _round_about(count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Every server with its own readers, all at once; events are fired in turn."""
    servers = [_start(name) for name in _names()]
    try:
        readers = {server.name: Readers(server.port, count) for server in servers}
        for server in servers:
            server.wait_for(count)
        times: dict[str, list[tuple[float, float]]] = {server.name: [] for server in servers}
        for turn in range(rounds + 1):
            for server in servers[turn % len(servers) :] + servers[: turn % len(servers)]:
                cost = server.cpu()
                begun = time.perf_counter()
                server.fire()
                last = readers[server.name].all_have() - begun
                time.sleep(0.02)
                if turn:  # the first turn warms up
                    times[server.name].append((last, server.cpu() - cost))
        for one in readers.values():
            one.close()
    finally:
        for server in servers:
            server.stop()
    return _figures(times, count)


def _figures(times: dict[str, list[tuple[float, float]]], count: int) -> dict[str, dict[str, float]]:
    bare = times["bare"]
    out: dict[str, dict[str, float]] = {}
    for name, rows in times.items():
        out[name] = {
            "last_ms": statistics.median(last for last, _ in rows) * 1e3,
            "last_ratio": statistics.median(a[0] / b[0] for a, b in zip(rows, bare, strict=True)),
            "cpu_us": statistics.median(cpu for _, cpu in rows) / count * 1e6,
            "cpu_ratio": statistics.median(a[1] for a in rows)
            / max(statistics.median(b[1] for b in bare), 1e-9),
        }
    return out


def _names() -> list[str]:
    return ["bare", "pulse", *(["c"] if shutil.which("cc") else [])]


class Running:
    """A server in a process of its own. A byte on its standard input fires an event."""

    def __init__(self, name: str, command: list[str], port: int) -> None:
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._line()

    def _line(self) -> str:
        if self.process.stdout is None:
            raise RuntimeError("no pipe")
        return self.process.stdout.readline().decode().strip()

    def _send(self, what: bytes) -> None:
        if self.process.stdin is None:
            raise RuntimeError("no pipe")
        self.process.stdin.write(what)
        self.process.stdin.flush()

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self._send(b"?")
            if int(self._line() or 0) >= count:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} holds fewer than {count} readers")

    def fire(self) -> None:
        self._send(b"!")

    def cpu(self) -> float:
        """Seconds on a processor so far, in nanosecond steps."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def _start(name: str) -> Running:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if name == "c":
        binary = Path(tempfile.gettempdir()) / f"dragoman-bench-floor-{os.getpid()}"
        if not binary.exists():
            subprocess.run(["cc", "-O2", "-o", str(binary), str(HERE / "floor.c")], check=True)
        return Running(name, [str(binary), str(port), str(SIZE)], port)
    return Running(name, [sys.executable, str(HERE / "pulse.py"), "--serve", name, str(port)], port)


class Readers:
    """Many readers of one server in this process; `all_have` waits until each has the whole event."""

    def __init__(self, port: int, count: int) -> None:
        self.select = selectors.DefaultSelector()
        self.left: dict[int, int] = {}
        self.sockets: list[socket.socket] = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(REQUEST)
            self.sockets.append(one)
        for one in self.sockets:
            head = b""
            while not head.endswith(b"\n\n"):
                head += one.recv(4096)
            one.setblocking(False)
            self.select.register(one, selectors.EVENT_READ)

    def all_have(self) -> float:
        """When the last reader had the last byte."""
        left = dict.fromkeys((one.fileno() for one in self.sockets), True)
        end = time.monotonic() + 30
        while left and time.monotonic() < end:
            for key, _ in self.select.select(1):
                data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]  # always a socket here
                if data.endswith(b"\n\n") and not data.startswith(wire.PING):
                    left.pop(key.fd, None)
        if left:
            raise RuntimeError(f"{len(left)} readers did not get the event")
        return time.perf_counter()

    def close(self) -> None:
        for one in self.sockets:
            one.close()


class Bare(asyncio.Protocol):
    """The least that any server can do: keep the sockets, write to each."""

    everybody: list[asyncio.Transport] = []  # noqa: RUF012  one server a process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(wire.END) and isinstance(self.transport, asyncio.Transport):
            self.transport.write(wire.stream_head("") + b": hi\n\n")
            Bare.everybody.append(self.transport)


async def _serve(name: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = Server("", "", 100_000)
    server.hub.begin(0, [])
    make = Bare if name == "bare" else lambda: Reader(server)
    await loop.create_server(make, "127.0.0.1", port, backlog=4096)
    body = json.dumps({"text": "x" * (SIZE - 60)})

    def fire() -> None:
        data = wire.frame(server.hub.last + 1, body)
        if name == "pulse":
            server.hub.publish(server.hub.last + 1, data)
            return
        for transport in Bare.everybody:
            transport.write(data)

    def told() -> None:
        for letter in os.read(0, 4096).decode():
            if letter == "!":
                fire()
            else:
                print(len(server.hub) if name == "pulse" else len(Bare.everybody), flush=True)

    loop.add_reader(0, told)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if "--serve" in sys.argv:
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        asyncio.run(_serve(sys.argv[-2], int(sys.argv[-1])))
    sys.exit(main())
