"""Signed notes (c2sp.org/signed-note): a short text with signature lines below it, and the keys for them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dragoman.lib.tlog.errors import Malformed, Mismatch

ED25519 = 0x01
COSIGNATURE = 0x04
LARGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100
_DASH = "\u2014 "
_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True)
class Signature:
    """One signature line. `blob` is what follows the key id; its shape depends on the kind of key."""

    name: str
    key_id: bytes
    blob: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.blob).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text that ends with a line feed, and its signatures, checked or not."""

    text: bytes
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        return self.text + b"\n" + "".join(map(str, self.signatures)).encode()


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name of who holds it; written `name+id+key` ("vkey")."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey. Raises Malformed when the name, the id or the key is not right."""
        # The name may hold no plus, but the base64 of the key may.
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Malformed("a verifier key has three parts: name+id+key")
        name, key_id, encoded = parts
        check_name(name)
        data = from_base64(encoded, "the verifier key")
        if len(data) < 2:
            raise Malformed("the verifier key is too short")
        key = cls(name, data[0], data[1:])
        if data[0] in (ED25519, COSIGNATURE) and len(data) != 33:
            raise Malformed("an Ed25519 verifier key has 32 bytes")
        if key.key_id.hex() != key_id:
            raise Malformed(f"the id of the verifier key is {key_id} and should be {key.key_id.hex()}")
        return key

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        name_and_key = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(name_and_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    def made(self, signature: Signature) -> bool:
        """Whether the line claims to be from this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def check_raw(self, message: bytes, signature: bytes) -> None:
        """Raises Mismatch unless the 64 bytes are this Ed25519 key's signature over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise Mismatch(f"the signature of {self.name} is wrong") from error


@dataclass(frozen=True)
class SignerKey:
    """An Ed25519 private key with its name. Never printed: `repr` shows the public side only."""

    name: str
    seed: bytes
    kind: int = ED25519

    def __repr__(self) -> str:
        return f"SignerKey({self.verifier})"

    @classmethod
    def make(cls, name: str, kind: int = ED25519) -> "SignerKey":
        """A new key from the system's randomness."""
        check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw(), kind)

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """Read what `secret` wrote. Raises Malformed, with no word of the key in the message."""
        parts = text.strip().removeprefix(_PRIVATE).split("+", 2)
        if not text.startswith(_PRIVATE) or len(parts) != 3:
            raise Malformed("this is not a private key of a signed note")
        data = from_base64(parts[2], "the private key")
        if len(data) != 33:
            raise Malformed("the private key has a wrong length")
        key = cls(parts[0], data[1:], data[0])
        if key.verifier.key_id.hex() != parts[1]:
            raise Malformed("the private key does not fit its id; the file is damaged")
        return key

    @property
    def secret(self) -> str:
        """The key as one line for a file that only its owner can read."""
        key_id = self.verifier.key_id.hex()
        return f"{_PRIVATE}{self.name}+{key_id}+{_base64(bytes([self.kind]) + self.seed)}"

    @property
    def verifier(self) -> VerifierKey:
        """The public side."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.kind, public)

    def sign_raw(self, message: bytes) -> bytes:
        """64 bytes; the same for the same message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def sign(self, text: bytes) -> Signature:
        """A plain note signature over the text."""
        return Signature(self.name, self.verifier.key_id, self.sign_raw(text))


def parse(data: bytes) -> Note:
    """Read a note without judging its signatures. Raises Malformed."""
    if len(data) > LARGEST_NOTE:
        raise Malformed("the note is too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("the note is not UTF-8") from error
    if any(character < " " and character != "\n" for character in whole):
        raise Malformed("the note holds control characters; a copy may have changed its line ends")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        raise Malformed("this is not a signed note: no signature lines after an empty line")
    rows = lines[:-1].split("\n")
    if len(rows) > MOST_SIGNATURES:
        raise Malformed(f"the note has more than {MOST_SIGNATURES} signatures")
    return Note((text + "\n").encode(), tuple(map(signature_line, rows)))


def signature_line(line: str) -> Signature:
    """Read one signature line, without its line feed. Raises Malformed."""
    match = re.fullmatch(_DASH + "([^ ]+) ([^ ]+)", line)
    if not match:
        raise Malformed("a signature line does not read: em dash, name, base64")
    check_name(match[1])
    data = from_base64(match[2], "a signature")
    if len(data) < 5:
        raise Malformed("a signature is too short")
    return Signature(match[1], data[:4], data[4:])


def check(note: Note, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Those of the plain Ed25519 keys that signed the note, in the order of the lines.

    Lines of unknown keys are passed over. Raises Mismatch when a line claims one of the keys and fails: such
    a note is rejected whole.
    """
    known = list(keys)
    signed: list[VerifierKey] = []
    for signature in note.signatures:
        for key in known:
            if key.made(signature) and key not in signed:
                key.check_raw(note.text, signature.blob)
                signed.append(key)
    return signed


def check_name(name: str) -> None:
    """Raises Malformed unless the name may stand in a key and a signature line."""
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise Malformed(f"{name!r} cannot name a key: it is empty or holds a space or a plus")


def from_base64(text: str, what: str) -> bytes:
    """Strict base64 with padding: one text for one value. Raises Malformed."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{what} is not base64") from error
    if _base64(data) != text:
        raise Malformed(f"{what} is not base64 in its one right form")
    return data


def decimal(text: str, what: str) -> int:
    """A number without sign or leading zeros, below 2^63. Raises Malformed."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text) or int(text) >= 1 << 63:
        raise Malformed(f"{what} is not a decimal number")
    return int(text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
