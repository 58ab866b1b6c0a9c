"""Consents of entries of the record, judged by who trusts only the record's own bytes."""

from dataclasses import replace

import pytest
from tests.negotiations.rules import cast

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.rules import judging
from dragoman.negotiations.rules.body import ConsentBody
from dragoman.negotiations.rules.judging import KeyringEntry
from dragoman.negotiations.rules.keyring import Keyring, PartyKey
from dragoman.negotiations.rules.roundfile import sums_of
from dragoman.record.leaf import Leaf, Sum

RELEASED = "2026-11-30T09:30:00Z"
SECOND = cast.ring(
    PartyKey("northland", str(SignerKey(f"northland.{cast.PROCESS}", b"\x45" * 32).verifier)),
    cast.RING.keys[1],
    version=2,
)
IN_FORCE = [KeyringEntry(5, str(cast.RING))]


def leaf(body: ConsentBody, consent: bytes | None, kind: str = "statement", released: str = RELEASED) -> Leaf:
    texts = tuple(Sum(one.sha256, one.size, "text/plain; charset=utf-8", one.lang) for one in body.texts)
    words = consent.decode() if consent else None
    return Leaf(kind, body.statement, body.rev, released, texts, (), None, body.parties, words)


def agreed(body: ConsentBody = cast.BODY, *keys: SignerKey) -> bytes:
    return judging.assemble(body, cast.signed(body, *(keys or (cast.NORTH, cast.EAST))))


def keyring_body(ring: Keyring, parties: int | None) -> ConsentBody:
    texts = {"en": b"# Protocol\n", "zxx-x-keyring": str(ring).encode()}
    return cast.other(
        round=1, statement=cast.PROCESS, rev=ring.version, texts=sums_of(texts), parties=parties
    )


def refused(entry: Leaf, keyrings: list[KeyringEntry] = IN_FORCE, own: str = "") -> Invalid:
    with pytest.raises(Invalid) as refusal:
        judging.verify_entry(cast.ORIGIN, entry, keyrings, own_keyring=own)
    return refusal.value


def test_a_joint_text_verifies_under_the_keyring_that_it_names() -> None:
    judged = judging.verify_entry(cast.ORIGIN, leaf(cast.BODY, agreed()), IN_FORCE)
    assert judged.parties == ("northland", "eastmark")


def test_a_founding_keyring_is_judged_by_itself() -> None:
    body = keyring_body(cast.RING, None)
    entry = leaf(body, agreed(body), "parties")
    assert judging.verify_entry(cast.ORIGIN, entry, [], own_keyring=str(cast.RING)).satisfied


def test_a_second_keyring_is_judged_by_the_first() -> None:
    body = keyring_body(SECOND, 5)
    entry = leaf(body, agreed(body), "parties")
    assert judging.verify_entry(cast.ORIGIN, entry, IN_FORCE, own_keyring=str(SECOND)).satisfied


def test_a_second_keyring_that_only_its_own_keys_signed_is_refused() -> None:
    body = keyring_body(SECOND, 5)
    new = SignerKey(f"northland.{cast.PROCESS}", b"\x45" * 32)
    entry = leaf(body, agreed(body, new, cast.EAST), "parties")
    assert refused(entry, own=str(SECOND)).code == "unknown-key"


def test_a_second_keyring_cannot_pass_for_a_founding_one() -> None:
    body = keyring_body(SECOND, None)
    new = SignerKey(f"northland.{cast.PROCESS}", b"\x45" * 32)
    entry = leaf(body, agreed(body, new, cast.EAST), "parties")
    refusal = refused(entry, own=str(SECOND))
    assert refusal.code == "other-keyring"
    assert "in force was that of entry 5" in refusal.detail


