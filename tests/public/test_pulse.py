"""The live stream as a process of its own, on a real database that is cut off now and then."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from dragoman.public.models import Pulse

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "http://public.example"


def add(*numbers: int, size: int = 0) -> None:
    """Events as the actions make them: row and notice in one transaction."""
    for number in numbers:
        with transaction.atomic(), connection.cursor() as cursor:
            Pulse.objects.create(
                number=number,
                kind="statement",
                ref=f"s-{number}",
                rev=1,
                at=datetime.now(UTC),
                data={"kind": "statement", "texts": {"en": {"title": f"T {number}\nß", "body": "x" * size}}},
            )
            cursor.execute("SELECT pg_notify('pulse', %s)", [str(number)])


class Process:
    """`python -m dragoman.public.pulse` on a free port."""

    def __init__(self, database: str, **more: str) -> None:
        self.port = int(more.get("DRAGOMAN_LIVE_PORT") or free_port())
        env = {**os.environ, "DATABASE_URL": database, "DRAGOMAN_LIVE_PORT": str(self.port)}
        env |= {"DRAGOMAN_PUBLIC_URL": ORIGIN, "PYTHONPATH": str(Path("src").absolute()), **more}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dragoman.public.pulse"], env=env, stderr=subprocess.PIPE
        )
        self.wait(lambda: self.health().get("ok"))

    def wait(self, true: Any, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if true():
                return
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s")

    def health(self) -> dict[str, Any]:
        try:
            _, body = self.ask("GET /health HTTP/1.1\r\n\r\n")
            found: dict[str, Any] = json.loads(body)
        except (OSError, ValueError):
            return {}
        return found

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def ask(self, request: str) -> tuple[str, str]:
        with self.connect() as one:
            one.sendall(request.encode("latin-1"))
            head, _, body = _all(one).decode().partition("\r\n\r\n")
        return head, body

    def listen(self, *, last: int | None = None, query: bool = False, before: bool = True) -> "Client":
        client = Client(self.connect())
        path = f"/pulse?last={last}" if query else "/pulse"
        field = f"Last-Event-ID: {last}\r\n" if last is not None and not query else ""
        listening = self.health().get("readers", 0)
        client.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n{field}\r\n".encode())
        if before:
            self.wait(lambda: self.health().get("readers", 0) > listening)
        return client

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


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
    while data := one.recv(1 << 16):
        out += data
    return out


@pytest.fixture
def database() -> str:
    found = connection.settings_dict
    given = {
        "dbname": found["NAME"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "host": found["HOST"],
    }
    return make_conninfo(**{key: value for key, value in given.items() if value}, port=found["PORT"] or None)


@pytest.fixture
def pulse(database: str) -> Iterator[Process]:
    process = Process(database)
    yield process
    if process.process.poll() is None:
        process.stop()


def test_reader_gets_each_event_whole_and_numbered(pulse: Process) -> None:
    reader = pulse.listen()
    add(1, 2)
    assert reader.until(2) == [1, 2]
    head, _, stream = reader.got.partition(b"\r\n\r\n")
    assert b"200 OK" in head
    assert b"text/event-stream" in head
    assert f"Access-Control-Allow-Origin: {ORIGIN}".encode() in head
    assert stream.startswith(b"retry: ")
    data = json.loads(re.findall(rb"^data: (.*)$", stream, re.M)[0])
    assert data["number"] == 1
    assert data["texts"]["en"]["title"] == "T 1\nß"


@pytest.mark.parametrize("query", [False, True])
def test_reader_who_was_away_gets_what_it_missed_and_then_what_comes(pulse: Process, query: bool) -> None:
    add(1, 2, 3)
    pulse.wait(lambda: pulse.health()["last"] == 3)
    reader = pulse.listen(last=1, query=query)
    add(4)
    assert reader.until(4) == [2, 3, 4]


def test_log_longer_than_memory_is_read_from_the_database(database: str) -> None:
    add(*range(1, 331))
    pulse = Process(database)
    try:
        reader = pulse.listen(last=3, before=False)
        add(331)
        assert reader.until(331) == list(range(4, 332))
    finally:
        pulse.stop()


def test_reader_without_a_number_gets_only_what_comes(pulse: Process) -> None:
    add(1)
    pulse.wait(lambda: pulse.health()["last"] == 1)
    reader = pulse.listen()
    add(2)
    assert reader.until(2) == [2]


def test_nothing_is_lost_doubled_or_turned_round_when_the_database_cuts_off(
    pulse: Process, database: str
) -> None:
    reader = pulse.listen()
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dragoman pulse'"
    number = 0
    for _ in range(6):
        number += 1
        add(number)
        with psycopg.connect(database, autocommit=True) as other:
            other.execute(kill.encode())
            number += 1
            add(number)
            other.execute(kill.encode())
        number += 1
        add(number)
    assert reader.until(number) == list(range(1, number + 1))
    late = pulse.listen(last=0)
    assert late.until(number) == list(range(1, number + 1))


def test_what_was_withdrawn_is_not_sent_to_those_who_come_later(pulse: Process) -> None:
    add(1)
    pulse.wait(lambda: pulse.health()["last"] == 1)
    Pulse.objects.filter(number=1).update(data={"kind": "statement", "withdrawn": True})
    with transaction.atomic(), connection.cursor() as cursor:
        data = {"kind": "withdrawal"}
        Pulse.objects.create(number=2, kind="withdrawal", ref="s-1", rev=2, at=datetime.now(UTC), data=data)
        cursor.execute("SELECT pg_notify('pulse', '2')")
    pulse.wait(lambda: pulse.health()["last"] == 2)
    reader = pulse.listen(last=0)
    assert reader.until(2) == [1, 2]
    assert b"T 1" not in reader.got


def test_slow_reader_does_not_hold_up_the_others_and_comes_back_by_its_number(pulse: Process) -> None:
    slow, quick = pulse.listen(), pulse.listen()
    count = 18
    for number in range(1, count + 1):
        add(number, size=400_000)
        quick.until(number)
    assert quick.numbers == list(range(1, count + 1))
    pulse.wait(lambda: pulse.health()["dropped"] == 1)
    slow.socket.settimeout(10)
    with suppress(ConnectionResetError):
        slow.end()
    again = pulse.listen(last=slow.numbers[-1], before=False)
    assert slow.numbers + again.until(count) == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /other HTTP/1.1", 404),
        ("POST /pulse HTTP/1.1", 405),
        ("HEAD /pulse HTTP/1.1", 200),
        ("OPTIONS /pulse HTTP/1.1", 204),
        ("nonsense", 400),
        ("GET http://x/pulse HTTP/1.1", 400),
        ("GET /pulse HTTP/1.1\r\nX: " + "a" * 9000, 431),
    ],
)
def test_wrong_requests_get_a_clear_answer(pulse: Process, request_line: str, status: int) -> None:
    head, _ = pulse.ask(f"{request_line}\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")


def test_other_origins_may_not_read_it(pulse: Process) -> None:
    head, _ = pulse.ask("HEAD /pulse HTTP/1.1\r\nOrigin: http://evil.example\r\n\r\n")
    assert "Access-Control" not in head


def test_reader_too_many_is_told_when_to_come_back(database: str) -> None:
    pulse = Process(database, DRAGOMAN_LIVE_READERS="3")
    try:
        readers = [pulse.listen(), pulse.listen()]
        third = pulse.connect()
        third.sendall(b"GET /pulse HTTP/1.1\r\n\r\n")
        third.recv(10)
        head, _ = pulse.ask("")
        assert head.startswith("HTTP/1.1 503 ")
        assert "Retry-After: " in head
        assert len(readers) == 2
    finally:
        pulse.stop()


def test_told_to_stop_it_says_so_and_ends(pulse: Process) -> None:
    reader = pulse.listen()
    begun = time.monotonic()
    assert pulse.stop() == 0
    assert time.monotonic() - begun < 8
    assert b"come back" in reader.end()
