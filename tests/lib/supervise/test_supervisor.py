"""The supervisor, on real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dragoman.lib.problems import Conflict
from dragoman.lib.supervise import single

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells of a parent's death")

KEEPER = """
import json, sys
from dragoman.lib.supervise.child import Plan
from dragoman.lib.supervise.supervisor import Supervisor
def say(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)
keeper = Supervisor(say)
keeper.add([Plan(name, [sys.executable, "-c", code], patience=1.0, last=name == "base")
            for name, code in json.loads(sys.argv[1]).items()])
keeper.run()
"""

STAYS = "import time\nwhile True: time.sleep(60)"
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(60)"
ENDS = "pass"


class Keeper:
    """A supervisor in a process of its own, and what it says."""

    def __init__(self, folder: Path, **children: str) -> None:
        self.out = folder / "said"
        self.process = subprocess.Popen(
            [sys.executable, "-c", KEEPER, json.dumps(children)], stdout=self.out.open("wb")
        )

    def said(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def pids(self, name: str) -> list[int]:
        return [
            int(str(line["pid"]))
            for line in self.said()
            if line["event"] == "child started" and line["name"] == name
        ]

    def pid(self, name: str, number: int = 1) -> int:
        until(lambda: len(self.pids(name)) >= number)
        return self.pids(name)[number - 1]


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Callable[..., Keeper]]:
    made: list[Keeper] = []

    def make(**children: str) -> Keeper:
        made.append(Keeper(tmp_path, **children))
        return made[-1]

    yield make
    for keeper in made:
        keeper.process.kill()
        keeper.process.wait()


def test_child_that_ends_with_code_0_comes_back_ever_later(keep: Callable[..., Keeper]) -> None:
    keeper = keep(brief=ENDS)
    keeper.pid("brief", 3)
    pauses = [line["again_in"] for line in keeper.said() if line["event"] == "child ended"]
    assert pauses[:2] == [0.5, 1.0]
    assert all(line["code"] == 0 for line in keeper.said() if line["event"] == "child ended")


def test_child_killed_with_signal_9_comes_back(keep: Callable[..., Keeper]) -> None:
    keeper = keep(a=STAYS, b=STAYS)
    os.kill(keeper.pid("a"), signal.SIGKILL)
    assert lives(keeper.pid("a", 2))
    assert len(keeper.pids("b")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_leaves_no_process_not_even_a_deaf_one(keep: Callable[..., Keeper], number: int) -> None:
    keeper = keep(good=STAYS, deaf=DEAF, base=STAYS)
    pids = [keeper.pid(name) for name in ("good", "deaf", "base")]
    time.sleep(0.3)
    keeper.process.send_signal(number)
    assert keeper.process.wait(8) == 0
    assert not any(lives(pid) for pid in pids)


@LINUX
def test_children_end_when_the_supervisor_is_killed_with_signal_9(keep: Callable[..., Keeper]) -> None:
    keeper = keep(a=STAYS, b=STAYS)
    pids = [keeper.pid("a"), keeper.pid("b")]
    time.sleep(0.3)
    keeper.process.kill()
    until(lambda: not any(lives(pid) for pid in pids))


@LINUX
def test_grandchildren_of_a_killed_child_are_ended(keep: Callable[..., Keeper], tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    keeper = keep(
        parent=f"import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {STAYS!r}])\n"
        f"open({str(note)!r}, 'w').write(str(p.pid))\ntime.sleep(99)"
    )
    until(lambda: note.exists() and bool(note.read_text()))
    grandchild = int(note.read_text())
    os.kill(keeper.pid("parent"), signal.SIGKILL)
    until(lambda: not lives(grandchild))


def test_second_holder_is_told_who_was_first(tmp_path: Path) -> None:
    held = single.only_one(tmp_path / "up.lock", "Dragoman")
    with pytest.raises(Conflict, match=f"process {os.getpid()}"):
        single.only_one(tmp_path / "up.lock", "Dragoman")
    os.close(held)
    os.close(single.only_one(tmp_path / "up.lock", "Dragoman"))


def test_taken_port_is_named_with_its_setting() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=rf"{port} \(DESK_PORT\)"):
            single.check_ports("127.0.0.1", {"DESK_PORT": port}, patience=0)


def test_one_port_given_twice_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    with pytest.raises(Conflict, match="A_PORT, B_PORT"):
        single.check_ports("127.0.0.1", {"A_PORT": port, "B_PORT": port}, patience=0)
