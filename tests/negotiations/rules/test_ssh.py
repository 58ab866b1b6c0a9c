import base64
import hashlib
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast, sshsigs

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import signing, sshsig, vkeys

NAME = f"northland.{cast.PROCESS}"
VKEY = vkeys.of_ssh(NAME, sshsigs.ED25519_PUB)


def code_of(armored: str, vkey: str = VKEY, data: bytes = cast.DATA) -> str:
    with pytest.raises(Invalid) as refusal:
        signing.verify_with(signing.line_of_ssh(vkey, armored), data, vkey)
    assert refusal.value.detail
    return refusal.value.code


@pytest.mark.parametrize(
    ("public", "armored"),
    [
        (sshsigs.ED25519_PUB, sshsigs.ED25519),
        (sshsigs.ED25519_PUB, sshsigs.ED25519_SHA256),
        (sshsigs.ECDSA_PUB, sshsigs.ECDSA),
    ],
)
def test_what_ssh_keygen_signed_verifies(public: str, armored: str) -> None:
    vkey = vkeys.of_ssh(NAME, public)
    line = signing.line_of_ssh(vkey, armored)
    assert signing.verify_with(line, cast.DATA, vkey) == signing.Signed("northland", vkey, "ssh")
    assert signing.verify_with(signing.line_of_ssh(vkey, armored.replace("\n", "\r\n")), cast.DATA, vkey)
    assert sshsig.armor(signing.read_line(line).blob) == armored


def test_another_text_another_key_and_another_namespace_are_told_apart() -> None:
    assert code_of(sshsigs.ED25519, data=cast.DATA + b"\n") == "wrong-signature"
    assert code_of(sshsigs.ECDSA) == "wrong-key"
    assert code_of(sshsigs.OTHER_NAMESPACE) == "wrong-namespace"


def test_a_namespace_is_checked_again_when_the_line_is_verified() -> None:
    line = signing.line_of_ssh(VKEY, sshsigs.OTHER_NAMESPACE, "file")
    with pytest.raises(Invalid, match="namespace 'file'") as refusal:
        signing.verify_with(line, cast.DATA, VKEY)
    assert refusal.value.code == "wrong-namespace"


@pytest.mark.parametrize("armored", ["", "x", sshsigs.ED25519.replace("U1NI", "U1N!"), sshsigs.ED25519[:-40]])
def test_a_damaged_armor_is_refused_in_words(armored: str) -> None:
    assert code_of(armored) == "bad-signature"


def test_rsa_and_private_keys_are_not_taken() -> None:
    with pytest.raises(Invalid, match="kind 'ssh-rsa' are not taken"):
        vkeys.of_ssh(NAME, sshsigs.RSA_PUB)
    with pytest.raises(Invalid) as refusal:
        vkeys.of_ssh(NAME, "-----BEGIN OPENSSH PRIVATE " + "KEY-----")
    assert "never the private key" in refusal.value.mend
    with pytest.raises(Invalid, match="another kind than it says"):
        vkeys.of_ssh(NAME, sshsigs.ED25519_PUB.replace("ssh-ed25519", "ecdsa-sha2-nistp256"))


@pytest.mark.parametrize(
    ("public", "armored"), [(sshsigs.ED25519_PUB, sshsigs.ED25519), (sshsigs.ECDSA_PUB, sshsigs.ECDSA)]
)
def test_no_flipped_byte_of_a_signature_verifies(public: str, armored: str) -> None:
    key, blob = sshsig.read_public_line(public), sshsig.dearmor(armored)
    for at in range(len(blob)):
        turned = blob[:at] + bytes([blob[at] ^ 0x01]) + blob[at + 1 :]
        with pytest.raises(Invalid):
            sshsig.check_signature(turned, cast.DATA, key, signing.NAMESPACE)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(blob: bytes) -> None:
    with pytest.raises(Invalid):
        sshsig.read_signature(b"SSHSIG" + blob)
    with pytest.raises(Invalid):
        sshsig.read_key(struct.pack(">I", 11) + b"ssh-ed25519" + blob + b"x")


