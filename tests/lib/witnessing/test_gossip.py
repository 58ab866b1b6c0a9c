"""Heads from several places: what agrees, what is a fork, what cannot be told; and the evidence."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lib.witnessing.logs import KEY, OTHER, STRANGER, Log, awake, make, numbered
from tests.lib.witnessing.running import Running
from tests.lib.witnessing.test_serving import PATIENT

from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed
from dragoman.lib.witnessing import asking, gossip
from dragoman.lib.witnessing.answering import Said
from dragoman.lib.witnessing.gossip import Told

TRUNK = Log(numbered(9))
BRANCH = TRUNK.fork(4, *numbered(7, "branch"))
KEYS = [KEY.verifier]


def told(log: Log, size: int | None = None, by: str = "somebody") -> Told:
    [one] = gossip.parse(log.head(size), by, KEYS)
    return one


def test_heads_of_one_history_agree_whichever_is_larger() -> None:
    for shown in (3, 5, 9):
        found = gossip.compare(
            [told(TRUNK, size) for size in (0, 1, 4, 8, 9)], told(TRUNK, shown), TRUNK.read
        )
        assert (len(found.agreed), found.forks, found.unknown) == (5, (), ())


def test_two_roots_of_one_size_are_a_fork_without_any_tiles() -> None:
    found = gossip.compare([told(BRANCH, 6, "one"), told(TRUNK, 6, "two")], None, None)
    [fork] = found.forks
    assert (fork.one.by, fork.other.by) == ("one", "two")
    assert "6 entries with different roots" in fork.why


@pytest.mark.parametrize(("shown", "other"), [(9, 6), (6, 9), (5, 5), (9, 5), (5, 11)])
def test_another_history_is_a_fork_by_the_tiles_that_are_served(shown: int, other: int) -> None:
    served = TRUNK if shown <= TRUNK.size else BRANCH
    more = Log((*TRUNK.entries, *numbered(5, "more")))
    found = gossip.compare([told(BRANCH, other)], told(served, shown), more.read)
    assert len(found.forks) == 1


def test_heads_before_the_fork_belong_to_both() -> None:
    found = gossip.compare([told(BRANCH, 4)], told(TRUNK), TRUNK.read)
    assert (len(found.agreed), found.forks) == (1, ())


def test_a_larger_head_that_nothing_served_explains_is_unknown_and_no_fork() -> None:
    short = Log(TRUNK.entries[:5])
    found = gossip.compare([told(BRANCH)], told(short), short.read)
    assert (found.forks, found.agreed, len(found.unknown)) == ((), (), 1)
    # Damaged tiles are damage: they make neither head.
    damaged = {path: b"\x00" * len(data) for path, data in TRUNK.files.items()}
    found = gossip.compare([told(TRUNK, 5)], told(TRUNK), damaged.__getitem__)
    assert (found.forks, len(found.unknown)) == ((), 1)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 11))
def test_a_fork_is_found_exactly_when_there_is_one(fork: int, shown: int, other: int) -> None:
    log = TRUNK.fork(fork, *numbered(11 - fork, "x"))
    whole = Log((*TRUNK.entries, *numbered(3, "later")))
    found = gossip.compare([told(log, other)], told(TRUNK, shown), whole.read)
    forked = other > fork
    assert (len(found.forks), len(found.agreed)) == (int(forked), int(not forked))


def test_what_a_witness_tells_reads_back_with_the_forks_it_saw(tmp_path: Path) -> None:
    make(tmp_path)
    one = awake(tmp_path)
    one.add_checkpoint(TRUNK.question(0, 3))
    one.add_checkpoint(TRUNK.question(3, 6))
    one.add_checkpoint(BRANCH.question(6, 6))
    one.add_checkpoint(BRANCH.question(6, 8))
    data = gossip.dump(one.memory(KEY.name), str(one.vkey))
    sizes = sorted(
        (item.head.size, item.head.root == TRUNK.root(item.head.size))
        for item in gossip.parse(data, "w", KEYS)
    )
    assert sizes == [(3, True), (6, False), (6, True), (8, False)]
    # Only what the log signed is taken from it.
    assert gossip.parse(data, "w", [OTHER.verifier]) == []
    forged = json.loads(data)
    forged["seen"].append({"at": 1, "note": Log(numbered(2), STRANGER).head().decode()})
    forged["seen"].append({"at": 1, "note": "nonsense"})
    assert len(gossip.parse(json.dumps(forged).encode(), "w", KEYS)) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"v":1,"seen":3}',
        b'{"v":2,"seen":[]}',
        b'{"v":1,"seen":[{"note":3}]}',
        b'{"v":1,"seen":[null]}',
        b"{" * 100_000,
        b"x" * (gossip.LARGEST + 1),
        b"hello\n",
        b"dragoman fork evidence v1\nnote ###\n",
    ],
)
def test_nonsense_is_told_as_such(data: bytes) -> None:
    with pytest.raises(Malformed):
        gossip.parse(data, "w", KEYS)


@given(st.binary(max_size=200))
def test_nothing_but_malformed_is_raised(data: bytes) -> None:
    try:
        assert gossip.parse(data, "w", KEYS) == []
    except Malformed:
        return


def test_the_evidence_holds_both_heads_and_reads_back() -> None:
    [fork] = gossip.compare([told(BRANCH, 6, "a newspaper")], told(TRUNK, 6, "the site"), None).forks
    data = gossip.evidence(fork)
    assert b"a newspaper" in data
    assert [item.note for item in gossip.parse(data, "file", KEYS)] == [TRUNK.head(6), BRANCH.head(6)]
    assert gossip.evidence_name(fork) == "fork-record.example.int-record-6.evidence"
    # The plain blocks are the notes themselves: any verifier of signed notes reads them.
    lines = data.decode().split("\n")
    plain = [line.removeprefix("    ") for line in lines if line.startswith("    ")]
    first = "\n".join(plain[: len(TRUNK.head(6).decode().split("\n"))])
    assert note.check(note.parse(first.rstrip("\n").encode() + b"\n"), KEYS) == KEYS


def test_a_witness_is_asked_for_what_it_saw(tmp_path: Path) -> None:
    make(tmp_path)
    one = awake(tmp_path)
    one.add_checkpoint(TRUNK.question(0, 3))
    one.add_checkpoint(TRUNK.question(3, 6))
    with Running(one.answer, PATIENT) as running:
        asked = asking.told_by(
            {"w": running.url, "gone": "http://127.0.0.1:1", "odd": "ftp://x"}, KEY.name, KEYS
        )
        nothing = asking.told_by({"w": f"{running.url}"}, STRANGER.name, [STRANGER.verifier])
    assert sorted(item.head.size for item in asked.told) == [3, 6, 6]
    assert set(asked.silent) == {"gone", "odd"}
    assert "refused" in asked.silent["gone"]
    assert "no head of this log" in nothing.silent["w"]


def test_a_witness_that_answers_too_much_is_let_go() -> None:
    much = Said(HTTPStatus.OK, b"x" * 6_000_000)
    with Running(lambda *_: much, PATIENT) as running:
        asked = asking.told_by({"w": running.url}, KEY.name, KEYS)
    assert "more than" in asked.silent["w"]
