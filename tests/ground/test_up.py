"""`dragoman up` as a person or a machine meets it: real processes, real signals, the embedded database."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ground.running import Desk, until

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.timeout(600),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as running:
        running.until_well()
        yield running


def test_health_names_every_check(desk: Desk) -> None:
    status, told = desk.health()
    assert status == 200
    assert told["status"] == "ok"
    assert {"database", "worker"} <= set(told["checks"])


def test_three_origins_answer(desk: Desk) -> None:
    assert desk.get(desk.public, "/")[0] in {200, 404}
    assert desk.get(desk.desk, "/health")[0] == 200
    assert desk.get(desk.live, "/health")[0] in {200, 503}


def test_second_up_on_the_same_home_says_so_and_ends(desk: Desk) -> None:
    second = desk.cli("up")
    assert second.returncode == 1
    assert f"already runs on {desk.home} (process {desk.process.pid})" in second.stderr


def test_another_home_is_told_which_port_is_taken(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = desk.cli("up", DRAGOMAN_HOME=str(tmp_path_factory.mktemp("other")))
    assert other.returncode == 1
    assert f"{desk.desk} (DRAGOMAN_DESK_PORT)" in other.stderr


def test_commands_use_the_running_database(desk: Desk) -> None:
    listed = desk.cli("officer", "list")
    assert listed.returncode == 0, listed.stderr


@pytest.mark.parametrize(
    "name", ["web-desk", "web-public", "web-reception", "table", "worker", "pulse", "database"]
)
def test_killed_process_comes_back(desk: Desk, name: str) -> None:
    first = desk.pid(name)
    os.kill(first, signal.SIGKILL)
    until(lambda: desk.pid(name) != first, what=name)
    time.sleep(1)
    desk.until_well()


def test_desk_recovers_when_the_database_is_killed(desk: Desk) -> None:
    main = int((desk.home / "postgres/data/postmaster.pid").read_text().split()[0])
    os.kill(main, signal.SIGKILL)
    until(lambda: desk.health()[0] != 200 or desk.pid("database"), what="the loss")
    until(lambda: desk.health()[0] == 200, what="the return")
    assert int((desk.home / "postgres/data/postmaster.pid").read_text().split()[0]) != main


def test_no_secret_is_in_the_log_or_in_a_command_line(desk: Desk) -> None:
    words = [path.read_text().strip() for path in (desk.home / "postgres").glob("*.password")]
    words.append((desk.home / "keys/django.key").read_text().strip())
    log = desk.said()
    lines = [open(f"/proc/{pid}/cmdline").read() for pid in desk.processes()]  # noqa: PTH123, SIM115 - /proc
    for word in words:
        assert word not in log
        assert not any(word in line for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_ends_everything_within_ten_seconds(number: int) -> None:
    with Desk() as desk:
        desk.until_well()
        begun = time.monotonic()
        desk.process.send_signal(number)
        assert desk.process.wait(12) == 0
        assert time.monotonic() - begun < 10
        assert desk.processes() == []


def test_supervisor_killed_with_signal_9_takes_all_with_it_and_starts_again() -> None:
    with Desk() as desk:
        desk.until_well()
        desk.process.kill()
        desk.process.wait()
        desk.start()
        desk.until_well()
        until(lambda: all(os.getpgid(pid) for pid in desk.processes()))
        desk.process.send_signal(signal.SIGTERM)
        assert desk.process.wait(12) == 0
        # a worker of the first supervisor ends by itself some seconds after it
        until(lambda: desk.processes() == [], what="the end of the orphans")


def test_stop_during_the_first_start_leaves_nothing() -> None:
    with Desk() as desk:
        until(lambda: desk.lines("child started"), what="the database")
        desk.process.send_signal(signal.SIGINT)
        assert desk.process.wait(12) == 0
        assert desk.processes() == []


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    done = desk.cli(
        "up", DRAGOMAN_DESK_PORT="eight", DRAGOMAN_PUBLIC_URL="ministry", DATABASE_URL="mysql://u:hush@h/d"
    )
    assert done.returncode == 2
    for name in ("DRAGOMAN_DESK_PORT", "DRAGOMAN_PUBLIC_URL", "DATABASE_URL"):
        assert name in done.stderr
    assert "hush" not in done.stderr
    assert "Traceback" not in done.stderr


def test_port_taken_before_the_start_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = Desk(tmp_path).cli("up", DRAGOMAN_LIVE_PORT=str(port))
    assert done.returncode == 1
    assert f"{port} (DRAGOMAN_LIVE_PORT)" in done.stderr
