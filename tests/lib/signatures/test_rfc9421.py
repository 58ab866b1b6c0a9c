"""RFC 9421, tried on its own examples (appendix B) and on requests that lie."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.signatures import digests, keys, rfc9421, structured
from dragoman.lib.signatures.request import BadSignature, Request, Window

CREATED = datetime.fromtimestamp(1618884473, UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WINDOW = Window(NOW)
COVERS = ("@method", "@target-uri", "content-digest")

# Facts of RFC 9421: the request of appendix B.2, the keys of B.1, and what B.2.x says comes out.
EXAMPLE = Request(
    "POST",
    "https://example.com/foo?param=Value&Pet=dog",
    {
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-digest": (
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
        ),
        "content-length": "18",
    },
    b'{"hello": "world"}',
)
ED25519_PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
ED25519_SEED = base64.b64decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=")
ECDSA_PUBLIC = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----
"""
RSA_PSS_PUBLIC = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
"""
B26_COVERS = ("date", "@method", "@path", "@authority", "content-type", "content-length")
B26 = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
B24_COVERS = ("@status", "content-type", "content-digest", "content-length")
SECTION_31 = (
    "HIbjHC5rS0BYaa9v4QfD4193TORw7u9edguPh0AW3dMq9WImrlFrCGUDih47vAxi4L2YRZ3XMJc1uOKk/J0ZmZ+wcta4nKIgBkKq0rM9"
    "hs3CQyxXGxHLMCy8uqK488o+9jrptQ+xFPHK7a9sRL1IXNaagCNN3ZxJsYapFj+JXbmaI5rtAdSfSvzPuBCh+ARHBmWuNo1UzVVdHXrl"
    "8ePL4cccqlazIJdC4QEjrF+Sn4IxBQzTZsL9y9TP5FsZYzHvDqbInkTNigBcE9cKOYNFCn4D/WM7F6TNuZO9EgtzepLWcjTymlHzK7aX"
    "q6Am6sfOrpIC49yXjj3ae6HRalVc/g=="
)
B25_SECRET = base64.b64decode(
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)


def _with(request: Request, covers: tuple[str, ...], key_id: str, signature: str) -> Request:
    listed = " ".join(f'"{name}"' for name in covers)
    form = f'sig=({listed});created=1618884473;keyid="{key_id}"'
    extra = {"signature-input": form, "signature": f"sig=:{signature}:"}
    return replace(request, headers={**request.headers, **extra})


def test_the_standards_example_with_ed25519_is_signed_to_the_byte() -> None:
    added = rfc9421.signed(
        EXAMPLE,
        key=Ed25519PrivateKey.from_private_bytes(ED25519_SEED),
        key_id="test-key-ed25519",
        covers=B26_COVERS,
        now=CREATED,
        label="sig-b26",
        say_algorithm=False,
    )
    assert added["signature"] == f"sig-b26=:{B26}:"


@pytest.mark.parametrize(
    ("covers", "key_id", "pem", "algorithm", "signature"),
    [
        (B26_COVERS, "test-key-ed25519", ED25519_PUBLIC, keys.ED25519, B26),
        (
            ("@method", "@authority", "@path", "content-digest", "content-length", "content-type"),
            "test-key-rsa-pss",
            RSA_PSS_PUBLIC,
            keys.RSA_PSS,
            SECTION_31,
        ),
    ],
)
def test_the_standards_signatures_are_proved(
    covers: tuple[str, ...], key_id: str, pem: str, algorithm: str, signature: str
) -> None:
    request = _with(EXAMPLE, covers, key_id, signature)
    [claim] = rfc9421.claims(request, Window(CREATED))
    assert claim.key_id == key_id
    keys.verify(algorithm, keys.public(pem), claim.base, claim.signature)
    with pytest.raises(BadSignature):
        keys.verify(algorithm, keys.public(pem), claim.base + b" ", claim.signature)


def test_the_standards_shared_secret_gives_the_standards_digest() -> None:
    request = _with(EXAMPLE, ("date", "@authority", "content-type"), "test-shared-secret", "AAAA")
    [claim] = rfc9421.claims(request, Window(CREATED))
    assert (
        keys.b64(keys.hmac_sha256(B25_SECRET, claim.base)) == "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="
    )


def test_the_standards_elliptic_key_and_digest_are_taken() -> None:
    assert keys.usual(keys.public(ECDSA_PUBLIC)) == keys.ECDSA
    digests.check_content_digest(EXAMPLE.headers["content-digest"], EXAMPLE.body)


def test_the_answers_of_the_derived_components_are_those_of_the_standard() -> None:
    request = Request("POST", "https://WWW.example.com:443/path?param=value", {})
    names = ("@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query")
    assert [rfc9421._component(request, name) for name in names] == [
        *("POST", "https://WWW.example.com:443/path?param=value", "www.example.com", "https"),
        *("/path?param=value", "/path", "?param=value"),
    ]
    assert Request("GET", "https://example.com", {}).path == "/"
    assert Request("GET", "https://example.com:8443/", {}).authority == "example.com:8443"
    assert Request("GET", "https://example.com/path", {}).query == "?"


MADE = {keys.RSA: keys.private(keys.new_rsa()), keys.ED25519: keys.private(keys.new_ed25519())}
MADE[keys.RSA_PSS] = MADE[keys.RSA]


def _signed(
    algorithm: str = keys.ED25519, *, covers: tuple[str, ...] = COVERS, now: datetime = NOW
) -> Request:
    request = Request("POST", "https://a.example/inbox?x=1", {"host": "a.example"}, b'{"a": 1}')
    added = rfc9421.signed(
        request, key=MADE[algorithm], key_id="k", covers=covers, now=now, algorithm=algorithm
    )
    return replace(request, headers={**request.headers, **added})


def _prove(request: Request, algorithm: str = keys.ED25519, window: Window = WINDOW) -> None:
    for claim in rfc9421.claims(request, window):
        rfc9421.prove(request, claim, MADE[algorithm].public_key(), must_cover=("@method", "@target-uri"))


@pytest.mark.parametrize("algorithm", sorted(MADE))
def test_what_is_signed_is_proved(algorithm: str) -> None:
    _prove(_signed(algorithm), algorithm)


@pytest.mark.parametrize(
    "lie",
    [
        {"body": b'{"a": 2}'},
        {"method": "PUT"},
        {"url": "https://a.example/inbox?x=2"},
        {"url": "https://b.example/inbox?x=1"},
    ],
)
def test_a_changed_request_is_refused(lie: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        _prove(replace(_signed(), **lie))  # type: ignore[arg-type]  # one field at a time


def test_a_changed_body_with_a_new_digest_is_refused() -> None:
    request = _signed()
    headers = {**request.headers, "content-digest": digests.content_digest(b"other")}
    with pytest.raises(BadSignature):
        _prove(replace(request, body=b"other", headers=headers))


def test_a_body_that_no_digest_binds_is_refused() -> None:
    with pytest.raises(BadSignature, match="content-digest"):
        _prove(_signed(covers=("@method", "@target-uri")))


def test_a_signature_that_leaves_out_the_address_is_refused() -> None:
    with pytest.raises(BadSignature, match="@target-uri"):
        _prove(_signed(covers=("@method", "content-digest")))


@pytest.mark.parametrize("away", [timedelta(hours=-2), timedelta(minutes=6)])
def test_a_signature_of_another_time_is_refused(away: timedelta) -> None:
    with pytest.raises(BadSignature):
        _prove(_signed(now=NOW + away))


def test_a_signature_that_has_run_out_is_refused() -> None:
    with pytest.raises(BadSignature, match="run out"):
        WINDOW.judge(NOW.timestamp() - 600, NOW.timestamp() - 400)


def test_another_algorithm_than_the_keys_is_refused() -> None:
    request = _signed()
    text = request.headers["signature-input"].replace('alg="ed25519"', 'alg="rsa-v1_5-sha256"')
    with pytest.raises(BadSignature):
        _prove(replace(request, headers={**request.headers, "signature-input": text}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sig1",
        "sig1=1",
        'sig1=("@method" "@method");created=1;keyid="k"',
        'sig1=("Date");created=1;keyid="k"',
        'sig1=("@method";req);created=1;keyid="k"',
        'sig1=("@status");created=1;keyid="k"',
        'sig1=("@method");keyid="k"',
        'sig1=("@method");created=1.5;keyid="k"',
        'sig1=("@method");created="1";keyid="k"',
        'sig1=(@method);created=1;keyid="k"',
        'sig1=("@method");created=1;keyid="k",sig1=("@method");created=1;keyid="k"',
        'sig1=("@method"; created=1',
        'sig1=("@method""@path");created=1;keyid="k"',
    ],
)
def test_a_malformed_header_is_refused(text: str) -> None:
    request = _signed()
    with pytest.raises(BadSignature):
        rfc9421.claims(replace(request, headers={**request.headers, "signature-input": text}), WINDOW)


def test_weak_and_foreign_keys_are_refused() -> None:
    with pytest.raises(keys.BadKey):
        keys.public("no key")
    with pytest.raises(keys.BadKey):
        keys.private("no key")
    with pytest.raises(keys.BadKey):
        keys.multikey("z" + "1" * 48)


@given(st.text(max_size=200))
def test_the_reader_takes_any_text_or_refuses_it(text: str) -> None:
    try:
        found = structured.dictionary(text)
    except BadSignature:
        return
    for value in found.values():
        again = structured.dictionary("a=" + structured.write(value))["a"]
        assert again == value


BARE = st.one_of(
    st.integers(-(10**14), 10**14),
    st.booleans(),
    st.binary(max_size=40),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40),
)
PARAMS = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_.*-]{0,8}", fullmatch=True), BARE, max_size=4)
ITEMS = st.builds(structured.Item, BARE, PARAMS)


@given(st.one_of(ITEMS, st.builds(structured.InnerList, st.lists(ITEMS, max_size=5).map(tuple), PARAMS)))
def test_what_is_written_is_read_back(value: structured.Item | structured.InnerList) -> None:
    found = structured.dictionary("a=" + structured.write(value))["a"]
    assert found == value


@given(st.text(max_size=60), st.integers(0, 40))
def test_no_letter_of_a_signature_may_change(letter: str, place: int) -> None:
    request = _signed()
    value = request.headers["signature"]
    at = len("sig1=:") + place
    changed = value[:at] + letter + value[at + len(letter) :]
    if changed == value:
        return
    with pytest.raises(BadSignature):
        _prove(replace(request, headers={**request.headers, "signature": changed}))
