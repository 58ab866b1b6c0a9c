"""What a witness signs, what it refuses, with which status, and what it remembers."""

import tempfile
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lib.witnessing.logs import KEY, OTHER, STRANGER, Log, awake, make, numbered

from dragoman.lib.files import write_atomic
from dragoman.lib.problems import Conflict, Invalid, NotFound, Unavailable
from dragoman.lib.tlog import checkpoint, cosign, merkle, note, policy, witness
from dragoman.lib.witnessing import keeping
from dragoman.lib.witnessing.answering import LARGEST_QUESTION, SIZE, Said, Witness
from dragoman.lib.witnessing.keeping import Folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make(tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def one(place: Path) -> Witness:
    return awake(place)


@pytest.fixture
def log() -> Log:
    return Log(numbered(8))


def signed(one: Witness, said: Said, body: bytes) -> int:
    """The answer is one good line of this witness below that text; gives its time."""
    assert said.status == HTTPStatus.OK, said.body
    lines = [note.signature_line(line) for line in said.body.decode().splitlines()]
    assert len(lines) == 1
    return cosign.check(one.vkey, body, lines[0]).time


def test_it_signs_the_first_head_and_every_one_that_continues_it(one: Witness, log: Log) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8)):
        said = one.add_checkpoint(log.question(old, size))
        assert signed(one, said, note.parse(log.head(size)).text) == 1_500_000_000
    assert one.memory(KEY.name).size == 8
    assert [seen.size for seen in one.memory(KEY.name).seen] == [3, 8]


def test_a_wrong_old_size_is_told_the_right_one(one: Witness, log: Log) -> None:
    one.add_checkpoint(log.question(0, 5))
    for old, size in ((0, 8), (3, 8), (6, 8), (0, 0), (2, 4)):
        said = one.add_checkpoint(log.question(old, size))
        assert (said.status, said.body, said.content_type) == (409, b"5\n", SIZE)


def test_an_old_size_beyond_the_head_is_malformed(one: Witness, log: Log) -> None:
    data = bytes(witness.Question(9, (), log.head(8)))
    assert one.add_checkpoint(data).status == HTTPStatus.BAD_REQUEST


def test_a_fork_is_refused_and_both_heads_are_kept(one: Witness, log: Log) -> None:
    one.add_checkpoint(log.question(0, 5))
    other = log.fork(4, b"another", b"more")
    same_size = other.question(5, 5)
    assert one.add_checkpoint(same_size).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert one.add_checkpoint(other.question(5, 6)).status == HTTPStatus.UNPROCESSABLE_ENTITY
    memory = one.memory(KEY.name)
    assert memory.root == log.root(5)
    [fork] = memory.forks
    assert note.parse(fork.offered).text == note.parse(other.head(5)).text
    assert note.parse(fork.held).text == note.parse(log.head(5)).text
    assert [one.size for one in memory.refused] == [6]
    # A second time adds nothing: evidence cannot be pushed out.
    one.add_checkpoint(same_size)
    assert one.memory(KEY.name) == memory


def test_a_fork_that_comes_with_a_wrong_old_size_is_kept_too(one: Witness, log: Log) -> None:
    one.add_checkpoint(log.question(0, 5))
    one.add_checkpoint(log.question(5, 8))
    said = one.add_checkpoint(log.fork(4, b"another").question(0, 5))
    assert said.status == HTTPStatus.CONFLICT
    assert len(one.memory(KEY.name).forks) == 1


def test_a_rollback_is_refused(one: Witness, log: Log) -> None:
    one.add_checkpoint(log.question(0, 8))
    for old in (0, 5):
        assert one.add_checkpoint(log.question(old, 5)).status == HTTPStatus.CONFLICT
    assert one.memory(KEY.name).size == 8


def test_a_false_proof_is_refused(one: Witness, log: Log) -> None:
    one.add_checkpoint(log.question(0, 5))
    good = log.proof(5, 8)
    for proof in ((), good[:-1], (*good, b"x" * 32), good[::-1]):
        data = bytes(witness.Question(5, proof, log.head(8)))
        assert one.add_checkpoint(data).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert one.memory(KEY.name).size == 5


def test_a_log_of_no_entries_has_one_root(one: Witness, log: Log) -> None:
    lie = bytes(checkpoint.Checkpoint(KEY.name, 0, b"\x05" * 32).signed([KEY]))
    assert one.add_checkpoint(bytes(witness.Question(0, (), lie))).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert one.add_checkpoint(Log().question(0)).status == HTTPStatus.OK
    assert one.memory(KEY.name).root == merkle.EMPTY_ROOT
    assert one.add_checkpoint(log.question(0)).status == HTTPStatus.OK