def packed(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def parts(data: bytes) -> list[bytes]:
    """The strings in what SSH wrote."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def test_a_signature_has_one_form_in_bytes() -> None:
    """The numbers of an ECDSA signature with zeros before them, or anything behind, are another text."""
    key, blob = sshsig.read_public_line(sshsigs.ECDSA_PUB), sshsig.dearmor(sshsigs.ECDSA)
    wire, namespace, reserved, digest, signature = parts(blob[10:])
    kind, numbers = parts(signature)
    r, s = parts(numbers)
    for turned in (
        packed(b"\x00" + r, s),
        packed(r, b"\x00" + s),
        packed(r, b""),
        packed(r, b"\xff" + s),
        packed(r, s) + b"\x00",
        packed(r),
    ):
        made = b"SSHSIG\x00\x00\x00\x01" + packed(wire, namespace, reserved, digest, packed(kind, turned))
        with pytest.raises(Invalid) as refusal:
            sshsig.check_signature(made, cast.DATA, key, signing.NAMESPACE)
        assert refusal.value.code == "bad-signature"
    for noise in (blob + b"\x00", blob[:-1]):
        with pytest.raises(Invalid):
            sshsig.check_signature(noise, cast.DATA, key, signing.NAMESPACE)


@pytest.mark.parametrize("raw", [bytes(31), b"\x05" * 33, b""])
def test_a_key_has_one_form_in_bytes(raw: bytes) -> None:
    wire = packed(b"ssh-ed25519", raw)
    behind = sshsig.read_public_line(sshsigs.ED25519_PUB) + b"\x00"
    curve = packed(b"ecdsa-sha2-nistp256", b"nistp384", cast.PASSKEY.point)
    for wrong in (wire, behind, curve):
        with pytest.raises(Invalid) as refusal:
            sshsig.read_key(wrong)
        assert refusal.value.code == "bad-key"


def security_key(flags: int) -> tuple[str, str]:
    """A public line and a signature, as a security key makes them (PROTOCOL.u2f)."""
    secret = Ed25519PrivateKey.from_private_bytes(b"\x66" * 32)
    kind = b"sk-ssh-ed25519@openssh.com"
    wire = packed(kind, secret.public_key().public_bytes_raw(), b"ssh:")
    digest = hashlib.sha512(cast.DATA).digest()
    message = b"SSHSIG" + packed(b"dragoman-consent", b"", b"sha512", digest)
    touched = bytes([flags]) + b"\x00\x00\x00\x09"
    made = secret.sign(hashlib.sha256(b"ssh:").digest() + touched + hashlib.sha256(message).digest())
    blob = b"SSHSIG" + struct.pack(">I", 1)
    blob += packed(wire, b"dragoman-consent", b"", b"sha512", packed(kind, made) + touched)
    return f"{kind.decode()} {base64.b64encode(wire).decode()} northland", sshsig.armor(blob)


def test_a_security_key_signs_if_it_was_touched() -> None:
    public, armored = security_key(0x01)
    vkey = vkeys.of_ssh(NAME, public)
    assert signing.verify_with(signing.line_of_ssh(vkey, armored), cast.DATA, vkey).kind == "ssh"
    public, armored = security_key(0x00)
    assert code_of(armored, vkey) == "no-user-presence"


@pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="no ssh-keygen here; kept signatures are checked above"
)
def test_the_real_ssh_keygen_signs_what_we_check_and_checks_what_we_keep(tmp_path: Path) -> None:
    def run(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["ssh-keygen", *words], cwd=tmp_path, input=given, capture_output=True, check=True
        )

    run("-q", "-t", "ed25519", "-N", "", "-C", "northland", "-f", "key")
    (tmp_path / "body.txt").write_bytes(cast.DATA)
    run("-Y", "sign", "-n", signing.NAMESPACE, "-f", "key", "body.txt")
    public = (tmp_path / "key.pub").read_text()
    vkey = vkeys.of_ssh(NAME, public)
    line = signing.line_of_ssh(vkey, (tmp_path / "body.txt.sig").read_text())
    assert signing.verify_with(line, cast.DATA, vkey).party == "northland"

    (tmp_path / "again.sig").write_text(sshsig.armor(signing.read_line(line).blob))
    (tmp_path / "allowed").write_text(f'northland namespaces="{signing.NAMESPACE}" {public}')
    words = ("-Y", "verify", "-f", "allowed", "-I", "northland", "-n", signing.NAMESPACE, "-s", "again.sig")
    assert b"Good" in run(*words, given=cast.DATA).stdout
