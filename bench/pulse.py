"""The live stream against nginx with nchan and against a C loop that only writes, in one run on one machine.

All servers hold their readers at once and are fired in turn, so that whatever else the machine does falls on
all of them: what counts is the ratio inside a run. One-process servers share a core, everything else has the
other. Times are the kernel's at the readers' sockets (`live/crowd.c`). What is not installed is left out: on
Debian `nginx libnginx-mod-nchan libssl-dev gcc`.

`python -m bench.pulse`          1,000 and 5,000 readers, TLS, a restart: some minutes
`python -m bench.pulse --quick`  1,000 readers, few rounds
`python -m bench.pulse --full`   up to 19,500 readers, TLS, two processes, a restart with 10,000
`python -m bench.pulse --part=10000 "--part=4000 tls"`  parts of the full run
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import write
from bench.live import machine, servers
from bench.live.crowd import Crowd

from dragoman.lib.postgres import server as database

SIZES = (300, 16_000)
WORSE = {"cpu": 1.5, "last": 1.3}
"""Ratios to the C loop and to nchan beyond which the run fails. The goals in docs/figures.md are stricter."""


@dataclass(frozen=True)
class Part:
    """One setting in which all are compared."""

    readers: int
    rounds: int
    sizes: tuple[int, ...] = SIZES
    tls: bool = False
    processes: int = 1

    @property
    def name(self) -> str:
        return f"{self.readers}{' tls' if self.tls else ''}{' x2' if self.processes > 1 else ''}"


QUICK = (Part(1_000, 5),)
USUAL = (Part(1_000, 15), Part(5_000, 11), Part(1_000, 11, (300,), tls=True))
FULL = (
    Part(1_000, 21),
    Part(5_000, 15),
    Part(10_000, 15),
    Part(19_500, 9, (300,)),
    Part(1_000, 11, tls=True),
    Part(4_000, 11, tls=True),
    Part(9_000, 11, (300,), processes=2),
)


def run(*, parts: tuple[Part, ...] = USUAL, returning: int = 5_000) -> dict[str, Any]:
    """All figures as plain values."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.sched_setaffinity(0, machine.cores()[1])
    found: dict[str, Any] = {"parts": []}
    with ground() as (folder, secure):
        for part in parts:
            if part.readers + 300 < files and (secure or not part.tls):
                measured = measure(folder, part, secure if part.tls else None)
                found["parts"].append(measured)
                print("\n".join(rows(measured)), flush=True)
        if returning:
            found["restart"] = restart(folder, returning)
            print(f"restart: {found['restart']}", flush=True)
    return found


@contextmanager
def ground() -> Iterator[tuple[Path, Path | None]]:
    """A folder with the C programs and a certificate, and a database."""
    folder = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    given = os.environ.get("DATABASE_URL")
    try:
        folder.chmod(0o755)
        can_tls = machine.build(folder)
        home = folder / "home"
        servers.Pulse.database = given or database.ensure(home, wishes=database.Wishes(follow=True))
        yield folder, servers.certificate(folder) if can_tls else None
    finally:
        if not given:
            database.stop(folder / "home")
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, part: Part, secure: Path | None) -> dict[str, Any]:
    """Every server with its own readers, all at once; events of every size, in turn."""
    with ExitStack() as stack:
        running, crowds, held = [], [], {}
        for number, kind in enumerate(servers.those_here(tls=part.tls)):
            one = kind(folder, tls=secure, processes=part.processes)
            stack.callback(one.stop)
            running.append(one)
            crowd_of = (part.readers, 100 + number)
            before = machine.memory(one.pids)
            crowds.append(Crowd(folder, one.port, one.path, *crowd_of, tls=part.tls))
            stack.callback(crowds[-1].end)
            begun = crowds[-1].begun
            held[one.name] = {
                "held": begun["held"],
                "connected s": begun["seconds"],
                "kB a reader": round((machine.memory(one.pids) - before) / max(begun["held"], 1), 2),
            }
        pairs = list(zip(running, crowds, strict=True))
        out: dict[str, Any] = {**asdict(part), "load": os.getloadavg()[0], "held": held, "sizes": {}}
        for size in part.sizes:
            rounds: dict[str, list[dict[str, float]]] = {one.name: [] for one in running}
            for turn in range(part.rounds + 1):
                start = turn % len(pairs)
                for one, crowd in pairs[start:] + pairs[:start]:
                    figures = fire(one, crowd, size)
                    if turn:  # the first fills caches
                        rounds[one.name].append(figures)
            out["sizes"][str(size)] = compared(rounds)
        out["load after"] = os.getloadavg()[0]
        return out


