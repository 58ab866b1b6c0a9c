"""Bringing the database, the files and the signer's memory to one and the same log, or refusing.

Whatever was signed is the truth. What is missing on one side is taken from another if together they make the
signed root; if they do not, nothing is changed and the refusal names what differs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dragoman.audit.actions import note as audit_note
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict, Unavailable
from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import merkle, note, tiles
from dragoman.lib.tlog.checkpoint import Checkpoint as Head
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Policy
from dragoman.record import keys, leaf, store, witnesses
from dragoman.record.models import Checkpoint, Entry
from dragoman.record.signer import Signer

log = logging.getLogger(__name__)

RESTORE_FILES = "Restore the record's public files from wherever they are served or mirrored, then try again."

# Whether this process has asked the witnesses for a later head: a restored backup comes with a restart.
_looked_back: set[str] = set()


@dataclass
class Open:
    """The record, healed and locked: ready to grow."""

    signer: Signer
    policy: Policy
    growth: tiles.Growth
    batch: store.Batch


def take_up(by: Actor, *, thorough: bool = False) -> Open:
    """Compare, heal, and hand over the record at its signed size. Call it under the lock.

    `thorough` compares every entry and every file; otherwise that is done only if a quick look finds anything
    amiss. Raises Conflict or Unavailable, naming what differs, when the sides cannot be brought together.
    """
    signer = _signer()
    policy = keys.settle_policy()
    heads = _heads(signer)
    size = max(heads, default=0)
    batch = store.Batch()
    growth = None if thorough else _quickly(heads, size, batch)
    if growth is None or signer.last is None or signer.origin not in _looked_back:
        _look_back(policy, signer, size)
    if growth is None:
        growth = _thoroughly(by, heads, size, batch)
    if size and (signer.last is None or signer.last.size < size):
        signer.adopt(Head(signer.origin, size, heads[size]))
    return Open(signer, policy, growth, batch)


def _signer() -> Signer:
    signer = Signer()
    if signer.has_keys:
        return signer
    if Entry.objects.exists() or store.read_or_none(store.CHECKPOINT) is not None or signer.last is not None:
        raise Unavailable(
            "The record has entries but its key is gone, so nothing can be signed.",
            mend=f"Put the keys folder ({keys.folder()}) back from its backup; see docs/record-keys.md.",
            code="record-keys",
        )
    keys.make()
    return Signer()


def _heads(signer: Signer) -> dict[int, bytes]:
    """Every head that we know to be signed: size -> root. Two roots of one size are a fork."""
    heads: dict[int, bytes] = {}
    if signer.last is not None:
        heads[signer.last.size] = signer.last.root
    stored = Checkpoint.objects.last()
    published = store.read_or_none(store.CHECKPOINT)
    sources = {"database": bytes(stored.note) if stored else None, "file `checkpoint`": published}
    for name, data in sources.items():
        head = _read_head(data, name, signer, alone=not heads)
        if head is None:
            continue
        if heads.setdefault(head.size, head.root) != head.root:
            raise Conflict(
                f"The {name} holds a signed head of {head.size} entries with another root than is signed "
                "elsewhere: this record has forked.",
                mend="Sign nothing more. Compare this home and its backups entry by entry "
                "(docs/record-keys.md, “When the record refuses”).",
                code="record-forked",
            )
    return heads


def _read_head(data: bytes | None, name: str, signer: Signer, *, alone: bool) -> Head | None:
    if data is None:
        return None
    try:
        signed = note.parse(data)
        if not note.check(signed, signer.verifiers):
            raise TlogError("it is not signed by a key of this record")
        return checkpoints.parse(signed.text)
    except TlogError as error:
        # The published file can be made again from the other two; as the only witness it cannot be guessed.
        if alone:
            raise Unavailable(
                f"The head in the {name} cannot be used ({error}), and nothing else says what was signed.",
                mend="Put the file, or signer-state.json in the keys folder, back from a backup.",
                code="record-head",
            ) from error
        log.warning("record: the head in the %s is wrong and will be made again: %s", name, error)
        return None


def _quickly(heads: dict[int, bytes], size: int, batch: store.Batch) -> tiles.Growth | None:
    """The edge of the log if database, files and signed heads agree on it; None to look closely."""
    try:
        growth = tiles.Growth.load(size, store.read, batch.write)
        hashes = tiles.TileHashes(size, store.read)
        agree = all(merkle.range_root(hashes, 0, one) == root for one, root in heads.items())
        last = Entry.objects.filter(index=size - 1).first() if size else None
        if not agree or growth.root != heads.get(size, merkle.EMPTY_ROOT):
            return None
        if size and (last is None or bytes(last.leaf_hash) != hashes(0, size - 1)):
            return None
    except (FileNotFoundError, TlogError):
        return None
    return growth


def _look_back(policy: Policy, signer: Signer, size: int) -> None:
    later = witnesses.later_head(policy, signer.origin, signer.verifiers, size)
    if later is not None:
        name, head = later
        raise Conflict(
            f"The witness {name} shows a head of {head.size} entries with our own signature; here are only "
            f"{size}. Database, files and keys are all from an old backup. Signing now would be a fork.",
            mend=RESTORE_FILES,
            code="record-behind",
        )
    _looked_back.add(signer.origin)


def _thoroughly(by: Actor, heads: dict[int, bytes], size: int, batch: store.Batch) -> tiles.Growth:
    rows = {row.index: row for row in Entry.objects.iterator()}
    if any(index >= size for index in rows) and max(rows) + 1 != len({*rows, *range(size)}):
        raise Conflict(
            "The database has entries beyond the signed head with a gap between them.",
            mend="Restore the database from its latest backup, then try again.",
            code="record-gap",
        )
    lost = {index: _from_files(index, size) for index in range(size) if index not in rows}
    leaves = [lost[i] if i in lost else bytes(rows[i].leaf) for i in range(size)]
    hashes = [merkle.leaf_hash(entry) for entry in leaves]
    for one, root in heads.items():
        if merkle.root_of(hashes[:one]) != root:
            raise _difference(rows, one, root)
    stale = [i for i, row in rows.items() if i < size and bytes(row.leaf_hash) != hashes[i]]
    if stale:
        raise Conflict(f"The database holds a wrong leaf hash for entry {stale[0]}.", code="record-database")
    growth = _write_all(leaves, batch)
    if lost or batch.written:
        _restore(by, lost, batch.written)
    batch.settle()
    return growth


def _write_all(leaves: list[bytes], batch: store.Batch) -> tiles.Growth:
    """Write every file that is missing or wrong, with the partial ones of each head in the last tile."""
    size = len(leaves)
    edge = size - size % tiles.WIDTH
    settled = set(Checkpoint.objects.filter(size__gt=edge, size__lt=size).values_list("size", flat=True))
    growth = tiles.Growth(batch.write)
    for entry in leaves:
        growth.append(entry)
        if growth.size in settled:
            growth.settle()
    growth.settle()
    return growth


def _from_files(index: int, size: int) -> bytes:
    try:
        return _bundle(index // tiles.WIDTH, size)[index % tiles.WIDTH]
    except (FileNotFoundError, TlogError) as error:
        raise Conflict(
            f"Entry {index} is signed for, but the database has lost it and its bundle cannot be read "
            f"({error}).",
            mend=RESTORE_FILES,
            code="record-lost",
        ) from error


def _bundle(number: int, size: int) -> list[bytes]:
    width = min(tiles.WIDTH, size - number * tiles.WIDTH)
    return tiles.unpack_exactly(store.read(tiles.bundle_path(number, width)), width)


def _difference(rows: dict[int, Entry], size: int, root: bytes) -> Conflict:
    """Say which side differs from what was signed, and where first."""
    files: list[bytes] = []
    readable = True
    try:
        for number in range(-(-size // tiles.WIDTH)):
            files += _bundle(number, size)
    except (FileNotFoundError, TlogError):
        readable = False
    right = readable and merkle.root_of([merkle.leaf_hash(entry) for entry in files]) == root
    differing = (i for i, entry in enumerate(files) if i in rows and bytes(rows[i].leaf) != entry)
    first = next(differing, None)
    place = f" First difference: entry {first} ({rows[first]})." if first is not None else ""
    if right:
        what = "The database differs from the signed record, and the record's files agree with it."
        mend = "Restore the database from a backup of this record, then try again."
    else:
        what = f"Neither the database nor the files make the signed root of {size} entries."
        mend = RESTORE_FILES
    return Conflict(what + place, mend=mend, code="record-differs")


def _restore(by: Actor, lost: dict[int, bytes], written: int) -> None:
    with transaction.atomic():
        for index, entry in lost.items():
            _row(index, entry)
        said = {"entries_restored": len(lost), "files_written": written}
        audit_note(by=by, verb="record.heal", target="record", data=said)
    log.warning("record: healed, %d entries restored to the database, %d files written", len(lost), written)


def _row(index: int, entry: bytes) -> None:
    read = leaf.parse(entry)
    if read is None:
        raise Conflict(f"Entry {index} is of a kind that this version does not know.", code="record-newer")
    add_entry(index, read)


def add_entry(index: int, read: leaf.Leaf) -> Entry:
    """Write the row of an entry."""
    data = bytes(read)
    return Entry.objects.create(
        index=index,
        leaf=data,
        leaf_hash=merkle.leaf_hash(data),
        kind=read.kind,
        ref=read.id,
        rev=read.rev,
        released=datetime.fromisoformat(read.released),
    )


def unsigned(growth: tiles.Growth) -> Iterator[Entry]:
    """The entries that the database has beyond the files, in order, without a gap."""
    expected = growth.size
    for row in Entry.objects.filter(index__gte=expected).iterator():
        if row.index != expected:
            raise Conflict(f"The database has no entry {expected} but later ones.", code="record-gap")
        yield row
        expected += 1


def forget() -> None:
    """Ask the witnesses again, as a new process would."""
    _looked_back.clear()
