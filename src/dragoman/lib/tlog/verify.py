"""Judging a log from outside: its head against a policy, an entry against a head, and every file of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import cosign, merkle, note, tiles
from dragoman.lib.tlog import proof as proofs
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import Mismatch, TlogError
from dragoman.lib.tlog.policy import Policy


@dataclass(frozen=True)
class Head:
    """A head that a key of the policy signed. `witnesses`: name in the policy -> time of its signature."""

    checkpoint: Checkpoint
    keys: tuple[note.VerifierKey, ...]
    witnesses: dict[str, int]
    quorum: bool


def open_head(data: bytes, policy: Policy) -> Head:
    """Check a signed head. Raises Malformed or Mismatch when no key of the policy's logs signed it, or
    when a line that claims a known key is false. A missing quorum is not an error here: look at `quorum`."""
    signed = note.parse(data)
    head = checkpoints.parse(signed.text)
    keys = note.check(signed, [log.key for log in policy.logs])
    keys = [key for key in keys if key.name == head.origin]
    if not keys:
        names = ", ".join(sorted({log.key.name for log in policy.logs}))
        raise Mismatch(f"the head of {head.origin} is not signed by a log key of the policy ({names})")
    witnesses = dict(_witnesses(signed, policy))
    return Head(head, tuple(keys), witnesses, policy.satisfied(witnesses))


def check_proof(data: bytes, entry: bytes, policy: Policy) -> tuple[proofs.Proof, Head]:
    """Check a proof file for this entry. Raises as `open_head` does, or when the path is false."""
    proof = proofs.parse(data)
    head = open_head(proof.checkpoint, policy)
    size, root = head.checkpoint.size, head.checkpoint.root
    merkle.check_inclusion(merkle.leaf_hash(entry), proof.index, size, proof.hashes, root)
    return proof, head


def entries(
    size: int, root: bytes, read: tiles.Read, *, on_root: Callable[[int, tiles.Growth], None] | None = None
) -> Iterator[bytes]:
    """Read every entry of a log, and compare every tile with what the entries make it.

    The last step compares the root, so nothing that came out is proved until the iterator has ended.
    `on_root` is called after each entry with the number of entries so far. Raises Malformed or Mismatch
    naming the first file that is wrong.
    """
    growth = tiles.Growth(_comparing(read))
    for number in range(-(-size // tiles.WIDTH)):
        width = min(tiles.WIDTH, size - number * tiles.WIDTH)
        path = tiles.bundle_path(number, width)
        for entry in _bundle(path, read(path), width):
            growth.append(entry)
            if on_root is not None:
                on_root(growth.size, growth)
            yield entry
    growth.settle()
    if growth.root != root:
        raise Mismatch(f"the {size} entries do not make the root in the head")


def _bundle(path: str, data: bytes, width: int) -> list[bytes]:
    try:
        return tiles.unpack_exactly(data, width)
    except TlogError as error:
        raise Mismatch(f"{path}: {error}") from error


def _comparing(read: tiles.Read) -> tiles.Write:
    def compare(path: str, data: bytes) -> None:
        # Bundles are what the rest was made from; only their packing could differ, and it has one form.
        if not path.startswith("tile/entries/") and read(path) != data:
            raise Mismatch(f"{path} is not what the entries make it")

    return compare


def _witnesses(signed: note.Note, policy: Policy) -> Iterator[tuple[str, int]]:
    for witness in policy.witnesses.values():
        if witness.key.kind != note.COSIGNATURE:
            continue
        for line in signed.signatures:
            if witness.key.made(line):
                yield witness.name, cosign.check(witness.key, signed.text, line).time
                break
