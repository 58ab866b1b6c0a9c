"""The draft that came before RFC 9421: "Signing HTTP Messages", draft-cavage-http-signatures-12.

Written as the fediverse writes it: a `Signature` header, RSA with SHA-256 (said as `rsa-sha256` or `hs2019`),
and the body bound by a `Digest` header.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from dragoman.lib.signatures import digests, keys
from dragoman.lib.signatures.keys import PrivateKey, PublicKey
from dragoman.lib.signatures.request import MAX_HEADER, BadSignature, Claim, Request, Window

PARAM = re.compile(r'\s*([a-zA-Z]+)\s*=\s*(?:"([^"\\]*)"|([0-9]+(?:\.[0-9]+)?))\s*(?:,|$)')
ALGORITHMS = {"": "", "hs2019": "", "rsa-sha256": keys.RSA, "ed25519": keys.ED25519}
COVERS_POST = ("(request-target)", "host", "date", "digest")
COVERS_GET = ("(request-target)", "host", "date")


def present(request: Request) -> bool:
    """Does the request carry a signature of this form?"""
    return "signature" in request.headers and "signature-input" not in request.headers


def signed(
    request: Request, *, key: PrivateKey, key_id: str, now: datetime, covers: Sequence[str] = ()
) -> dict[str, str]:
    """The headers to add: date, digest of the body if there is one, and the signature."""
    added = {"date": format_datetime(now.astimezone(UTC), usegmt=True)}
    if request.body:
        added["digest"] = digests.digest(request.body)
    covers = tuple(covers) or (COVERS_POST if request.body else COVERS_GET)
    whole = Request(
        request.method, request.url, {"host": request.authority, **request.headers, **added}, request.body
    )
    base = signature_base(whole, covers, None, None)
    value = keys.b64(keys.sign(keys.usual(key), key, base))
    name = "rsa-sha256" if keys.usual(key) == keys.RSA else "hs2019"
    added["signature"] = (
        f'keyId="{key_id}",algorithm="{name}",headers="{" ".join(covers)}",signature="{value}"'
    )
    return added


def claim(request: Request, window: Window) -> Claim:
    """The signature, read and judged by the clock; not proved yet."""
    params = _params(request.headers.get("signature", ""))
    covers = tuple(params.get("headers", "(created)").lower().split())
    algorithm = params.get("algorithm", "").lower()
    if not params.get("keyId") or not covers or len(set(covers)) != len(covers):
        raise BadSignature("its signature does not say by which key, or what it covers")
    if algorithm not in ALGORITHMS:
        raise BadSignature("it is signed by an algorithm that is not taken")
    created, expires = _number(params.get("created")), _number(params.get("expires"))
    if "(created)" in covers:
        window.judge(created, expires)
    elif "date" in covers:
        window.judge(_date(request.header("date")), expires)
    else:
        raise BadSignature("its signature does not say when it was made")
    try:
        signature = base64.b64decode(params.get("signature", ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("its signature is not well formed") from None
    base = signature_base(request, covers, params.get("created"), params.get("expires"))
    return Claim(params["keyId"], ALGORITHMS[algorithm], covers, base, signature)


def prove(request: Request, claim: Claim, key: PublicKey, *, must_cover: Sequence[str]) -> None:
    """As in `rfc9421.prove`; a body is bound by `digest`."""
    needed = {*must_cover, *(("digest",) if request.body else ())}
    lacking = sorted(needed - set(claim.covers))
    if lacking:
        raise BadSignature(f"its signature does not cover {', '.join(lacking)}")
    keys.verify(claim.algorithm or keys.usual(key), key, claim.base, claim.signature)
    if "digest" in claim.covers:
        digests.check_digest(request.header("digest"), request.body)


def signature_base(
    request: Request, covers: Sequence[str], created: str | None, expires: str | None
) -> bytes:
    """The bytes that are signed, draft 12 section 2.3."""
    lines = []
    for name in covers:
        if name == "(request-target)":
            value: str | None = f"{request.method.lower()} {request.target}"
        elif name in ("(created)", "(expires)"):
            value = created if name == "(created)" else expires
        else:
            value = request.header(name)
        if value is None:
            raise BadSignature("its signature covers a time that it does not name")
        lines.append(f"{name}: {value}")
    try:
        return "\n".join(lines).encode("latin-1")
    except UnicodeEncodeError:
        raise BadSignature("what its signature covers is not plain text") from None


def _params(text: str) -> dict[str, str]:
    if len(text) > MAX_HEADER:
        raise BadSignature("a header of its signature is too long")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = PARAM.match(text, at)
        if match is None or match[1] in found:
            raise BadSignature("a header of its signature is not well formed")
        found[match[1]] = match[2] if match[2] is not None else match[3]
        at = match.end()
    return found


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
        raise BadSignature("its signature names a time that is none")
    return float(text)


def _date(text: str) -> float:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        raise BadSignature("its date is not a date") from None
