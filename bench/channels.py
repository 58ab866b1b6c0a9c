"""One release on many channels: all in the same moment, against a bare fan-out of the same requests.

A server process of its own stands for the networks: it takes each request, waits 50 ms and answers, and notes
when each request had arrived whole. *Ours* is the product from "the page is out" on: the claim in the
database, the sender, the connectors, and the bookkeeping. *Bare* is `asyncio.gather` over httpx clients
with open connections, the same requests, nothing else. They are measured turn about in one run.
`python -m bench.channels [--quick]`; makes and drops a database of its own, in a home of its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import multiprocessing
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx
from bench._ground import desk, write

PAUSE = 0.05
SIZES = (50, 100, 200, 500)
TURNS = 9
TEXT = "The days of arrival and departure both count. " * 20


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures as plain values. `quick` takes fewer sizes and turns."""
    home = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    ours_end, theirs = multiprocessing.Pipe()
    network = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    network.start()
    port = ours_end.recv()
    os.environ["DRAGOMAN_ALLOW_LOOPBACK"] = "1"
    try:
        with desk(home):
            logging.disable(logging.INFO)
            return _measure(Network(ours_end, port), SIZES[:2] if quick else SIZES, 9 if quick else TURNS)
    finally:
        network.terminate()
        shutil.rmtree(home, ignore_errors=True)


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    rows = [
        "in ms        first to last          release to last        the same, best turn    processor a post",
        "channels     ours   bare  ratio      ours   bare  ratio      ours   bare  ratio      ours   bare",
    ]
    for size, row in found["sizes"].items():
        rows.append(
            f"{size:>8} {row['skew ms']:>8} {row['bare skew ms']:>6} {row['skew ratio']:>6}"
            f" {row['last ms']:>9} {row['bare last ms']:>6} {row['last ratio']:>6}"
            f" {row['best last ms']:>9} {row['bare best last ms']:>6} {row['best last ratio']:>6}"
            f" {row['cpu ms']:>9} {row['bare cpu ms']:>6}"
        )
    rows.append(
        f"memory for 500 channels: {found['memory MB']} MB more than for none; turns: {found['turns']}"
    )
    return "\n".join(rows)


# --- the networks ---


def serve(pipe: Connection) -> None:
    """The server process. Asked through the pipe, it tells when the requests since then had arrived."""
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    arrived: list[float] = []
    loop = asyncio.get_running_loop()

    def talk() -> None:
        pipe.recv()
        pipe.send(list(arrived))
        arrived.clear()

    server = await loop.create_server(lambda: _Answers(arrived), "127.0.0.1", 0, backlog=2048)
    loop.add_reader(pipe.fileno(), talk)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Answers(asyncio.Protocol):
    """As little HTTP as the client needs, so that the server is never what is measured."""

    BODY = json.dumps({"id": "1", "url": "https://network.example/1"}).encode()
    ANSWER = (
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
        + BODY
    )

    def __init__(self, arrived: list[float]) -> None:
        self.arrived = arrived
        self.data = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        if len(body) >= length:
            self.data = b""
            self.arrived.append(time.time())
            asyncio.get_running_loop().call_later(PAUSE, self.transport.write, self.ANSWER)


class Network:
    """Our end of the server process."""

    def __init__(self, pipe: Connection, port: int) -> None:
        self.pipe = pipe
        self.url = f"http://127.0.0.1:{port}"

    def arrived(self) -> list[float]:
        self.pipe.send("when")
        return sorted(self.pipe.recv())


# --- the two that are measured ---


def _measure(network: Network, sizes: tuple[int, ...], turns: int) -> dict[str, Any]:
    world = World(network)
    before = _memory()
    channels = world.make(max(sizes))
    found = {}
    for size in sizes:
        bare, ours = Bare(network, size), Ours(world, channels[:size])
        rows: dict[str, list[dict[str, float]]] = {"bare": [], "ours": []}
        for turn in range(turns + 2):
            for name, one in (("bare", bare), ("ours", ours)):
                gc.collect()
                figures = one.turn()
                if turn >= 2:  # the first two fill caches on both sides
                    rows[name].append(figures)
        bare.close()
        found[str(size)] = _compared(rows)
    return {
        "sizes": found,
        "turns": turns,
        "network ms": PAUSE * 1000,
        "memory MB": round((_memory() - before) / 1024, 1),
        "floor": "asyncio.gather over one httpx client a channel with open connections, the same requests",
    }


