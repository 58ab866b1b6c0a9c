import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from tests.record.conftest import WHEN, Seal, texts

from dragoman.audit.models import Event
from dragoman.lib import canonical
from dragoman.lib.problems import Conflict, Invalid, TooLarge
from dragoman.lib.tlog import verify
from dragoman.record import keys, queries
from dragoman.record.models import Entry
from dragoman.record.values import MediaBlob, TextBlob

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_seal_returns_with_the_proof_on_the_disk(seal: Seal, home: Path) -> None:
    sealed = seal(media=[MediaBlob("image/jpeg", b"a picture")])
    record = home / "public" / "record"
    proof = (home / "public" / sealed.proof_path.lstrip("/")).read_bytes()
    entry = bytes(Entry.objects.get().leaf)
    read, head = verify.check_proof(proof, entry, keys.trust())
    assert (read.index, head.checkpoint.size, head.checkpoint.root.hex()) == (0, 1, sealed.root)
    assert (record / "checkpoint").read_bytes() == read.checkpoint
    assert (record / "tile" / "entries" / "000.p" / "1").read_bytes() == len(entry).to_bytes(2, "big") + entry
    assert sealed.leaf == entry
    assert {path.read_bytes() for path in (record / "text").iterdir()} == {
        blob.data for blob in texts("statement 2026-4f7kq2 1")
    }
    assert [path.read_bytes() for path in (record / "media").iterdir()] == [b"a picture"]


def test_the_leaf_says_exactly_what_the_format_says(seal: Seal) -> None:
    sealed = seal(released=datetime(2017, 1, 9, 13, 0, 0, 999, tzinfo=timezone(timedelta(hours=3))))
    leaf = canonical.loads(sealed.leaf)
    assert isinstance(leaf, dict)
    assert set(leaf) == {"v", "kind", "id", "rev", "released", "texts", "media", "prev", "parties", "consent"}
    assert leaf["released"] == "2017-01-09T10:00:00Z"
    assert [one["lang"] for one in leaf["texts"]] == ["be", "en"]
    assert (leaf["prev"], leaf["parties"], leaf["consent"], leaf["v"]) == (None, None, None, 1)


def test_keys_are_made_on_first_run_for_their_owner_only(seal: Seal, home: Path) -> None:
    seal()
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700
    files = [*(home / "keys").glob("record-*.key"), home / "keys" / "signer-state.json"]
    assert len(files) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert keys.origin() == "localhost/record"


def test_the_policy_is_written_for_readers(seal: Seal, home: Path) -> None:
    seal()
    policy = (home / "policy.txt").read_text()
    assert policy == f"log {keys.signing()[0].verifier} http://localhost:8000/record\nquorum none\n"
    assert (home / "public" / "record" / "policy").read_text() == policy


def test_a_second_seal_of_the_same_changes_nothing(seal: Seal) -> None:
    first = seal()
    assert seal(released=WHEN + timedelta(hours=1)) == first
    assert Entry.objects.count() == 1
    assert Event.objects.filter(verb="record.seal").count() == 1


def test_another_text_under_a_sealed_revision_is_refused(seal: Seal) -> None:
    seal()
    with pytest.raises(Conflict, match="something else"):
        seal(texts=texts("Ten days"))
    with pytest.raises(Conflict, match="something else"):
        seal(kind="withdrawal", texts=[])


def test_a_correction_and_a_withdrawal_name_what_they_replace(seal: Seal) -> None:
    seal()
    seal("other")
    correction = seal(rev=2, kind="correction")
    withdrawal = seal(rev=5, kind="withdrawal", texts=[], prev=correction.index)
    assert [row.read().prev for row in Entry.objects.all()] == [None, None, 0, 2]
    assert withdrawal.proof_path == "/record/proof/2026-4f7kq2-5.tlog-proof"
    assert seal(rev=2, kind="correction") == correction


@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        ([], {"rev": 2, "kind": "correction"}, "nothing to replace"),
        ([{}], {"rev": 2}, "is in the record already"),
        ([{}], {"rev": 2, "kind": "correction", "prev": 7}, "latest entry"),
        ([{"rev": 3}], {"rev": 2, "kind": "correction"}, "latest entry"),
        ([{}, {"rev": 2, "kind": "withdrawal"}], {"rev": 3, "kind": "correction"}, "nothing follows"),
    ],
)
def test_an_entry_out_of_order_is_refused(
    seal: Seal, first: list[dict[str, object]], then: dict[str, object], why: str
) -> None:
    for one in first:
        seal(**one)
    with pytest.raises(Conflict, match=why):
        seal(**then)
    assert Entry.objects.count() == len(first)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "rumour"}, "kind"),
        ({"ref": "../../etc"}, "ref"),
        ({"ref": "a" * 65}, "ref"),
        ({"rev": 0}, "rev"),
        ({"texts": []}, "texts"),
        ({"texts": texts("a", "en", "en")}, "texts"),
        ({"texts": texts("a", "not a tag")}, "texts"),
        ({"texts": [TextBlob("en", "text/plain", b"\xff")]}, "texts"),
        ({"texts": [TextBlob("en", "text/plain", b"a\r\n")]}, "texts"),
        ({"texts": [TextBlob("en", "text/plain", "e\u0301".encode())]}, "texts"),
        ({"texts": [TextBlob("en", "text", b"a")]}, "media_type"),
        ({"released": datetime(2017, 1, 9)}, "released"),  # noqa: DTZ001 - the missing zone is the case
        ({"prev": 1}, "prev"),
    ],
)
def test_wrong_input_is_refused_by_field(
    seal: Seal, home: Path, given: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        seal(**given)
    assert caught.value.where[0]["field"] == field
    assert not (home / "public").exists()


def test_300_languages_fit_and_1000_are_refused(seal: Seal) -> None:
    codes = [f"{a}{b}{c}" for a in "abcdefghij" for b in "abcdefghij" for c in "abcdefghij"]
    assert seal(texts=texts("Hello", *codes[:300])).size == 1
    with pytest.raises(TooLarge, match="65,535"):
        seal("more", texts=texts("Hello", *codes))


def test_a_clock_set_back_changes_no_order(seal: Seal) -> None:
    first = seal("one", released=WHEN)
    second = seal("two", released=datetime(1999, 1, 1, tzinfo=UTC))
    assert (first.index, second.index) == (0, 1)


def test_a_seal_inside_a_transaction_is_a_mistake_of_the_caller(seal: Seal) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside of transactions"):
        seal()


def test_the_database_refuses_to_change_an_entry(seal: Seal) -> None:
    seal()
    for sql in ("UPDATE record_entry SET rev = 9", "DELETE FROM record_entry"):
        with pytest.raises(DatabaseError, match="never changed"), connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_head_is_told(seal: Seal) -> None:
    assert queries.head().size == 0
    sealed = seal()
    head = queries.head()
    assert (head.size, head.root, head.origin) == (1, sealed.root, "localhost/record")
    assert not head.witnesses_signed
    assert queries.entry("2026-4f7kq2", 1).index == 0
