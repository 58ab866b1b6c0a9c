import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lib.tlog import reference

from dragoman.lib.tlog import checkpoint, cosign, merkle, note, policy, proof, verify, witness
from dragoman.lib.tlog.errors import Malformed, Mismatch, TlogError

# Fixed seeds: a signature is the same in every run.
LOG = note.SignerKey("record.example.int/statements", b"\x01" * 32)
OTHER = note.SignerKey("record.example.int/statements", b"\x02" * 32)
WITNESSES = [note.SignerKey(f"w{i}.example.int", bytes([9 + i]) * 32, note.COSIGNATURE) for i in range(3)]
HEAD = checkpoint.Checkpoint(LOG.name, 7, reference.mth(0, 7))


def a_policy(quorum: str = "two") -> policy.Policy:
    lines = [f"log {LOG.verifier} https://record.example.int"]
    lines += [f"witness w{i} {key.verifier} https://w{i}.example.int/" for i, key in enumerate(WITNESSES)]
    return policy.parse("\n".join([*lines, "group two 2 w0 w1 w2", f"quorum {quorum}", ""]))


def a_note(*signers: int) -> bytes:
    body = bytes(HEAD)
    lines = [LOG.sign(body), *(cosign.sign(WITNESSES[i], body, 1_500_000_000 + i) for i in signers)]
    return bytes(note.Note(body, tuple(lines)))


def test_the_go_authors_example_key_reads() -> None:
    # The example key and note of the signed-note package's documentation.
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = note.VerifierKey.parse(vkey)
    assert str(key) == vkey
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6R"
        "yyBwJnAM=\n"
    )
    assert note.check(note.parse(text.encode()), [key]) == [key]


def test_a_checkpoint_is_exactly_these_bytes() -> None:
    root = base64.b64encode(HEAD.root).decode()
    body = f"record.example.int/statements\n7\n{root}\n"
    signature = base64.b64encode(LOG.verifier.key_id + LOG.sign_raw(body.encode())).decode()
    assert a_note().decode() == f"{body}\n— record.example.int/statements {signature}\n"
    assert checkpoint.parse(bytes(HEAD)) == HEAD


def test_a_private_key_reads_back_and_does_not_print() -> None:
    assert note.SignerKey.parse(LOG.secret) == LOG
    assert base64.b64encode(LOG.seed).decode()[:20] not in repr(LOG)
    assert note.SignerKey.parse(note.SignerKey.make("a/b").secret).name == "a/b"


@pytest.mark.parametrize(
    "text", ["", "a+b", "PRIVATE+KEY+a+b", LOG.secret[:-8], LOG.secret.replace("rec", "rek")]
)
def test_a_damaged_private_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        note.SignerKey.parse(text)


def test_the_head_is_open_to_the_policy_and_the_quorum_is_counted() -> None:
    assert not verify.open_head(a_note(1), a_policy()).quorum
    head = verify.open_head(a_note(0, 2), a_policy())
    assert head.quorum
    assert head.witnesses == {"w0": 1_500_000_000, "w2": 1_500_000_002}
    assert verify.open_head(a_note(), a_policy("none")).quorum
    assert a_policy().needed() == 2
    assert a_policy("none").needed() == 0


def test_a_head_of_an_unknown_key_is_refused() -> None:
    with pytest.raises(Mismatch, match="not signed by a log key"):
        verify.open_head(bytes(HEAD.signed([OTHER])), a_policy())


def test_lines_of_unknown_keys_are_passed_over() -> None:
    both = HEAD.signed([OTHER, LOG])
    assert verify.open_head(bytes(both), a_policy()).keys == (LOG.verifier,)


def test_a_false_line_of_a_known_witness_rejects_the_whole_note() -> None:
    line = cosign.sign(WITNESSES[0], bytes(HEAD), 5)
    false = note.Signature(line.name, line.key_id, (6).to_bytes(8, "big") + line.blob[8:])
    with pytest.raises(Mismatch, match="w0"):
        verify.open_head(a_note() + str(false).encode(), a_policy())


def test_a_key_of_another_name_does_not_speak_for_this_log() -> None:
    body = bytes(checkpoint.Checkpoint("another/log", 7, HEAD.root))
    with pytest.raises(Mismatch):
        verify.open_head(bytes(note.Note(body, (LOG.sign(body),))), a_policy())


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_no_flipped_bit_in_a_note_changes_what_is_accepted(at: int, bit: int) -> None:
    data = bytearray(a_note(0, 1))
    data[at % len(data)] ^= 1 << bit
    try:
        head = verify.open_head(bytes(data), a_policy())
    except TlogError:
        return
    # Only a witness's line can be lost this way (its name or key id became unknown).
    assert head.checkpoint == HEAD
    assert len(head.witnesses) < 2


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_never_crash(data: bytes) -> None:
    for parse in (note.parse, checkpoint.parse, proof.parse, witness.parse_question):
        for prefix in (b"", b"c2sp.org/tlog-proof@v1\n", b"a\n1\n"):
            try:
                parse(prefix + data)
            except TlogError:
                continue


