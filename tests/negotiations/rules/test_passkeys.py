"""Every way in which a passkey's signature can be wrong has a code of its own."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fido2 import cbor
from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast
from tests.negotiations.rules.cast import Authenticator

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import note
from dragoman.negotiations.rules import signing, vkeys
from dragoman.negotiations.rules.passkeys import Assertion, Passkey

CHALLENGE = b"once" * 8
VKEY = cast.PASSKEY.vkey("eastmark")
MADE = cast.PASSKEY.get(signing.challenge_of(cast.DATA))  # an ECDSA signature differs each time
NAME = f"eastmark.{cast.PROCESS}"


def verify(device: Authenticator, vkey: str = VKEY, data: bytes = cast.DATA) -> signing.Signed:
    return signing.verify_with(device.line(vkey, data), data, vkey)


def refused(device: Authenticator, **more: object) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        verify(device, **more)  # type: ignore[arg-type]  # as given
    return refusal.value


def test_a_passkey_signs() -> None:
    assert verify(cast.PASSKEY) == signing.Signed("eastmark", VKEY, "webauthn")


def test_another_library_reads_the_same_device_in_the_same_way() -> None:
    """fido2's own reading of what our authenticator hands over: it is no invention of these tests."""
    client, attestation = cast.PASSKEY.create(CHALLENGE)
    made = AttestationObject(attestation)
    credential = made.auth_data.credential_data
    assert credential is not None
    assert CollectedClientData(client).challenge == CHALLENGE
    point = b"\x04" + credential.public_key[-2] + credential.public_key[-3]
    assert point == vkeys.raw_public(VKEY)
    data, signed_client, signature = MADE
    assert AuthenticatorData(data).is_user_verified()
    message = data + CollectedClientData(signed_client).hash
    credential.public_key.verify(message, signature)


def test_extensions_of_a_fresh_passkey_are_passed_over() -> None:
    client, attestation = cast.PASSKEY.create(CHALLENGE, flags=0xC0, after=cbor.encode({"credProtect": 2}))
    vkey, _ = vkeys.from_registration(
        NAME,
        rp_id=cast.RP_ID,
        origin=cast.SITE,
        client_data=client,
        attestation_object=attestation,
        challenge=CHALLENGE,
    )
    assert vkey == VKEY


def test_a_point_has_one_form() -> None:
    """The compressed form of a point would be the same key in other bytes: one signer under two names."""
    short = cast.PASSKEY.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    for point in (short, cast.PASSKEY.point[:-1] + b"\x00", b"\x04" + bytes(64), b""):
        with pytest.raises(Invalid, match="no point of the curve") as refusal:
            vkeys.of_passkey(NAME, cast.RP_ID, (cast.SITE,), point)
        assert refusal.value.code == "bad-key"


def test_without_user_verification_it_is_no_consent() -> None:
    refusal = refused(replace(cast.PASSKEY, flags=0x01))
    assert refusal.code == "no-user-verification"
    assert "did not verify its person" in refusal.detail


def test_without_presence_it_is_no_consent() -> None:
    assert refused(replace(cast.PASSKEY, flags=0x04)).code == "no-user-presence"


def test_a_swapped_relying_party_is_seen() -> None:
    refusal = refused(replace(cast.PASSKEY, rp_id="table.example.org"))
    assert refusal.code == "wrong-rp"
    assert "another relying party" in refusal.detail


@pytest.mark.parametrize("origin", ["https://table.example.org", "http://table.example.int", cast.SITE + "/"])
def test_a_swapped_origin_is_seen(origin: str) -> None:
    refusal = refused(replace(cast.PASSKEY, origin=origin))
    assert refusal.code == "wrong-origin"
    assert "another site" in refusal.detail


@pytest.mark.parametrize("more", [{"crossOrigin": True}, {"topOrigin": "https://elsewhere.example"}])
def test_a_page_in_a_frame_of_another_site_is_seen(more: dict[str, object]) -> None:
    assert refused(replace(cast.PASSKEY, more=more)).code == "wrong-origin"


