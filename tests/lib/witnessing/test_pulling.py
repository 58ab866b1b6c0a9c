"""A witness that goes to the log by itself."""

from pathlib import Path

import pytest
from tests.lib.witnessing.logs import KEY, STRANGER, Log, awake, make, numbered

from dragoman.lib.tlog import note, policy
from dragoman.lib.witnessing.answering import Witness
from dragoman.lib.witnessing.asking import Silent
from dragoman.lib.witnessing.pulling import pull

HERE = policy.Log(KEY.verifier, "https://record.example.int/record")


@pytest.fixture
def one(tmp_path: Path) -> Witness:
    make(tmp_path)
    return awake(tmp_path)


def test_it_signs_what_continues_and_signs_again_what_stands(one: Witness) -> None:
    log = Log(numbered(3))
    for size in (3, 3, 5, 300, 600):
        log.grow(*numbered(size - log.size, f"up to {size}"))
        pulled = pull(one, HERE, log.read)
        assert pulled.signed, pulled.words
        assert one.memory(KEY.name).size == size
    assert len(note.parse(one.memory(KEY.name).note).signatures) == 2


def test_a_fork_is_refused_with_both_heads(one: Witness) -> None:
    log = Log(numbered(3))
    pull(one, HERE, log.read)
    log.grow(*numbered(2, "more"))
    pull(one, HERE, log.read)
    for other in (
        log.fork(4, b"x"),
        log.fork(4, b"x", b"y"),
        log.fork(0, *numbered(9, "z")),
        log.fork(2, b"x"),
    ):
        pulled = pull(one, HERE, other.read)
        assert not pulled.signed
        assert not pulled.known
        assert pulled.fork is not None, pulled.words
        assert pulled.fork.one.note == other.head()
        assert one.memory(KEY.name).root == log.root(5)


def test_an_older_head_is_not_signed_and_is_no_fork(one: Witness) -> None:
    log = Log(numbered(5))
    pull(one, HERE, log.read)
    pulled = pull(one, HERE, Log(log.entries[:3]).read)
    assert (pulled.signed, pulled.fork) == (False, None)
    assert "stale copy" in pulled.words


def test_another_log_or_another_key_is_not_signed(one: Witness) -> None:
    strange = Log(numbered(3), STRANGER)
    assert "another log" in pull(one, HERE, strange.read).words
    forged = Log(numbered(3))
    forged.files["checkpoint"] = forged.head(3, note.SignerKey(KEY.name, b"\x09" * 32))
    assert "no key that this witness trusts" in pull(one, HERE, forged.read).words
    assert "no address" in pull(one, policy.Log(KEY.verifier)).words


def test_what_cannot_be_read_is_said_to_be_unknown(one: Witness) -> None:
    log = Log(numbered(5))
    pull(one, HERE, log.read)
    log.grow(*numbered(2, "more"))
    for missing in ("checkpoint", "tile/0/000.p/7"):
        files = {path: data for path, data in log.files.items() if path != missing}
        with pytest.raises(Silent):
            pull(one, HERE, Log.read.__get__(_with(files)))
    files = {**log.files, "checkpoint": b"nonsense"}
    with pytest.raises(Silent, match="cannot be read"):
        pull(one, HERE, Log.read.__get__(_with(files)))
    assert one.memory(KEY.name).size == 5


def test_a_witness_put_back_from_an_old_backup_meets_its_own_line(tmp_path: Path) -> None:
    make(tmp_path)
    log = Log(numbered(3))
    [path] = (tmp_path / "logs").iterdir()
    pull(awake(tmp_path), HERE, log.read)
    backup = path.read_bytes()
    log.grow(b"more")
    one = awake(tmp_path)
    pull(one, HERE, log.read)
    # The log publishes the head with the line of this witness, which then forgets.
    log.files["checkpoint"] = one.memory(KEY.name).note
    path.write_bytes(backup)
    pulled = pull(awake(tmp_path), HERE, log.read)
    assert not pulled.signed
    assert "old backup" in pulled.words


def _with(files: dict[str, bytes]) -> Log:
    log = Log()
    log.files = files
    return log
