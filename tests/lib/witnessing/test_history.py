"""Whatever is asked, in whatever order, with restarts and failing disks: it never signs two histories."""

import shutil
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.lib.witnessing.logs import KEY, Log, awake, make, numbered

from dragoman.lib.files import write_atomic
from dragoman.lib.tlog import checkpoint, cosign, merkle, note, tiles, witness
from dragoman.lib.witnessing import keeping

LONGEST = 9
TRUNK = Log(numbered(LONGEST))
HISTORIES = [
    TRUNK,
    *(TRUNK.fork(size, *numbered(LONGEST - size, f"branch {size}")) for size in range(LONGEST)),
]
SIZES = st.integers(0, LONGEST)
HISTORY = st.sampled_from(HISTORIES)


class Asked(RuleBasedStateMachine):
    """Several histories under one key ask one witness, which is restarted and whose disk fails."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        make(self.place / "state")
        self.one = awake(self.place / "state")
        self.signed: list[checkpoint.Checkpoint] = []

    def teardown(self) -> None:
        shutil.rmtree(self.place)

    def ask(self, old: int, proof: tuple[bytes, ...], head: bytes) -> HTTPStatus:
        """Ask, and keep what was signed."""
        said = self.one.add_checkpoint(bytes(witness.Question(old, proof, head)))
        text = note.parse(head).text
        if said.status == HTTPStatus.OK:
            cosign.check(self.one.vkey, text, note.signature_line(said.body.decode().rstrip("\n")))
            self.signed.append(checkpoint.parse(text))
        else:
            assert b"\xe2\x80\x94" not in said.body
        return said.status

    @rule(log=HISTORY, size=SIZES, old=SIZES)
    def ask_anything(self, log: Log, size: int, old: int) -> None:
        proof = log.proof(old, size) if old <= size else ()
        self.ask(old, proof, log.head(size))

    @rule(log=HISTORY, size=SIZES)
    def ask_from_where_it_is(self, log: Log, size: int) -> None:
        last = self.one.memory(KEY.name)
        if size < last.size:
            return
        status = self.ask(last.size, log.proof(last.size, size), log.head(size))
        # It must also sign whatever does continue the last head.
        assert (status == HTTPStatus.OK) == (log.root(last.size) == last.root)

    @rule(log=HISTORY, other=HISTORY, size=SIZES, old=SIZES, cut=st.integers(0, 4))
    def ask_with_another_proof(self, log: Log, other: Log, size: int, old: int, cut: int) -> None:
        proof = other.proof(min(old, size), size)
        self.ask(old, proof[cut:], log.head(size))

    @rule()
    def restart(self) -> None:
        self.one = awake(self.place / "state")

    @rule(log=HISTORY, size=SIZES, written=st.booleans(), restarted=st.booleans())
    def fail_to_write(self, log: Log, size: int, written: bool, restarted: bool) -> None:
        def failing(path: Path, data: bytes, **more: Any) -> None:
            if written:
                write_atomic(path, data, **more)
            raise OSError(28, "No space left on device")

        old = self.one.memory(KEY.name).size
        kept, keeping.write_atomic = keeping.write_atomic, failing
        try:
            proof = log.proof(old, size) if old <= size else ()
            assert self.ask(old, proof, log.head(size)) != HTTPStatus.OK
        finally:
            keeping.write_atomic = kept
        if restarted:
            self.restart()

    @invariant()
    def all_that_was_signed_is_one_history(self) -> None:
        heads = {(one.size, one.root) for one in self.signed}
        assert any(all(log.root(size) == root for size, root in heads) for log in HISTORIES)

    @invariant()
    def memory_holds_the_largest_that_was_signed(self) -> None:
        largest = max((one.size for one in self.signed), default=0)
        assert self.one.memory(KEY.name).size >= largest


TestAsked = Asked.TestCase
TestAsked.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_histories_are_what_they_are_taken_for() -> None:
    for log in HISTORIES:
        hashes = tiles.TileHashes(log.size, log.read)
        assert merkle.range_root(hashes, 0, log.size) == log.root()
    assert len({log.root() for log in HISTORIES}) == len(HISTORIES)
