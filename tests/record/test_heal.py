"""Old backups, damaged files, two writers, full disks: healed, or refused with the reason."""

import json
import os
import resource
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from tests.record.conftest import BY, Seal, trust
from tests.record.desk_witness import DeskWitness
from tests.record.faults import Backup, run_and_die, unguarded, verified

from dragoman.audit.models import Event
from dragoman.lib.problems import Conflict, Problem, Unavailable
from dragoman.lib.tlog import checkpoint, merkle
from dragoman.record import actions, healing, keys, queries, signer, store
from dragoman.record.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


def several(seal: Seal, first: int, last: int) -> None:
    for number in range(first, last):
        seal(f"entry-{number}")


@pytest.fixture
def backup(seal: Seal, home: Path, tmp_path: Path) -> Backup:
    """Three entries, a backup, two more entries."""
    several(seal, 0, 3)
    made = Backup(home, tmp_path / "backup")
    several(seal, 3, 5)
    return made


def test_an_old_database_gets_its_entries_back_from_the_files(backup: Backup, seal: Seal, home: Path) -> None:
    before = verified(home)
    backup.restore_database()
    assert Entry.objects.count() == 3
    assert seal("after").index == 5
    assert [row.ref for row in Entry.objects.all()] == [*(f"entry-{number}" for number in range(5)), "after"]
    assert verified(home, before.seen).proofs == 6
    assert Event.objects.get(verb="record.heal").data["entries_restored"] == 2


def test_old_files_are_written_again_from_the_database(backup: Backup, seal: Seal, home: Path) -> None:
    before = verified(home)
    backup.restore("public")
    seal("after")
    assert len(actions.audit_record(by=BY).lost) == 4
    several(seal, 3, 5)
    assert not actions.audit_record(by=BY).lost
    report = verified(home, before.seen)
    assert (report.entries, report.proofs) == (6, 6)


def test_lost_files_are_written_again_and_lost_texts_are_named(seal: Seal, home: Path) -> None:
    several(seal, 0, 3)
    shutil.rmtree(home / "public")
    seal("after")
    lost = actions.audit_record(by=BY).lost
    assert len(lost) == 6
    assert lost[0].endswith(" of entry-0-1")
    assert (home / "public" / "record" / "tile" / "0" / "000.p" / "2").exists()
    several(seal, 0, 3)
    assert verified(home).proofs == 4


@pytest.mark.parametrize("both", [("public", "keys"), ("keys",)])
def test_an_old_signer_takes_up_the_head_that_it_signed(
    backup: Backup, seal: Seal, home: Path, both: tuple[str, ...]
) -> None:
    before = verified(home)
    for folder in both:
        backup.restore(folder)
    several(seal, 3, 5)
    seal("after")
    actions.audit_record(by=BY)
    assert verified(home, before.seen).entries == 6


