"""The body's digest in a header: `Content-Digest` (RFC 9530), and `Digest` (RFC 3230) as it is used."""

import base64
import binascii
import hashlib
import hmac

from dragoman.lib.signatures import structured
from dragoman.lib.signatures.request import MAX_HEADER, BadSignature
from dragoman.lib.signatures.structured import Item

TAKEN = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return f"sha-256={structured.write(Item(hashlib.sha256(body).digest()))}"


def digest(body: bytes) -> str:
    """The value of a `Digest` header."""
    return f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}"


def check_content_digest(value: str, body: bytes) -> None:
    """At least one digest that we know, and every one that we know is right."""
    known = 0
    for name, item in structured.dictionary(value).items():
        if name in TAKEN:
            ours = TAKEN[name](body).digest()
            if not isinstance(item, Item) or not isinstance(item.value, bytes):
                raise BadSignature("its content digest is not well formed")
            _same(item.value, ours)
            known += 1
    if not known:
        raise BadSignature("it carries no content digest by SHA-256 or SHA-512")


def check_digest(value: str, body: bytes) -> None:
    """The same for the older header, whose names know no case."""
    if len(value) > MAX_HEADER:
        raise BadSignature("a header of its signature is too long")
    known = 0
    for entry in value.split(","):
        name, _, encoded = entry.strip().partition("=")
        if name.lower() in TAKEN:
            try:
                theirs = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise BadSignature("its digest is not well formed") from None
            _same(theirs, TAKEN[name.lower()](body).digest())
            known += 1
    if not known:
        raise BadSignature("it carries no digest by SHA-256 or SHA-512")


def _same(theirs: bytes, ours: bytes) -> None:
    if not hmac.compare_digest(theirs, ours):
        raise BadSignature("the body is not the one that was signed")
