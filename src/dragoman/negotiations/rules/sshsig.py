"""OpenSSH signatures (`ssh-keygen -Y sign`; PROTOCOL.sshsig): reading and checking them, without OpenSSH.

Keys: ssh-ed25519, ecdsa-sha2-nistp256, and ssh-ed25519 on a security key (sk-ssh-ed25519@openssh.com).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules.passkeys import check_point

ED25519, ECDSA_P256, SK_ED25519 = TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "sk-ssh-ed25519@openssh.com",
)
_MAGIC = b"SSHSIG"
_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_ARMOR = re.compile(
    r"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?", re.ASCII
)
_LARGEST = 10_000
_PRIME = 2**255 - 19
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL = frozenset({0, 1, _PRIME - 1, _EIGHTH, _PRIME - _EIGHTH})  # of the eight points of small order


@dataclass(frozen=True)
class SshKey:
    """A public key. `raw` is the 32 bytes of Ed25519 or the P-256 point; `application` is a security
    key's."""

    kind: str
    raw: bytes
    application: bytes = b""


@dataclass(frozen=True)
class SshSignature:
    """A read signature. `key` is the wire form of the key that claims to have made it."""

    key: bytes
    namespace: str
    reserved: bytes
    digest: str
    signature: bytes


class _Wire:
    """Reads what SSH writes: strings with a length before them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) != size:
            raise ValueError("too short")
        self._at += size
        return piece

    def number(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def string(self) -> bytes:
        return self.take(self.number())

    def positive(self) -> int:
        """A positive number in its one form."""
        data = self.string()
        value = int.from_bytes(data, "big", signed=True)
        if value <= 0 or len(data) != value.bit_length() // 8 + 1:
            raise ValueError("not a positive number")
        return value

    def end(self) -> None:
        if self._at != len(self._data):
            raise ValueError("too long")


def read_key(wire: bytes) -> SshKey:
    """The key of its wire form. Raises Invalid (`bad-key`)."""
    try:
        reader = _Wire(wire)
        kind, application = reader.string().decode("ascii"), b""
        if kind not in TYPES:
            raise Invalid(
                f"OpenSSH keys of the kind {kind!r} are not taken.",
                mend="Make one with ssh-keygen -t ed25519.",
                code="bad-key",
            )
        if kind == ECDSA_P256 and reader.string() != b"nistp256":
            raise ValueError("another curve")
        raw = reader.string()
        if kind == SK_ED25519:
            application = reader.string()
        reader.end()
        if kind == ECDSA_P256:
            check_point(raw)
        elif len(raw) != 32:
            raise ValueError("not 32 bytes")
        else:
            check_strong(raw)
    except ValueError as error:
        raise Invalid("This is not an OpenSSH public key.", code="bad-key") from error
    return SshKey(kind, raw, application)


def check_strong(public: bytes) -> None:
    """Raises Invalid (`bad-key`) for an Ed25519 key under which one signature holds for every text (a point
    of small order), or that is written in a second way. Whoever enrolled such a key could say of any consent
    that somebody else had made it."""
    place = int.from_bytes(public, "little") & ~(1 << 255)
    if place >= _PRIME or place in _SMALL:
        raise Invalid(
            "This Ed25519 key is a weak one: anybody could sign in its name.",
            mend="Make one with a program that draws keys by chance.",
            code="bad-key",
        )


def read_public_line(line: str) -> bytes:
    """The wire form in a line of a .pub file. Raises Invalid (`bad-key`)."""
    words = line.split()
    try:
        wire = base64.b64decode(words[1], validate=True)
    except (IndexError, ValueError) as error:
        raise Invalid(
            "This is not an OpenSSH public key: wanted `ssh-ed25519 AAAA... comment`.",
            mend="Hand over the file that ends in .pub, never the private key.",
            code="bad-key",
        ) from error
    if read_key(wire).kind != words[0]:
        raise Invalid("The OpenSSH public key is of another kind than it says.", code="bad-key")
    return wire


def dearmor(text: str) -> bytes:
    """The bytes of an armored signature. Raises Invalid (`bad-signature`)."""
    match = _ARMOR.fullmatch(text.replace("\r\n", "\n").strip() + "\n") if len(text) < _LARGEST else None
    try:
        return base64.b64decode(match[1].replace("\n", ""), validate=True) if match else _unreadable()
    except binascii.Error as error:
        raise Invalid("The armor of the OpenSSH signature is damaged.", code="bad-signature") from error


def armor(blob: bytes) -> str:
    """The signature as `ssh-keygen -Y verify` wants it."""
    words = base64.b64encode(blob).decode()
    lines = [words[at : at + 70] for at in range(0, len(words), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def read_signature(blob: bytes) -> SshSignature:
    """Read the bytes of a signature. Raises Invalid (`bad-signature`)."""
    try:
        reader = _Wire(blob)
        if reader.take(6) != _MAGIC or reader.number() != 1:
            raise ValueError("another format")
        key, namespace, reserved = reader.string(), reader.string().decode("utf-8"), reader.string()
        digest, signature = reader.string().decode("ascii"), reader.string()
        reader.end()
        if digest not in _HASHES:
            raise ValueError("another digest")
    except ValueError as error:
        raise Invalid("This is not an OpenSSH signature.", code="bad-signature") from error
    return SshSignature(key, namespace, reserved, digest, signature)


def check_signature(blob: bytes, data: bytes, key: bytes, namespace: str) -> None:
    """Raises Invalid unless this key (its wire form) signed the data in this namespace. Codes:
    `bad-signature`, `wrong-key`, `wrong-namespace`, `no-user-presence`, `wrong-signature`."""
    read = check_claim(blob, key, namespace)
    digest = _HASHES[read.digest](data).digest()
    words = (namespace.encode(), read.reserved, read.digest.encode(), digest)
    message = _MAGIC + b"".join(map(_string, words))
    try:
        _check(read_key(key), read.signature, message)
    except InvalidSignature as error:
        raise Invalid(
            "The OpenSSH signature is wrong: it is over another text, or the bytes were changed.",
            mend="Sign the file of the round as it was downloaded; an editor may have changed its line ends.",
            code="wrong-signature",
        ) from error
    except ValueError as error:
        raise Invalid("The OpenSSH signature cannot be read.", code="bad-signature") from error


def check_claim(blob: bytes, key: bytes, namespace: str) -> SshSignature:
    """Raises Invalid unless the signature claims this key and this namespace; the text is not checked."""
    read = read_signature(blob)
    if read.key != key:
        raise Invalid("The OpenSSH signature was made by another key than the one named.", code="wrong-key")
    if read.namespace != namespace:
        raise Invalid(
            f"The OpenSSH signature is for the namespace {read.namespace!r}, wanted {namespace!r}.",
            mend=f"Sign with ssh-keygen -Y sign -n {namespace}.",
            code="wrong-namespace",
        )
    return read


def _check(key: SshKey, signature: bytes, message: bytes) -> None:
    reader = _Wire(signature)
    if reader.string().decode("ascii") != key.kind:
        raise ValueError("a signature of another kind of key")
    made = reader.string()
    if key.kind == ECDSA_P256:
        reader.end()
        numbers = _Wire(made)
        r, s = numbers.positive(), numbers.positive()
        numbers.end()
        check_point(key.raw).verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
        return
    if key.kind == SK_ED25519:
        touched = reader.take(5)  # flags and counter
        if not touched[0] & 0x01:
            raise Invalid("Nobody touched the security key when it signed.", code="no-user-presence")
        application = hashlib.sha256(key.application).digest()
        message = application + touched + hashlib.sha256(message).digest()
    reader.end()
    Ed25519PublicKey.from_public_bytes(key.raw).verify(made, message)


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _unreadable() -> bytes:
    raise Invalid(
        "This is not an armored OpenSSH signature.",
        mend="Paste the whole .sig file, from -----BEGIN SSH SIGNATURE----- to the END line.",
        code="bad-signature",
    )