def _compared(rows: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    def middle(name: str, what: str) -> float:
        return statistics.median(row[what] for row in rows[name])

    out = {}
    for what in ("skew ms", "last ms", "cpu ms", "fired ms", "booked ms"):
        if what in rows["ours"][0]:
            out[what] = round(middle("ours", what), 1 if what != "cpu ms" else 2)
        if what in rows["bare"][0]:
            out[f"bare {what}"] = round(middle("bare", what), 1 if what != "cpu ms" else 2)

    def best(name: str) -> float:
        return min(row["last ms"] for row in rows[name])

    out["best last ms"], out["bare best last ms"] = round(best("ours"), 1), round(best("bare"), 1)
    out["best last ratio"] = round(best("ours") / best("bare"), 2)
    out["skew ratio"] = round(middle("ours", "skew ms") / middle("bare", "skew ms"), 2)
    out["last ratio"] = round(middle("ours", "last ms") / middle("bare", "last ms"), 2)
    out["cpu ratio"] = round(middle("ours", "cpu ms") / middle("bare", "cpu ms"), 2)
    return out


class Bare:
    """The floor."""

    def __init__(self, network: Network, size: int) -> None:
        self.network, self.size = network, size
        self.loop = asyncio.new_event_loop()
        # One client each, as different networks would have: with all connections in one pool the library
        # looks through every one of them for each request, and 100 requests take two seconds.
        limits = httpx.Limits(keepalive_expiry=600)
        trust = httpx.create_ssl_context()  # one for all, or each would hold a megabyte of authorities
        transport = [
            httpx.AsyncHTTPTransport(verify=trust, limits=limits, trust_env=False) for _ in range(size)
        ]
        self.clients = [httpx.AsyncClient(transport=each, timeout=30, trust_env=False) for each in transport]
        self.loop.run_until_complete(self._all())
        self.network.arrived()

    def turn(self) -> dict[str, float]:
        cpu, began = time.process_time(), time.time()
        last = self.loop.run_until_complete(self._all())
        spent = time.process_time() - cpu
        arrived = self.network.arrived()
        assert len(arrived) == self.size
        return {
            "skew ms": (arrived[-1] - arrived[0]) * 1000,
            "last ms": (last - began) * 1000,
            "cpu ms": spent * 1000 / self.size,
        }

    async def _all(self) -> float:
        async def one(number: int) -> float:
            answer = await self.clients[number].post(
                f"{self.network.url}/posts",
                headers={"authorization": f"Bearer token-{number}", "idempotency-key": f"key-{number}"},
                json={"text": TEXT, "lang": "en"},
            )
            assert answer.json()["id"]
            return time.time()

        return max(await asyncio.gather(*(one(number) for number in range(self.size))))

    def close(self) -> None:
        for client in self.clients:
            self.loop.run_until_complete(client.aclose())
        self.loop.close()


class World:
    """A desk with channels. Nothing of the product is loaded before its settings."""

    def __init__(self, network: Network) -> None:
        from dragoman.base.actor import System  # noqa: PLC0415
        from dragoman.channels import registry  # noqa: PLC0415
        from dragoman.staff.models import Mission  # noqa: PLC0415

        registry.KINDS["bench"] = "bench._bench_kind"
        self.network = network
        self.by = System("bench")
        self.mission = Mission.objects.create(slug="capital", name="Press Service", zone="UTC")

    def make(self, size: int) -> list[Any]:
        from dragoman.channels import actions  # noqa: PLC0415

        values = {"service": self.network.url}
        return [
            actions.create_channel(
                by=self.by,
                mission=self.mission,
                kind="bench",
                slug=f"bench-{number}",
                label=f"Bench {number}",
                values={**values, "token": f"token-{number}"},
            )
            for number in range(size)
        ]


class Ours:
    """The product, from the page being out."""

    count = 0

    def __init__(self, world: World, channels: list[Any]) -> None:
        self.world, self.channels = world, channels

    def turn(self) -> dict[str, float]:
        from dragoman.channels import actions  # noqa: PLC0415
        from dragoman.channels.models import Attempt, Delivery  # noqa: PLC0415

        source = self._plan()
        ready = actions.warm_up(source, 1)
        time.sleep(0.3 + 0.002 * len(self.channels))  # the record is being written meanwhile
        cpu, began = time.process_time(), time.time()
        volley = actions.put_out(by=self.world.by, source=source, rev=1, ready=ready)
        fired = time.time()
        actions.book_answers(by=self.world.by, volley=volley)
        spent, booked = time.process_time() - cpu, time.time()
        arrived = self.world.network.arrived()
        size = len(self.channels)
        assert len(arrived) == size
        assert Delivery.objects.filter(source=source, state="sent").count() == size
        answered = Attempt.objects.filter(delivery__source=source).values_list("answered", flat=True)
        return {
            "skew ms": (arrived[-1] - arrived[0]) * 1000,
            "last ms": (max(answered).timestamp() - began) * 1000,
            "fired ms": (fired - began) * 1000,
            "booked ms": (booked - began) * 1000,
            "cpu ms": spent * 1000 / size,
        }

    def _plan(self) -> str:
        from dragoman.base import clock  # noqa: PLC0415
        from dragoman.channels import actions, queries  # noqa: PLC0415
        from dragoman.channels.connector import Piece, Post  # noqa: PLC0415

        Ours.count += 1
        source, now = f"2026-{Ours.count}", clock.now()
        piece = Piece("en", "How the five days are counted", "", TEXT, "https://mfa.example/en/five-days/")
        for channel in self.channels:
            post = Post(
                key=f"{source}:1:{channel.pk}:en",
                rendition=queries.render(channel, piece),
                lang="en",
                url=piece.url,
                at=now,
                title=piece.title,
            )
            actions.plan_delivery(by=self.world.by, channel=channel, source=source, rev=1, post=post, due=now)
        return source


def _memory() -> int:
    """The most that this process has held, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    found = run(quick="--quick" in sys.argv)
    write("channels", found)
    print(table(found))
