"""The live stream as a process of its own, on a real database that is cut off now and then."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, transaction
from tests.public import live
from tests.public.live import ORIGIN, Process, add

from dragoman.public.models import Pulse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database() -> str:
    return live.database()


@pytest.fixture
def pulse(database: str) -> Iterator[Process]:
    process = Process(database)
    yield process
    process.close()


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
    again = pulse.listen(last=(slow.numbers or [0])[-1], before=False)
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
    assert pulse.stop() == 0
    assert b"come back" in reader.end()
