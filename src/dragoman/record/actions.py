"""The verbs of the record: seal, catch_up, audit_record, and those of its keys and witnesses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from dragoman.audit.actions import note
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict, Invalid
from dragoman.lib.steps import step
from dragoman.lib.tlog import naming
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.note import VerifierKey
from dragoman.lib.tlog.policy import Policy
from dragoman.record import cosigning, healing, keys, queries, rules, store
from dragoman.record.growing import add_late, grow, improvable
from dragoman.record.leaf import Leaf
from dragoman.record.lock import only_writer
from dragoman.record.models import Entry
from dragoman.record.values import Audited, MediaBlob, MediaFile, Sealed, TextBlob

log = logging.getLogger(__name__)


def seal(
    *,
    by: Actor,
    kind: str,
    ref: str,
    rev: int,
    released: datetime,
    texts: Sequence[TextBlob],
    media: Sequence[MediaBlob | MediaFile] = (),
    prev: int | None = None,
    parties: int | None = None,
    consent: str | None = None,
) -> Sealed:
    """Put a release into the public record, and return once its proof file is on the disk.

    May be called again with the same content after any failure: it goes on where it stopped, and the moment
    that was sealed first stands. Must not be called inside a transaction. `kind` is statement, correction,
    withdrawal or one of `leaf.STANDING`; all but the first replace the latest entry of `ref` when `prev` is
    not given. `parties` and `consent` are of what parties had to agree to; whoever calls has verified them.
    Raises Invalid or TooLarge for what can never be sealed, Conflict when `ref` and `rev` hold something
    else, Unavailable when the disk, the database or the keys are not there. A witness never makes it fail,
    unless one proves that this record is an old backup.
    """
    wanted = rules.leaf_for(
        kind=kind,
        ref=ref,
        rev=rev,
        released=released,
        texts=texts,
        media=media,
        prev=prev,
        parties=parties,
        consent=consent,
    )
    done = queries.find_sealed(ref, rev)
    if done is not None and _is_whole(wanted, done):
        return done
    with store.trouble(f"sealing {ref}"):
        store.put_blobs([*texts, *media])
        step("record.blobs")
        with only_writer():
            record = healing.take_up(by)
            step("record.healed")
            _append(by, wanted)
            step("record.row")
            _grow(by, record)
    return queries.sealed(ref, rev)


def catch_up(*, by: Actor) -> int:
    """Finish what a crash left: entries without a proof, proofs without their witnesses. Returns how many
    of these there were. Never signs anything but the entries that the database holds.

    Witnesses that are missing under the last head are asked again, also when the quorum stands without them;
    they are waited for beside the lock, so that no release waits for them too.
    """
    waiting = queries.waiting()
    with store.trouble("catching up with the record"):
        if improvable() or not _ask_late(by):
            with only_writer():
                _grow(by, healing.take_up(by))
    return waiting


def audit_record(*, by: Actor) -> Audited:
    """Compare every entry and every file of the record with what was signed, and mend what can be mended.

    Never mends a text: it reports those that are lost. Raises Conflict or Unavailable naming what differs.
    """
    with store.trouble("the audit of the record"), only_writer():
        record = healing.take_up(by, thorough=True)
        _grow(by, record)
        _mend_proofs(by)
        lost = queries.lost_blobs()
    if lost:
        log.error("record: %d texts or media are gone or wrong, first %s", len(lost), lost[0])
    return Audited(record.growth.size, lost)


def add_key(*, by: Actor) -> VerifierKey:
    """Make one more key. From now on every head carries its signature beside those of the others."""
    with store.trouble("making a key"), only_writer():
        keys.make() if not keys.signing() else None
        made = keys.make().verifier
        _note_key(by, "record.add_key", made.key_id.hex())
        _grow(by, healing.take_up(by))
    return made


def retire_key(*, by: Actor, key_id: str) -> None:
    """Take a key out of use; it stays in the folder `retired`. Raises NotFound, or Conflict for the last.

    Proofs that only the retired key vouched for are written anew under the present head, so that a reader
    who knows only the remaining keys can check every one of them.
    """
    with store.trouble("retiring a key"), only_writer():
        # The head must be known good before the key that vouches for it goes.
        healing.take_up(by)
        keys.retire(key_id)
        _note_key(by, "record.retire_key", key_id)
        _grow(by, healing.take_up(by))
        _mend_proofs(by)


def _ask_late(by: Actor) -> bool:
    """Ask those that are missing; False when a damaged file is in the way."""
    try:
        late = cosigning.ask_late()
        if late is not None:
            with only_writer():
                add_late(by, healing.take_up(by), late)
    except (TlogError, FileNotFoundError) as error:
        log.warning("record: a file is damaged, so witnesses are asked later: %s", error)
        return False
    return True


def add_witness(*, by: Actor, vkey: str, url: str, group: str = "", needed: str = "") -> Policy:
    """Name one more witness and, with `group` and `needed`, how many of which group must sign from now on.

    Raises Invalid for what cannot stand in a policy.
    """

    def change(policy: Policy) -> Policy:
        return naming.add(policy, vkey, url, group=group, needed=needed)

    return _change_policy(by, "record.add_witness", vkey.partition("+")[0], change)


def remove_witness(*, by: Actor, name: str, needed: str = "") -> Policy:
    """Take a witness out of the policy. What it signed stays in the files and is no longer counted.

    Raises Invalid when there is no such witness, or when its group would ask for more than are left.
    """

    def change(policy: Policy) -> Policy:
        return naming.remove(policy, name, needed=needed)

    return _change_policy(by, "record.remove_witness", name, change)


def _change_policy(by: Actor, verb: str, name: str, change: Callable[[Policy], Policy]) -> Policy:
    with store.trouble("changing the policy"), only_writer():
        keys.make() if not keys.signing() else None
        before = keys.trust()
        try:
            after = change(before)
        except TlogError as error:
            raise Invalid(
                f"{error}.",
                mend="A witness gives its line by `dragoman witness export`; docs/witness.md tells more.",
                code="record-policy",
            ) from error
        keys.write_policy(after)
        said = {"quorum": after.quorum, "needed": after.needed(), "witnesses": len(after.witnesses)}
        note(by=by, verb=verb, target=f"witness:{name}", data=said)
        _grow(by, healing.take_up(by))
    return after


def _append(by: Actor, wanted: Leaf) -> None:
    entries = list(Entry.objects.filter(ref=wanted.id))
    same = next((row for row in entries if row.rev == wanted.rev), None)
    if same is not None:
        _must_be_same(wanted, same)
        return
    leaf = rules.follows(wanted, [(row.index, row.read()) for row in entries])
    last = Entry.objects.last()
    with transaction.atomic():
        row = healing.add_entry(last.index + 1 if last else 0, leaf)
        after = bytes(row.leaf_hash).hex()
        note(by=by, verb="record.seal", target=f"record:{leaf.id}-{leaf.rev}", after=after)


def _must_be_same(wanted: Leaf, row: Entry) -> None:
    if not rules.may_stand_for(wanted, row.read()):
        raise Conflict(
            f"The record holds something else as {wanted.id}, revision {wanted.rev} (entry {row.index}, "
            f"{row.kind}). Nothing that is sealed can be changed.",
            mend="Release the new text as a correction, with the next revision.",
            code="sealed-otherwise",
        )


def _is_whole(wanted: Leaf, done: Sealed) -> bool:
    row = Entry.objects.get(index=done.index)
    _must_be_same(wanted, row)
    leaf = row.read()
    return store.read_or_none(leaf.proof_path) is not None and all(map(store.whole, leaf.sums))


def _grow(by: Actor, record: healing.Open) -> None:
    try:
        grow(by, record)
    except (TlogError, FileNotFoundError) as error:
        log.warning("record: a file is damaged, comparing all of them: %s", error)
        grow(by, healing.take_up(by, thorough=True))


def _mend_proofs(by: Actor) -> None:
    """Proof files that are gone or wrong are written anew, under the present head."""
    wrong = queries.wrong_proofs()
    if wrong:
        queries.proofs_of(wrong).delete()
        _grow(by, healing.take_up(by))
        note(by=by, verb="record.heal", target="record", data={"proofs_written": len(wrong)})


def _note_key(by: Actor, verb: str, key_id: str) -> None:
    note(by=by, verb=verb, target=f"record-key:{key_id}")
