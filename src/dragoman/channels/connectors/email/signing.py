"""DKIM (RFC 6376): relaxed headers, relaxed body, RSA with SHA-256.

Signed here and not by a library, for the one at hand counts with Python's own whole numbers: twenty times
slower, and in a time that depends on the key.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LEAST_BITS = 2048
SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("content-language", "auto-submitted", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
)
FIELD = re.compile(rb"([!-9;-~]+):((?:[^\r]|\r\n[ \t])*)\r\n")
BLANKS = re.compile(rb"[ \t]+")
UNTIDY = re.compile(rb"[ \t]{2,}|\t|[ \t]\r\n")


class BadKey(ValueError):
    """The text is not an RSA key that mail can be signed with."""


@dataclass(frozen=True)
class Signer:
    """Signs for one domain with one key. The key is never shown."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey = field(repr=False)

    def header(self, headers: bytes, body: bytes) -> bytes:
        """The `DKIM-Signature` field, with its line end, to be put before the others."""
        found = {name.lower(): value for name, value in FIELD.findall(headers)}
        names = [name.encode() for name in SIGNED if name.encode() in found]
        # `from` named once more than it stands there: a second one added later breaks the signature
        listed = b":".join([*names, b"from"])
        value = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=%s;\r\n h=%s;\r\n bh=%s;\r\n b=" % (
            self.domain.encode("ascii"),
            self.selector.encode("ascii"),
            listed.replace(b":list-id", b":\r\n list-id"),
            base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()),
        )
        lines = [name + b":" + relaxed(found[name]) + b"\r\n" for name in names]
        lines.append(b"dkim-signature:" + relaxed(value))
        signature = self.key.sign(b"".join(lines), padding.PKCS1v15(), hashes.SHA256())
        text = base64.b64encode(signature)
        folded = b"\r\n ".join(text[at : at + 72] for at in range(0, len(text), 72))
        return b"DKIM-Signature: " + value + folded + b"\r\n"

    @property
    def record(self) -> str:
        """What must stand in the DNS, as a TXT record at `place`."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode('ascii')}"

    @property
    def place(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


def relaxed(value: bytes) -> bytes:
    """RFC 6376, 3.4.2: unfolded, blanks made one, none at the ends."""
    return BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip()


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4."""
    if UNTIDY.search(body):
        body = BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def read_key(text: str) -> rsa.RSAPrivateKey:
    """A private key as PEM, also when its line breaks were lost in a form. `BadKey` otherwise."""
    inner = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    try:
        key = serialization.load_der_private_key(base64.b64decode(inner, validate=True), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("It is not a private key in PEM form.") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise BadKey(f"It must be an RSA key of at least {LEAST_BITS} bits.")
    return key
