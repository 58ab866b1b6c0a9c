import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast, sshsigs

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog.groups import Group
from dragoman.lib.tlog.note import COSIGNATURE, ED25519, SignerKey, VerifierKey
from dragoman.negotiations.rules import keyring, vkeys
from dragoman.negotiations.rules.keyring import Keyring, PartyKey

NAMES = ("aland", "bland", "cland", "dland", "eland")


def key(party: str, seed: int = 0) -> PartyKey:
    number = seed or 1 + NAMES.index(party)
    return PartyKey(party, str(SignerKey(f"{party}.{cast.PROCESS}", bytes([number]) * 32).verifier))


@st.composite
def rings(draw: st.DrawFn) -> Keyring:
    parties = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    pool, groups = list(parties), list[Group]()
    while len(pool) > 1:
        size = draw(st.integers(2, len(pool)))
        members = tuple(pool[:size])
        name = f"group-{len(groups)}"
        groups.append(Group(name, draw(st.integers(1, size)), members))
        pool = [*pool[size:], name]
    return cast.ring(
        *map(key, parties), version=draw(st.integers(1, 99)), groups=tuple(groups), quorum=pool[0]
    )


def test_a_keyring_is_exactly_this_text() -> None:
    assert str(cast.RING).split("\n")[:3] == [
        "record.example.int/statements/keyring/v1",
        "process riverton",
        "version 1",
    ]
    assert str(cast.RING).endswith("group everyone all northland eastmark\nquorum everyone\n")
    assert keyring.parse(str(cast.RING)) == cast.RING


@given(rings())
def test_a_keyring_reads_back_and_is_sound(ring: Keyring) -> None:
    if ring.groups or len(ring.parties) == 1:
        assert keyring.parse(str(ring)) == ring
        keyring.check(ring)


@given(rings(), st.data())
def test_the_rule_is_monotonous_and_needs_what_it_says(ring: Keyring, data: st.DataObject) -> None:
    some = set(data.draw(st.lists(st.sampled_from(ring.parties), unique=True)))
    assert not ring.satisfied(())
    assert ring.satisfied(ring.parties)
    if ring.satisfied(some):
        assert len(some) >= ring.needed()
        assert ring.satisfied(some | set(ring.parties[:1]))
    assert ring.satisfied(some | {"stranger"}) == ring.satisfied(some)


@given(rings(), st.data())
def test_one_flipped_byte_is_refused_or_is_another_keyring(ring: Keyring, data: st.DataObject) -> None:
    text = str(ring).encode()
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + bytes([text[at] ^ data.draw(st.integers(1, 127))]) + text[at + 1 :]
    try:
        read = keyring.parse(changed.decode())
    except Invalid:
        return
    assert read != ring
    assert str(read).encode() == changed


def test_nested_groups_are_told_in_words() -> None:
    groups, quorum = keyring.parse_rule(
        "group sides all aland bland\ngroup  guests any  cland dland\n\n"
        "group both all sides guests\nquorum both\n",
        NAMES[:4],
    )
    ring = cast.ring(*map(key, NAMES[:4]), groups=groups, quorum=quorum)
    assert ring.needed_hint() == "all of (all of aland, bland), (any of cland, dland)"
    assert ring.needed() == 3
    assert ring.satisfied(("aland", "bland", "dland"))
    assert not ring.satisfied(("aland", "cland", "dland"))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("quorum aland", "aland"),
        ("group g all aland\nquorum g", "aland"),
        ("group g 2 aland bland cland\nquorum g", "at least 2 of aland, bland, cland"),
        (
            "group g all aland bland\ngroup h any cland dland\ngroup i all g h\ngroup j all i\nquorum j",
            "all of (all of aland, bland), (any of cland, dland)",
        ),
    ],
)
def test_every_rule_is_told_in_words(rule: str, words: str) -> None:
    groups, quorum = keyring.parse_rule(rule, NAMES[:4])
    named = Keyring(cast.ORIGIN, cast.PROCESS, 1, tuple(map(key, NAMES[:4])), groups, quorum)
    assert named.needed_hint() == words


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("quorum everyone\n", ""), "no quorum line"),
        (("group everyone", "key northland {north}\ngroup everyone"), "occurs twice"),
        (("process riverton", "process Riverton"), "no name"),
        (("process riverton", f"process {'r' * 41}"), "no name"),
        (("process riverton", "process river_ton"), "no name"),
        (("group everyone all", "group Everyone all"), "no name"),
        (("version 1\n", ""), "not the next line"),
        (("version 1", "version 0"), "not the next line"),
        (("process riverton\n", ""), "not the next line"),
        (("group everyone all northland eastmark\n", ""), "before it is defined"),
        (("quorum", "quarum"), "not a line of a rule"),
    ],
)
def test_a_keyring_with_a_mistake_is_refused_in_words(change: tuple[str, str], why: str) -> None:
    old, new = change
    text = str(cast.RING).replace(old, new.replace("{north}", cast.RING.keys[0].vkey))
    with pytest.raises(Invalid, match=why) as refusal:
        keyring.parse(text)
    assert refusal.value.code == "keyring"


