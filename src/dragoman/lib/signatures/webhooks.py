"""Standard Webhooks: how one machine tells another that something happened, and proves that it was itself.

Headers `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`: one or more signatures with a
space between, each `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`. A secret is `whsec_` and the
base64 of 24 to 64 bytes. Source: standardwebhooks.com, the specification in the repository of that name.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dragoman.lib.signatures import keys
from dragoman.lib.signatures.keys import BadKey
from dragoman.lib.signatures.request import MAX_HEADER, BadSignature

PREFIX = "whsec_"
LEAST, MOST = 24, 64
TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 16


def new_secret() -> str:
    """A new secret of 32 random bytes."""
    return PREFIX + keys.b64(secrets.token_bytes(32))


def secret_bytes(text: str) -> bytes:
    """The bytes of a secret in its written form; `BadKey` when it is none."""
    try:
        raw = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadKey(f"a secret is {PREFIX} followed by base64") from None
    if not LEAST <= len(raw) <= MOST:
        raise BadKey(f"a secret has between {LEAST} and {MOST} bytes")
    return raw


def signed(id: str, body: bytes, at: datetime, secrets: Sequence[bytes]) -> dict[str, str]:  # noqa: A002 - the standard's word
    """The three headers. With two secrets both sign, so that a receiver may change over at leisure."""
    if not id or not id.isascii() or not id.isprintable() or "." in id or " " in id:
        raise ValueError("a webhook-id is plain ASCII, with no dot and no space")
    stamp = str(int(at.timestamp()))
    values = [f"v1,{keys.b64(_mac(secret, id, stamp, body))}" for secret in secrets]
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": " ".join(values)}


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[bytes],
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """The webhook-id, if one of the secrets signed this body and the moment is near. Whether the id was seen
    before is for the caller to know. `headers` have lower-case names."""
    found, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    value = headers.get("webhook-signature", "")
    if not found or len(found) > 255 or not found.isascii() or "." in found:
        raise BadSignature("it carries no webhook-id that is taken")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise BadSignature("it carries no webhook-timestamp")
    if abs(now.timestamp() - int(stamp)) > tolerance.total_seconds():
        raise BadSignature("its webhook-timestamp is too far from our clock")
    if len(value) > MAX_HEADER:
        raise BadSignature("a header of its signature is too long")
    theirs = [each.partition(",")[2] for each in value.split(" ") if each.startswith("v1,")]
    ours = [keys.b64(_mac(secret, found, stamp, body)).encode() for secret in secrets]
    # Every pair is compared, so that the time it takes says nothing.
    same = [
        hmac.compare_digest(mine, each.encode("utf-8", "replace"))
        for mine in ours
        for each in theirs[:MOST_SIGNATURES]
    ]
    if not any(same):
        raise BadSignature("no signature of it is by a secret of ours")
    return found


def _mac(secret: bytes, id: str, stamp: str, body: bytes) -> bytes:  # noqa: A002 - the standard's word
    return keys.hmac_sha256(secret, f"{id}.{stamp}.".encode() + body)
