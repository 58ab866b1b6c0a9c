"""One signature of a party: made with an own key, taken over from a browser or from ssh-keygen, and checked."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.lib.tlog import note
from dragoman.negotiations.rules.keyring import Keyring
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
    raise NotImplementedError


def sign_ed25519(data: bytes, key: note.SignerKey) -> str:
    """The signature line, with its line feed, of an own key."""
    raise NotImplementedError


def line_of_webauthn(vkey: str, authenticator_data: bytes, client_data: bytes, signature: bytes) -> str:
    """The signature line that holds what a browser handed over; not checked here."""
    raise NotImplementedError


def line_of_ssh(vkey: str, armored: str, namespace: str = NAMESPACE) -> str:
    """The signature line that holds an `ssh-keygen -Y sign` signature. Raises Invalid (`wrong-namespace`,
    `wrong-key`, `bad-signature`) when it cannot be one of this key; the text is not checked here."""
    raise NotImplementedError


def verify_line(line: str, data: bytes, keyring: Keyring) -> Signed:
    """Check one line over a text. Raises Invalid with a code of its own for each way to be wrong:

    `bad-signature` (cannot be read), `unknown-key` (not in this keyring: removed, of another process, the
    record's own), `wrong-signature`, `wrong-challenge`, `wrong-origin`, `wrong-rp`, `wrong-type`,
    `no-user-presence`, `no-user-verification`, `wrong-namespace`.
    """
    raise NotImplementedError


def verify_with(line: str, data: bytes, vkey: str) -> Signed:
    """As `verify_line`, with one key that is known to be the party's (a sign-in, an enrolment)."""
    raise NotImplementedError
