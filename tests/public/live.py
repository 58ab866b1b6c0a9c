"""A live stream of the test's own: its process, its readers, its events."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from dragoman.public.models import Pulse

ORIGIN = "http://public.example"


def add(*numbers: int, size: int = 0, talks: str = "") -> None:
    """Events as the actions make them: row and notice in one transaction."""
    more = {"talks": {"process": talks, "number": 1, "what": "notice"}} if talks else {}
    for number in numbers:
        with transaction.atomic(), connection.cursor() as cursor:
            Pulse.objects.create(
                number=number,
                kind="statement",
                ref=f"s-{number}",
                rev=1,
                at=datetime.now(UTC),
                talks=talks,
                data={
                    "kind": "statement",
                    "texts": {"en": {"title": f"T {number}\nß", "body": "x" * size}},
                    **more,
                },
            )
            cursor.execute("SELECT pg_notify('pulse', %s)", [str(number)])


class Process:
    """`python -m dragoman.public.pulse` on a free port.

    `preface` is what a balancer would send before each connection, `trust` a certificate to speak TLS with.
    """

    def __init__(
        self, database: str, *, preface: bytes = b"", trust: Path | None = None, **more: str
    ) -> None:
        self.port = int(more.get("DRAGOMAN_LIVE_PORT") or free_port())
        self.preface = preface
        self.tls = ssl.create_default_context(cafile=trust) if trust else None
        env = {**os.environ, "DATABASE_URL": database, "DRAGOMAN_LIVE_PORT": str(self.port)}
        env |= {"DRAGOMAN_PUBLIC_URL": ORIGIN, "PYTHONPATH": str(Path("src").absolute()), **more}
        self.process = subprocess.Popen([sys.executable, "-m", "dragoman.public.pulse"], env=env)
        self.wait(lambda: self.health().get("ok"), 60)

    def wait(self, true: Any, seconds: float = 20) -> None:
        def ended_or_true() -> Any:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}"
            return true()

        until(ended_or_true, seconds)

    def health(self) -> dict[str, Any]:
        try:
            _, body = self.ask("GET /health HTTP/1.1\r\n\r\n")
            found: dict[str, Any] = json.loads(body)
        except (OSError, ValueError):
            return {}
        return found

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), timeout=15, source_address=(source, 0))
        one.sendall(self.preface)
        return self.tls.wrap_socket(one, server_hostname="localhost") if self.tls else one

    def ask(self, request: str, source: str = "127.0.0.1") -> tuple[str, str]:
        with self.connect(source) as one:
            one.sendall(request.encode("latin-1"))
            head, _, body = _all(one).decode().partition("\r\n\r\n")
        return head, body

    def listen(
        self,
        *,
        last: int | None = None,
        query: bool = False,
        before: bool = True,
        path: str = "/pulse",
        source: str = "127.0.0.1",
    ) -> "Client":
        """A reader; with `before`, one whose request is taken in before what the test does next."""
        client = Client(self.connect(source))
        path = f"{path}?last={last}" if query else path
        field = f"Last-Event-ID: {last}\r\n" if last is not None and not query else ""
        listening = self.health().get("readers", 0)
        client.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n{field}\r\n".encode())
        if before:
            self.wait(lambda: self.health().get("readers", 0) > listening)
        return client

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def kilobytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()


def until(true: Any, seconds: float = 20) -> None:
    """Wait until something is so; fail after a while."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Client:
    """A reader that keeps what it gets."""

    def __init__(self, one: socket.socket) -> None:
        self.socket = one
        self.got = b""

    def until(self, number: int, seconds: float = 20) -> list[int]:
        """The numbers received up to this one."""
        end = time.monotonic() + seconds
        while number not in self.numbers:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            data = self.socket.recv(1 << 16)
            if not data:
                break
            self.got += data
        return self.numbers

    @property
    def numbers(self) -> list[int]:
        whole = self.got[: self.got.rfind(b"\n\n") + 2]
        return [int(number) for number in re.findall(rb"^id: (\d+)$", whole, re.M)]

    def end(self) -> bytes:
        self.socket.settimeout(10)
        self.got += _all(self.socket)
        return self.got


def _all(one: socket.socket) -> bytes:
    out = b""
    with suppress(ssl.SSLEOFError):  # over TLS it closes without a last word
        while data := one.recv(1 << 16):
            out += data
    return out


def database() -> str:
    """The address of the test's database, for a process that is not Django."""
    found = connection.settings_dict
    given = {
        "dbname": found["NAME"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "host": found["HOST"],
    }
    return make_conninfo(**{key: value for key, value in given.items() if value}, port=found["PORT"] or None)