def test_an_old_backup_of_all_is_found_out_by_a_witness(
    seal: Seal, home: Path, tmp_path: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    several(seal, 0, 3)
    backup = Backup(home, tmp_path / "backup")
    several(seal, 3, 5)
    witnesses[1].mood = 500
    backup.restore_database()
    for folder in ("public", "keys"):
        backup.restore(folder)
    with pytest.raises(Conflict, match="old backup") as caught:
        seal("after")
    assert caught.value.code == "record-behind"
    assert queries.head().size == 3
    assert Entry.objects.count() == 3


def test_an_old_backup_of_all_is_found_out_while_the_desk_runs(
    seal: Seal, home: Path, tmp_path: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 1)
    several(seal, 0, 3)
    backup = Backup(home, tmp_path / "backup")
    several(seal, 3, 5)
    backup.restore_database()
    for folder in ("public", "keys"):
        backup.restore(folder)
    healing._looked_back.add("localhost/record")
    with pytest.raises(Conflict, match="old backup"):
        seal("after")
    # What was signed did not become the published head.
    assert verified(home).entries == 3


def test_an_entry_that_was_changed_in_the_database_is_named(seal: Seal, home: Path) -> None:
    several(seal, 0, 3)
    other = bytes(Entry.objects.get(index=0).leaf)
    with unguarded() as cursor:
        changed = other.replace(b"entry-0", b"entry-x")
        cursor.execute(
            "UPDATE record_entry SET leaf = %s, leaf_hash = %s WHERE index = 1",
            [changed, merkle.leaf_hash(changed)],
        )
    with pytest.raises(Conflict, match="First difference: entry 1") as caught:
        actions.audit_record(by=BY)
    assert "The database differs" in caught.value.detail
    assert verified(home).entries == 3


def test_an_entry_that_was_changed_on_both_sides_is_refused(seal: Seal, home: Path) -> None:
    several(seal, 0, 2)
    with unguarded() as cursor:
        cursor.execute("UPDATE record_entry SET leaf = leaf || 'x'::bytea WHERE index = 1")
    bundle = home / "public" / "record" / "tile" / "entries" / "000.p" / "2"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry-1", b"entry-y"))
    with pytest.raises(Conflict, match="Neither the database nor the files"):
        actions.audit_record(by=BY)


def test_an_entry_that_is_lost_on_both_sides_is_refused(backup: Backup, seal: Seal) -> None:
    backup.restore_database()
    shutil.rmtree(store.folder() / "tile")
    with pytest.raises(Conflict, match="Entry 3 is signed for"):
        seal("after")


def test_a_database_with_a_gap_is_filled_from_the_files(seal: Seal, home: Path) -> None:
    several(seal, 0, 4)
    with unguarded() as cursor:
        cursor.execute("DELETE FROM record_proof")
        cursor.execute("DELETE FROM record_entry WHERE index IN (1, 2)")
    actions.audit_record(by=BY)
    assert [row.index for row in Entry.objects.all()] == [0, 1, 2, 3]
    assert verified(home).proofs == 4


@pytest.mark.parametrize(
    "name", ["checkpoint", "tile/0/000.p/4", "tile/entries/000.p/4", "proof/entry-2-1.tlog-proof", "policy"]
)
@pytest.mark.parametrize("wrong", [b"", b"\x00garbage", None])
def test_wrong_bytes_in_a_file_are_mended(seal: Seal, home: Path, name: str, wrong: bytes | None) -> None:
    several(seal, 0, 4)
    path = store.folder() / name
    right = path.read_bytes()
    if wrong is None:
        path.unlink()
    else:
        path.write_bytes(wrong)
    actions.audit_record(by=BY)
    if name.startswith("proof/"):
        verified(home)
    else:
        assert path.read_bytes() == right
    assert seal("after").index == 4
    assert verified(home).proofs == 5


def test_a_damaged_inner_tile_does_not_stop_a_release(seal: Seal, home: Path) -> None:
    several(seal, 0, 3)
    (store.folder() / "tile" / "0" / "000.p" / "3").write_bytes(b"z" * 96)
    seal("after")
    assert verified(home).proofs == 4


def test_a_damaged_memory_of_the_signer_is_named_and_mended_by_moving_it_away(seal: Seal, home: Path) -> None:
    several(seal, 0, 3)
    state = home / "keys" / "signer-state.json"
    state.write_text("{}")
    with pytest.raises(Unavailable, match=r"signer-state\.json"):
        seal("after")
    state.unlink()
    seal("after")
    assert json.loads(state.read_text())["size"] == 4
    assert verified(home).entries == 4


def test_a_lost_key_is_never_replaced_in_silence(seal: Seal, home: Path) -> None:
    several(seal, 0, 2)
    for path in (home / "keys").glob("record-*.key"):
        path.unlink()
    with pytest.raises(Unavailable, match="its key is gone"):
        seal("after")


@pytest.mark.parametrize("change", ["garbage", "open", "empty"])
def test_a_key_file_that_is_damaged_or_open_to_others_is_refused(seal: Seal, home: Path, change: str) -> None:
    seal()
    path = next((home / "keys").glob("record-*.key"))
    if change == "open":
        path.chmod(0o644)
    else:
        path.write_text("PRIVATE+KEY+x" if change == "garbage" else "")
    with pytest.raises(Unavailable) as caught:
        seal("after")
    assert "PRIVATE" not in caught.value.detail


def test_a_wrong_policy_is_refused_with_its_line(seal: Seal, home: Path) -> None:
    seal()
    keys.policy_path().write_text(keys.policy_path().read_text().replace("quorum none", "quorum seven"))
    with pytest.raises(Problem, match=r"policy\.txt: line 2"):
        seal("after")


def test_the_signer_never_signs_a_smaller_or_another_record(seal: Seal) -> None:
    several(seal, 0, 3)
    one = signer.Signer()
    root = merkle.leaf_hash(b"other")
    for size, proof in [(2, []), (3, []), (4, []), (4, [root, root])]:
        with pytest.raises(Conflict):
            one.sign(size, root, proof)
    with pytest.raises(Conflict):
        one.adopt(checkpoint.Checkpoint("localhost/record", 2, root))
    assert one.last is not None
    assert one.sign(3, one.last.root, []).text == one.sign(3, one.last.root, []).text


def test_a_forked_head_in_the_folder_is_refused(seal: Seal) -> None:
    several(seal, 0, 2)
    other = checkpoint.Checkpoint("localhost/record", 2, merkle.leaf_hash(b"other"))
    store.write("checkpoint", bytes(other.signed(keys.signing())))
    with pytest.raises(Conflict, match="forked") as caught:
        seal("after")
    assert caught.value.code == "record-forked"


def test_many_writers_at_once_make_one_log(seal: Seal, home: Path) -> None:
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(3):
                seal(f"entry-{number}-{turn}")
            seal("shared", rev=1)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert verified(home).proofs == 16
    assert [row.index for row in Entry.objects.all()] == list(range(16))


def test_two_databases_on_one_home_are_kept_apart(seal: Seal) -> None:
    with signer.alone(), pytest.raises(Conflict, match="from another database"):
        seal()


def limited(work: Callable[[], object], bytes_a_file: int) -> None:
    """In a child: a file may not grow beyond this, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, bytes_a_file))
    with pytest.raises(Unavailable, match="disk of the record is full"):
        work()


@pytest.mark.parametrize("room", [0, 10, 100, 400])
def test_a_full_disk_is_told_and_nothing_is_lost(seal: Seal, home: Path, room: int) -> None:
    seal("before")
    seen = verified(home).seen
    # RLIMIT_FSIZE gives EFBIG where a full disk gives ENOSPC; both go the same way through the code.
    assert not run_and_die(0, partial(limited, partial(seal, "after"), room))
    assert not list(store.folder().rglob(".*")), "no torn file is left"
    assert queries.head().size in (1, 2)
    verified(home, seen)
    seal("after")
    assert verified(home, seen).proofs == 2


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting needs root")
def test_a_really_full_disk_is_told_and_nothing_is_lost(seal: Seal, home: Path) -> None:
    store.folder().mkdir(parents=True)
    if os.system(f"mount -t tmpfs -o size=160k,nr_inodes=64 tmpfs {store.folder()} 2>/dev/null"):  # noqa: S605 - our own path
        pytest.skip("this machine lets no one mount a tmpfs")
    try:
        with pytest.raises(Unavailable, match="disk of the record is full"):
            several(seal, 0, 1000)
        number = queries.entries().exclude(proof=None).count()
        assert number > 1
        assert verified(home).entries in (number, number + 1)
        os.system(f"mount -o remount,size=4m,nr_inodes=4096 {store.folder()}")  # noqa: S605 - our own path
        seal(f"entry-{number}")
        assert verified(home).proofs == number + 1
    finally:
        os.system(f"umount -l {store.folder()}")  # noqa: S605 - our own path
