"""The witness over HTTP: statuses, limits, and what it does with those who are slow, long or malformed."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lib.witnessing.logs import KEY, Log, awake, make, numbered
from tests.lib.witnessing.running import Running

from dragoman.lib.tlog import witness
from dragoman.lib.witnessing import serving
from dragoman.lib.witnessing.answering import LARGEST_QUESTION
from dragoman.lib.witnessing.limits import Limits, Rate, network
from dragoman.lib.witnessing.serving import LARGEST_HEAD, MOST_OF_ONE, Serving

# For what must work however slow this machine is, and for those who are meant to be let go.
PATIENT = Serving(
    rate=Rate(10_000, 1.0), head_seconds=30, body_seconds=30, idle_seconds=30, grace_seconds=0.2
)
HASTY = replace(PATIENT, head_seconds=0.4, body_seconds=0.4, idle_seconds=0.4, write_seconds=0.4)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    make(tmp_path)
    with Running(awake(tmp_path).answer, PATIENT) as one:
        yield one


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Running]:
    make(tmp_path)
    with Running(awake(tmp_path).answer, HASTY) as one:
        yield one


@pytest.fixture
def link(running: Running) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    yield connection
    connection.close()


def say(running: Running, data: bytes, *, end: bool = False) -> bytes:
    """Send bytes and read until the other side closes."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
        raw.sendall(data)
        if end:
            raw.shutdown(socket.SHUT_WR)
        told = b""
        while piece := raw.recv(65_536):
            told += piece
        return told


def test_a_log_is_witnessed_over_one_connection(link: http.client.HTTPConnection) -> None:
    log = Log(numbered(5))
    told: list[tuple[int, str | None]] = []
    for old, size in ((0, 3), (0, 5), (3, 5), (5, 5)):
        link.request("POST", "/add-checkpoint", log.question(old, size), {"expect": ""})
        answer = link.getresponse()
        body = answer.read()
        told.append((answer.status, answer.getheader("content-type")))
    plain = "text/plain; charset=utf-8"
    assert told == [(200, plain), (409, "text/x.tlog.size"), (200, plain), (200, plain)]
    assert body.startswith("— w.example.int ".encode())
    link.request("GET", f"/{witness.head_path(KEY.name)}")
    answer = link.getresponse()
    assert answer.read().startswith(b"record.example.int/record\n5\n")
    assert answer.getheader("access-control-allow-origin") == "*"
    link.request("HEAD", f"/{witness.head_path(KEY.name)}")
    answer = link.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert int(answer.getheader("content-length") or 0) > 100


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na: " + b"x" * LARGEST_HEAD * 2 + b"\r\n\r\n", 431),
        (b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % (LARGEST_QUESTION + 1), 413),
        (b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 300_000, 413),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n", 200),
        (b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: 3\r\nconnection: close\r\n\r\nold", 400),
    ],
)
def test_what_cannot_be_read_is_told_so_and_the_connection_ends(
    running: Running, data: bytes, status: int
) -> None:
    assert say(running, data, end=True).startswith(b"HTTP/1.1 %d " % status)


def test_a_body_is_asked_for_when_the_client_waits_for_that(running: Running) -> None:
    lines = (
        "POST /add-checkpoint HTTP/1.1",
        "expect: 100-continue",
        "connection: close",
        "content-length: 3",
    )
    told = say(running, "\r\n".join([*lines, "", "old"]).encode())
    assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 ")


