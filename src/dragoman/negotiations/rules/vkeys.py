"""Public keys of parties, written as verifier keys of signed notes: name+id+base64.

The name is `<party>.<process>`. Three kinds: a plain Ed25519 key (type 0x01); a passkey and an OpenSSH key
(type 0xff with an identifier of our own, so that other people's note verifiers pass them over):

    passkey   0xff, u8 length, "dragoman/webauthn-es256/v1", u16 length, relying party id,
              u16 length, origins (one a line), 65 bytes: the P-256 point, uncompressed
    OpenSSH   0xff, u8 length, "dragoman/sshsig/v1", the public key as SSH writes it on the wire
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed
from dragoman.negotiations.rules import passkeys, sshsig
from dragoman.negotiations.rules.passkeys import Passkey

Kind = Literal["ed25519", "webauthn", "ssh"]
KINDS: tuple[Kind, ...] = ("ed25519", "webauthn", "ssh")
WEBAUTHN = "dragoman/webauthn-es256/v1"
SSHSIG = "dragoman/sshsig/v1"
OTHER = 0xFF
_NAME = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)\.([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)")
_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")


@dataclass(frozen=True)
class Assurance:
    """What a signature of this kind is worth, in words for a page: `label` is two or three words, `says`
    what it proves, `cannot` what it does not."""

    kind: Kind
    label: str
    says: str
    cannot: str


_ASSURANCES = {
    "ed25519": Assurance(
        "ed25519",
        "own key",
        "Made with a key that the party keeps itself, by a program that showed the text which it signed and "
        "needs nothing from the desk. Anyone can check it with any verifier of signed notes.",
        "It cannot show who held the key, or that the machine it was used on was sound.",
    ),
    "webauthn": Assurance(
        "webauthn",
        "passkey",
        "Made with a passkey on the party's page, after the device had verified its person (PIN, finger or "
        "face). Anyone can check it from the public key and the kept bytes, without the desk.",
        "It cannot show what the page had on display: the host serves that page, so the party has to compare "
        "the digest with another source. The passkey may be copied to its vendor's cloud.",
    ),
    "ssh": Assurance(
        "ssh",
        "OpenSSH key",
        "Made with ssh-keygen and a key that the party keeps itself. Anyone can check it with ssh-keygen.",
        "It cannot show who held the key, or whether the texts were looked at: ssh-keygen signs the digests "
        "and shows nothing.",
    ),
}


def name_of(party: str, process: str) -> str:
    """The name that the party's keys carry: `northland.riverton-talks`."""
    return f"{party}.{process}"


def party_of(vkey: str) -> str:
    """The party in a vkey's name. Raises Invalid."""
    return names_of(vkey)[0]


def names_of(vkey: str) -> tuple[str, str]:
    """Party and process in a vkey's name. Raises Invalid (`wrong-key-name`)."""
    return names_in(parsed(vkey).name)