def test_a_keyring_has_no_more_keys_than_a_note_has_lines() -> None:
    keys = [key("aland", seed) for seed in range(1, 102)]
    assert keyring.parse(str(cast.ring(*keys[:100], quorum="everyone")))
    with pytest.raises(Invalid, match="more than 100 keys"):
        keyring.parse(str(cast.ring(*keys)))


@pytest.mark.parametrize(
    "name", ["northland", "north.land.riverton", "North.riverton", "north.river_ton", "a."]
)
def test_a_partys_key_is_named_for_party_and_process(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        vkeys.names_in(name)
    assert refusal.value.code == "wrong-key-name"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no quorum line"),
        ("group g 3 aland bland\nquorum g", "'3' of 2 members"),
        ("group g all aland nobody\nquorum g", "before it is defined"),
        ("group g all aland aland\nquorum g", "member twice"),
        ("group aland all bland\nquorum aland", "is taken"),
        ("quorum none", "before it is defined"),
        ("quorum aland\nquorum bland", "one quorum line"),
        ("witness w x", "not a line of a rule"),
    ],
)
def test_a_rule_with_a_mistake_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        keyring.parse_rule(text, NAMES[:2])
    assert refusal.value.code == "keyring"


@pytest.mark.parametrize(
    "change",
    [
        ("group everyone all", "group everyone 2"),  # one rule, two texts
        ("quorum everyone\n", "quorum everyone"),
        ("quorum everyone\n", "quorum everyone\n\n"),
        ("process riverton\n", "process riverton \n"),
        ("version 1\n", "version 01\n"),
        ("key northland", "# all agreed\nkey northland"),
        ("keyring/v1", "consent/v1"),
    ],
)
def test_a_keyring_has_one_text(change: tuple[str, str]) -> None:
    with pytest.raises(Invalid):
        keyring.parse(str(cast.RING).replace(*change))


def test_one_key_under_two_parties_is_refused_whatever_it_is_called() -> None:
    again = vkeys.of_ed25519(f"eastmark.{cast.PROCESS}", cast.NORTH.verifier.public)
    with pytest.raises(Invalid, match="one signer would count as two") as refusal:
        keyring.check(cast.ring(PartyKey("northland", str(cast.NORTH.verifier)), PartyKey("eastmark", again)))
    assert refusal.value.code == "one-key-two-parties"


def test_one_key_as_own_key_and_as_ssh_key_is_seen() -> None:
    ssh = vkeys.of_ssh(f"eastmark.{cast.PROCESS}", sshsigs.ED25519_PUB)
    own = vkeys.of_ed25519(f"northland.{cast.PROCESS}", vkeys.raw_public(ssh))
    with pytest.raises(Invalid) as refusal:
        keyring.check(cast.ring(PartyKey("northland", own), PartyKey("eastmark", ssh)))
    assert refusal.value.code == "one-key-two-parties"


def test_one_curve_point_as_passkey_and_as_ssh_key_is_seen() -> None:
    ssh = vkeys.of_ssh(f"eastmark.{cast.PROCESS}", sshsigs.ECDSA_PUB)
    passkey = vkeys.of_passkey(f"northland.{cast.PROCESS}", cast.RP_ID, (cast.SITE,), vkeys.raw_public(ssh))
    with pytest.raises(Invalid) as refusal:
        keyring.check(cast.ring(PartyKey("northland", passkey), PartyKey("eastmark", ssh)))
    assert refusal.value.code == "one-key-two-parties"