def test_a_keyring_without_a_party_needs_that_partys_yes() -> None:
    dropped = cast.ring(cast.RING.keys[0], version=2)
    body = keyring_body(dropped, 5)
    refusal = refused(leaf(body, agreed(body, cast.NORTH), "parties"), own=str(dropped))
    assert refusal.code == "not-agreed"
    assert "Missing: eastmark" in refusal.detail


def test_after_a_key_was_removed_the_old_keyring_judges_nothing() -> None:
    """The stolen key signs, and the entry names the keyring in which it still stood."""
    now = [*IN_FORCE, KeyringEntry(9, str(SECOND))]
    assert refused(leaf(cast.BODY, agreed()), now).code == "other-keyring"
    named = cast.other(parties=9)
    assert refused(leaf(named, agreed(named)), now).code == "unknown-key"


def test_an_entry_without_consent_or_before_any_keyring_is_refused() -> None:
    assert refused(leaf(cast.BODY, None)).code == "no-consent"
    early = cast.other(parties=None)
    assert refused(leaf(early, agreed(early)), []).code == "other-keyring"


def test_an_entry_that_one_party_did_not_sign_is_refused() -> None:
    refusal = refused(leaf(cast.BODY, agreed(cast.BODY, cast.NORTH)))
    assert refusal.code == "not-agreed"
    assert "all of northland, eastmark is asked" in refusal.detail


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "2026-zzzzzz"}, "another-statement"),
        ({"rev": 2}, "another-revision"),
        ({"texts": ()}, "another-language-set"),
        ({"released": "2026-11-30T08:59:59Z"}, "not-before"),
        ({"media": (Sum("0" * 64, 1, "image/jpeg"),)}, "changed-media"),
    ],
)
def test_an_entry_that_says_other_than_what_was_signed_is_refused(
    change: dict[str, object], code: str
) -> None:
    refusal = refused(replace(leaf(cast.BODY, agreed()), **change))  # type: ignore[arg-type]  # as given
    assert refusal.code == code


def test_a_clock_that_runs_ahead_is_seen_when_it_puts_the_release_too_early() -> None:
    early = refused(leaf(cast.BODY, agreed(), released="2026-11-30T08:59:59Z"))
    assert "agreed to 2026-11-30T09:00:00Z at the earliest" in early.detail
    exact = leaf(cast.BODY, agreed(), released=cast.BODY.not_before)
    assert judging.verify_entry(cast.ORIGIN, exact, IN_FORCE).satisfied


def test_a_keyring_of_another_version_than_its_entry_is_refused() -> None:
    body = replace(keyring_body(cast.RING, None), rev=2)
    assert refused(leaf(body, agreed(body), "parties"), [], str(cast.RING)).code == "keyring-version"


def test_a_keyring_with_one_signer_as_two_parties_is_refused_though_all_signed() -> None:
    twin = SignerKey(f"eastmark.{cast.PROCESS}", cast.NORTH.seed)
    ring = cast.ring(cast.RING.keys[0], PartyKey("eastmark", str(twin.verifier)))
    body = keyring_body(ring, None)
    entry = leaf(body, agreed(body, cast.NORTH, twin), "parties")
    assert refused(entry, [], str(ring)).code == "one-key-two-parties"


def test_a_keyring_with_the_records_own_key_is_refused() -> None:
    host = SignerKey(f"host.{cast.PROCESS}", cast.LOG.seed)
    ring = cast.ring(*cast.RING.keys, PartyKey("host", str(host.verifier)))
    body = keyring_body(ring, None)
    entry = leaf(body, agreed(body, cast.NORTH, cast.EAST, host), "parties")
    with pytest.raises(Invalid) as refusal:
        judging.verify_entry(
            cast.ORIGIN, entry, [], own_keyring=str(ring), forbidden=[cast.LOG.verifier.public]
        )
    assert refusal.value.code == "forbidden-key"


def test_a_consent_of_another_record_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        judging.verify_entry("record.example.org/statements", leaf(cast.BODY, agreed()), IN_FORCE)
    assert refusal.value.code == "another-record"
