"""What witnesses say of a head and what is kept of it: their lines, and the trouble with who gave none.

A release asks until the quorum stands, for a few seconds at most. Whoever is missing then is asked again by
the clock, beside the record's lock, so that a slow witness holds up no release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from dragoman.audit.actions import note as audit_note
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict
from dragoman.lib.tlog import merkle, note, tiles, witness
from dragoman.lib.tlog.policy import Policy, Witness
from dragoman.record import keys, store, witnesses
from dragoman.record.models import Checkpoint, Cosignature, WitnessContact

SOONEST = timedelta(seconds=50)
LATEST = timedelta(hours=1)
MEND = "Publish nothing more from this home; see docs/record-keys.md, “When the record refuses”."


@dataclass(frozen=True)
class Late:
    """Answers that came after the release: what each said of the last head, and lines under any head."""

    head: Checkpoint
    answers: Mapping[str, witness.Answer]
    shown: tuple[witnesses.Shown, ...]
    asked_at: datetime


def lines(head: Checkpoint, policy: Policy) -> dict[str, Cosignature]:
    """The lines under a head by the keys of today's policy, in its order."""
    have = {row.witness: row for row in head.cosignatures.all()}
    return {
        one.name: have[one.name]
        for one in policy.witnesses.values()
        if one.name in have and one.key.made(note.signature_line(have[one.name].line.rstrip("\n")))
    }


def missing(head: Checkpoint, policy: Policy) -> list[Witness]:
    """The witnesses of the policy whose line is not under this head."""
    have = lines(head, policy)
    return [one for one in policy.witnesses.values() if one.name not in have]


def ask(by: Actor, policy: Policy, head: Checkpoint, hashes: merkle.Hashes) -> None:
    """Ask those that are missing, until the quorum stands or all have answered; keep what they say.

    Raises Conflict when a witness proves that this record is an old backup."""
    have = set(lines(head, policy))
    wanted = missing(head, policy)
    if not wanted or (have and policy.needs_witnesses and policy.satisfied(have)):
        return

    def enough(signed: set[str]) -> bool:
        return policy.needs_witnesses and policy.satisfied(have | signed)

    asked_at = clock.now()
    request = witnesses.Request(bytes(head.note), head.size, hashes)
    answers = witnesses.ask(wanted, _seen(), request, enough)
    keep(by, policy, Late(head, answers, (), asked_at))
    _refuse_if_forked(policy, head, answers, hashes)


def ask_late() -> Late | None:
    """Ask those that are missing under the last head, without the record's lock; None when nobody is due.

    Who cannot be asked is looked at instead: a witness may come by itself and show its line (`pull`).
    Raises TlogError or FileNotFoundError when a tile that it needs is damaged, Conflict when a witness proves
    that this record is an old backup.
    """
    policy = keys.trust()
    head = Checkpoint.objects.last()
    wanted = _due(head, policy) if head is not None else []
    if head is None or not wanted:
        return None
    asked_at = clock.now()
    hashes = tiles.TileHashes(head.size, store.read)
    request = witnesses.Request(bytes(head.note), head.size, hashes)
    answers = witnesses.ask(wanted, _seen(), request, lambda signed: False)
    _refuse_if_forked(policy, head, answers, hashes)
    unsigned = [one for one in wanted if not isinstance(answers.get(one.name), witness.Signed)]
    shown = witnesses.shown(unsigned, keys.origin())
    return Late(head, answers, tuple(shown), asked_at)


def keep(by: Actor, policy: Policy, late: Late) -> list[Checkpoint]:
    """Keep what was said; gives the heads that have a new line. The caller holds the lock."""
    better: dict[int, Checkpoint] = {}
    for one in late.shown:
        head = Checkpoint.objects.filter(size=one.size).first()
        if head is not None and note.parse(bytes(head.note)).text == one.text:
            _keep_line(head, one.name, one.signature, one.time)
            better[head.size] = head
    came = {one.name for one in late.shown if one.size in better}
    for name, answer in late.answers.items():
        if isinstance(answer, witness.Signed):
            _keep_line(late.head, name, answer.signature, answer.time)
            better[late.head.size] = late.head
        _keep_contact(by, late, name, answer, came=name in came)
    return [better[size] for size in sorted(better)]


