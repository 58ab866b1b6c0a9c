"""A witness that goes to the log: it fetches head and tiles by itself, makes the proof, and signs.

For those who cannot or will not be reached from outside. What they signed they put where the log's keeper can
fetch it (`export`), and the line comes late instead of at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import merkle, note, tiles, witness
from dragoman.lib.tlog.errors import Malformed, Mismatch, TlogError
from dragoman.lib.tlog.policy import Log
from dragoman.lib.witnessing import asking, gossip
from dragoman.lib.witnessing.answering import Said, Witness
from dragoman.lib.witnessing.gossip import Forked
from dragoman.lib.witnessing.judging import Memory

Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Pulled:
    """What came of it. `signed`: there is a new line; `known`: no reason to worry although there is none."""

    origin: str
    words: str
    signed: bool = False
    known: bool = True
    fork: Forked | None = None


def pull(one: Witness, log: Log, read: Read | None = None) -> Pulled:
    """Fetch the log's head and sign it if it continues the last one. Raises Silent when it cannot be read."""
    origin = log.key.name
    if read is None and not log.url:
        return Pulled(origin, "no address is known for this log: `trust VKEY URL` names one", known=False)
    fetch = read or asking.reader(log.url)
    try:
        data = fetch("checkpoint")
        head = checkpoints.parse(note.parse(data).text)
    except FileNotFoundError as error:
        raise asking.Silent("there is no record at this address: it has no file `checkpoint`") from error
    except TlogError as error:
        raise asking.Silent(f"its head cannot be read: {error}") from error
    memory = one.memory(origin)
    if head.origin != origin:
        return Pulled(origin, f"at {log.url} is another log, {head.origin}", known=False)
    if head.size < memory.size:
        return _smaller(one, memory, data, fetch)
    try:
        proof = merkle.consistency_proof(tiles.TileHashes(head.size, fetch), memory.size, head.size)
    except (FileNotFoundError, Malformed, Mismatch) as error:
        raise asking.Silent(f"its tiles do not carry its head of {head.size} entries: {error}") from error
    said = one.add_checkpoint(bytes(witness.Question(memory.size, tuple(proof), _own_lines(data))))
    return _judged(one, memory, data, said, fetch)


def _own_lines(data: bytes) -> bytes:
    """The note, cut to what a question may hold: a head in use may have many witnesses' lines."""
    signed = note.parse(data)
    return bytes(replace(signed, signatures=signed.signatures[:40]))


def _judged(one: Witness, before: Memory, data: bytes, said: Said, fetch: Read) -> Pulled:
    origin = before.origin
    if said.status == HTTPStatus.OK:
        after = one.memory(origin)
        return Pulled(origin, f"signed {after.size:,} entries; {before.size:,} before", signed=True)
    words = said.body.decode("utf-8", "replace").strip()
    if said.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        fork = _fork(one, before, data, fetch)
        return Pulled(origin, f"REFUSED: {words}", known=False, fork=fork)
    return Pulled(origin, f"not signed: {words}", known=False)


def _smaller(one: Witness, memory: Memory, data: bytes, fetch: Read) -> Pulled:
    """An older head: a copy that was kept somewhere, or a log put back from an old backup; a fork if it is
    no beginning of what was signed."""
    origin = memory.origin
    fork = _fork(one, memory, data, fetch)
    size = checkpoints.parse(note.parse(data).text).size
    words = f"its head has {size:,} entries and this witness has signed {memory.size:,}"
    if fork is not None:
        return Pulled(origin, f"REFUSED: {words}; the two are not one log", known=False, fork=fork)
    return Pulled(origin, f"not signed: {words}: a stale copy, or an old backup", known=False)


def _fork(one: Witness, memory: Memory, data: bytes, fetch: Read) -> Forked | None:
    """The two signed heads, when what the log serves cannot hold both."""
    keys = [log.key for log in one.logs if log.key.name == memory.origin]
    served = gossip.parse(data, "the log's own address", keys)
    by = f"this witness, {one.vkey.name}"
    held = [told for seen in reversed(memory.seen) for told in gossip.parse(seen.note, by, keys)]
    if not served or not held:
        return None

    def read(path: str) -> bytes:
        try:
            return fetch(path)
        except asking.Silent as error:
            raise FileNotFoundError(path) from error

    found = gossip.compare(held, served[0], read).forks
    return found[0] if found else None
