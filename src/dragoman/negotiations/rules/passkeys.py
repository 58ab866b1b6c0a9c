"""Passkeys (WebAuthn, ES256): what a browser hands over when one is made, and when one signs.

No server is needed to check a signature again: the public key and the three byte strings are enough.
User verification is always asked for: a key that only felt a touch does not say who touched it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

from dragoman.lib.problems import Invalid

POINT_SIZE = 65
_UP, _UV, _AT, _ED = 0x01, 0x04, 0x40, 0x80
_HEAD = 37  # digest of the relying party id, flags, counter
_AGAIN = "Sign once more on the party's own page, with the passkey that is in the keyring."


@dataclass(frozen=True)
class Passkey:
    """A passkey's public side: where it may be used, and the uncompressed P-256 point."""

    rp_id: str
    origins: tuple[str, ...]
    point: bytes


@dataclass(frozen=True)
class Assertion:
    """The three byte strings of one signature."""

    authenticator_data: bytes
    client_data: bytes
    signature: bytes


def check_point(point: bytes) -> EllipticCurvePublicKey:
    """The key of a point. Raises Invalid (`bad-key`)."""
    try:
        if len(point) != POINT_SIZE:
            raise ValueError
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError as error:
        raise Invalid("The public key is no point of the curve P-256.", code="bad-key") from error


def check_assertion(passkey: Passkey, challenge: bytes, made: Assertion) -> None:
    """Raises Invalid unless this passkey signed the challenge with its person verified. One code for each
    way to be wrong: `wrong-type`, `wrong-challenge`, `wrong-origin`, `wrong-rp`, `no-user-presence`,
    `no-user-verification`, `wrong-signature`, `bad-signature`."""
    _check_client(made.client_data, "webauthn.get", challenge, passkey.origins)
    _check_head(made.authenticator_data, passkey.rp_id)
    message = made.authenticator_data + hashlib.sha256(made.client_data).digest()
    try:
        check_point(passkey.point).verify(made.signature, message, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise Invalid(
            "The signature of the passkey is wrong: it is another key's, or the bytes were changed.",
            mend=_AGAIN,
            code="wrong-signature",
        ) from error


def read_registration(
    rp_id: str, origins: Sequence[str], client_data: bytes, attestation_object: bytes, challenge: bytes
) -> tuple[bytes, bytes]:
    """The point and the credential id of a fresh passkey. Raises Invalid with the codes of
    `check_assertion`, or `bad-key` when it is no ES256 key or comes with an attestation that was not asked
    for."""
    _check_client(client_data, "webauthn.create", challenge, origins)
    try:
        value: Any = cbor.decode(attestation_object)
        form, data = value["fmt"], _bytes(value["authData"])
        if form != "none" or value["attStmt"] != {}:
            raise Invalid(
                f"The passkey came with an attestation ({_told(form)}), which would name the device.",
                code="bad-key",
            )
        _check_head(data, rp_id)
        return _attested(data)
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        struct.error,
    ) as error:
        raise Invalid("What the browser handed over cannot be read.", code="bad-key") from error


def _attested(data: bytes) -> tuple[bytes, bytes]:
    if not data[32] & _AT:
        raise ValueError("no key inside")
    (size,) = struct.unpack(">H", data[_HEAD + 16 : _HEAD + 18])
    start = _HEAD + 18 + size
    credential = data[_HEAD + 18 : start]
    key: Any
    key, rest = cbor.decode_from(data[start:])
    if data[32] & _ED:
        _, rest = cbor.decode_from(rest)
    if rest or not credential or len(credential) != size:
        raise ValueError("wrong length")
    if (key.get(1), key.get(3), key.get(-1)) != (2, -7, 1):
        raise Invalid("The passkey is not of the kind ES256 (P-256).", code="bad-key")
    point = b"\x04" + _bytes(key[-2]) + _bytes(key[-3])
    check_point(point)
    return point, credential


def _told(value: object) -> str:
    """What somebody else wrote, fit for a message: short, and with nothing that cannot be shown."""
    return ascii(value)[:100]


def _bytes(value: object) -> bytes:
    """A byte string. Never `bytes(value)`: of a number that would be so many zeros."""
    if not isinstance(value, bytes):
        raise TypeError("not a byte string")
    return value


def _check_client(data: bytes, kind: str, challenge: bytes, origins: Sequence[str]) -> None:
    value = _client(data)
    if value.get("type") != kind:
        raise Invalid(
            f"The passkey was used for another thing ({_told(value.get('type'))}, wanted {kind}).",
            mend=_AGAIN,
            code="wrong-type",
        )
    wanted = urlsafe_b64encode(challenge).rstrip(b"=").decode()
    given = value.get("challenge")
    if given != wanted:
        raise Invalid(
            "The passkey signed another text: its challenge is not the digest of this one.",
            mend=_AGAIN,
            code="wrong-challenge",
        )
    if value.get("origin") not in origins or value.get("crossOrigin") is True or "topOrigin" in value:
        raise Invalid(
            f"The passkey was used on another site ({_told(value.get('origin'))}), "
            f"not on {' or '.join(origins)}.",
            mend="Somebody may be imitating the site. Tell the host by another way.",
            code="wrong-origin",
        )


def _client(data: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a member occurs twice")
        return dict(pairs)

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Invalid("What the browser says of the signing cannot be read.", code="bad-signature") from error
    if not isinstance(value, dict):
        raise Invalid("What the browser says of the signing is no object.", code="bad-signature")
    return value


def _check_head(data: bytes, rp_id: str) -> None:
    if len(data) < _HEAD:
        raise Invalid("The authenticator's data is too short.", code="bad-signature")
    if data[:32] != hashlib.sha256(rp_id.encode()).digest():
        raise Invalid(
            f"The passkey signed for another relying party than {rp_id}.",
            mend="Somebody may be imitating the site. Tell the host by another way.",
            code="wrong-rp",
        )
    if not data[32] & _UP:
        raise Invalid("Nobody was present when the passkey signed.", mend=_AGAIN, code="no-user-presence")
    if not data[32] & _UV:
        raise Invalid(
            "The passkey did not verify its person (no PIN, finger or face), so it does not say who signed.",
            mend="Switch user verification on for this passkey, and sign once more.",
            code="no-user-verification",
        )
