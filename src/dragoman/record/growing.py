"""From entries in the database to proofs that can be fetched. Each step can be done again.

Order, never changed: tiles on the disk -> signer's memory -> signature -> witnesses -> checkpoint -> proof.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict
from dragoman.lib.steps import step
from dragoman.lib.tlog import merkle, tiles
from dragoman.lib.tlog.policy import Policy
from dragoman.lib.tlog.proof import Proof as ProofFile
from dragoman.record import cosigning, keys, lock, store
from dragoman.record.healing import Open, unsigned
from dragoman.record.models import Checkpoint, Entry, Proof


def grow(by: Actor, record: Open) -> None:
    """Bring everything that the database holds to a published head and to proofs. Call it under the lock.

    Raises TlogError or FileNotFoundError when a tile that it needs is damaged: heal thoroughly, then again.
    """
    _extend(record)
    if record.growth.size == 0:
        return
    head = _sign(record)
    step("record.signed")
    hashes = tiles.TileHashes(head.size, store.read)
    cosigning.ask(by, record.policy, head, hashes)
    step("record.cosigned")
    data = note_of(head, record.policy)
    store.keep(store.CHECKPOINT, data)
    step("record.published")
    _prove(record.policy, head, hashes, data)
    step("record.proved")


def add_late(by: Actor, record: Open, late: cosigning.Late) -> int:
    """Put the lines that came late under their heads, into the published head and the proofs. Gives how many
    heads are better for it. Call it under the lock."""
    heads = cosigning.keep(by, record.policy, late)
    for head in heads:
        data = note_of(head, record.policy)
        if head.size == record.growth.size:
            store.keep(store.CHECKPOINT, data)
        _prove(record.policy, head, tiles.TileHashes(head.size, store.read), data)
    return len(heads)


def unproved() -> QuerySet[Entry]:
    """Entries whose proof is not on the disk."""
    return Entry.objects.filter(proof=None)


def awaiting() -> QuerySet[Proof]:
    """Proofs that lack witnesses."""
    return Proof.objects.filter(complete=False)


def note_of(head: Checkpoint, policy: Policy) -> bytes:
    """The head with the lines of the policy's witnesses, in the policy's order."""
    return bytes(head.note) + "".join(row.line for row in cosigning.lines(head, policy).values()).encode()


def _extend(record: Open) -> None:
    before = record.growth.size
    for row in unsigned(record.growth):
        record.growth.append(bytes(row.leaf))
    if record.growth.size > before:
        record.growth.settle()
    record.batch.settle()
    step("record.tiles")


def _sign(record: Open) -> Checkpoint:
    size, root, last = record.growth.size, record.growth.root, record.signer.last
    hashes = tiles.TileHashes(size, store.read)
    proof = merkle.consistency_proof(hashes, last.size, size) if last and last.size <= size else []
    if last:
        # A damaged tile shows here, as damage; what the signer finds after that is a fork.
        merkle.check_consistency(last.size, size, proof, last.root, root)
    lock.still_held()
    signed = record.signer.sign(size, root, proof)
    step("record.remembered")
    values = {"root": root, "note": bytes(signed), "signed_at": clock.now()}
    head, made = Checkpoint.objects.get_or_create(size=size, defaults=values)
    if not made and bytes(head.note) != bytes(signed):
        # A key came or went since: the same head, with the signatures of today.
        if bytes(head.root) != root:
            raise Conflict(f"The database holds another root for {size} entries.", code="record-forked")
        Checkpoint.objects.filter(pk=head.pk).update(note=bytes(signed))
        head.refresh_from_db()
    return head


def improvable() -> bool:
    """Whether an entry has no proof, or a proof that lacks lines which stand under the last head by now."""
    head = Checkpoint.objects.last()
    if head is None:
        return unproved().exists()
    policy = keys.trust()
    return Entry.objects.filter(_better(head, _standing(head, policy))).exists()


def _standing(head: Checkpoint, policy: Policy) -> dict[str, int | bool]:
    signed = cosigning.lines(head, policy)
    return {"signed": len(signed), "needed": policy.needed(), "complete": policy.satisfied(signed)}


def _better(head: Checkpoint, standing: dict[str, int | bool]) -> Q:
    """The entries that have no proof, or for which one under this head would be better."""
    fewer = Q(proof__signed__lt=standing["signed"])
    better = Q(proof=None) | (fewer & (Q(proof__complete=False) | Q(proof__checkpoint=head)))
    if standing["complete"]:
        better |= Q(proof__complete=False)
    return better


def _prove(policy: Policy, head: Checkpoint, hashes: merkle.Hashes, data: bytes) -> None:
    standing = _standing(head, policy)
    for entry in Entry.objects.filter(_better(head, standing), index__lt=head.size):
        path = tuple(merkle.inclusion_proof(hashes, entry.index, head.size))
        merkle.check_inclusion(bytes(entry.leaf_hash), entry.index, head.size, path, bytes(head.root))
        store.keep(entry.read().proof_path, bytes(ProofFile(entry.index, path, data)))
        step("record.proof")
        Proof.objects.update_or_create(entry=entry, defaults={"checkpoint": head, **standing})


def oldest_unproved() -> datetime | None:
    """When the oldest entry without a proof was written; health shows it when it grows old."""
    return unproved().order_by("created").values_list("created", flat=True).first()
