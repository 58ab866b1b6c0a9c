"""The portable receipt of one entry (c2sp.org/tlog-proof): its index, its path and a signed head."""

import base64
from dataclasses import dataclass

from dragoman.lib.tlog import merkle, note
from dragoman.lib.tlog.errors import Malformed

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True)
class Proof:
    """`checkpoint` is the note, byte for byte. `extra` is not authenticated: never trust it."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __bytes__(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(item).decode() for item in self.hashes)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


def parse(data: bytes) -> Proof:
    """Read a proof file without judging it. Raises Malformed."""
    head, gap, rest = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("the proof is not a text") from error
    if not gap or lines.pop(0) != HEADER:
        raise Malformed(f"the proof does not begin with {HEADER}")
    extra: bytes | None = None
    if lines and lines[0].startswith("extra "):
        extra = note.from_base64(lines.pop(0).removeprefix("extra "), "the extra line of the proof")
    if not lines or not lines[0].startswith("index "):
        raise Malformed("the proof has no index line")
    index = note.decimal(lines.pop(0).removeprefix("index "), "the index in the proof")
    if len(lines) > MOST_HASHES:
        raise Malformed("the proof has too many hashes")
    hashes = tuple(note.from_base64(line, "a hash in the proof") for line in lines)
    if any(len(item) != merkle.HASH_SIZE for item in hashes):
        raise Malformed("a hash in the proof is not 32 bytes long")
    return Proof(index, hashes, rest, extra)
