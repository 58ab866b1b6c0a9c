"""Keys and the few algorithms that are taken: RFC 9421 section 3.3, and RSA as the fediverse has it."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from dragoman.lib.signatures.request import BadSignature

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

RSA = "rsa-v1_5-sha256"
RSA_PSS = "rsa-pss-sha512"
ECDSA = "ecdsa-p256-sha256"
ED25519 = "ed25519"
LEAST_BITS, MOST_BITS = (
    2048,
    8192,
)  # a larger modulus costs whoever checks it, which a stranger must not choose
P256_BYTES = 32
SALT = 64
MULTIKEY_ED25519 = b"\xed\x01"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class BadKey(ValueError):
    """It is no key that is taken. The text says why, and never repeats the key."""


def new_rsa() -> str:
    """A new RSA key of 2048 bits, as PEM: what every server of the fediverse is able to check."""
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=LEAST_BITS))


def new_ed25519() -> str:
    """A new Ed25519 key, as PEM."""
    return _pem(ed25519.Ed25519PrivateKey.generate())


def private(pem: str) -> PrivateKey:
    """A private key from PEM without a password."""
    try:
        key = serialization.load_pem_private_key(pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("it is not a private key in PEM form without a password") from None
    if not isinstance(key, PrivateKey):
        raise BadKey("it is a private key of a kind that is not used here")
    _fit(key.public_key())
    return key


def public(pem: str) -> PublicKey:
    """A public key from PEM: SubjectPublicKeyInfo, or bare PKCS #1 as some servers publish it."""
    if len(pem) > MOST_BITS:
        raise BadKey("it is too long for a public key")
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("it is not a public key in PEM form") from None
    if not isinstance(key, PublicKey):
        raise BadKey("it is a public key of a kind that is not taken")
    return _fit(key)


def multikey(text: str) -> PublicKey:
    """An Ed25519 public key in the form of FEP-521a: multibase base58btc of multicodec 0xed."""
    raw = _base58(text[1:]) if text.startswith("z") and len(text) < 100 else b""
    if not raw.startswith(MULTIKEY_ED25519):
        raise BadKey("it is not an Ed25519 key in multikey form")
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(raw.removeprefix(MULTIKEY_ED25519))
    except ValueError:
        raise BadKey("it is not an Ed25519 key in multikey form") from None


def public_pem(key: PublicKey) -> str:
    """The key as others fetch it."""
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, spki).decode()


def usual(key: PublicKey | PrivateKey) -> str:
    """The algorithm that goes with a key where none is named."""
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return RSA
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return ECDSA
    return ED25519


def sign(algorithm: str, key: PrivateKey, data: bytes) -> bytes:
    """Sign by an algorithm that fits the key."""
    match algorithm, key:
        case "rsa-v1_5-sha256", rsa.RSAPrivateKey():
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        case "rsa-pss-sha512", rsa.RSAPrivateKey():
            return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA512()), SALT), hashes.SHA512())
        case "ecdsa-p256-sha256", ec.EllipticCurvePrivateKey():
            r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(P256_BYTES, "big") + s.to_bytes(P256_BYTES, "big")
        case "ed25519", ed25519.Ed25519PrivateKey():
            return key.sign(data)
        case _:
            raise BadKey(f"the key does not sign by {algorithm}")


def verify(algorithm: str, key: PublicKey, data: bytes, signature: bytes) -> None:
    """`BadSignature` unless the owner of this key signed these bytes by this algorithm."""
    try:
        check = CHECKS[algorithm]
    except KeyError:
        raise BadSignature("it is signed by an algorithm that is not taken") from None
    try:
        check(key, data, signature)
    except (InvalidSignature, ValueError, TypeError):
        raise BadSignature("the signature is not of this key and this text") from None


def hmac_sha256(secret: bytes, data: bytes) -> bytes:
    """The keyed digest of RFC 2104."""
    return hmac.digest(secret, data, hashlib.sha256)


def _rsa(key: PublicKey, data: bytes, signature: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError
    key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


def _rsa_pss(key: PublicKey, data: bytes, signature: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError
    key.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA512()), SALT), hashes.SHA512())


def _ecdsa(key: PublicKey, data: bytes, signature: bytes) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 2 * P256_BYTES:
        raise TypeError
    r, s = (int.from_bytes(half, "big") for half in (signature[:P256_BYTES], signature[P256_BYTES:]))
    key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))


def _ed25519(key: PublicKey, data: bytes, signature: bytes) -> None:
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise TypeError
    key.verify(signature, data)


CHECKS: Mapping[str, Callable[[PublicKey, bytes, bytes], None]] = {
    RSA: _rsa,
    RSA_PSS: _rsa_pss,
    ECDSA: _ecdsa,
    ED25519: _ed25519,
}


def _fit(key: PublicKey) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey) and not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise BadKey(f"an RSA key must have between {LEAST_BITS} and {MOST_BITS} bits")
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1):
        raise BadKey("of elliptic curves only P-256 and Ed25519 are taken")
    return key


def _pem(key: PrivateKey) -> str:
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode()


def _base58(text: str) -> bytes:
    number = 0
    for letter in text:
        place = BASE58.find(letter)
        if place < 0:
            return b""
        number = number * 58 + place
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def b64(data: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(data).decode("ascii")