@pytest.mark.parametrize(
    "data",
    [
        a_note().replace(b"\n", b"\r\n"),
        a_note().replace("—".encode(), b"-"),
        a_note()[:-1],
        a_note() + b"\n",
        a_note().replace(b"\n7\n", b"\n07\n"),
        a_note().replace(b"\n7\n", b"\n8\n"),
        b"",
        b"\xff\n\n\xe2\x80\x94 a AAAAAAAA\n",
    ],
)
def test_a_note_that_was_touched_is_refused(data: bytes) -> None:
    with pytest.raises(TlogError):
        verify.open_head(data, a_policy())


def a_proof() -> proof.Proof:
    return proof.Proof(3, tuple(reference.path(3, 0, 7)), a_note(0, 1))


def test_a_proof_is_exactly_these_bytes_and_verifies() -> None:
    hashes = "".join(f"{base64.b64encode(item).decode()}\n" for item in reference.path(3, 0, 7))
    assert bytes(a_proof()) == f"c2sp.org/tlog-proof@v1\nindex 3\n{hashes}\n".encode() + a_note(0, 1)
    assert proof.parse(bytes(a_proof())) == a_proof()
    read, head = verify.check_proof(bytes(a_proof()), reference.entry(3), a_policy())
    assert (read.index, head.checkpoint.size, head.quorum) == (3, 7, True)


def test_a_proof_with_extra_bytes_reads_back() -> None:
    extra = proof.Proof(0, (), a_note(), b"anything")
    assert proof.parse(bytes(extra)) == extra
    assert bytes(extra).startswith(b"c2sp.org/tlog-proof@v1\nextra YW55dGhpbmc=\nindex 0\n\n")


def test_a_proof_of_another_entry_is_refused() -> None:
    with pytest.raises(Mismatch):
        verify.check_proof(bytes(a_proof()), reference.entry(4), a_policy())


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_no_flipped_bit_in_a_proof_is_accepted_with_its_quorum(at: int, bit: int) -> None:
    data = bytearray(bytes(a_proof()))
    data[at % len(data)] ^= 1 << bit
    try:
        _, head = verify.check_proof(bytes(data), reference.entry(3), a_policy())
    except TlogError:
        return
    assert not head.quorum


GOOD = str(a_policy())


def test_a_policy_reads_back() -> None:
    assert str(policy.parse(GOOD)) == GOOD
    assert policy.parse("# a comment\n\n" + GOOD) == a_policy()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("quorum two\n", ""), "no quorum line"),
        (("quorum two", "quorum two\nquorum two"), "one quorum line"),
        (("quorum two", "quorum three"), "before it is defined"),
        (("group two 2 w0 w1 w2", "group two 4 w0 w1 w2"), "cannot be asked"),
        (("group two 2 w0 w1 w2", "group two 0 w0 w1 w2"), "cannot be asked"),
        (("group two 2 w0 w1 w2", "group two 2 w0 w0 w2"), "member twice"),
        (("group two 2 w0 w1 w2", "group two any w0\ngroup b any w0"), "member twice"),
        (("group two 2 w0 w1 w2", "group w1 any w0"), "is taken"),
        (("witness w1", "witness w0"), "is taken"),
        (("quorum", "quorrum"), "not a line of a policy"),
        ((str(WITNESSES[1].verifier), str(WITNESSES[0].verifier)), "occurs twice"),
        ((str(LOG.verifier), str(WITNESSES[0].verifier)), "kind"),
        ((str(WITNESSES[1].verifier), str(OTHER.verifier)), "kind"),
        ((f"log {LOG.verifier} https://record.example.int\n", ""), "names no log"),
        ((LOG.verifier.key_id.hex(), "00000000"), "the id of the verifier key"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(change: tuple[str, str], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        policy.parse(GOOD.replace(*change))


def test_groups_may_hold_groups() -> None:
    text = GOOD.replace("group two 2 w0 w1 w2", "group a all w0 w1\ngroup two any a w2")
    nested = policy.parse(text)
    assert nested.satisfied(["w2"])
    assert nested.satisfied(["w0", "w1"])
    assert not nested.satisfied(["w0"])
    assert nested.needed() == 1


def test_a_question_to_a_witness_reads_back() -> None:
    question = witness.Question(3, tuple(reference.subproof(3, 0, 7, True)), a_note())
    assert witness.parse_question(bytes(question)) == question
    assert bytes(question).startswith(b"old 3\n")


def test_a_witness_answer_is_checked_before_it_counts() -> None:
    known = a_policy().witnesses["w0"]
    line = cosign.sign(WITNESSES[0], bytes(HEAD), 77)

    def read(status: int, body: bytes) -> witness.Answer:
        return witness.read_answer(status, body, witness=known, checkpoint=a_note())

    assert read(200, str(line).encode()) == witness.Signed(line, 77)
    stranger = cosign.sign(WITNESSES[1], bytes(HEAD), 77)
    assert read(200, f"{stranger}{line}".encode()) == witness.Signed(line, 77)
    assert read(409, b"12\n") == witness.Elsewhere(12)
    other_head = bytes(checkpoint.Checkpoint(LOG.name, 8, HEAD.root))
    for status, body in [
        (200, str(stranger).encode()),
        (200, str(cosign.sign(WITNESSES[0], other_head, 77)).encode()),
        (200, b"<html>\xff"),
        (200, b""),
        (409, b"many"),
        (403, b""),
        (500, b""),
    ]:
        assert isinstance(read(status, body), witness.Declined)


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root_of([]) == merkle.EMPTY_ROOT == reference.mth(0, 0)
