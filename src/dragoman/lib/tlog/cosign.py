"""A witness's line below a checkpoint (c2sp.org/tlog-cosignature, Ed25519): "I saw this head at this time,
and it continues every head of this log that I saw before"."""

from dataclasses import dataclass

from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed

LATEST = 253_402_300_799
_BLOB = 8 + 64


@dataclass(frozen=True)
class Cosigned:
    """Which witness, and when by its own clock (POSIX seconds)."""

    key: note.VerifierKey
    time: int


def sign(key: note.SignerKey, body: bytes, time: int) -> note.Signature:
    """Make the line. Whoever signs keeps in mind what it signed before (`dragoman.lib.witnessing`)."""
    blob = time.to_bytes(8, "big") + key.sign_raw(_message(body, time))
    return note.Signature(key.name, key.verifier.key_id, blob)


def check(key: note.VerifierKey, body: bytes, signature: note.Signature) -> Cosigned:
    """Read a line that claims this key. Raises Malformed or Mismatch."""
    if key.kind != note.COSIGNATURE:
        raise Malformed(f"the key of {key.name} is of a kind that this version cannot check")
    if len(signature.blob) != _BLOB:
        raise Malformed(f"the cosignature of {key.name} has a wrong length")
    time = int.from_bytes(signature.blob[:8], "big")
    if time > LATEST:
        raise Malformed(f"the cosignature of {key.name} names a time beyond the year 9999")
    key.check_raw(_message(body, time), signature.blob[8:])
    return Cosigned(key, time)


def _message(body: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + body
