"""The process is killed at any moment: what it signed before, it remembers after."""

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tests.lib.witnessing.logs import KEY, Log, awake, make, numbered

from dragoman.lib.tlog import checkpoint, cosign, note
from dragoman.lib.witnessing.answering import Said

pytestmark = pytest.mark.timeout(300)

TRUNK = Log(numbered(40))
BRANCHES = [TRUNK, *(TRUNK.fork(size, *numbered(40 - size, f"branch {size}")) for size in (0, 3, 9, 20))]


def test_killed_before_each_thing_it_does_it_has_remembered_what_it_signed(tmp_path: Path) -> None:
    make(tmp_path)
    at, killed = 1, True
    while killed:
        one = awake(tmp_path)
        before = one.memory(KEY.name)
        # A trunk head that continues; what left through the pipe must be in the memory afterwards.
        question = TRUNK.question(before.size, before.size + 1)
        killed, told = _asked_in_a_child(at, partial(one.add_checkpoint, question))
        after = awake(tmp_path).memory(KEY.name)
        assert after.size in (before.size, before.size + 1)
        if told:
            assert after.size == before.size + 1
            cosign.check(one.vkey, note.parse(after.note).text, note.signature_line(told.decode().strip()))
        # Whatever stands in the folder, another history is refused and the right one goes on.
        again = awake(tmp_path)
        if after.size:
            other = TRUNK.fork(after.size - 1, b"another", b"more")
            assert again.add_checkpoint(other.question(after.size)).status == HTTPStatus.UNPROCESSABLE_ENTITY
        assert again.add_checkpoint(TRUNK.question(after.size, after.size + 1)).status == HTTPStatus.OK
        at += 1
    assert at > 6, "remembering does more than that to the disk"


def _asked_in_a_child(at: int, work: Callable[[], Said]) -> tuple[bool, bytes]:
    """Run `work` in a child that is killed just before its `at`-th call to the system, and what it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _count_down(at)
            os.write(writing, work().body)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0, told


def _count_down(at: int) -> None:
    left = at

    def before(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return counted

    # Only in the child, which never returns.
    for name in ("open", "fsync", "fchmod", "fdopen", "write", "close"):
        setattr(os, name, before(getattr(os, name)))
    Path.replace = before(Path.replace)  # type: ignore[method-assign]  # the child's own copy


class Askers:
    """Threads that ask a witness for several histories at once, and keep every signature they get."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.signed: list[checkpoint.Checkpoint] = []
        self.lines: list[tuple[bytes, bytes]] = []
        self.some = threading.Event()

    def ask(self, log: Log, chance: random.Random) -> None:
        """Ask until the witness is gone."""
        old = 0
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            while True:
                size = min(log.size, old + chance.randint(0, 2))
                link.request("POST", "/add-checkpoint", log.question(old, size))
                answer = link.getresponse()
                body = answer.read()
                if answer.status == HTTPStatus.OK:
                    self._keep(note.parse(log.head(size)).text, body)
                    old = size
                elif answer.status == HTTPStatus.CONFLICT:
                    old = min(log.size, int(body))
                else:
                    assert answer.status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS)
                    old = chance.randint(0, log.size)
        except (OSError, http.client.HTTPException):
            return
        finally:
            link.close()

    def _keep(self, text: bytes, line: bytes) -> None:
        self.lines.append((text, line))
        self.signed.append(checkpoint.parse(text))
        if len(self.signed) > 3:
            self.some.set()


def test_a_real_process_killed_many_times_signs_one_history(tmp_path: Path) -> None:
    make(tmp_path)
    chance = random.Random(5)  # noqa: S311 - a test's own order, nothing secret
    heads: set[tuple[int, bytes]] = set()
    for _ in range(8):
        process, port = _start(tmp_path)
        askers = Askers(port)
        threads = [threading.Thread(target=askers.ask, args=(log, chance), daemon=True) for log in BRANCHES]
        for thread in threads:
            thread.start()
        # In the middle of things: after some signatures, while others are being made.
        askers.some.wait(20)
        process.kill()
        process.wait()
        for thread in threads:
            thread.join(20)
        one = awake(tmp_path)
        for text, line in askers.lines:
            cosign.check(one.vkey, text, note.signature_line(line.decode().strip()))
        heads |= {(head.size, head.root) for head in askers.signed}
        assert one.memory(KEY.name).size >= max((size for size, _ in heads), default=0)
        fitting = [log for log in BRANCHES if all(log.root(size) == root for size, root in heads)]
        assert fitting, "it has signed two histories"
    assert len(heads) > 3


def _start(place: Path) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-m", "dragoman.cli.main", "witness", "run", "--state", str(place)]
    command += ["--port", "0", "--burst", "100000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.stdout.close()
    return process, int(lines[2].rpartition(":")[2])
