"""What witnesses tell of the heads they saw, and what it means when two do not agree. Pure.

A log that shows one history to some and another to others has to sign both. So whoever collects signed heads
from several places, and finds two that cannot belong to one log, holds the proof: the two heads themselves.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import merkle, note, tiles
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import Malformed, Mismatch, TlogError
from dragoman.lib.witnessing.judging import Memory

VERSION = 1
LARGEST = 4_000_000
MOST = 1_000


@dataclass(frozen=True)
class Told:
    """A head as somebody tells it: `by` is who, `note` the bytes with all signatures. Signed by the log."""

    by: str
    head: Checkpoint
    note: bytes


@dataclass(frozen=True)
class Forked:
    """Two signed heads that cannot be of one log, and why."""

    one: Told
    other: Told
    why: str


@dataclass(frozen=True)
class Compared:
    """What the comparison found. `unknown` are heads that nothing at hand could be held against."""

    forks: tuple[Forked, ...]
    agreed: tuple[Told, ...]
    unknown: tuple[Told, ...]


def dump(memory: Memory, vkey: str) -> bytes:
    """The answer to GET `<prefix>/<sha256 hex of origin>/seen`."""
    told = {
        "v": VERSION,
        "origin": memory.origin,
        "witness": vkey,
        "seen": [{"at": one.at, "note": one.note.decode()} for one in memory.seen],
        "forks": [
            {"at": one.at, "held": one.held.decode(), "offered": one.offered.decode()} for one in memory.forks
        ],
        "refused": [{"at": one.at, "note": one.note.decode()} for one in memory.refused],
    }
    return json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n"


def parse(data: bytes, by: str, keys: Sequence[note.VerifierKey]) -> list[Told]:
    """The heads in what somebody tells: the answer of `seen`, a signed head alone, or a file of evidence.

    Only heads that one of the log's keys signed are taken: whoever tells can invent all else. Raises
    Malformed when it is none of these forms.
    """
    found = [_told(one, by, keys) for one in notes(data)]
    return list({bytes(one.head): one for one in found if one is not None}.values())


def compare(told: Iterable[Told], against: Told | None, read: tiles.Read | None) -> Compared:
    """Hold heads against each other and, with `read`, against the tiles of the log that `against` heads.

    `read` raises FileNotFoundError for a tile that is not served. Two heads agree when the same tiles make
    the roots of both, and are a fork when the tiles make one of them only. Tiles that make neither prove
    nothing, so that damage is not taken for a fork."""
    forks: list[Forked] = []
    agreed: list[Told] = []
    unknown: list[Told] = []
    roots: dict[tuple[str, int], Told] = {}
    if against is not None:
        roots[against.head.origin, against.head.size] = against
    known = lru_cache(maxsize=MOST)(read) if read is not None else None
    for one in told:
        same = roots.setdefault((one.head.origin, one.head.size), one)
        if same.head.root != one.head.root:
            why = f"two heads of {one.head.size} entries with different roots, both signed by the log"
            forks.append(Forked(same, one, why))
            continue
        if against is not None and (one.head.size, one.head.root) == (against.head.size, against.head.root):
            agreed.append(one)
            continue
        made = _made(one.head, against.head, known) if against is not None and known is not None else None
        if against is None or made is None:
            unknown.append(one)
        elif all(made):
            agreed.append(one)
        else:
            other = against if made[1] else one
            why = (
                f"the tiles that the log serves make the head of {other.head.size} entries and not the other"
            )
            forks.append(Forked(against, one, why))
    return Compared(tuple(forks), tuple(agreed), tuple(unknown))


def evidence(fork: Forked) -> bytes:
    """The file to hand on: both heads in full, with all their signatures, and how to check them."""
    lines = [
        "dragoman fork evidence v1",
        "",
        f"The log {fork.one.head.origin} has signed two heads that cannot belong to one log:",
        f"{fork.why}.",
        "",
        "Each block below is a signed note (c2sp.org/signed-note) as base64 between its marks, and then the",
        "same in plain. Check both with the log's public key and any verifier of signed notes.",
        "",
    ]
    for mark, told in (("A", fork.one), ("B", fork.other)):
        lines += [
            f"Head {mark}: {told.head.size} entries, root {told.head.root.hex()}, told by {told.by}",
            f"note {base64.b64encode(told.note).decode()}",
            "",
            *(f"    {line}" for line in told.note.decode().split("\n")),
        ]
    return "\n".join(lines).encode() + b"\n"


def evidence_name(fork: Forked) -> str:
    """`fork-<origin>-<size>.evidence`, fit for a file's name."""
    origin = "".join(one if one.isalnum() or one in ".-" else "-" for one in fork.one.head.origin)
    return f"fork-{origin[:120]}-{fork.other.head.size}.evidence"


def _made(one: Checkpoint, other: Checkpoint, read: tiles.Read) -> tuple[bool, bool] | None:
    """Whether the tiles that are served make the root of each; None: they make neither, or are not there."""
    hashes = tiles.TileHashes(max(one.size, other.size), read)
    try:
        made = tuple(merkle.range_root(hashes, 0, head.size) == head.root for head in (one, other))
    except (FileNotFoundError, TlogError):
        return None
    return (made[0], made[1]) if any(made) else None


def notes(data: bytes) -> list[bytes]:
    """The signed heads in what somebody tells, not checked. Raises Malformed when it is no known form."""
    if len(data) > LARGEST:
        raise Malformed(f"it is longer than {LARGEST:,} bytes")
    if data.startswith(b"dragoman fork evidence v1\n"):
        lines = data.decode("utf-8", "replace").split("\n")
        wanted = [line.removeprefix("note ") for line in lines if line.startswith("note ")]
        return [note.from_base64(line, "a head in the evidence") for line in wanted][:MOST]
    if not data.lstrip().startswith(b"{"):
        note.parse(data)
        return [data]
    try:
        given = json.loads(data)
        plain = [*given.get("seen", ()), *given.get("refused", ())]
        found = [one["note"] for one in plain]
        found += [one[side] for one in given.get("forks", ()) for side in ("held", "offered")]
        if given["v"] != VERSION or not all(isinstance(one, str) for one in found):
            raise ValueError("shape")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed("it is neither a signed head nor a list of heads that were seen") from error
    return [one.encode("utf-8", "replace") for one in found[:MOST]]


def _told(data: bytes, by: str, keys: Sequence[note.VerifierKey]) -> Told | None:
    try:
        signed = note.parse(data)
        head = checkpoints.parse(signed.text)
        own = [key for key in note.check(signed, keys) if key.name == head.origin]
    except (Malformed, Mismatch):
        return None
    return Told(by, head, data) if own else None