def test_the_keys_of_the_record_and_of_witnesses_are_no_partys() -> None:
    with pytest.raises(Invalid, match="key of the record or of a witness") as refusal:
        keyring.check(cast.RING, forbidden=[cast.EAST.verifier.public])
    assert refusal.value.code == "forbidden-key"
    keyring.check(cast.RING, forbidden=[cast.LOG.verifier.public])


def test_a_key_made_for_another_process_or_party_is_refused() -> None:
    for name in ("northland.elsewhere", f"eastmark.{cast.PROCESS}"):
        with pytest.raises(Invalid) as refusal:
            keyring.check(cast.ring(PartyKey("northland", vkeys.of_ed25519(name, b"\x01" * 32))))
        assert refusal.value.code == "wrong-key-name"


def test_a_party_whose_consent_the_rule_never_asks_for_is_seen() -> None:
    dropped = cast.ring(*cast.RING.keys, groups=(Group("everyone", 1, ("northland",)),))
    with pytest.raises(Invalid, match="never asks for eastmark") as refusal:
        keyring.check(dropped)
    assert refusal.value.code == "party-outside-rule"


def test_a_key_is_of_the_kind_that_its_type_and_identifier_say() -> None:
    ssh, passkey = vkeys.of_ssh(cast.NORTH.name, sshsigs.ED25519_PUB), cast.PASSKEY.vkey("northland")
    for vkey in (ssh, passkey):
        other = VerifierKey(cast.NORTH.name, 0x42, vkeys.parsed(vkey).public)
        with pytest.raises(Invalid, match="does not sign consents"):
            vkeys.kind_of(str(other))
        longer = VerifierKey(cast.NORTH.name, 0xFF, vkeys.parsed(vkey).public + b"x")
        with pytest.raises(Invalid):
            vkeys.kind_of(str(longer))
    for size in range(len(vkeys.parsed(passkey).public) - 1):
        cut = VerifierKey(cast.NORTH.name, 0xFF, vkeys.parsed(passkey).public[: size + 1])
        with pytest.raises(Invalid) as refusal:
            vkeys.kind_of(str(cut))
        assert refusal.value.code == "bad-key"
    with pytest.raises(Invalid, match="not an OpenSSH key"):
        vkeys.ssh_wire_of(passkey)
    with pytest.raises(Invalid, match="not the key of a passkey"):
        vkeys.passkey_of(ssh)
    with pytest.raises(Invalid, match="32 bytes"):
        vkeys.of_ed25519(cast.NORTH.name, bytes(31))


SMALL = [
    "00" * 32,
    "01" + "00" * 31,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "ff" * 32,
]


@pytest.mark.parametrize("place", SMALL)
@pytest.mark.parametrize("sign", [0, 0x80])
def test_a_key_under_which_one_signature_fits_all_texts_is_nobodys(place: str, sign: int) -> None:
    raw = bytearray.fromhex(place)
    raw[-1] |= sign
    public = bytes(raw)
    with pytest.raises(Invalid, match="weak") as refusal:
        vkeys.of_ed25519(cast.NORTH.name, public)
    assert refusal.value.code == "bad-key"
    weak = str(VerifierKey(cast.NORTH.name, ED25519, public))
    with pytest.raises(Invalid):
        keyring.check(cast.ring(PartyKey("northland", weak)))
    wire = base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + public).decode()
    with pytest.raises(Invalid):
        vkeys.of_ssh(cast.NORTH.name, f"ssh-ed25519 {wire}")


def test_such_a_key_would_really_sign_everything() -> None:
    weak = VerifierKey(cast.NORTH.name, ED25519, bytes.fromhex(SMALL[1]))
    for text in (b"yes", b"no"):
        weak.check_raw(text, bytes.fromhex(SMALL[1]) + bytes(32))


def test_a_witness_key_and_nonsense_are_no_keys_of_a_party() -> None:
    witness = SignerKey(f"northland.{cast.PROCESS}", b"\x01" * 32, COSIGNATURE).verifier
    for vkey in (str(witness), "northland.riverton+00000000+AA==", "northland"):
        with pytest.raises(Invalid) as refusal:
            vkeys.kind_of(vkey)
        assert refusal.value.code == "bad-key"
