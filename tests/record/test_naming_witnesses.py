"""Witnesses are named and taken out from the command line; the policy is published and the pages follow."""

from pathlib import Path

import pytest
from tests.record.conftest import BY, Seal, trust
from tests.record.desk_witness import DeskWitness
from typer.testing import CliRunner, Result

from dragoman.audit.models import Event
from dragoman.cli.record import record as command
from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import policy
from dragoman.record import actions, keys, queries, store

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> Result:
    return CliRunner().invoke(command, ["witnesses", *words])


def test_a_witness_named_at_the_shell_signs_the_next_entry(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    seal("one")
    trust(witnesses, 1)
    keys.policy_path().unlink()
    for one in witnesses[:2]:
        added = run("add", str(one.key.verifier), one.url, "--needed", "all")
        assert added.exit_code == 0, added.output
    assert "outside: all 2 must sign; 2 have" in added.output
    served = policy.parse(store.read(store.POLICY).decode())
    assert served == keys.trust()
    assert served.needed() == 2
    assert seal("two").complete
    assert queries.head().complete
    listed = run("list").output
    assert "w0.example.int: signed 0 s after the head" in listed
    removed = run("remove", "w1.example.int")
    assert removed.exit_code == 1
    assert "2 of 1 members" in removed.output
    assert run("remove", "w1.example.int", "--needed", "any").exit_code == 0
    assert queries.head().complete
    assert run("remove", "w0.example.int").exit_code == 0
    assert "The quorum asks for no witness." in run("list").output
    verbs = list(Event.objects.filter(target__startswith="witness:").values_list("verb", "target"))
    assert verbs.count(("record.add_witness", "witness:w0.example.int")) == 1
    assert ("record.remove_witness", "witness:w1.example.int") in verbs


def test_what_cannot_be_a_witness_is_refused_and_nothing_changes(seal: Seal, home: Path) -> None:
    seal("one")
    before = keys.policy_path().read_text()
    with pytest.raises(Invalid, match="three parts"):
        actions.add_witness(by=BY, vkey="nonsense", url="https://w.example.int")
    own = str(keys.signing()[0].verifier)
    with pytest.raises(Invalid, match="kind"):
        actions.add_witness(by=BY, vkey=own, url="https://w.example.int")
    with pytest.raises(Invalid, match="no witness"):
        actions.remove_witness(by=BY, name="nobody")
    assert keys.policy_path().read_text() == before
    assert not Event.objects.filter(target__startswith="witness:").exists()


def test_a_witness_that_is_named_late_signs_the_head_that_stands(
    seal: Seal, witnesses: list[DeskWitness]
) -> None:
    seal("one")
    trust(witnesses, 1)
    keys.policy_path().unlink()
    actions.add_witness(by=BY, vkey=str(witnesses[0].key.verifier), url=witnesses[0].url)
    assert queries.head().complete
    assert witnesses[0].size == 1