def test_who_signed_decides_between_unknown_and_forbidden(one: Witness, log: Log) -> None:
    strange = Log(numbered(2), STRANGER)
    assert one.add_checkpoint(strange.question(0)).status == HTTPStatus.NOT_FOUND
    not_by_us = bytes(witness.Question(0, (), log.head(3, OTHER)))
    assert one.add_checkpoint(not_by_us).status == HTTPStatus.FORBIDDEN
    body = note.parse(log.head(3))
    forged = replace(body, signatures=(replace(body.signatures[0], blob=b"\x01" * 64),))
    assert one.add_checkpoint(bytes(witness.Question(0, (), bytes(forged)))).status == HTTPStatus.FORBIDDEN
    # Lines of others are passed over, and are not handed on as if they had been checked.
    mixed = bytes(witness.Question(0, (), log.head(3, STRANGER, OTHER, KEY)))
    assert one.add_checkpoint(mixed).status == HTTPStatus.OK
    kept = note.parse(one.memory(KEY.name).note)
    assert [line.key_id for line in kept.signatures] == [KEY.verifier.key_id, one.vkey.key_id]


def test_a_second_line_of_the_same_key_is_not_handed_on(one: Witness, log: Log) -> None:
    good = note.parse(log.head(3))
    twice = replace(good, signatures=(*good.signatures, replace(good.signatures[0], blob=b"\x01" * 64)))
    one.add_checkpoint(bytes(witness.Question(0, (), bytes(twice))))
    assert len(note.parse(one.memory(KEY.name).note).signatures) == 2


@pytest.mark.parametrize(
    "data", [b"", b"old 0\n", b"old -1\n\n", b"old 00\n\nx", b"new 0\n\nx\n", b"\xff" * 100, b"old 0\n\n\n\n"]
)
def test_nonsense_is_malformed(one: Witness, data: bytes) -> None:
    assert one.add_checkpoint(data).status == HTTPStatus.BAD_REQUEST


def test_a_long_question_is_not_read(one: Witness) -> None:
    said = one.add_checkpoint(b"x" * (LARGEST_QUESTION + 1))
    assert said.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_no_signature_leaves_when_the_memory_cannot_be_kept(
    one: Witness, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    one.add_checkpoint(log.question(0, 3))
    monkeypatch.setattr(keeping, "write_atomic", full)
    said = one.add_checkpoint(log.question(3, 5))
    assert said.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert b"\xe2\x80\x94" not in said.body
    monkeypatch.undo()
    assert one.memory(KEY.name).size == 3

    # The write may have reached the disk before it failed: then the disk is right.
    def half(path: Path, data: bytes, **more: int) -> None:
        write_atomic(path, data, mode=more["mode"])
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(keeping, "write_atomic", half)
    assert one.add_checkpoint(log.question(3, 5)).status == HTTPStatus.SERVICE_UNAVAILABLE
    monkeypatch.undo()
    assert one.add_checkpoint(log.fork(4, b"another").question(3, 5)).status == HTTPStatus.CONFLICT
    assert one.memory(KEY.name).root == log.root(5)


def test_it_remembers_over_a_restart(place: Path, one: Witness, log: Log) -> None:
    one.add_checkpoint(log.question(0, 5))
    again = awake(place)
    assert again.memory(KEY.name) == one.memory(KEY.name)
    assert again.add_checkpoint(log.fork(2, b"a", b"b", b"c", b"d").question(0)).status == HTTPStatus.CONFLICT


def test_a_memory_that_is_gone_or_damaged_is_never_taken_for_an_empty_one(place: Path, log: Log) -> None:
    awake(place).add_checkpoint(log.question(0, 5))
    [path] = (place / "logs").iterdir()
    good = path.read_bytes()
    smaller = good.replace(b'"size": 5', b'"size": 3', 1)
    assert smaller != good
    for bad in (None, b"", b"{}", b"[]", good[:-20], smaller, good.replace(b"example", b"examples", 1)):
        path.unlink(missing_ok=True)
        if bad is not None:
            path.write_bytes(bad)
        with pytest.raises(Unavailable, match="cannot be read"):
            awake(place)
        with pytest.raises(Unavailable, match="cannot be read"):
            Folder(place).trust(Folder(place).logs())
    path.write_bytes(good)
    assert awake(place).memory(KEY.name).size == 5


def test_a_witness_that_meets_its_own_later_line_signs_no_more(place: Path, tmp_path: Path, log: Log) -> None:
    one = awake(place)
    one.add_checkpoint(log.question(0, 3))
    [path] = (place / "logs").iterdir()
    backup = path.read_bytes()
    one.add_checkpoint(log.question(3, 8))
    later = one.memory(KEY.name).note
    path.write_bytes(backup)
    restored = awake(place)
    said = restored.add_checkpoint(bytes(witness.Question(3, log.proof(3, 8), later)))
    assert said.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert b"old backup" in said.body
    assert restored.memory(KEY.name).size == 3


def test_two_processes_do_not_sign_from_one_folder(place: Path) -> None:
    with Folder(place).alone(), pytest.raises(Conflict, match="Another witness"), Folder(place).alone():
        pass
    with Folder(place).alone():
        pass


def test_a_key_is_made_once_and_kept_from_others(place: Path) -> None:
    folder = Folder(place)
    key = folder.key()
    assert key.kind == note.COSIGNATURE
    assert folder.key_path.stat().st_mode & 0o777 == 0o600
    assert place.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Conflict, match="already"):
        folder.make("again.example.int", folder.logs())
    assert folder.key() == key
    folder.key_path.chmod(0o644)
    with pytest.raises(Unavailable, match="by others"):
        folder.key()
    folder.key_path.chmod(0o600)
    folder.key_path.write_text(KEY.secret)
    with pytest.raises(Unavailable, match="not of a witness"):
        folder.key()
    folder.key_path.write_text("PRIVATE+KEY+x")
    with pytest.raises(Unavailable, match="damaged"):
        folder.key()
    folder.key_path.unlink()
    with pytest.raises(NotFound):
        folder.key()


