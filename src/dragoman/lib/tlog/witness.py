"""Asking a witness (c2sp.org/tlog-witness, add-checkpoint): the bytes of question and answer, no socket."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.lib.tlog import cosign, merkle, note
from dragoman.lib.tlog.errors import Malformed, Mismatch, TlogError
from dragoman.lib.tlog.policy import Witness

ADD_CHECKPOINT = "add-checkpoint"
MOST_HASHES = 63


@dataclass(frozen=True)
class Question:
    """`old` is the size the witness saw last, as far as we know; the proof leads from there."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __bytes__(self) -> bytes:
        lines = [f"old {self.old}", *(base64.b64encode(item).decode() for item in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


@dataclass(frozen=True)
class Signed:
    """The witness signed; the line has been checked against its key."""

    signature: note.Signature
    time: int


@dataclass(frozen=True)
class Elsewhere:
    """The witness saw another size last: ask again from there, or find out why it is larger than ours."""

    size: int


@dataclass(frozen=True)
class Declined:
    """The witness will not sign; `why` is fit for a person. `silent`: no answer came at all. `contrary`: it
    says that it saw another history."""

    why: str
    silent: bool = False
    contrary: bool = False


Answer = Signed | Elsewhere | Declined


def parse_question(data: bytes) -> Question:
    """Read a question; the tests' witness does. Raises Malformed."""
    head, gap, checkpoint = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not gap or not lines[0].startswith("old ") or len(lines) > MOST_HASHES + 1:
        raise Malformed("this is no add-checkpoint request")
    proof = tuple(note.from_base64(line, "a hash") for line in lines[1:])
    if any(len(item) != merkle.HASH_SIZE for item in proof):
        raise Malformed("a hash is not 32 bytes long")
    return Question(note.decimal(lines[0].removeprefix("old "), "the old size"), proof, checkpoint)


def read_answer(status: int, body: bytes, *, witness: Witness, checkpoint: bytes) -> Answer:
    """What the witness said to the question about this checkpoint (the whole note). Never raises."""
    words = body.decode("utf-8", "replace")
    try:
        if status == 200:
            return _signed(words, witness, note.parse(checkpoint).text)
        if status == 409:
            return Elsewhere(note.decimal(words.strip(), "the size that the witness named"))
    except TlogError as error:
        return Declined(str(error))
    reasons: dict[int, str] = {
        400: "it finds the request malformed",
        403: "it does not know the key of this record",
        404: "it does not know this record",
        422: "it finds that this head does not continue the last one it saw",
        429: "it was asked too often",
    }
    return Declined(reasons.get(status, f"it answered with status {status}"), contrary=status == 422)


def head_path(origin: str) -> str:
    """Where a witness shows the last head of a log that it signed, relative to its address."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def only_from(lines: Sequence[note.Signature], key: note.VerifierKey) -> note.Signature | None:
    """The line that claims this key, or None."""
    return next((line for line in lines if key.made(line)), None)


def _signed(words: str, witness: Witness, body: bytes) -> Signed:
    lines = [note.signature_line(line) for line in words.split("\n") if line]
    own = only_from(lines, witness.key)
    if own is None:
        raise Malformed("its answer holds no line of its key")
    try:
        return Signed(own, cosign.check(witness.key, body, own).time)
    except Mismatch as error:
        raise Mismatch(
            "its signature is not over this head: another head's, another log's, or forged"
        ) from error
