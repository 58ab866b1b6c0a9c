"""One signature of a party: made with an own key, or taken over from a browser or ssh-keygen; checked.

What stands in a signature line after the key id: of an Ed25519 key 64 bytes; of a passkey the authenticator's
data, the browser's client data and the DER signature, each with a u16 length before it; of an OpenSSH key the
bytes inside the armor.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed, Mismatch
from dragoman.negotiations.rules import passkeys, sshsig, vkeys
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.passkeys import Assertion
from dragoman.negotiations.rules.vkeys import Kind

NAMESPACE = "dragoman-consent"


@dataclass(frozen=True)
class Signed:
    """A signature that was checked."""

    party: str
    vkey: str
    kind: Kind


def challenge_of(data: bytes) -> bytes:
    """The WebAuthn challenge for a text: its SHA-256."""
    return hashlib.sha256(data).digest()


def sign_ed25519(data: bytes, key: note.SignerKey) -> str:
    """The signature line, with its line feed, of an own key."""
    return str(key.sign(data))


def line_of_webauthn(vkey: str, authenticator_data: bytes, client_data: bytes, signature: bytes) -> str:
    """The signature line that holds what a browser handed over; not checked here."""
    vkeys.passkey_of(vkey)
    parts = (authenticator_data, client_data, signature)
    if any(len(part) > 0xFFFF for part in parts):
        raise Invalid("What the browser handed over is too long.", code="bad-signature")
    return _line(vkey, b"".join(struct.pack(">H", len(part)) + part for part in parts))


def line_of_ssh(vkey: str, armored: str, namespace: str = NAMESPACE) -> str:
    """The signature line that holds an `ssh-keygen -Y sign` signature. Raises Invalid (`wrong-namespace`,
    `wrong-key`, `bad-signature`) when it cannot be one of this key; the text is not checked here."""
    blob = sshsig.dearmor(armored)
    sshsig.check_claim(blob, vkeys.ssh_wire_of(vkey), namespace)
    return _line(vkey, blob)


def read_line(line: str) -> note.Signature:
    """A signature line, with or without its line feed. Raises Invalid (`bad-signature`)."""
    try:
        return note.signature_line(line.removesuffix("\n"))
    except Malformed as error:
        raise Invalid(f"The signature cannot be read: {error}.", code="bad-signature") from error


def verify_line(line: str, data: bytes, keyring: Keyring) -> Signed:
    """Check one line over a text. Raises Invalid with a code of its own for each way to be wrong:

    `bad-signature` (cannot be read), `unknown-key` (not in this keyring: removed, of another process, the
    record's own), `wrong-signature`, `wrong-challenge`, `wrong-origin`, `wrong-rp`, `wrong-type`,
    `no-user-presence`, `no-user-verification`, `wrong-namespace`, `wrong-key`.
    """
    return verify_with_any(line, data, [one.vkey for one in keyring.keys], f"version {keyring.version}")


def verify_with(line: str, data: bytes, vkey: str) -> Signed:
    """As `verify_line`, with one key that is known to be the party's (a sign-in, an enrolment)."""
    return verify_with_any(line, data, [vkey])


def verify_with_any(line: str, data: bytes, keys: Iterable[str], keyring: str = "") -> Signed:
    """As `verify_line`, with some keys."""
    signature = read_line(line)
    for vkey in keys:
        if vkeys.parsed(vkey).made(signature):
            kind = vkeys.kind_of(vkey)
            _CHECKS[kind](vkey, data, signature)
            return Signed(vkeys.party_of(vkey), vkey, kind)
    where = f"the keyring ({keyring})" if keyring else "the keys that may sign this"
    raise Invalid(
        f"The key {signature.name!r}, id {signature.key_id.hex()}, is not in {where}.",
        mend="Sign with a key that the keyring in force names; a removed key signs nothing any more.",
        code="unknown-key",
    )


def parts_of_webauthn(signature: note.Signature) -> Assertion:
    """The three byte strings in a passkey's line. Raises Invalid (`bad-signature`)."""
    parts: list[bytes] = []
    rest = signature.blob
    for _ in range(3):
        size = int.from_bytes(rest[:2], "big")
        parts.append(rest[2 : 2 + size])
        if len(rest) < 2 + size:
            raise Invalid("The passkey's signature is cut short.", code="bad-signature")
        rest = rest[2 + size :]
    if rest:
        raise Invalid("Something follows the passkey's signature.", code="bad-signature")
    return Assertion(*parts)


def _ed25519(vkey: str, data: bytes, signature: note.Signature) -> None:
    try:
        vkeys.parsed(vkey).check_raw(data, signature.blob)
    except Mismatch as error:
        raise Invalid(
            f"The signature of {signature.name} is wrong: it is over another text, or bytes were changed.",
            mend="Sign the round once more; never copy a signature from one round to another.",
            code="wrong-signature",
        ) from error


def _webauthn(vkey: str, data: bytes, signature: note.Signature) -> None:
    made = parts_of_webauthn(signature)
    passkeys.check_assertion(vkeys.passkey_of(vkey), challenge_of(data), made)


def _ssh(vkey: str, data: bytes, signature: note.Signature) -> None:
    sshsig.check_signature(signature.blob, data, vkeys.ssh_wire_of(vkey), NAMESPACE)


_CHECKS = {"ed25519": _ed25519, "webauthn": _webauthn, "ssh": _ssh}


def _line(vkey: str, blob: bytes) -> str:
    key = vkeys.parsed(vkey)
    return str(note.Signature(key.name, key.key_id, blob))
