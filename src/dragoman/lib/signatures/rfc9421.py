"""HTTP Message Signatures, RFC 9421: requests only, and whole headers only.

Components with parameters (`;sf`, `;key`, `;bs`, `;tr`, `;req`) are refused: nobody who writes to us uses
them, and each is a way in which two readers could see two things.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from dragoman.lib.signatures import digests, keys, structured
from dragoman.lib.signatures.keys import PrivateKey, PublicKey
from dragoman.lib.signatures.request import BadSignature, Claim, Request, Window
from dragoman.lib.signatures.structured import Bare, InnerList, Item

MOST_SIGNATURES = 4
DERIVED: Mapping[str, Callable[[Request], str]] = {
    "@method": lambda request: request.method,
    "@target-uri": lambda request: request.url,
    "@authority": lambda request: request.authority,
    "@scheme": lambda request: request.url.partition(":")[0].lower(),
    "@request-target": lambda request: request.target,
    "@path": lambda request: request.path,
    "@query": lambda request: request.query,
}


def present(request: Request) -> bool:
    """Does the request carry a signature of this form?"""
    return "signature-input" in request.headers


def signed(
    request: Request,
    *,
    key: PrivateKey,
    key_id: str,
    covers: Sequence[str],
    now: datetime,
    label: str = "sig1",
    algorithm: str = "",
    lasts: timedelta | None = None,
    say_algorithm: bool = True,
) -> dict[str, str]:
    """The headers to add. A body is bound by `content-digest`, which must be among what it covers."""
    headers = dict(request.headers)
    if "content-digest" in covers and "content-digest" not in headers:
        headers["content-digest"] = digests.content_digest(request.body)
    algorithm = algorithm or keys.usual(key)
    created = int(now.timestamp())
    params: dict[str, Bare] = {"created": created}
    if lasts is not None:
        params["expires"] = created + int(lasts.total_seconds())
    params["keyid"] = key_id
    if say_algorithm:
        params["alg"] = algorithm
    form = InnerList(tuple(Item(name) for name in covers), params)
    base = signature_base(Request(request.method, request.url, headers, request.body), form)
    added = {
        "signature-input": f"{label}={structured.write(form)}",
        "signature": f"{label}={structured.write(Item(keys.sign(algorithm, key, base)))}",
    }
    if headers.get("content-digest") != request.headers.get("content-digest"):
        added["content-digest"] = headers["content-digest"]
    return added


def claims(request: Request, window: Window) -> list[Claim]:
    """Every signature the request carries, read and judged by the clock; none is proved yet.

    `window` also refuses a signature that does not say when it was made.
    """
    inputs = structured.dictionary(request.headers.get("signature-input", ""))
    values = structured.dictionary(request.headers.get("signature", ""))
    if not inputs or len(inputs) > MOST_SIGNATURES:
        raise BadSignature("it carries no signature, or more than are looked at")
    return [_claim(request, form, values.get(label), window) for label, form in inputs.items()]


def prove(request: Request, claim: Claim, key: PublicKey, *, must_cover: Sequence[str]) -> None:
    """`BadSignature` unless the key's owner signed at least `must_cover`; the body must be bound if there is
    one, and then be the one that was signed."""
    needed = {*must_cover, *(("content-digest",) if request.body else ())}
    lacking = sorted(needed - set(claim.covers))
    if lacking:
        raise BadSignature(f"its signature does not cover {', '.join(lacking)}")
    keys.verify(claim.algorithm or keys.usual(key), key, claim.base, claim.signature)
    if "content-digest" in claim.covers:
        digests.check_content_digest(request.header("content-digest"), request.body)


def signature_base(request: Request, form: InnerList) -> bytes:
    """The bytes that are signed, RFC 9421 section 2.5."""
    lines = []
    names = set()
    for item in form.items:
        name = item.value
        if not isinstance(name, str) or isinstance(name, structured.Token) or item.params:
            raise BadSignature("its signature covers something in a form that is not taken")
        if name in names or name != name.lower():
            raise BadSignature("its signature names one thing twice, or in capitals")
        names.add(name)
        lines.append(f'"{name}": {_component(request, name)}')
    lines.append(f'"@signature-params": {structured.write(form)}')
    text = "\n".join(lines)
    if not text.isascii():
        raise BadSignature("what its signature covers is not plain ASCII")
    return text.encode("ascii")


def _component(request: Request, name: str) -> str:
    if name in DERIVED:
        return DERIVED[name](request)
    if name.startswith("@"):
        raise BadSignature("its signature covers something that is not known here")
    return request.header(name)


def _claim(request: Request, form: Item | InnerList, value: Item | InnerList | None, window: Window) -> Claim:
    if not isinstance(form, InnerList) or not isinstance(value, Item) or not isinstance(value.value, bytes):
        raise BadSignature("its signature is not well formed")
    params = form.params
    created, expires = params.get("created"), params.get("expires")
    if not isinstance(created, int) or not isinstance(expires, int | None):
        raise BadSignature("its signature does not say when it was made")
    window.judge(created, expires)
    key_id, algorithm = params.get("keyid"), params.get("alg", "")
    if not isinstance(key_id, str) or not key_id or not isinstance(algorithm, str):
        raise BadSignature("its signature does not say by which key")
    covers = tuple(str(item.value) for item in form.items)
    return Claim(key_id, algorithm, covers, signature_base(request, form), value.value)