@pytest.mark.parametrize(
    "data", [b"", b"GET / HT", b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: 100\r\n\r\nold 0"]
)
def test_whoever_is_slow_is_let_go(hasty: Running, data: bytes) -> None:
    assert say(hasty, data) == b""


def test_whoever_reads_nothing_is_let_go(tmp_path: Path) -> None:
    answer = awake(make(tmp_path).place).answer
    with Running(lambda *asked: replace(answer(*asked), body=b"x" * 50_000_000), HASTY) as one:
        raw = socket.create_connection(("127.0.0.1", one.port), timeout=10)
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert one.connections(1)
        assert one.connections(0), "it was let go although it reads nothing"
        raw.close()


def test_an_address_holds_only_so_many_connections(running: Running) -> None:
    held = [socket.create_connection(("127.0.0.1", running.port), timeout=10) for _ in range(MOST_OF_ONE)]
    assert running.connections(MOST_OF_ONE)
    try:
        told = say(running, b"GET / HTTP/1.0\r\n\r\n")
    except (ConnectionResetError, BrokenPipeError):
        told = b""
    assert told == b""
    for one in held:
        one.close()
    assert running.connections(0)
    assert say(running, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    make(tmp_path)
    how = replace(PATIENT, rate=Rate(burst=3, seconds=1_000.0))
    question = Log(numbered(1)).question(0)
    with Running(awake(tmp_path).answer, how) as one:
        link = http.client.HTTPConnection("127.0.0.1", one.port, timeout=10)
        told: list[int] = []
        for _ in range(5):
            link.request("POST", "/add-checkpoint", question)
            answer = link.getresponse()
            answer.read()
            told.append(answer.status)
        assert told == [200, 409, 409, 429, 429]
        assert 0 < int(answer.getheader("retry-after") or 0) <= 1_000
        link.close()


def test_behind_a_proxy_the_address_that_the_proxy_saw_is_counted(tmp_path: Path) -> None:
    make(tmp_path)
    how = replace(PATIENT, rate=Rate(burst=1, seconds=1_000.0), proxies=1)
    with Running(awake(tmp_path).answer, how) as one:

        def ask(*forwarded: str) -> int:
            lines = "".join(f"x-forwarded-for: {value}\r\n" for value in forwarded)
            told = say(one, f"GET / HTTP/1.0\r\n{lines}\r\n".encode())
            return int(told.split(b" ")[1])

        assert [ask("192.0.2.1"), ask("192.0.2.2"), ask("192.0.2.1")] == [200, 200, 429]
        # What the client itself puts in front is not believed.
        assert [ask("198.51.100.7, 192.0.2.1"), ask("198.51.100.8", "192.0.2.2")] == [429, 429]


def test_limits_by_address() -> None:
    limits = Limits(Rate(burst=2, seconds=10.0), connections=1)
    assert [limits.wait("192.0.2.1", at) for at in (0.0, 1.0)] == [0.0, 0.0]
    assert 7.9 < limits.wait("192.0.2.1", 2.0) <= 8
    assert limits.wait("192.0.2.2", 2.0) == 0.0
    assert limits.wait("192.0.2.1", 11.0) == 0.0
    # Being refused does not put the next moment off.
    for at in range(12, 20):
        assert limits.wait("192.0.2.1", float(at)) > 0
    assert limits.wait("192.0.2.1", 21.0) == 0.0
    assert limits.enter("192.0.2.1")
    assert not limits.enter("192.0.2.1")
    limits.leave("192.0.2.1")
    assert limits.enter("192.0.2.1")


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    limits = Limits(Rate(burst=1, seconds=10.0), connections=1)
    assert limits.wait("192.0.2.1", 100.0) == 0.0
    assert limits.wait("192.0.2.1", 50.0) > 0


def test_one_household_is_one_address() -> None:
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::1%eth0") != network("2001:db8:1:3::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1")
    assert network("not an address") == "not an address"


def test_it_runs_as_a_process_and_ends_when_asked(tmp_path: Path) -> None:
    make(tmp_path)
    command = [
        sys.executable,
        "-m",
        "dragoman.cli.main",
        "witness",
        "run",
        "--state",
        str(tmp_path),
        "--port",
        "0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0].startswith("witness w.example.int+")
        port = int(lines[2].rpartition(":")[2])
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        link.request("POST", "/add-checkpoint", Log(numbered(2)).question(0))
        assert link.getresponse().status == 200
        link.close()
    finally:
        process.terminate()
    assert process.wait(30) == 0
    assert awake(tmp_path).memory(KEY.name).size == 2


def test_answers_under_way_go_out_before_it_ends(tmp_path: Path) -> None:
    make(tmp_path)
    with Running(awake(tmp_path).answer, replace(PATIENT, body_seconds=5, grace_seconds=5)) as one:
        told: list[bytes] = []
        raw = socket.create_connection(("127.0.0.1", one.port), timeout=10)
        raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nconnection: close\r\ncontent-length: 3\r\n\r\n")
        assert one.connections(1)
        thread = threading.Thread(target=one.stop)
        thread.start()
        time.sleep(0.05)
        raw.sendall(b"old")
        told.append(raw.recv(1_000))
        thread.join(10)
        raw.close()
    assert told[0].startswith(b"HTTP/1.1 400 ")


@given(st.binary(max_size=200))
def test_whatever_comes_first_is_a_request_or_is_refused(data: bytes) -> None:
    for head in (data, b"GET / HTTP/1.1\r\n" + data, b"GET " + data + b" HTTP/1.1"):
        try:
            request = serving.read_head(head + b"\r\n\r\n")
        except serving.Broken:
            continue
        assert request.target.startswith("/")
        assert all(name == name.lower().strip() for name in request.headers)
