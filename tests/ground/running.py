"""A whole desk for a test: `dragoman up` on a home and ports of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dragoman.lib.supervise import kernel

# Long, for machines that do much else; no test waits this long when all is well.
PATIENCE = 200.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now; they are all held at once, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def until(true: Callable[[], object], seconds: float = PATIENCE, what: str = "it") -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.1)


class Desk:
    """`with Desk() as desk:` starts it, and leaves nothing behind."""

    def __init__(self, home: Path | None = None, **env: str) -> None:
        self.home = home or Path(tempfile.mkdtemp(prefix="dup-"))
        self.public, self.desk, self.live, self.reception, self.table = free_ports(5)
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("DRAGOMAN_") and name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
        }
        self.env = {
            **clean,
            "DRAGOMAN_HOME": str(self.home),
            "DRAGOMAN_PUBLIC_PORT": str(self.public),
            "DRAGOMAN_DESK_PORT": str(self.desk),
            "DRAGOMAN_LIVE_PORT": str(self.live),
            "DRAGOMAN_RECEPTION_PORT": str(self.reception),
            "DRAGOMAN_TABLE_PORT": str(self.table),
            "DRAGOMAN_SAMPLE": "0",
            **env,
        }
        self.log = self.home.with_name(f"{self.home.name}.log")

    def __enter__(self) -> Desk:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dragoman.cli.main", "up"],
            env=self.env,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
            # A test run that is killed must not leave a desk behind.
            preexec_fn=kernel.follow_parent(),  # noqa: PLW1509 - one system call
        )

    def cli(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dragoman.cli.main", *arguments],
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def get(self, port: int, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def health(self) -> tuple[int, dict[str, Any]]:
        status, body = self.get(self.desk, "/health")
        return status, json.loads(body) if status in {200, 503} else {}

    def until_well(self) -> None:
        try:
            until(lambda: self.process.poll() is not None or self.health()[0] == 200, what="health")
            assert self.process.poll() is None, "it ended"
        except AssertionError as error:
            raise AssertionError(f"{error}; last answer {self.health()}; the log:\n{self.said()}") from None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = []
        for line in self.said().splitlines():
            if line.startswith("{") and f'"{event}"' in line:
                found.append(json.loads(line))
        return found

    def pid(self, name: str) -> int:
        """The present process of a child."""
        return [int(line["pid"]) for line in self.lines("child started") if line["name"] == name][-1]

    def processes(self) -> list[int]:
        """Every living process that was told of this home, and those that stand in its database."""
        mark = f"DRAGOMAN_HOME={self.home}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                here = mark in (entry / "environ").read_bytes()
                if not here:
                    here = (entry / "cwd").resolve() == self.home / "postgres" / "data"
            except OSError:
                continue
            if here and state != "Z" and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        return found
