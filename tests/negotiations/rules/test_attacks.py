"""Attacks on a consent (each with a code and words of its own): nothing of them may ever verify."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.negotiations.rules import cast

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import checkpoint, merkle, policy, verify
from dragoman.lib.tlog.errors import Malformed, Mismatch
from dragoman.lib.tlog.note import Note, SignerKey
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import judging, keyring, signing
from dragoman.negotiations.rules.body import ConsentBody, MediaSum, TextSum
from dragoman.negotiations.rules.keyring import Keyring, PartyKey
from dragoman.negotiations.rules.roundfile import sums_of

NOTE = judging.assemble(cast.BODY, cast.signed(cast.BODY, cast.NORTH, cast.EAST))


def refused(note: bytes, expected: ConsentBody = cast.BODY, ring: Keyring = cast.RING) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        judging.judge(note, ring, expected)
    assert refusal.value.detail
    return refusal.value


def test_what_both_signed_is_agreed() -> None:
    judged = judging.judge(NOTE, cast.RING, cast.BODY)
    assert judged.parties == ("northland", "eastmark")
    assert (judged.satisfied, judged.missing) == (True, ())
    assert [one.kind for one in judged.signatures] == ["ed25519", "ed25519"]


def test_a_passkey_is_as_good_as_the_partys_own_key() -> None:
    line = cast.PASSKEY.line(cast.PASSKEY.vkey("eastmark"), cast.DATA)
    note = judging.assemble(cast.BODY, [*cast.signed(cast.BODY, cast.NORTH), line])
    judged = judging.judge(note, cast.RING, cast.BODY)
    assert judged.satisfied
    assert [one.kind for one in judged.signatures] == ["ed25519", "webauthn"]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"round": 4}, "another-round", "for another round: 3, wanted 4"),
        ({"rev": 2}, "another-revision", "for another revision: 1, wanted 2"),
        ({"process": "otherton"}, "another-process", "for another process: riverton"),
        ({"origin": "record.example.org/statements"}, "another-record", "for another record"),
        ({"statement": "2026-aaaaaa"}, "another-statement", "for another statement"),
        ({"texts": cast.BODY.texts[:1]}, "another-language-set", "other languages: en, fr, wanted en"),
        (
            {"texts": (*cast.BODY.texts, TextSum("de", "0" * 64, 9))},
            "another-language-set",
            "wanted de, en, fr",
        ),
        (
            {"texts": (replace(cast.BODY.texts[0], sha256="0" * 64), cast.BODY.texts[1])},
            "changed-text",
            "another text in en",
        ),
        (
            {"texts": (cast.BODY.texts[0], replace(cast.BODY.texts[1], size=69))},
            "changed-text",
            "another text in fr",
        ),
        ({"media": (MediaSum("0" * 64, 1),)}, "changed-media", "other pictures"),
        ({"not_before": "2026-11-30T08:59:59Z"}, "not-before", "another earliest moment"),
        ({"parties": 4}, "other-keyring", "under another keyring: entry 5, wanted 4"),
        ({"parties": None}, "other-keyring", "under another keyring"),
    ],
)
def test_a_consent_replayed_for_something_else_is_refused(
    changes: dict[str, object], code: str, words: str
) -> None:
    refusal = refused(NOTE, cast.other(**changes))
    assert refusal.code == code
    assert words in refusal.detail


@pytest.mark.parametrize(
    "changes", [{"round": 4}, {"rev": 2}, {"parties": 6}, {"texts": cast.BODY.texts[:1]}]
)
def test_signatures_lifted_into_another_body_are_wrong(changes: dict[str, object]) -> None:
    lifted = cast.other(**changes)
    note = judging.assemble(lifted, cast.signed(cast.BODY, cast.NORTH, cast.EAST))
    refusal = refused(note, lifted)
    assert refusal.code == "wrong-signature"
    assert "over another text" in refusal.detail


def test_one_byte_changed_after_the_consent_is_seen() -> None:
    """The host changes one letter of a text and its digest in the body, and keeps the signatures."""
    texts = {**cast.TEXTS, "en": cast.TEXTS["en"].replace(b"today", b"todax")}
    edited = cast.other(texts=sums_of(texts))
    assert refused(NOTE, edited).code == "changed-text"
    assert (
        refused(judging.assemble(edited, cast.signed(cast.BODY, cast.NORTH)), edited).code
        == "wrong-signature"
    )


@given(st.data())
def test_no_flipped_byte_of_a_note_verifies_as_the_same(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(NOTE) - 1))
    turned = NOTE[:at] + bytes([NOTE[at] ^ data.draw(st.integers(1, 255))]) + NOTE[at + 1 :]
    with pytest.raises(Invalid):
        judging.judge(turned, cast.RING, cast.BODY)


def test_every_single_byte_of_a_note_counts() -> None:
    for at in range(len(NOTE)):
        with pytest.raises(Invalid):
            judging.judge(NOTE[:at] + bytes([NOTE[at] ^ 0x01]) + NOTE[at + 1 :], cast.RING, cast.BODY)


def test_a_party_dropped_from_the_signatures_is_missing() -> None:
    judged = judging.judge(
        judging.assemble(cast.BODY, cast.signed(cast.BODY, cast.NORTH)), cast.RING, cast.BODY
    )
    assert (judged.satisfied, judged.missing) == (False, ("eastmark",))


def test_two_keys_of_one_party_are_one_party() -> None:
    lines = [*cast.signed(cast.BODY, cast.EAST), cast.PASSKEY.line(cast.PASSKEY.vkey("eastmark"), cast.DATA)]
    judged = judging.judge(judging.assemble(cast.BODY, lines), cast.RING, cast.BODY)
    assert (judged.parties, judged.satisfied) == (("eastmark",), False)


def test_one_signature_written_twice_is_refused() -> None:
    line = cast.signed(cast.BODY, cast.NORTH)[0]
    refusal = refused(cast.DATA + b"\n" + line.encode() * 2)
    assert refusal.code == "signed-twice"


def test_a_removed_key_signs_nothing() -> None:
    note = judging.assemble(cast.BODY, [*cast.signed(cast.BODY, cast.NORTH, cast.OLD, cast.EAST)])
    refusal = refused(note)
    assert refusal.code == "unknown-key"
    assert "is not in the keyring" in refusal.detail


def test_a_partys_key_of_another_process_signs_nothing() -> None:
    foreign = SignerKey("northland.otherton", cast.NORTH.seed)
    refusal = refused(judging.assemble(cast.BODY, cast.signed(cast.BODY, foreign, cast.EAST)))
    assert refusal.code == "unknown-key"


def test_the_logs_key_signs_no_consent() -> None:
    refusal = refused(judging.assemble(cast.BODY, cast.signed(cast.BODY, cast.LOG, cast.EAST)))
    assert refusal.code == "unknown-key"
    assert cast.ORIGIN in refusal.detail
    disguised = PartyKey("northland", str(SignerKey(cast.NORTH.name, cast.LOG.seed).verifier))
    with pytest.raises(Invalid, match="key of the record") as forbidden:
        keyring.check(cast.ring(disguised, *cast.RING.keys[1:]), [cast.LOG.verifier.public])
    assert forbidden.value.code == "forbidden-key"


def test_a_partys_key_signs_no_head_of_the_record() -> None:
    head = bytes(checkpoint.Checkpoint(cast.ORIGIN, 1, merkle.leaf_hash(b"{}")))
    trusted = policy.parse(f"log {cast.LOG.verifier}\nquorum none\n")
    for key in (cast.NORTH, SignerKey(cast.ORIGIN, cast.NORTH.seed)):
        with pytest.raises(Mismatch, match="not signed by a log key of the policy"):
            verify.open_head(bytes(Note(head, (key.sign(head),))), trusted)


def test_a_consent_is_no_head_even_when_the_logs_key_signs_it() -> None:
    """Domain separation: whichever key signs, one kind of text never passes for another."""
    trusted = policy.parse(f"log {cast.LOG.verifier}\nquorum none\n")
    with pytest.raises(Malformed):
        verify.open_head(bytes(Note(cast.DATA, (cast.LOG.sign(cast.DATA),))), trusted)
    head = bytes(checkpoint.Checkpoint(cast.ORIGIN, 1, merkle.leaf_hash(b"{}")))
    signed = bytes(Note(head, (cast.NORTH.sign(head), cast.EAST.sign(head))))
    assert refused(signed).code == "consent-body"


def test_a_keyring_of_another_process_judges_nothing() -> None:
    foreign = replace(cast.RING, process="otherton", keys=())
    assert refused(NOTE, ring=foreign).code == "other-keyring"


@pytest.mark.parametrize(
    "note",
    [b"", cast.DATA, NOTE.replace(b"\n", b"\r\n"), NOTE + b"x", NOTE.replace("—".encode(), b"-"), b"\xff"],
)
def test_what_is_no_note_is_refused_in_words(note: bytes) -> None:
    assert refused(note).code == "not-a-note"


def test_nobodys_signature_is_no_note() -> None:
    with pytest.raises(Invalid) as refusal:
        judging.assemble(cast.BODY, [])
    assert refusal.value.code == "no-signature"


def test_a_line_with_another_kind_of_signature_inside_is_refused() -> None:
    key = cast.NORTH.verifier
    for blob in (b"short", bytes(64), bytes(72)):
        line = "— " + key.name + " " + base64.b64encode(key.key_id + blob).decode()
        with pytest.raises(Invalid) as refusal:
            signing.verify_line(line, cast.DATA, cast.RING)
        assert refusal.value.code == "wrong-signature"


@given(st.sets(st.sampled_from(["northland", "eastmark", "host"])))
def test_whoever_signed_and_nobody_else_is_told(who: set[str]) -> None:
    keys = {"northland": cast.NORTH, "eastmark": cast.EAST, "host": cast.HOST}
    ring = cast.ring(*(PartyKey(name, str(key.verifier)) for name, key in keys.items()))
    if who:
        note = judging.assemble(cast.BODY, cast.signed(cast.BODY, *(keys[name] for name in who)))
        judged = judging.judge(note, ring, cast.BODY)
        assert set(judged.parties) == who
        assert set(judged.missing) == set(keys) - who
        assert judged.satisfied == (len(who) == 3)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_note_are_refused_in_words(noise: bytes) -> None:
    for note in (noise, NOTE + noise if noise else b""):
        with pytest.raises(Invalid):
            judging.judge(note, cast.RING, bodies.parse(cast.DATA))