def _due(head: Checkpoint, policy: Policy) -> list[Witness]:
    absent = [one for one in missing(head, policy) if one.url]
    if not policy.satisfied(lines(head, policy)):
        return absent
    # The quorum stands: those who are still missing are asked less and less often.
    now = clock.now()
    asked: dict[str, datetime] = dict(WitnessContact.objects.values_list("name", "asked_at"))
    pause = min(LATEST, max(SOONEST, (now - head.signed_at) / 10))
    return [one for one in absent if one.name not in asked or now - asked[one.name] >= pause]


def _seen() -> dict[str, int]:
    return dict(WitnessContact.objects.values_list("name", "seen"))


def _keep_line(head: Checkpoint, name: str, line: note.Signature, time: int) -> None:
    values = {"line": str(line), "at": datetime.fromtimestamp(time, UTC)}
    Cosignature.objects.update_or_create(checkpoint=head, witness=name, defaults=values)


def _keep_contact(by: Actor, late: Late, name: str, answer: witness.Answer, *, came: bool) -> None:
    contact: dict[str, object] = {"asked_at": late.asked_at}
    trouble, verb = "", ""
    match answer:
        case witness.Signed():
            contact |= {"seen": late.head.size, "answered_at": clock.now()}
        case witness.Elsewhere(size):
            contact |= {"answered_at": clock.now()}
            trouble, verb = _elsewhere(size, late.head.size), "record.witness_refused"
        case witness.Declined(why, silent):
            trouble, verb = why, "record.witness_silent" if silent else "record.witness_refused"
    if came:
        # It is not reached, and has come by itself: that is how it works, and no trouble.
        contact |= {"answered_at": clock.now()}
        trouble = ""
    with transaction.atomic():
        before = WitnessContact.objects.filter(name=name).values_list("trouble", flat=True).first() or ""
        WitnessContact.objects.update_or_create(name=name, defaults={**contact, "trouble": trouble})
        # Once a trouble and not once a minute.
        if trouble and trouble != before:
            audit_note(by=by, verb=verb, target=f"witness:{name}", why=trouble, data={"head": late.head.size})


def _elsewhere(size: int, ours: int) -> str:
    if size > ours:
        return (
            f"it says that it last saw {size} entries, more than the {ours} here, and does not show that head"
        )
    return f"it says that it last saw {size} entries, and does not sign from there either"


def _refuse_if_forked(
    policy: Policy, head: Checkpoint, answers: Mapping[str, witness.Answer], hashes: merkle.Hashes
) -> None:
    """What a witness answers is only a claim; another head with our own signature is proof."""
    if not any(_is_contrary(said, head.size) for said in answers.values()):
        return
    for name, other in witnesses.heads(policy, keys.origin(), [log.key for log in policy.logs]):
        if other.size > head.size:
            # A release may have made that head in the meantime.
            if not Checkpoint.objects.filter(size__gte=other.size).exists():
                raise _behind(name, other.size, head.size)
        elif merkle.range_root(hashes, 0, other.size) != other.root:
            raise Conflict(
                f"The witness {name} shows a head of {other.size} entries with our own signature and another "
                "root than those entries have here: the record has forked, maybe from an old backup.",
                mend=MEND,
                code="record-forked",
            )


def _is_contrary(said: witness.Answer, size: int) -> bool:
    if isinstance(said, witness.Elsewhere):
        return said.size > size
    return isinstance(said, witness.Declined) and said.contrary


def _behind(name: str, size: int, ours: int) -> Conflict:
    return Conflict(
        f"The witness {name} shows a head of {size} entries with our own signature; here are only {ours}. "
        "Database, files and keys are from an old backup: the record has forked.",
        mend=MEND,
        code="record-behind",
    )
