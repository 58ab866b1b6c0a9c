"""Public keys of parties, written as verifier keys of signed notes: name+id+base64.

The name is `<party>.<process>`. Three kinds: a plain Ed25519 key (type 0x01); a passkey and an OpenSSH key
(type 0xff with an identifier of our own, so that other people's note verifiers pass them over):

    passkey   0xff, u8 length, "dragoman/webauthn-es256/v1", u16 length, relying party id,
              u16 length, origins (one a line), 65 bytes: the P-256 point, uncompressed
    OpenSSH   0xff, u8 length, "dragoman/sshsig/v1", the public key as SSH writes it on the wire
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["ed25519", "webauthn", "ssh"]
KINDS: tuple[Kind, ...] = ("ed25519", "webauthn", "ssh")
WEBAUTHN = "dragoman/webauthn-es256/v1"
SSHSIG = "dragoman/sshsig/v1"


@dataclass(frozen=True)
class Passkey:
    """What the vkey of a passkey holds. `point` is the uncompressed P-256 point."""

    rp_id: str
    origins: tuple[str, ...]
    point: bytes


@dataclass(frozen=True)
class Assurance:
    """What a signature of this kind is worth, in words for a page: `label` is two or three words, `says` what it
    proves, `cannot` what it does not."""

    kind: Kind
    label: str
    says: str
    cannot: str


def name_of(party: str, process: str) -> str:
    """The name that the party's keys carry: `northland.riverton-talks`."""
    return f"{party}.{process}"


def party_of(vkey: str) -> str:
    """The party in a vkey's name. Raises Invalid."""
    raise NotImplementedError


def kind_of(vkey: str) -> Kind:
    """Which of the three kinds. Raises Invalid (code `bad-key`) for anything else."""
    raise NotImplementedError


def raw_public(vkey: str) -> bytes:
    """The bare public key (32 bytes of Ed25519, 65 of a P-256 point), the same under every name and kind: so is
    one key seen that stands under two parties."""
    raise NotImplementedError


def assurance(kind: Kind) -> Assurance:
    """What a signature of this kind proves, and what it cannot."""
    raise NotImplementedError


def of_ed25519(name: str, public: bytes) -> str:
    """The vkey of a plain key of 32 bytes."""
    raise NotImplementedError


def of_passkey(name: str, rp_id: str, origins: tuple[str, ...], point: bytes) -> str:
    """The vkey of a passkey."""
    raise NotImplementedError


def of_ssh(name: str, public_line: str) -> str:
    """The vkey of an OpenSSH public key (`ssh-ed25519 AAAA... comment`). Raises Invalid (`bad-key`) for a kind
    of key that is not taken: only Ed25519, ECDSA P-256 and Ed25519 on a security key (sk-) are."""
    raise NotImplementedError


def passkey_of(vkey: str) -> Passkey:
    """What a passkey's vkey holds. Raises Invalid (`bad-key`)."""
    raise NotImplementedError


def from_registration(
    name: str, rp_id: str, origin: str, client_data: bytes, attestation_object: bytes, challenge: bytes
) -> tuple[str, bytes]:
    """The vkey of a fresh passkey and its credential id, from what the browser handed over.

    Raises Invalid with a code: wrong-challenge, wrong-origin, wrong-rp, no-user-verification, bad-key.
    """
    raise NotImplementedError
