"""Who we are, for push services: a key of ours and short tokens signed with it (RFC 8292)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LASTS = 12 * 3600  # seconds; at most a day (RFC 8292, 2)
RAW = 32


class BadKey(ValueError):
    """The text is not a private key of the curve P-256."""


@dataclass(frozen=True)
class Key:
    """The key whose public half each browser is told when it says yes. It must never change."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        """As browsers want it: the uncompressed point in base64url."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return text(point)

    def authorization(self, audience: str, contact: str, now: float) -> str:
        """The header for one push service, `audience` being its origin."""
        claims = {"aud": audience, "exp": int(now) + LASTS, "sub": contact}
        head = text(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{text(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        token = f"{signed}.{text(r.to_bytes(RAW, 'big') + s.to_bytes(RAW, 'big'))}"
        return f"vapid t={token}, k={self.public}"


def make() -> str:
    """A new private key, as it is sealed and given to `read`."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return text(number.to_bytes(RAW, "big"))


def read(given: str) -> Key:
    """The key from its 32 bytes in base64url, as other programs write it too. `BadKey` otherwise."""
    try:
        raw = data(given.strip())
        if len(raw) != RAW:
            raise ValueError
        return Key(ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()))
    except ValueError:
        raise BadKey("It is not a private key of 32 bytes in base64url.") from None


def text(raw: bytes) -> str:
    """base64url without its padding."""
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def data(given: str) -> bytes:
    """The bytes back. ValueError for anything else."""
    if not given.isascii():
        raise ValueError
    return base64.b64decode(
        given.replace("-", "+").replace("_", "/") + "=" * (-len(given) % 4), validate=True
    )