def test_the_list_of_logs_is_read_line_by_line(place: Path) -> None:
    folder = Folder(place)
    folder.policy_path.write_text("log nonsense\nquorum none\n")
    with pytest.raises(Invalid, match="line 1"):
        folder.logs()
    folder.policy_path.unlink()
    with pytest.raises(NotFound):
        folder.logs()


def test_a_new_key_of_a_log_is_trusted_beside_the_old(place: Path, log: Log) -> None:
    folder = Folder(place)
    awake(place).add_checkpoint(log.question(0, 3))
    folder.trust([*folder.logs(), policy.Log(OTHER.verifier)])
    one = awake(place)
    data = bytes(witness.Question(3, log.proof(3, 5), log.head(5, OTHER)))
    assert one.add_checkpoint(data).status == HTTPStatus.OK
    assert one.memory(KEY.name).size == 5


def test_what_it_shows(one: Witness, log: Log) -> None:
    head = f"/some/prefix/{witness.head_path(KEY.name)}"
    seen = head.replace("checkpoint", "seen")
    assert one.answer("GET", head).status == HTTPStatus.NOT_FOUND
    one.answer("POST", "/some/prefix/add-checkpoint?x", log.question(0, 5))
    shown = note.parse(one.answer("GET", head).body)
    assert note.check(shown, [KEY.verifier]) == [KEY.verifier]
    assert cosign.check(one.vkey, shown.text, shown.signatures[-1])
    assert one.answer("HEAD", head).status == HTTPStatus.OK
    assert one.answer("GET", seen).content_type == "application/json"
    about = one.answer("GET", "/").body.decode()
    assert str(one.vkey) in about
    assert f"{KEY.name}: 5 entries" in about
    for method, target in (("GET", "/add-checkpoint"), ("POST", head), ("DELETE", "/"), ("PUT", seen)):
        assert one.answer(method, target).status == HTTPStatus.METHOD_NOT_ALLOWED
    for target in ("/x", f"/{'0' * 64}/checkpoint", "//[", "/checkpoint", "/seen"):
        assert one.answer("GET", target).status == HTTPStatus.NOT_FOUND


@given(st.binary(max_size=400), st.integers(0, 8))
def test_whatever_is_asked_gets_one_of_the_answers(data: bytes, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "w")
        one = awake(Path(folder) / "w")
        question = Log(numbered(8)).question(0)
        for asked in (data, question[:cut] + data, question[: -cut or None] + data, data + question):
            said = one.add_checkpoint(asked)
            assert said.status in (200, 400, 403, 404, 409, 422)
            assert (said.status == HTTPStatus.OK) == (one.memory(KEY.name).size == 8) or said.status == 409