def test_another_text_is_seen() -> None:
    line = cast.PASSKEY.line(VKEY, cast.DATA + b"\n")
    with pytest.raises(Invalid) as refusal:
        signing.verify_with(line, cast.DATA, VKEY)
    assert refusal.value.code == "wrong-challenge"


def test_a_registration_is_no_signature() -> None:
    made = cast.PASSKEY.get(signing.challenge_of(cast.DATA), kind="webauthn.create")
    with pytest.raises(Invalid) as refusal:
        signing.verify_with(signing.line_of_webauthn(VKEY, *made), cast.DATA, VKEY)
    assert refusal.value.code == "wrong-type"


def test_another_device_is_seen() -> None:
    assert refused(replace(cast.PASSKEY, secret=8)).code == "wrong-signature"


@pytest.mark.parametrize("name", ["type", "challenge", "origin"])
def test_what_a_page_wrote_into_the_client_data_comes_out_harmless(name: str) -> None:
    data, client, made = MADE
    value = json.loads(client) | {name: "\ud800\x1b[2J" + "x" * 500}
    line = signing.line_of_webauthn(VKEY, data, json.dumps(value).encode(), made)
    with pytest.raises(Invalid) as refusal:
        signing.verify_with(line, cast.DATA, VKEY)
    assert refusal.value.code == f"wrong-{name}"
    assert refusal.value.detail.isprintable()
    assert len(refusal.value.detail) < 300


def test_a_member_that_stands_twice_is_not_read() -> None:
    data, client, _ = cast.PASSKEY.get(signing.challenge_of(cast.DATA))
    double = client[:-1] + b', "origin": "https://elsewhere.example"}'
    with pytest.raises(Invalid) as refusal:
        signing.verify_with(signing.line_of_webauthn(VKEY, data, double, b"0"), cast.DATA, VKEY)
    assert refusal.value.code == "bad-signature"


def test_a_line_holds_three_byte_strings_and_nothing_else() -> None:
    read = signing.read_line(signing.line_of_webauthn(VKEY, *MADE))
    assert signing.parts_of_webauthn(read) == Assertion(*MADE)
    for blob in (read.blob + b"\x00", read.blob[:-1], read.blob[:40]):
        with pytest.raises(Invalid) as refusal:
            signing.verify_with(str(replace(read, blob=blob)), cast.DATA, VKEY)
        assert refusal.value.code == "bad-signature"
    with pytest.raises(Invalid, match="too long"):
        signing.line_of_webauthn(VKEY, MADE[0], b"x" * 0x10000, MADE[2])
    with pytest.raises(Invalid, match="not the key of a passkey"):
        signing.line_of_webauthn(str(cast.EAST.verifier), *MADE)


@pytest.mark.parametrize("client", [b"", b"[]", b"5", b"null", b'"x"', b"\xff", b"[" * 5000, b"{}"])
def test_client_data_of_another_shape_are_refused_in_words(client: bytes) -> None:
    data, _, made = MADE
    with pytest.raises(Invalid) as refusal:
        signing.verify_with(signing.line_of_webauthn(VKEY, data, client, made), cast.DATA, VKEY)
    assert refusal.value.code in ("bad-signature", "wrong-type")


@given(st.data())
def test_no_flipped_bit_of_what_the_browser_gave_verifies(data: st.DataObject) -> None:
    parts = list(MADE)
    which = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(parts[which]) - 1))
    turned = bytearray(parts[which])
    turned[at] ^= 1 << data.draw(st.integers(0, 7))
    parts[which] = bytes(turned)
    with pytest.raises(Invalid):
        signing.verify_with(signing.line_of_webauthn(VKEY, *parts), cast.DATA, VKEY)


