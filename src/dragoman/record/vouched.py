"""A signature that travels with a sealed text: a signed note that holds the text's entry in the record.

Pure, no Django. The note (c2sp.org/signed-note) is signed by the record's own keys, over these lines:

    dragoman-entry-v1
    <origin of the record>
    <the entry, canonical JSON in one line: kind, id, revision, digests>
    <where the proof of inclusion is, relative to the record>

It can never be taken for a head of the record: a head begins with the origin and has a number in its second
line. It says that the record's keeper vouches for the text; that everybody sees the same is shown by the
proof and its witnesses, which the last line leads to.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed, Mismatch
from dragoman.lib.tlog.policy import Policy
from dragoman.record import leaf as leaves
from dragoman.record.leaf import Leaf

FIRST_LINE = "dragoman-entry-v1"


@dataclass(frozen=True)
class Vouched:
    """What a note says, once its signature was checked."""

    origin: str
    leaf: Leaf
    entry: bytes
    keys: tuple[str, ...]


def sign(entry: bytes, keys: Sequence[note.SignerKey]) -> bytes:
    """The note for an entry, signed by each key; the same bytes for the same entry and keys."""
    leaf = leaves.parse(entry)
    if leaf is None or not keys:
        raise ValueError("an entry of a known kind and at least one key are needed")
    lines = (FIRST_LINE, keys[0].name, entry.decode("utf-8"), leaf.proof_path)
    text = ("\n".join(lines) + "\n").encode()
    return bytes(note.Note(text, tuple(key.sign(text) for key in keys)))


def check(data: bytes, text: bytes, policy: Policy) -> Vouched:
    """Check a note and the text that it came with against the policy's log keys.

    Raises Malformed for what is no such note, Mismatch when no key of the policy signed it, when a line that
    claims one of the keys is false, or when the text is not the one that was sealed.
    """
    signed = note.parse(data)
    lines = signed.text.decode("utf-8").split("\n")
    if len(lines) != 5 or lines[0] != FIRST_LINE or lines[4]:
        raise Malformed(f"the note does not begin with {FIRST_LINE} and hold four lines")
    origin, entry = lines[1], lines[2].encode("utf-8")
    leaf = leaves.parse(entry)
    if leaf is None or lines[3] != leaf.proof_path:
        raise Malformed("the note holds no entry that is known here")
    keys = [key for key in note.check(signed, [log.key for log in policy.logs]) if key.name == origin]
    if not keys:
        names = ", ".join(sorted({log.key.name for log in policy.logs}))
        raise Mismatch(f"the note of {origin} is not signed by a log key of the policy ({names})")
    digest = hashlib.sha256(text).hexdigest()
    if digest not in [one.sha256 for one in leaf.sums]:
        raise Mismatch(f"the text (sha256 {digest}) is not the one that the note vouches for")
    return Vouched(origin, leaf, entry, tuple(str(key) for key in keys))