def names_in(name: str) -> tuple[str, str]:
    """Party and process in the name of a key. Raises Invalid (`wrong-key-name`)."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise Invalid(
            f"The key is named {name!r}; a party's key is named <party>.<process>.",
            mend="Make the key anew with: dragoman consent key PARTY.PROCESS",
            code="wrong-key-name",
        )
    return match[1], match[2]


@lru_cache(maxsize=512)
def parsed(vkey: str) -> note.VerifierKey:
    """The key as lib/tlog reads it. Raises Invalid (`bad-key`)."""
    try:
        return note.VerifierKey.parse(vkey)
    except Malformed as error:
        raise _bad(f"The key cannot be read: {error}.") from error


def kind_of(vkey: str) -> Kind:
    """Which of the three kinds. Raises Invalid (code `bad-key`) for anything else."""
    key = parsed(vkey)
    if key.kind == note.ED25519:
        sshsig.check_strong(key.public)
        return "ed25519"
    word, rest = _identified(key)
    if word == WEBAUTHN:
        _passkey(rest)
        return "webauthn"
    if word == SSHSIG:
        sshsig.read_key(rest)
        return "ssh"
    raise _bad(f"The key of {key.name!r} is of a kind that does not sign consents.")


def raw_public(vkey: str) -> bytes:
    """The bare public key (32 bytes of Ed25519, 65 of a P-256 point), the same under every name and kind:
    so is one key seen that stands under two parties."""
    match kind_of(vkey):
        case "ed25519":
            return parsed(vkey).public
        case "webauthn":
            return passkey_of(vkey).point
        case _:
            return sshsig.read_key(ssh_wire_of(vkey)).raw


def assurance(kind: Kind) -> Assurance:
    """What a signature of this kind proves, and what it cannot."""
    return _ASSURANCES[kind]


def of_ed25519(name: str, public: bytes) -> str:
    """The vkey of a plain key of 32 bytes."""
    if len(public) != 32:
        raise _bad("An Ed25519 public key has 32 bytes.")
    sshsig.check_strong(public)
    return _named(name, note.ED25519, public)


def of_passkey(name: str, rp_id: str, origins: tuple[str, ...], point: bytes) -> str:
    """The vkey of a passkey."""
    passkeys.check_point(point)
    parts = [rp_id.encode(), "\n".join(origins).encode()]
    body = b"".join(struct.pack(">H", len(part)) + part for part in parts)
    _passkey(body + point)
    return _named(name, OTHER, _word(WEBAUTHN) + body + point)


def of_ssh(name: str, public_line: str) -> str:
    """The vkey of an OpenSSH public key (`ssh-ed25519 AAAA... comment`). Raises Invalid (`bad-key`) for a
    kind of key that is not taken: only Ed25519, ECDSA P-256 and Ed25519 on a security key (sk-) are."""
    return _named(name, OTHER, _word(SSHSIG) + sshsig.read_public_line(public_line))


def passkey_of(vkey: str) -> Passkey:
    """What a passkey's vkey holds. Raises Invalid (`bad-key`)."""
    word, rest = _identified(parsed(vkey))
    if word != WEBAUTHN:
        raise _bad("This is not the key of a passkey.")
    return _passkey(rest)


def ssh_wire_of(vkey: str) -> bytes:
    """The OpenSSH public key in its vkey, as SSH writes it on the wire. Raises Invalid (`bad-key`)."""
    word, rest = _identified(parsed(vkey))
    if word != SSHSIG:
        raise _bad("This is not an OpenSSH key.")
    return rest


def from_registration(
    name: str, *, rp_id: str, origin: str, client_data: bytes, attestation_object: bytes, challenge: bytes
) -> tuple[str, bytes]:
    """The vkey of a fresh passkey and its credential id, from what the browser handed over.

    Raises Invalid with a code: wrong-type, wrong-challenge, wrong-origin, wrong-rp, no-user-presence,
    no-user-verification, bad-key, bad-signature.
    """
    point, credential = passkeys.read_registration(
        rp_id, (origin,), client_data, attestation_object, challenge
    )
    return of_passkey(name, rp_id, (origin,), point), credential


def _named(name: str, kind: int, public: bytes) -> str:
    vkey = str(note.VerifierKey(name, kind, public))
    names_of(vkey)
    return vkey


def _word(identifier: str) -> bytes:
    return bytes([len(identifier)]) + identifier.encode()


def _identified(key: note.VerifierKey) -> tuple[str, bytes]:
    """The identifier of a key of another kind, and what follows it."""
    if key.kind != OTHER:
        return "", b""
    size = key.public[0]
    return key.public[1 : 1 + size].decode("latin-1"), key.public[1 + size :]


def _passkey(data: bytes) -> Passkey:
    rp_id, rest = _short(data)
    origins, point = _short(rest)
    lines = tuple(origins.split("\n"))
    if not rp_id or not all(map(_ORIGIN.fullmatch, lines)) or len(set(lines)) != len(lines):
        raise _bad("The key of a passkey names no relying party or no origin.")
    passkeys.check_point(point)
    return Passkey(rp_id, lines, point)


def _short(data: bytes) -> tuple[str, bytes]:
    size = int.from_bytes(data[:2], "big")
    try:
        text = data[2 : 2 + size].decode("ascii")
    except UnicodeDecodeError as error:
        raise _bad("The key of a passkey holds letters that no address has.") from error
    if len(data) < 2 + size:
        raise _bad("The key of a passkey is cut short.")
    return text, data[2 + size :]


def _bad(what: str) -> Invalid:
    return Invalid(what, mend="Hand over the whole line, as the program printed it.", code="bad-key")