def fire(one: servers.Server, crowd: Crowd, size: int) -> dict[str, float]:
    """One event, and what became of it."""
    held = crowd.ask("arm")["held"]
    one.make_ready()
    gc.collect()
    cost = machine.processor(one.pids)
    begun = one.fire(b"x" * size)
    time.sleep(0.2 + held * (0.00006 if crowd.network and size < 1000 else 0.0001))
    seen = crowd.ask(f"read {size}")
    time.sleep(0.02)
    cost = machine.processor(one.pids) - cost
    if seen["got"] != held or seen["most_bytes"] > size * 1.05 + 400:
        raise RuntimeError(f"{one.name}: {seen} of {held} readers")
    return {
        **{name: (seen[name] - begun) / 1e6 for name in ("first", "p50", "p99", "last")},
        "skew": (seen["last"] - seen["first"]) / 1e6,
        "cpu": cost / held,
        "like_age": seen["like_age"],
        "like_before": seen["like_before"],
    }


AGAINST = (("nchan", "last"), ("nchan", "skew"), ("nchan", "cpu"), ("c loop", "cpu"), ("c loop", "last"))


def compared(rounds: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Medians of each. A ratio is the median over rounds of the ratio inside a round; `best` ones are of the
    best rounds of both."""
    out: dict[str, dict[str, float]] = {}
    for name, turns in rounds.items():
        row = {what: statistics.median(turn[what] for turn in turns) for what in turns[0]}
        row |= {f"best {what}": min(turn[what] for turn in turns) for what in ("last", "skew", "cpu")}
        for other, what in AGAINST:
            if other in rounds:
                pairs = zip(turns, rounds[other], strict=True)
                row[f"{what} / {other}"] = statistics.median(a[what] / b[what] for a, b in pairs)
                row[f"best {what} / {other}"] = row[f"best {what}"] / min(t[what] for t in rounds[other])
        out[name] = {key: round(value, 3) for key, value in row.items()}
    return out


def restart(folder: Path, readers: int) -> dict[str, Any]:
    """Ours is stopped and started again: how long until all readers, who come back when told, are back."""
    with ExitStack() as stack:
        one = servers.Pulse(folder)
        stack.callback(one.stop)
        crowd = Crowd(folder, one.port, one.path, readers, 90, tls=False)
        stack.callback(crowd.end)
        crowd.tell("back 1")
        time.sleep(0.3)
        begun = time.time()
        one.stop()
        stopped = time.time() - begun
        one.start()
        back = {**crowd.hear(), "stopped": round(stopped, 2), "load": os.getloadavg()[0]}
        fire(one, crowd, 300)  # and all have the next event
        return back


COLUMNS = (
    ("first", 8, 1),
    ("p50", 8, 1),
    ("p99", 8, 1),
    ("last", 8, 1),
    ("skew", 8, 1),
    ("cpu", 7, 1),
    ("last / nchan", 14, 2),
    ("best last / nchan", 19, 2),
    ("skew / nchan", 14, 2),
    ("cpu / nchan", 13, 2),
    ("cpu / c loop", 14, 2),
    ("best cpu / c loop", 19, 2),
    ("like_age", 10, 2),
    ("like_before", 13, 2),
)


def rows(part: dict[str, Any]) -> list[str]:
    """A part as a small table: milliseconds, microseconds of processor time a delivery, ratios."""
    more = f"{', TLS' if part['tls'] else ''}, {part['processes']} process(es), {part['rounds']} rounds"
    heads = "".join(f"{name:>{width}}" for name, width, _ in COLUMNS)
    out = [
        f"{part['readers']} readers{more}, load {part['load']:.1f} to {part['load after']:.1f}",
        f"{'':>8}{'bytes':>7}{'held':>7}{'kB':>7}{heads}",
    ]
    for size, found in part["sizes"].items():
        for name, row in found.items():
            held = part["held"][name]
            cells = "".join(
                f"{row[key]:>{width}.{digits}f}" if key in row else f"{'-':>{width}}"
                for key, width, digits in COLUMNS
            )
            out.append(f"{name:>8}{size:>7}{held['held']:>7}{held['kB a reader']:>7.2f}{cells}")
    seconds = (f"{name} {held['connected s']:.1f}" for name, held in part["held"].items())
    return [*out, f"connected in s: {', '.join(seconds)}"]


def main() -> int:
    words = sys.argv[1:]
    parts: tuple[Part, ...] = QUICK if "--quick" in words else FULL if "--full" in words else USUAL
    chosen = [word.removeprefix("--part=") for word in words if word.startswith("--part=")]
    if chosen:
        parts = tuple(part for part in FULL if part.name in chosen)
    returning = 0 if chosen else 1_000 if "--quick" in words else 10_000 if "--full" in words else 5_000
    found = run(parts=parts, returning=returning)
    write("pulse", found)
    wrong = list(too_much(found))
    print("\n".join(wrong))
    return 1 if wrong else 0


def too_much(figures: dict[str, Any]) -> Iterator[str]:
    for part in figures["parts"]:
        for size, of in part["sizes"].items():
            for what, other in (("cpu", "c loop"), ("last", "nchan")):
                found = [of["pulse"].get(f"{kind}{what} / {other}", 0) for kind in ("", "best ")]
                ratio = min(found)  # either may be the machine's doing, hardly both
                if ratio > WORSE[what]:
                    where = f"{part['readers']} readers, {size} bytes"
                    yield f"bench: {what} at {where}: {ratio:.2f} times {other}, {WORSE[what]} is allowed"


if __name__ == "__main__":
    sys.exit(main())
