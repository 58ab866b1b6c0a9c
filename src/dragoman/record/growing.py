"""From entries in the database to proofs that can be fetched. Each step can be done again.

Order, never changed: tiles on the disk -> signer's memory -> signature -> witnesses -> checkpoint -> proof.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from dragoman.base import clock
from dragoman.lib.problems import Conflict
from dragoman.lib.steps import step
from dragoman.lib.tlog import merkle, tiles, witness
from dragoman.lib.tlog.policy import Policy
from dragoman.lib.tlog.proof import Proof as ProofFile
from dragoman.record import lock, store, witnesses
from dragoman.record.healing import Open, unsigned
from dragoman.record.models import Checkpoint, Cosignature, Entry, Proof, WitnessContact


def grow(record: Open) -> None:
    """Bring everything that the database holds to a published head and to proofs. Call it under the lock.

    Raises TlogError or FileNotFoundError when a tile that it needs is damaged: heal thoroughly, then again.
    """
    _extend(record)
    if record.growth.size == 0:
        return
    head = _sign(record)
    step("record.signed")
    hashes = tiles.TileHashes(head.size, store.read)
    _cosign(record.policy, head, hashes)
    step("record.cosigned")
    data = note_of(head, record.policy)
    store.keep(store.CHECKPOINT, data)
    step("record.published")
    _prove(record.policy, head, hashes, data)
    step("record.proved")


def unproved() -> QuerySet[Entry]:
    """Entries whose proof is not on the disk."""
    return Entry.objects.filter(proof=None)


def awaiting() -> QuerySet[Proof]:
    """Proofs that lack witnesses."""
    return Proof.objects.filter(complete=False)


def note_of(head: Checkpoint, policy: Policy) -> bytes:
    """The head with the lines of the policy's witnesses, in the policy's order."""
    lines = dict(head.cosignatures.values_list("witness", "line"))
    return bytes(head.note) + "".join(lines[name] for name in policy.witnesses if name in lines).encode()


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


def _cosign(policy: Policy, head: Checkpoint, hashes: merkle.Hashes) -> None:
    have = set(head.cosignatures.values_list("witness", flat=True))
    wanted = [one for one in policy.witnesses.values() if one.name not in have]
    if not wanted or (have and policy.needs_witnesses and policy.satisfied(have)):
        return
    seen = dict(WitnessContact.objects.values_list("name", "seen"))
    request = witnesses.Request(bytes(head.note), head.size, hashes)

    def enough(signed: set[str]) -> bool:
        return policy.needs_witnesses and policy.satisfied(have | signed)

    asked_at = clock.now()
    answers = witnesses.ask(wanted, seen, request, enough)
    for name, answer in answers.items():
        _keep_answer(head, name, answer, asked_at)
    if any(isinstance(said, witness.Elsewhere) and said.size > head.size for said in answers.values()):
        _refuse_if_behind(policy, head)


def _keep_answer(head: Checkpoint, name: str, answer: witness.Answer, asked_at: datetime) -> None:
    contact: dict[str, object] = {"asked_at": asked_at}
    match answer:
        case witness.Signed(signature, time):
            values = {"line": str(signature), "at": datetime.fromtimestamp(time, UTC)}
            Cosignature.objects.get_or_create(checkpoint=head, witness=name, defaults=values)
            contact |= {"seen": head.size, "answered_at": clock.now(), "trouble": ""}
        case witness.Elsewhere(size):
            contact |= {"answered_at": clock.now(), "trouble": f"it says that it last saw {size} entries"}
        case witness.Declined(why):
            contact |= {"trouble": why}
    WitnessContact.objects.update_or_create(name=name, defaults=contact)


def _refuse_if_behind(policy: Policy, head: Checkpoint) -> None:
    """A bare number is only a claim; a larger head with our own signature is proof that we are behind."""
    from_note = bytes(head.note).split(b"\n", 1)[0].decode()
    later = witnesses.later_head(policy, from_note, [log.key for log in policy.logs], head.size)
    if later is not None:
        raise Conflict(
            f"The witness {later[0]} shows a head of {later[1].size} entries with our own signature; here "
            f"are only {head.size}. Database, files and keys are from an old backup: the record has forked.",
            mend="Publish nothing more from this home; see docs/record-keys.md, “When the record refuses”.",
            code="record-behind",
        )


def _prove(policy: Policy, head: Checkpoint, hashes: merkle.Hashes, data: bytes) -> None:
    signed = set(head.cosignatures.values_list("witness", flat=True)) & set(policy.witnesses)
    state = {"signed": len(signed), "needed": policy.needed(), "complete": policy.satisfied(signed)}
    better = Q(proof=None) | Q(proof__complete=False, proof__signed__lt=state["signed"])
    if state["complete"]:
        better |= Q(proof__complete=False)
    for entry in Entry.objects.filter(better, index__lt=head.size):
        path = tuple(merkle.inclusion_proof(hashes, entry.index, head.size))
        merkle.check_inclusion(bytes(entry.leaf_hash), entry.index, head.size, path, bytes(head.root))
        store.keep(entry.read().proof_path, bytes(ProofFile(entry.index, path, data)))
        step("record.proof")
        Proof.objects.update_or_create(entry=entry, defaults={"checkpoint": head, **state})


def oldest_unproved() -> datetime | None:
    """When the oldest entry without a proof was written; health shows it when it grows old."""
    return unproved().order_by("created").values_list("created", flat=True).first()
