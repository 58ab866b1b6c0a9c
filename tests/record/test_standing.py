"""Texts that stand until the next of the same id: the register of official accounts, and notices."""

from pathlib import Path

import pytest
from tests.record.conftest import Seal
from tests.record.test_verify import run

from dragoman.lib import canonical
from dragoman.lib.problems import Conflict
from dragoman.record import keys, leaf
from dragoman.record.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", leaf.STANDING)
def test_each_standing_text_names_the_one_it_replaces(seal: Seal, kind: str) -> None:
    first = seal("official-accounts", 1, kind)
    assert seal("official-accounts", 1, kind) == first
    seal("official-accounts", 2, kind)
    seal("official-accounts", 5, kind)
    assert [row.read().prev for row in Entry.objects.all()] == [None, 0, 1]
    assert [row.kind for row in Entry.objects.all()] == [kind] * 3


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("statement", {"kind": "accounts"}),
        ("accounts", {"kind": "correction"}),
        ("accounts", {"kind": "withdrawal", "texts": []}),
        ("notice", {"kind": "accounts"}),
    ],
)
def test_an_id_belongs_to_one_kind_of_text(seal: Seal, first: str, then: dict[str, object]) -> None:
    seal("one", 1, first)
    with pytest.raises(Conflict, match="another kind"):
        seal("one", 2, **then)


def test_a_first_standing_text_replaces_nothing(seal: Seal) -> None:
    seal()
    with pytest.raises(Conflict, match="nothing to replace"):
        seal("official-accounts", 1, "accounts", prev=0)


def test_an_older_number_does_not_follow_a_newer(seal: Seal) -> None:
    seal("official-accounts", 3, "accounts")
    with pytest.raises(Conflict, match="latest entry"):
        seal("official-accounts", 2, "accounts")


def test_a_record_of_every_kind_verifies_from_outside(
    seal: Seal, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    seal()
    seal("official-accounts", 1, "accounts")
    seal(rev=2, kind="correction")
    seal("notice-1", 1, "notice")
    seal("official-accounts", 2, "accounts")
    seal("notice-1", 2, "notice")
    seal(rev=3, kind="withdrawal", texts=[])
    result = run(home / "public", "--policy", keys.policy_path())
    assert result.exit_code == 0, result.output
    assert "7 entries" in result.output
    result = run(home / "public", "--policy", keys.policy_path(), "--statement", "official-accounts-1")
    assert "later REPLACED by revision 2" in result.output


def test_a_verifier_passes_over_kinds_that_it_does_not_know() -> None:
    later = {"v": 1, "kind": "minutes", "id": "x"}
    assert leaf.parse(canonical.dumps(later)) is None
