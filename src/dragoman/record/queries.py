"""What pages, the API and other apps ask of the record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from dragoman.base import clock
from dragoman.lib.problems import NotFound, Problem
from dragoman.lib.tlog import quorum, verify
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.note import VerifierKey
from dragoman.lib.tlog.policy import Policy, Witness
from dragoman.lib.tlog.quorum import Branch
from dragoman.record import cosigning, growing, keys, store, vouched
from dragoman.record.leaf import Sum
from dragoman.record.models import Checkpoint, Entry, Proof, WitnessContact
from dragoman.record.values import Head, Sealed

LANGUAGES = 6
LATE = timedelta(days=1)


@dataclass(frozen=True)
class WitnessRow:
    """A witness of the policy and how it has answered."""

    witness: Witness
    contact: WitnessContact | None
    signed_head: bool


@dataclass(frozen=True)
class PolicyNode:
    """A witness or a group of the policy. `counted`: by the quorum; `late`: seconds after the head."""

    branch: Branch
    counted: bool
    late: int | None
    contact: WitnessContact | None
    members: tuple[PolicyNode, ...]


@dataclass(frozen=True)
class Row:
    """An entry as the desk shows it, with its proof when it has one."""

    index: int
    kind: str
    ref: str
    rev: int
    released: datetime
    leaf_hash: str
    leaf_text: str
    sums: tuple[Sum, ...]
    proof_path: str
    has_proof: bool
    size: int
    root: str
    signed_at: datetime | None
    signed: int
    needed: int
    complete: bool
    named: int

    @property
    def languages(self) -> list[str]:
        """The first languages, as many as a line takes."""
        return self._all_languages[:LANGUAGES]

    @property
    def more(self) -> int:
        """How many languages more there are."""
        return max(0, len(self._all_languages) - LANGUAGES)

    @property
    def witnessed(self) -> str:
        """`2 of 3 witnesses`: of those that are named."""
        return f"{self.signed} of {self.named} witnesses"

    @property
    def _all_languages(self) -> list[str]:
        return [one.lang for one in self.sums if one.lang]


def page(*, wanted: str, before: int | None, length: int) -> list[Row]:
    """Entries, latest first: of one statement when `wanted` is given, below an index when `before` is."""
    found = entries()
    if wanted:
        found = found.filter(ref=wanted)
    if before is not None:
        found = found.filter(index__lt=before)
    named = _named()
    return [_row(one, named) for one in found[:length]]


def row(index: int) -> Row | None:
    """One entry, or None."""
    found = entries().filter(index=index).first()
    return _row(found, _named()) if found else None


def unproved() -> int:
    """How many entries have no proof yet."""
    return growing.unproved().count()


def head() -> Head:
    """The last signed head, with the witnesses that stand under it."""
    trust = keys.trust()
    last = Checkpoint.objects.last()
    if last is None:
        return Head(keys.origin(), 0, "", None, (), trust.needed(), False)
    signed = _witnesses_of(last, trust)
    return Head(
        origin=keys.origin(),
        size=last.size,
        root=bytes(last.root).hex(),
        signed_at=last.signed_at,
        witnesses_signed=signed,
        witnesses_needed=trust.needed(),
        complete=trust.satisfied(signed),
    )


def entry(ref: str, rev: int) -> Entry:
    """The entry of a revision. Raises NotFound."""
    found = entries().filter(ref=ref, rev=rev).first()
    if found is None:
        raise NotFound(f"{ref}, revision {rev}, is not in the record.")
    return found


def entries() -> QuerySet[Entry]:
    """All entries, latest first, with their proofs."""
    return Entry.objects.select_related("proof", "proof__checkpoint").order_by("-index")


def sealed(ref: str, rev: int) -> Sealed:
    """The sealed entry of a revision. Raises NotFound when it has no proof yet."""
    found = find_sealed(ref, rev)
    if found is None:
        raise NotFound(f"{ref}, revision {rev}, has no proof in the record.")
    return found


def find_sealed(ref: str, rev: int) -> Sealed | None:
    """The sealed entry of a revision, or None when it has no proof (yet)."""
    proof = Proof.objects.select_related("entry", "checkpoint").filter(entry__ref=ref, entry__rev=rev).first()
    if proof is None:
        return None
    return Sealed(
        index=proof.entry.index,
        size=proof.checkpoint.size,
        leaf_hash=bytes(proof.entry.leaf_hash).hex(),
        root=bytes(proof.checkpoint.root).hex(),
        proof_path=f"/record/{proof.entry.read().proof_path}",
        signed_at=proof.checkpoint.signed_at,
        witnesses_signed=proof.signed,
        witnesses_needed=proof.needed,
        complete=proof.complete,
        leaf=bytes(proof.entry.leaf),
    )


def expects_witnesses(ref: str, rev: int) -> bool:
    """Whether lines are still waited for under the head that proves a revision: until the quorum stands, and
    for a day after it for those that are named and have not signed."""
    proof = Proof.objects.select_related("checkpoint").filter(entry__ref=ref, entry__rev=rev).first()
    if proof is None or not proof.complete:
        return True
    young = clock.now() - proof.checkpoint.signed_at < LATE
    return young and any(one.url for one in cosigning.missing(proof.checkpoint, keys.trust()))


def vouched_for(ref: str, rev: int) -> bytes:
    """The signed note that travels with a sealed text (`record.vouched`), by the keys of today. Raises
    NotFound when it has no proof yet."""
    return vouched.sign(sealed(ref, rev).leaf, keys.signing())


def waiting() -> int:
    """How many entries lack their proof and how many proofs lack witnesses, together."""
    return growing.unproved().count() + growing.awaiting().count()


def awaiting_witnesses() -> int:
    """How many proofs lack witnesses."""
    return growing.awaiting().count()


def witness_rows() -> list[WitnessRow]:
    """Every witness of the policy, in its order."""
    trust = keys.trust()
    contacts = {contact.name: contact for contact in WitnessContact.objects.all()}
    last = Checkpoint.objects.last()
    signed = _witnesses_of(last, trust) if last else ()
    return [WitnessRow(one, contacts.get(one.name), one.name in signed) for one in trust.witnesses.values()]


def policy_shown() -> list[PolicyNode]:
    """The policy as a tree, for a page: first what the quorum counts, then the witnesses beside it; each with
    how long after the last head it signed."""
    trust = keys.trust()
    last = Checkpoint.objects.last()
    lines = cosigning.lines(last, trust) if last else {}
    signed = {name: int(row.at.timestamp()) for name, row in lines.items()}
    since = last.signed_at.timestamp() if last else 0.0
    contacts = {contact.name: contact for contact in WitnessContact.objects.all()}

    def node(branch: Branch, counted: bool) -> PolicyNode:
        late = None if branch.at is None else max(0, round(branch.at - since))
        members = tuple(node(one, counted) for one in branch.members)
        return PolicyNode(branch, counted, late, contacts.get(branch.name), members)

    tree = quorum.tree(trust, signed)
    beside = [node(branch, False) for branch in quorum.beside(trust, signed)]
    return [*([node(tree, True)] if tree else []), *beside]


def verifier_keys() -> list[VerifierKey]:
    """The public sides of the keys that sign."""
    return [key.verifier for key in keys.signing()]


def wrong_proofs() -> list[int]:
    """The indexes of entries whose proof file is gone or does not prove them."""
    trust = keys.trust()
    return [row.index for row in Entry.objects.exclude(proof=None).iterator() if not _proves(row, trust)]


def lost_blobs() -> list[str]:
    """Sealed texts and media whose bytes are gone or wrong, each with the entry it belongs to."""
    return [
        f"{one.path} of {row.ref}-{row.rev}"
        for row in Entry.objects.iterator()
        for one in row.read().sums
        if not store.whole(one)
    ]


def proofs_of(indexes: Iterable[int]) -> QuerySet[Proof]:
    """The proofs of these entries."""
    return Proof.objects.filter(entry__index__in=list(indexes))


def _named() -> int:
    try:
        return len(keys.trust().witnesses)
    except Problem:
        # Told at the head of the page; the entries are shown all the same.
        return 0


def _row(one: Entry, named: int) -> Row:
    leaf = one.read()
    proof: Proof | None = getattr(one, "proof", None)
    return Row(
        index=one.index,
        kind=one.kind,
        ref=one.ref,
        rev=one.rev,
        released=one.released,
        leaf_hash=bytes(one.leaf_hash).hex(),
        leaf_text=bytes(one.leaf).decode(),
        sums=leaf.sums,
        proof_path=leaf.proof_path,
        has_proof=proof is not None,
        size=proof.checkpoint.size if proof else 0,
        root=bytes(proof.checkpoint.root).hex() if proof else "",
        signed_at=proof.checkpoint.signed_at if proof else None,
        signed=proof.signed if proof else 0,
        needed=proof.needed if proof else 0,
        complete=proof.complete if proof else False,
        named=max(named, proof.needed, proof.signed) if proof else named,
    )


def _proves(row: Entry, trust: Policy) -> bool:
    data = store.read_or_none(row.read().proof_path)
    try:
        return data is not None and verify.check_proof(data, bytes(row.leaf), trust)[0].index == row.index
    except TlogError:
        return False


def _witnesses_of(last: Checkpoint, trust: Policy) -> tuple[str, ...]:
    return tuple(cosigning.lines(last, trust))
