"""A desk with the sample in it is carried to another home and opens there with the same record."""

from __future__ import annotations

import json
import shutil
import stat
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ground.running import Desk, until

from dragoman.lib.postgres import client

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.timeout(600),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, bytes]]:
    """The desk's archive, its keys' archive, and the head of the record at that time."""
    folder = tmp_path_factory.mktemp("archives")
    desk_file, keys_file = folder / "desk.tar.gz", folder / "keys.tar.gz"
    with Desk(DRAGOMAN_SAMPLE="1") as desk:
        desk.until_well()
        assert "editor" in desk.said()
        until(lambda: desk.get(desk.public, "/record/checkpoint")[0] == 200, what="the first head")
        until(lambda: list((desk.home / "public/record/proof").glob("*.tlog-proof")), what="the first proof")
        head = (desk.home / "public/record/checkpoint").read_bytes()  # the record may grow on meanwhile
        done = desk.cli("backup", str(desk_file), "--keys", str(keys_file))
        assert done.returncode == 0, done.stderr
        again = desk.cli("backup", str(desk_file))
        assert again.returncode == 1
        assert "exists already" in again.stderr
        yield desk_file, keys_file, head


def test_archives_are_for_their_owner_and_only_one_holds_keys(archives: tuple[Path, Path, bytes]) -> None:
    desk_file, keys_file, _ = archives
    for path in (desk_file, keys_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(desk_file) as archive:
        names = archive.getnames()
    assert "database.dump" in names
    assert not any(name.endswith(".key") or "password" in name for name in names)
    with tarfile.open(keys_file) as archive:
        assert any(name.endswith("django.key") for name in archive.getnames())
        inside = archive.extractfile("manifest.json")
        assert inside is not None
        assert json.load(inside)["kind"] == "keys"


def test_restored_desk_opens_with_the_same_record(archives: tuple[Path, Path, bytes]) -> None:
    desk_file, keys_file, head = archives
    desk = Desk(DRAGOMAN_SAMPLE="1")
    done = desk.cli("restore", str(desk_file), "--keys", str(keys_file))
    assert done.returncode == 0, done.stderr
    with desk:
        desk.until_well()
        assert "REFUSES" not in desk.said()
        assert "shown once" not in desk.said()
        size = int(desk.get(desk.public, "/record/checkpoint")[1].splitlines()[1])
        assert size >= int(head.splitlines()[1])
        assert "editor" in desk.cli("officer", "list").stdout
        assert stat.S_IMODE((desk.home / "keys").stat().st_mode) == 0o700
        refused = desk.cli("restore", str(desk_file))
        assert refused.returncode == 1
        assert "not empty" in refused.stderr


def test_cut_archive_is_refused_before_anything_is_changed(
    archives: tuple[Path, Path, bytes], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archives[0].read_bytes()[:-2000])
    desk = Desk()
    done = desk.cli("restore", str(cut))
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert list(desk.home.iterdir()) == []
    swapped = desk.cli("restore", str(archives[1]))
    assert swapped.returncode == 1
    assert "--keys" in swapped.stderr
    shutil.rmtree(desk.home)


def test_password_travels_by_environment() -> None:
    told = client.environment(
        "postgresql://me:p%40ss@db.example:5433/desk?sslmode=require", base={"PGHOST": "old"}
    )
    assert told == {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "me",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "desk",
        "PGSSLMODE": "require",
    }
