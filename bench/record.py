"""The public record: bulk append with fsync, one release to its proof, audit of 70,000 entries.

Each is set against a floor that was measured in the same run, turn about, so that a busy machine slows both:
the same bytes hashed and written (or read) with no tree, no proof and no signature around them.
`python -m bench.record [--quick]`; makes and drops a database of its own, in a home of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import desk, write

from dragoman.lib.files import settle_folder, write_atomic
from dragoman.lib.tlog import merkle, note, policy, tiles, verify
from dragoman.lib.tlog.checkpoint import Checkpoint

ENTRIES = 70_000
RELEASES = 300
TURNS = 5


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures as plain values. `quick` takes a tenth of the entries and releases."""
    share = 10 if quick else 1
    count, releases = ENTRIES // share, RELEASES // share
    home = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    try:
        entries = [_entry(number) for number in range(count)]
        found = {"entries": count, "bulk append": _bulk(home, entries), "audit": _audit(home, entries)}
        with desk(home):
            found["release"] = _releases(home, releases)
        return found
    finally:
        shutil.rmtree(home, ignore_errors=True)


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    bulk, audit, release = found["bulk append"], found["audit"], found["release"]
    rows = [
        (
            "bulk append, each file fsynced",
            f"{bulk['entries/s']:,} entries/s",
            f"{bulk['ratio']} x the floor",
        ),
        (f"audit of {found['entries']:,} entries", f"{audit['seconds']} s", f"{audit['ratio']} x the floor"),
        ("release to proof, p50", f"{release['p50 ms']} ms", f"{release['p50 ratio']} x the floor"),
        ("release to proof, p99", f"{release['p99 ms']} ms", f"{release['p99 ratio']} x the floor"),
    ]
    return "\n".join(f"{name:<34}{value:>22}   {ratio}" for name, value, ratio in rows)


def _entry(number: int) -> bytes:
    """As long as the leaf of a statement in two languages."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    text = {"lang": "en", "media_type": "text/plain; charset=utf-8", "sha256": digest, "size": 4_000}
    members: dict[str, object] = {
        "consent": None,
        "id": f"2026-{number}",
        "kind": "statement",
        "media": [],
        "parties": None,
    }
    more: dict[str, object] = {
        "prev": None,
        "released": "2026-11-22T10:00:00Z",
        "rev": 1,
        "texts": [text, text],
        "v": 1,
    }
    return json.dumps(members | more, separators=(",", ":")).encode()


def _bulk(home: Path, entries: list[bytes]) -> dict[str, Any]:
    ours, floor = _in_turn(
        lambda turn: _append(home / f"log-{turn}", entries),
        lambda turn: _plain(home / f"plain-{turn}", entries),
    )
    for turn in range(1, TURNS):
        shutil.rmtree(home / f"log-{turn}")
    return {
        "entries/s": round(len(entries) / ours),
        "floor entries/s": round(len(entries) / floor),
        "ratio": round(ours / floor, 2),
        "floor": "the same entries hashed once each and the same files written with fsync",
    }


def _append(folder: Path, entries: list[bytes]) -> None:
    folders: set[Path] = set()

    def write(path: str, data: bytes) -> None:
        write_atomic(folder / path, data, settle=False)
        folders.add((folder / path).parent)

    growth = tiles.Growth(write)
    for entry in entries:
        growth.append(entry)
    growth.settle()
    for one in folders:
        settle_folder(one)


def _plain(folder: Path, entries: list[bytes]) -> None:
    """Hash and write, with nothing clever: bundles as they come, and the leaf hashes beside them."""
    folder.mkdir()
    for start in range(0, len(entries), tiles.WIDTH):
        part = entries[start : start + tiles.WIDTH]
        hashes = b"".join(hashlib.sha256(entry).digest() for entry in part)
        for name, data in (("entries", b"".join(part)), ("hashes", hashes)):
            with (folder / f"{name}-{start}").open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())


def _audit(home: Path, entries: list[bytes]) -> dict[str, Any]:
    folder = home / "log-0"
    key = note.SignerKey.make("bench.example.int/record")
    root = merkle.root_of([merkle.leaf_hash(entry) for entry in entries])
    signed = bytes(Checkpoint(key.name, len(entries), root).signed([key]))
    trust = policy.Policy((policy.Log(key.verifier),))

    def ours(_: int) -> None:
        head = verify.open_head(signed, trust)
        size = head.checkpoint.size
        found = sum(1 for _ in verify.entries(size, root, lambda path: (folder / path).read_bytes()))
        assert found == len(entries)

    def floor(_: int) -> None:
        for path in tiles.files_of(len(entries)):
            data = (folder / path).read_bytes()
            for entry in tiles.unpack(data) if path.startswith("tile/entries/") else [data]:
                hashlib.sha256(entry).digest()

    seconds, least = _in_turn(ours, floor)
    return {
        "seconds": round(seconds, 2),
        "floor seconds": round(least, 2),
        "ratio": round(seconds / least, 2),
        "floor": "every file read and every entry hashed once, with no tree",
    }


def _releases(home: Path, count: int) -> dict[str, Any]:
    """From the call until the proof file can be read, through the database, against the bare writes."""
    from datetime import UTC, datetime  # noqa: PLC0415 - nothing of the desk is loaded before its settings

    from dragoman.base.actor import System  # noqa: PLC0415
    from dragoman.record import actions  # noqa: PLC0415
    from dragoman.record.values import TextBlob  # noqa: PLC0415

    by, when = System("bench"), datetime(2026, 11, 22, 10, tzinfo=UTC)
    ours: list[float] = []
    floor: list[float] = []
    for number in range(count):
        texts = [TextBlob(lang, "text/plain", f"# {number} {lang}\n".encode() * 200) for lang in ("be", "en")]
        began = time.perf_counter()
        sealed = actions.seal(
            by=by, kind="statement", ref=f"2026-{number}", rev=1, released=when, texts=texts
        )
        (home / "public" / sealed.proof_path.lstrip("/")).read_bytes()
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        # What a release must at least put on the disk: two texts, bundle, tile, memory, head, proof.
        for name in range(7):
            write_atomic(home / "floor" / f"{number}-{name}", texts[0].data)
        floor.append(time.perf_counter() - began)
    mine, least = _percentiles(ours), _percentiles(floor)
    return {
        "releases": count,
        "p50 ms": mine[0],
        "p99 ms": mine[1],
        "floor p50 ms": least[0],
        "floor p99 ms": least[1],
        "p50 ratio": round(mine[0] / least[0], 2),
        "p99 ratio": round(mine[1] / least[1], 2),
        "floor": "seven small files, each written whole with fsync of file and folder; no database",
    }


def _percentiles(times: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100)
    return round(cuts[49] * 1_000, 1), round(cuts[98] * 1_000, 1)


def _in_turn(ours: Callable[[int], None], floor: Callable[[int], None]) -> tuple[float, float]:
    """The median of each, measured one after the other in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS):
        for kept, work in zip(times, (ours, floor), strict=True):
            began = time.perf_counter()
            work(turn)
            kept.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    found = run(quick="--quick" in sys.argv)
    write("record", found)
    print(table(found))
