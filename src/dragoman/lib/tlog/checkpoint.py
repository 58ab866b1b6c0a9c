"""The signed head of a log (c2sp.org/tlog-checkpoint): its name, its size and the root of its tree."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.lib.tlog import merkle, note
from dragoman.lib.tlog.errors import Malformed


@dataclass(frozen=True)
class Checkpoint:
    """What the head says. Equal checkpoints have equal bytes."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __bytes__(self) -> bytes:
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions)).encode()

    def signed(self, keys: Iterable[note.SignerKey]) -> note.Note:
        """The head as a note with a line of each key."""
        body = bytes(self)
        return note.Note(body, tuple(key.sign(body) for key in keys))


def parse(body: bytes) -> Checkpoint:
    """Read the text of a note as a checkpoint. Raises Malformed."""
    try:
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("the checkpoint is not UTF-8") from error
    if len(lines) < 4 or lines[-1] or "" in lines[:-1]:
        raise Malformed("the checkpoint needs three lines: the log's name, its size, its root")
    root = note.from_base64(lines[2], "the root in the checkpoint")
    if len(root) != merkle.HASH_SIZE:
        raise Malformed("the root in the checkpoint is not 32 bytes long")
    size = note.decimal(lines[1], "the size in the checkpoint")
    return Checkpoint(lines[0], size, root, tuple(lines[3:-1]))
