import time
from pathlib import Path

import pytest
from tests.record.conftest import BY, Seal, trust
from tests.record.desk_witness import DeskWitness
from tests.record.faults import verified

from dragoman.lib.tlog import merkle
from dragoman.record import actions, keys, queries, store
from dragoman.record.models import Proof, WitnessContact

pytestmark = pytest.mark.django_db(transaction=True)


def test_witnesses_sign_every_head_and_stand_in_the_proof(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 3)
    first, second = seal("one"), seal("two")
    assert (first.witnesses_signed, first.witnesses_needed, first.complete) == (3, 3, True)
    assert second.complete
    assert sorted(verified(home).head.witnesses) == ["w0", "w1", "w2"]
    assert queries.head().complete
    assert [one.size for one in witnesses] == [2, 2, 2]


def test_a_dead_witness_holds_up_no_release_once_the_quorum_is_there(
    seal: Seal, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    witnesses[2].delay = 30
    began = time.monotonic()
    assert seal().complete
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("mood", [400, 403, 404, 409, 422, 500, 200])
def test_without_a_quorum_it_is_published_and_said_to_await_witnesses(
    seal: Seal, witnesses: list[DeskWitness], mood: int
) -> None:
    trust(witnesses, 2)
    witnesses[0].mood = witnesses[1].mood = mood
    sealed = seal()
    assert (sealed.witnesses_signed, sealed.witnesses_needed, sealed.complete) == (1, 2, False)
    assert store.read(sealed.proof_path.removeprefix("/record/")).startswith(b"c2sp.org/tlog-proof@v1")
    assert not queries.head().complete
    assert queries.awaiting_witnesses() == 1
    assert WitnessContact.objects.get(name="w0").trouble


def test_witnesses_that_come_back_complete_the_older_proofs(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    for one in witnesses:
        one.mood = 503
    seal("one")
    seal("two")
    assert Proof.objects.filter(complete=False).count() == 2
    for one in witnesses:
        one.mood = 0
    assert actions.catch_up(by=BY) == 2
    assert queries.awaiting_witnesses() == 0
    assert queries.sealed("one", 1).complete
    assert verified(home).proofs == 2
    assert actions.catch_up(by=BY) == 0


def test_a_witness_that_forgot_is_asked_from_where_it_is(seal: Seal, witnesses: list[DeskWitness]) -> None:
    trust(witnesses, 3)
    seal("one")
    witnesses[0].size, witnesses[0].root = 0, merkle.EMPTY_ROOT
    assert seal("two").witnesses_signed == 3


def test_a_witness_that_only_claims_a_later_head_is_not_believed(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    seal("one")
    witnesses[0].size = 1000
    witnesses[0].shown = b"localhost/record\n1000\nnonsense\n"
    witnesses[1].delay = 1.0  # or it might not be waited for
    assert seal("two").complete
    assert "1000 entries" in WitnessContact.objects.get(name="w0").trouble
    assert verified(home).entries == 2


def test_naming_witnesses_later_counts_from_the_next_entry(seal: Seal, witnesses: list[DeskWitness]) -> None:
    assert (seal("one").witnesses_needed, seal("one").complete) == (0, True)
    trust(witnesses, 2)
    assert seal("two").complete
    assert queries.sealed("one", 1).witnesses_needed == 0


def test_a_new_key_signs_beside_the_old_until_that_is_retired(seal: Seal, home: Path) -> None:
    seal("one")
    old = keys.trust()
    made = actions.add_key(by=BY)
    assert len(keys.signing()) == 2
    new = keys.trust()
    assert {str(log.key) for log in new.logs} == {str(log.key) for log in old.logs} | {str(made)}
    seal("two")
    retired = old.logs[0].key.key_id.hex()
    report = verified(home)
    assert len(report.head.keys) == 2
    actions.retire_key(by=BY, key_id=retired)
    assert [key.verifier for key in keys.signing()] == [made]
    assert (home / "keys" / "retired" / f"record-{retired}.key").exists()
    seal("three")
    assert verified(home, report.seen).head.keys == (made,)


def test_the_last_key_is_not_retired_and_an_unknown_one_not_found(seal: Seal) -> None:
    from dragoman.lib.problems import Conflict, NotFound

    seal()
    with pytest.raises(Conflict, match="only key"):
        actions.retire_key(by=BY, key_id=keys.signing()[0].verifier.key_id.hex())
    with pytest.raises(NotFound):
        actions.retire_key(by=BY, key_id="00000000")
