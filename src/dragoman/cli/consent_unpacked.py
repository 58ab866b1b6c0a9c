"""A consent note taken apart for other people's tools: ssh-keygen for OpenSSH keys, openssl for passkeys."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog.note import Signature
from dragoman.negotiations.rules import judging, passkeys, signing, sshsig, vkeys
from dragoman.negotiations.rules import keyring as keyrings


def unpack(note: bytes, keyring: str, to: Path) -> Iterator[str]:
    """Write the signed text and the parts of each signature; gives, line by line, how to check each. Nothing
    is checked here."""
    read, ring = judging.open_note(note), keyrings.parse(keyring)
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(f"{to} cannot be written: {error.strerror}.", code="unwritable") from error
    (to / "text").write_bytes(read.text)
    yield f"# in {to}: text is what was signed"
    for number, signature in enumerate(read.signatures, 1):
        vkey = next((one.vkey for one in ring.keys if vkeys.parsed(one.vkey).made(signature)), None)
        if vkey is None:
            yield f"# {signature.name!r}: a key that this keyring does not name"
            continue
        yield from _WRITERS[vkeys.kind_of(vkey)](to, f"{number}-{vkeys.party_of(vkey)}", vkey, signature)


def _ed25519(to: Path, stem: str, vkey: str, signature: Signature) -> Iterator[str]:
    key = Ed25519PublicKey.from_public_bytes(vkeys.raw_public(vkey))
    (to / f"{stem}.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (to / f"{stem}.sig").write_bytes(signature.blob)
    yield f"openssl pkeyutl -verify -pubin -inkey {stem}.pem -rawin -in text -sigfile {stem}.sig"


def _webauthn(to: Path, stem: str, vkey: str, signature: Signature) -> Iterator[str]:
    made, passkey = signing.parts_of_webauthn(signature), vkeys.passkey_of(vkey)
    point = passkeys.check_point(passkey.point)
    (to / f"{stem}.pem").write_bytes(point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (to / f"{stem}.sig").write_bytes(made.signature)
    (to / f"{stem}.client.json").write_bytes(made.client_data)
    message = made.authenticator_data + hashlib.sha256(made.client_data).digest()
    (to / f"{stem}.signed").write_bytes(message)
    challenge = base64.urlsafe_b64encode(hashlib.sha256((to / "text").read_bytes()).digest())
    yield f"openssl dgst -sha256 -verify {stem}.pem -signature {stem}.sig {stem}.signed"
    yield f"# {stem}.client.json must say webauthn.get, {' or '.join(passkey.origins)}, and the challenge"
    yield f"# {challenge.rstrip(b'=').decode()}; {stem}.signed ends with its sha256,"
    yield f"# begins with {hashlib.sha256(passkey.rp_id.encode()).hexdigest()}"
    yield f"# (sha256 of {passkey.rp_id}), and its next byte has the bits 1 and 4 (present, verified)"


def _ssh(to: Path, stem: str, vkey: str, signature: Signature) -> Iterator[str]:
    wire = vkeys.ssh_wire_of(vkey)
    kind, party = sshsig.read_key(wire).kind, vkeys.party_of(vkey)
    public = f"{kind} {base64.b64encode(wire).decode()}"
    allowed = f'{party} namespaces="{signing.NAMESPACE}" {public}\n'
    (to / f"{stem}.allowed").write_text(allowed, encoding="ascii")
    (to / f"{stem}.sig").write_text(sshsig.armor(signature.blob), encoding="ascii")
    yield (f"ssh-keygen -Y verify -f {stem}.allowed -I {party} -n {signing.NAMESPACE} -s {stem}.sig < text")


_WRITERS: dict[str, Callable[[Path, str, str, Signature], Iterator[str]]] = {
    "ed25519": _ed25519,
    "webauthn": _webauthn,
    "ssh": _ssh,
}