@given(st.binary(max_size=300))
def test_nonsense_is_refused_in_words(blob: bytes) -> None:
    key = vkeys.parsed(VKEY)
    line = str(note.Signature(key.name, key.key_id, b"x" + blob))
    with pytest.raises(Invalid):
        signing.verify_with(line, cast.DATA, VKEY)


def register(device: Authenticator, **more: object) -> tuple[str, bytes]:
    given: dict[str, object] = {"rp_id": cast.RP_ID, "origin": cast.SITE, "challenge": CHALLENGE} | more
    client, attestation = device.create(CHALLENGE)
    return vkeys.from_registration(
        NAME,
        client_data=client,
        attestation_object=given.pop("attestation", attestation),  # type: ignore[arg-type]  # as given
        **given,  # type: ignore[arg-type]  # as given
    )


def test_a_fresh_passkey_becomes_the_vkey_that_checks_its_signatures() -> None:
    vkey, credential = register(cast.PASSKEY)
    assert (vkey, credential) == (VKEY, b"credential-one")
    assert vkeys.kind_of(vkey) == "webauthn"
    assert vkeys.passkey_of(vkey).origins == (cast.SITE,)
    assert vkeys.raw_public(vkey) == cast.PASSKEY.point
    assert verify(cast.PASSKEY, vkey)


@pytest.mark.parametrize(
    ("device", "code"),
    [
        (replace(cast.PASSKEY, flags=0x01), "no-user-verification"),
        (replace(cast.PASSKEY, flags=0x04), "no-user-presence"),
        (replace(cast.PASSKEY, rp_id="elsewhere.example"), "wrong-rp"),
        (replace(cast.PASSKEY, origin="https://elsewhere.example"), "wrong-origin"),
    ],
)
def test_a_registration_is_judged_as_strictly(device: Authenticator, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        register(device)
    assert refusal.value.code == code


def test_a_registration_for_another_challenge_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        register(cast.PASSKEY, challenge=b"twice" * 8)
    assert refusal.value.code == "wrong-challenge"


@pytest.mark.parametrize(
    "attestation",
    [
        cast.PASSKEY.create(CHALLENGE, form="packed")[1],
        cast.PASSKEY.create(CHALLENGE, algorithm=-257)[1],
        cast.PASSKEY.create(CHALLENGE, flags=0)[1],
        cast.PASSKEY.create(CHALLENGE, after=b"\xa0")[1],
        cast.PASSKEY.create(CHALLENGE, flags=0xC0)[1],
        cast.PASSKEY.create(CHALLENGE, flags=0xC0, after=b"\xa0\x00")[1],
        cast.PASSKEY.create(CHALLENGE)[1][:-1],
        cast.PASSKEY.create(CHALLENGE)[1] + b"\x00",
        b"",
        b"\xa0",
        b"\x80",
        b"\x81" * 5000,
        b"\x81" * 50_000 + b"\x00",
        b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x1a\x7f\xff\xff\xff",
        b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
)
def test_another_attestation_or_kind_of_key_is_refused(attestation: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        register(cast.PASSKEY, attestation=attestation)
    assert refusal.value.code == "bad-key"


@given(st.binary(max_size=400))
def test_any_bytes_as_attestation_are_refused_in_words(attestation: bytes) -> None:
    with pytest.raises(Invalid):
        register(cast.PASSKEY, attestation=attestation)


def test_a_passkeys_vkey_reads_back() -> None:
    passkey = vkeys.passkey_of(
        vkeys.of_passkey(NAME, "localhost", ("http://localhost:8004", cast.SITE), cast.PASSKEY.point)
    )
    assert passkey == Passkey("localhost", ("http://localhost:8004", cast.SITE), cast.PASSKEY.point)


@pytest.mark.parametrize("origins", [(), ("",), ("https://a.example", "https://a.example"), ("https://a b",)])
def test_a_passkey_names_real_origins(origins: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        vkeys.of_passkey(NAME, cast.RP_ID, origins, cast.PASSKEY.point)
