"""What a witness may sign: only a head that continues the last one it signed. Pure.

After c2sp.org/tlog-witness (add-checkpoint). Whoever calls keeps the new memory on the disk before the
signature leaves; otherwise a crash in between could make it sign a second history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import cosign, merkle, note, witness
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import Mismatch, TlogError

MOST_SEEN = 64
MOST_FORKS = 16
MOST_REFUSED = 16

Keys = Mapping[str, Sequence[note.VerifierKey]]
"""The logs it witnesses: origin -> the keys that may sign its heads."""


@dataclass(frozen=True)
class Sighting:
    """A head that a key of the log signed, and when it was shown to this witness (POSIX seconds)."""

    at: int
    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True)
class Fork:
    """Two heads of one size with different roots, both signed by the log: proof of two histories."""

    at: int
    held: bytes
    offered: bytes


@dataclass(frozen=True)
class Memory:
    """All that a witness remembers of a log. `note` is the last head with the witness's own line."""

    origin: str
    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    note: bytes = b""
    seen: tuple[Sighting, ...] = ()
    forks: tuple[Fork, ...] = ()
    refused: tuple[Sighting, ...] = ()


@dataclass(frozen=True)
class Agreed:
    """It may sign this head; `signed` has the log's own checked lines and no others."""

    head: Checkpoint
    signed: note.Note


@dataclass(frozen=True)
class Refused:
    """It will not sign. `size` is what it saw last, with status 409 only; `memory` has what it learnt."""

    status: HTTPStatus
    why: str
    memory: Memory | None = None
    size: int | None = None


def read(data: bytes, keys: Keys) -> tuple[witness.Question, Agreed] | Refused:
    """Read a question and check who signed its head; says nothing yet of what was signed before."""
    try:
        question = witness.parse_question(data)
        signed = note.parse(question.checkpoint)
        head = checkpoints.parse(signed.text)
    except TlogError as error:
        return Refused(HTTPStatus.BAD_REQUEST, str(error))
    if head.origin not in keys:
        return Refused(HTTPStatus.NOT_FOUND, "this witness does not know a log of that name")
    try:
        own = note.check(signed, keys[head.origin])
    except TlogError as error:
        return Refused(HTTPStatus.FORBIDDEN, str(error))
    if not own:
        return Refused(HTTPStatus.FORBIDDEN, "no key that this witness trusts for that log signed the head")
    if question.old > head.size:
        return Refused(HTTPStatus.BAD_REQUEST, "the old size is larger than that of the head")
    # One line a key, the first: that is the one which was checked.
    lines = (next(line for line in signed.signatures if key.made(line)) for key in own)
    return question, Agreed(head, note.Note(signed.text, tuple(lines)))


def judge(memory: Memory, question: witness.Question, asked: Agreed, now: int) -> Agreed | Refused:
    """Whether a head that `read` found authentic continues what was signed before."""
    learnt = _learn(memory, asked, now)
    if question.old != memory.size:
        why = f"this witness last signed a head of {memory.size} entries"
        return Refused(HTTPStatus.CONFLICT, why, learnt, memory.size)
    try:
        merkle.check_consistency(memory.size, asked.head.size, question.proof, memory.root, asked.head.root)
    except Mismatch as error:
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), _suspect(learnt or memory, asked, now))
    # The empty log has one root only; nothing was signed yet that the proof could have been held against.
    if asked.head.size == 0 and asked.head.root != merkle.EMPTY_ROOT:
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "a log of no entries has another root", learnt)
    return asked


def sign(memory: Memory, agreed: Agreed, key: note.SignerKey, now: int) -> tuple[Memory, note.Signature]:
    """The line, and the memory that must be on the disk before the line leaves."""
    line = cosign.sign(key, agreed.signed.text, now)
    whole = bytes(replace(agreed.signed, signatures=(*agreed.signed.signatures, line)))
    head = agreed.head
    seen = memory.seen
    if (head.size, head.root) != (memory.size, memory.root) or not memory.note:
        seen = (*seen, Sighting(now, head.size, head.root, whole))[-MOST_SEEN:]
    return replace(memory, size=head.size, root=head.root, note=whole, seen=seen), line


def forgotten(data: bytes, memory: Memory, key: note.VerifierKey) -> Checkpoint | None:
    """The head, when it carries this witness's own line and the memory does not reach so far, or holds
    another root: then the memory is from an old backup, and signing from it could sign a second history."""
    try:
        signed = note.parse(data)
        head = checkpoints.parse(signed.text)
        mine = witness.only_from(signed.signatures, key)
        if mine is None or head.origin != memory.origin:
            return None
        cosign.check(key, signed.text, mine)
    except TlogError:
        return None
    known = {one.size: one.root for one in memory.seen}
    behind = head.size > memory.size or known.get(head.size, head.root) != head.root
    return head if behind else None


def _learn(memory: Memory, asked: Agreed, now: int) -> Memory | None:
    """The memory with the evidence, when this head and one that was signed are of one size and differ."""
    for one in memory.seen:
        if one.size == asked.head.size and one.root != asked.head.root:
            fork = Fork(now, one.note, bytes(asked.signed))
            known = any(_text_of(old.offered) == asked.signed.text for old in memory.forks)
            # The first ones are kept: whoever forks on must not be able to push the evidence out.
            if known or len(memory.forks) >= MOST_FORKS:
                return None
            return replace(memory, forks=(*memory.forks, fork))
    return None


def _suspect(memory: Memory, asked: Agreed, now: int) -> Memory:
    """Remember a head whose proof failed. It proves nothing alone: anyone can put a false proof beside a
    true head; whoever has the log's tiles can tell."""
    head = asked.head
    known = any((one.size, one.root) == (head.size, head.root) for one in (*memory.refused, *memory.seen))
    if known or any(_text_of(one.offered) == asked.signed.text for one in memory.forks):
        return memory
    sighting = Sighting(now, head.size, head.root, bytes(asked.signed))
    return replace(memory, refused=(*memory.refused, sighting)[-MOST_REFUSED:])


def _text_of(data: bytes) -> bytes:
    """What a signed head says, without its signatures."""
    return note.parse(data).text
