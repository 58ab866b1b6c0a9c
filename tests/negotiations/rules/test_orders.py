from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import judging, orders, signing
from dragoman.negotiations.rules.orders import Order

AT = "2026-11-30T09:10:00Z"
DIGEST = "ab" * 32
DECLINE = Order("decline", cast.ORIGIN, cast.PROCESS, "northland", AT, 3, DIGEST, words="Not “today”.")
FREEZE = Order("freeze", cast.ORIGIN, cast.PROCESS, "northland", AT)
SIGN_IN = Order("sign-in", cast.ORIGIN, cast.PROCESS, "northland", AT, nonce="q83vAA")
ORDERS = st.builds(
    Order,
    kind=st.sampled_from(orders.KINDS),
    origin=st.just(cast.ORIGIN),
    process=st.just(cast.PROCESS),
    party=st.sampled_from(["northland", "eastmark"]),
    at=st.just(AT),
    round=st.integers(1, 10**6),
    digest=st.text("0123456789abcdef", min_size=64, max_size=64),
    nonce=st.from_regex("[A-Za-z0-9_-]{1,40}", fullmatch=True),
    words=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)


def note_of(order: Order, *keys: object) -> bytes:
    lines = [signing.sign_ed25519(orders.dump(order), key) for key in keys or (cast.NORTH,)]  # type: ignore[arg-type]
    return orders.assemble(order, lines)


def refused(note: bytes, expected: Order) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        orders.check(note, cast.RING, expected)
    return refusal.value


def test_a_no_is_exactly_these_bytes() -> None:
    assert orders.dump(DECLINE).decode() == (
        "record.example.int/statements/decline/v1\n"
        "process riverton round 3\n"
        "party northland\n"
        "at 2026-11-30T09:10:00Z\n"
        f"digest sha256:{DIGEST}\n"
        'words "Not “today”."\n'
    )


@given(ORDERS)
def test_an_order_reads_back_whatever_its_words(order: Order) -> None:
    assert orders.parse(orders.dump(order)) == order


@given(ORDERS, st.data())
def test_no_flipped_byte_of_a_signed_order_verifies(order: Order, data: st.DataObject) -> None:
    order = replace(order, party="northland")
    whole = note_of(order)
    at = data.draw(st.integers(0, len(whole) - 1))
    turned = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    with pytest.raises(Invalid):
        orders.check(turned, cast.RING, order)


def test_an_order_is_taken_from_the_party_that_it_names() -> None:
    signed = orders.check(note_of(FREEZE), cast.RING, FREEZE)
    assert (signed.party, signed.kind) == ("northland", "ed25519")
    assert orders.read(note_of(FREEZE).decode()) == FREEZE
    assert orders.check(note_of(DECLINE), [str(cast.NORTH.verifier)], replace(DECLINE, words="", at="")).party


def test_nobody_freezes_or_signs_in_for_another_party() -> None:
    for order in (FREEZE, SIGN_IN):
        refusal = refused(note_of(order, cast.EAST), order)
        assert refusal.code == "other-party"
        assert "The order is northland's" in refusal.detail


@pytest.mark.parametrize(
    ("order", "change"),
    [
        (DECLINE, {"round": 4}),
        (DECLINE, {"digest": "cd" * 32}),
        (FREEZE, {"process": "otherton"}),
        (FREEZE, {"origin": "record.example.org/statements"}),
        (SIGN_IN, {"nonce": "another"}),
        (SIGN_IN, {"party": "eastmark"}),
        (FREEZE, {"kind": "leave"}),
    ],
)
def test_an_order_replayed_for_something_else_is_refused(order: Order, change: dict[str, object]) -> None:
    refusal = refused(note_of(order), replace(order, **change))  # type: ignore[arg-type]  # as given
    assert refusal.code == "another-order"


def test_an_order_by_an_unknown_key_or_by_two_is_refused() -> None:
    assert refused(note_of(FREEZE, cast.OLD), FREEZE).code == "unknown-key"
    assert refused(note_of(FREEZE, cast.NORTH, cast.EAST), FREEZE).code == "bad-signature"


@pytest.mark.parametrize(
    "change",
    [
        (b"Not", b"\\u004eot"),  # the same words, written in another way
        (b'words "', b'words  "'),
        (b"round 3", b"round 03"),
        (b"\n", b"\r\n"),
        (b"party northland\n", b""),
        (b"party northland\nat 2026-11-30T09:10:00Z\n", b"at 2026-11-30T09:10:00Z\nparty northland\n"),
        (b'words "Not \xe2\x80\x9ctoday\xe2\x80\x9d."\n', b'words ""\n'),
        (b'words "', b'words ["'),
    ],
)
def test_an_order_has_one_form_in_bytes(change: tuple[bytes, bytes]) -> None:
    data = orders.dump(DECLINE)
    assert change[0] in data
    with pytest.raises(Invalid) as refusal:
        orders.parse(data.replace(*change))
    assert refusal.value.code == "order"


def test_no_order_is_a_consent_and_no_consent_an_order() -> None:
    for order in (DECLINE, FREEZE, SIGN_IN):
        with pytest.raises(Invalid):
            bodies.parse(orders.dump(order))
    with pytest.raises(Invalid) as refusal:
        orders.read(judging.assemble(cast.BODY, cast.signed(cast.BODY, cast.NORTH)))
    assert refusal.value.code == "order"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(DECLINE, round=None),
        replace(DECLINE, digest=""),
        replace(SIGN_IN, nonce=""),
        replace(FREEZE, party="two words"),
        replace(FREEZE, nonce="a b"),
        replace(FREEZE, at="now"),
        replace(FREEZE, kind="surrender"),  # type: ignore[arg-type]  # on purpose
        replace(FREEZE, words="x" * 20_000),
        replace(FREEZE, words="\ud800"),
    ],
)
def test_an_order_that_cannot_be_written_is_not_signed(wrong: Order) -> None:
    with pytest.raises(Invalid) as refusal:
        orders.dump(wrong)
    assert refusal.value.code == "order"
