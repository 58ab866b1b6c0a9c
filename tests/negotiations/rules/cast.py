"""Two parties and a host, their keys, one consent; and an authenticator that signs as a passkey does."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fido2 import cbor

from dragoman.lib.tlog.groups import Group
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import signing, vkeys
from dragoman.negotiations.rules.body import ConsentBody
from dragoman.negotiations.rules.keyring import Keyring, PartyKey
from dragoman.negotiations.rules.roundfile import sums_of

ORIGIN = "record.example.int/statements"
PROCESS = "riverton"
RP_ID = "table.example.int"
SITE = "https://table.example.int"
TEXTS = {
    "en": b"# Meeting at Riverton\n\nThe parties met today.\n",
    "fr": "# Réunion à Riverton\n\nLes parties se sont réunies aujourd’hui.\n".encode(),
}

# Fixed seeds: a signature is the same in every run.
NORTH = SignerKey(f"northland.{PROCESS}", b"\x11" * 32)
EAST = SignerKey(f"eastmark.{PROCESS}", b"\x22" * 32)
HOST = SignerKey(f"host.{PROCESS}", b"\x33" * 32)
OLD = SignerKey(f"northland.{PROCESS}", b"\x44" * 32)
LOG = SignerKey(ORIGIN, b"\x55" * 32)


def b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """A device with one passkey. Every value that an attacker could turn is a field or an argument."""

    secret: int = 7
    rp_id: str = RP_ID
    origin: str = SITE
    flags: int = 0x05  # present and verified
    more: dict[str, object] = field(default_factory=lambda: {"crossOrigin": False})

    @property
    def key(self) -> EllipticCurvePrivateKey:
        return derive_private_key(self.secret, SECP256R1())

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def vkey(self, party: str, process: str = PROCESS) -> str:
        return vkeys.of_passkey(f"{party}.{process}", self.rp_id, (self.origin,), self.point)

    def client_data(self, kind: str, challenge: bytes) -> bytes:
        value = {"type": kind, "challenge": b64url(challenge), "origin": self.origin, **self.more}
        return json.dumps(value).encode()

    def head(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + b"\x00\x00\x00\x00"

    def get(self, challenge: bytes, kind: str = "webauthn.get") -> tuple[bytes, bytes, bytes]:
        """navigator.credentials.get: authenticator data, client data, signature."""
        data, client = self.head(self.flags), self.client_data(kind, challenge)
        message = data + hashlib.sha256(client).digest()
        return data, client, self.key.sign(message, ECDSA(SHA256()))

    def line(self, vkey: str, data: bytes) -> str:
        """The signature line over a text."""
        return signing.line_of_webauthn(vkey, *self.get(signing.challenge_of(data)))

    def create(
        self, challenge: bytes, form: str = "none", algorithm: int = -7, flags: int = 0x40, after: bytes = b""
    ) -> tuple[bytes, bytes]:
        """navigator.credentials.create: client data, attestation object. `after`: extensions, or noise."""
        cose = {1: 2, 3: algorithm, -1: 1, -2: self.point[1:33], -3: self.point[33:]}
        credential = b"credential-one"
        attested = bytes(16) + len(credential).to_bytes(2, "big") + credential + cbor.encode(cose)
        value = {"fmt": form, "attStmt": {}, "authData": self.head(self.flags | flags) + attested + after}
        return self.client_data("webauthn.create", challenge), cbor.encode(value)


PASSKEY = Authenticator()


def ring(
    *keys: PartyKey, version: int = 1, groups: tuple[Group, ...] = (), quorum: str = "everyone"
) -> Keyring:
    """A keyring; without keys that of Northland (own key) and Eastmark (own key and passkey), all needed."""
    keys = keys or (
        PartyKey("northland", str(NORTH.verifier)),
        PartyKey("eastmark", str(EAST.verifier)),
        PartyKey("eastmark", PASSKEY.vkey("eastmark")),
    )
    parties = tuple(dict.fromkeys(one.party for one in keys))
    groups = groups or (Group("everyone", len(parties), parties),)
    return Keyring(ORIGIN, PROCESS, version, keys, groups, quorum)


RING = ring()
BODY = ConsentBody(
    origin=ORIGIN,
    process=PROCESS,
    round=3,
    statement="2026-4f7kq2",
    rev=1,
    texts=sums_of(TEXTS),
    not_before="2026-11-30T09:00:00Z",
    parties=5,
)
DATA = bodies.dump(BODY)


def other(**changes: object) -> ConsentBody:
    """The consent with something else in it."""
    return replace(BODY, **changes)  # type: ignore[arg-type]  # as given


def signed(body: ConsentBody, *keys: SignerKey) -> list[str]:
    """A line of each key."""
    return [signing.sign_ed25519(bodies.dump(body), key) for key in keys]
