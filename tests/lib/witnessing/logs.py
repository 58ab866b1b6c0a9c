"""A log in memory that can tell several histories, for the tests of the witness."""

from pathlib import Path

from dragoman.lib.tlog import checkpoint, merkle, note, policy, tiles, witness
from dragoman.lib.witnessing.answering import Witness
from dragoman.lib.witnessing.keeping import Folder

KEY = note.SignerKey("record.example.int/record", b"\x01" * 32)
OTHER = note.SignerKey("record.example.int/record", b"\x02" * 32)
STRANGER = note.SignerKey("stranger.example.int/record", b"\x03" * 32)


class Log:
    """One history. `fork` makes another that shares its beginning."""

    def __init__(self, entries: tuple[bytes, ...] = (), key: note.SignerKey = KEY) -> None:
        self.key = key
        self.entries: tuple[bytes, ...] = ()
        self.files: dict[str, bytes] = {}
        self._growth = tiles.Growth(self.files.__setitem__)
        self.grow(*entries)

    def grow(self, *entries: bytes) -> "Log":
        """Add entries one by one, so that every size has its partial tiles."""
        for entry in entries:
            self._growth.append(entry)
            self._growth.settle()
            self.entries = (*self.entries, entry)
        self.files["checkpoint"] = self.head()
        return self

    def fork(self, size: int, *entries: bytes) -> "Log":
        """Another history after the first `size` entries."""
        return Log((*self.entries[:size], *entries), self.key)

    @property
    def size(self) -> int:
        return len(self.entries)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first entries."""
        upto = self.entries if size is None else self.entries[:size]
        return merkle.root_of([merkle.leaf_hash(one) for one in upto])

    def head(self, size: int | None = None, *keys: note.SignerKey) -> bytes:
        """A signed head; of the present size unless told."""
        size = self.size if size is None else size
        body = checkpoint.Checkpoint(self.key.name, size, self.root(size))
        return bytes(body.signed(keys or (self.key,)))

    def proof(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """That the first `old` entries are the beginning of the first `new`."""
        new = self.size if new is None else new
        return tuple(merkle.consistency_proof(tiles.TileHashes(self.size, self.read), old, new))

    def question(self, old: int, size: int | None = None) -> bytes:
        """What the log's keeper asks a witness that saw `old` entries."""
        size = self.size if size is None else size
        return bytes(witness.Question(old, self.proof(old, size), self.head(size)))

    def read(self, path: str) -> bytes:
        """A file of the log."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None


def numbered(count: int, word: str = "entry") -> tuple[bytes, ...]:
    """So many entries."""
    return tuple(f"{word} {number}".encode() for number in range(count))


def make(place: Path, *logs: note.SignerKey) -> Folder:
    """A witness's folder that trusts these logs."""
    folder = Folder(place)
    folder.make("w.example.int", [policy.Log(key.verifier) for key in logs or (KEY,)])
    return folder


def awake(place: Path) -> Witness:
    """The witness of a folder, as a new process has it."""
    return Witness(Folder(place), now=lambda: 1_500_000_000)
