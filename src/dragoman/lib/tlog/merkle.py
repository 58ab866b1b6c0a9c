"""The Merkle tree of RFC 6962: hashes, proofs and how to check them.

Perfect subtrees are named (level, index): level 0 holds the leaves, and (h, i) covers the leaves from
i * 2^h up to but not including (i + 1) * 2^h.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from dragoman.lib.tlog.errors import Mismatch

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Hashes = Callable[[int, int], bytes]
"""(level, index) -> the hash of that perfect subtree."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(peaks: Iterable[bytes]) -> bytes:
    """The root over perfect subtrees of falling size, given from left to right."""
    hashes = list(peaks)
    if not hashes:
        return EMPTY_ROOT
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over 1, 2, 4, ... hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def row_peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """The perfect subtrees of falling size over a row of hashes of one level."""
    peaks: list[bytes] = []
    start = 0
    while start < len(hashes):
        width = 1 << ((len(hashes) - start).bit_length() - 1)
        peaks.append(perfect_root(hashes[start : start + width]))
        start += width
    return peaks


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of a whole tree from its leaf hashes."""
    return fold(row_peaks(leaf_hashes))


def range_root(hashes: Hashes, start: int, end: int) -> bytes:
    """The root over the leaves [start, end); start is a multiple of a power of two not below the width."""
    peaks: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(hashes(level, start >> level))
        start += 1 << level
    return fold(peaks)


def inclusion_proof(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, the leaf's side first."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(hashes, middle, end))
            end = middle
        else:
            path.append(range_root(hashes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(hashes: Hashes, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves.

    Empty when old is 0 or equals new, as tlog-witness has it.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is no beginning of a tree of {new}")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(range_root(hashes, middle, end))
            end = middle
        else:
            proof.append(range_root(hashes, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(range_root(hashes, start, end))
    return proof[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises Mismatch unless the leaf hash is leaf `index` of the tree of `size` leaves under `root`."""
    _check_widths([leaf, root, *proof])
    if not 0 <= index < size:
        raise Mismatch(f"entry {index} is outside a log of {size} entries")
    number, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise Mismatch("the inclusion proof is too long")
        if number & 1 or number == last:
            found = node_hash(step, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, step)
        number, last = number >> 1, last >> 1
    if last:
        raise Mismatch("the inclusion proof is too short")
    if found != root:
        raise Mismatch(f"the inclusion proof of entry {index} does not lead to the root")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises Mismatch unless the tree (old, old_root) is the beginning of the tree (new, new_root)."""
    _check_widths([old_root, new_root, *proof])
    if old > new or old < 0:
        raise Mismatch(f"a log of {old} entries cannot be the beginning of one of {new}")
    if old == 0:
        _check_nothing(proof, old_root, EMPTY_ROOT)
        return
    if old == new:
        _check_nothing(proof, old_root, new_root)
        return
    # A perfect old tree is its own first node; the proof leaves it out.
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        raise Mismatch("the consistency proof is too short")
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    found_old = found_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise Mismatch("the consistency proof is too long")
        if number & 1 or number == last:
            found_old, found_new = node_hash(step, found_old), node_hash(step, found_new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found_new = node_hash(found_new, step)
        number, last = number >> 1, last >> 1
    if last:
        raise Mismatch("the consistency proof is too short")
    if found_old != old_root or found_new != new_root:
        raise Mismatch(f"the log of {new} entries does not begin with the log of {old} entries")


def _check_nothing(proof: Sequence[bytes], found: bytes, wanted: bytes) -> None:
    if proof:
        raise Mismatch("the consistency proof is too long")
    if found != wanted:
        raise Mismatch("two logs of the same size have different roots")


def _check_widths(hashes: Iterable[bytes]) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise Mismatch("a hash is not 32 bytes long")


def _split(width: int) -> int:
    """The largest power of two below the width."""
    return 1 << ((width - 1).bit_length() - 1)
