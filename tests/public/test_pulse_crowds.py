"""The live stream under many readers: what each may take, and what happens as processes come and go."""

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.public import live
from tests.public.live import ORIGIN, Client, Process, add

from dragoman.public.streaming.keeping import SHORT_LIVES

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at processes in /proc"),
]
ATTACKER = "127.0.0.66"
ONE = "GET /pulse HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def running(**more: str) -> Iterator[Process]:
    process = Process(live.database(), **more)
    try:
        yield process
    finally:
        process.close()


# --- one process of talks


def test_stream_of_one_process_has_its_events_with_their_numbers_and_no_others() -> None:
    with running() as pulse:
        talks = pulse.listen(path="/pulse/riverton")
        everything = pulse.listen()
        add(1)
        add(2, talks="riverton")
        add(3, talks="elsewhere")
        add(4, talks="riverton")
        assert everything.until(4) == [1, 2, 3, 4]
        assert talks.until(4) == [2, 4]
        assert pulse.listen(path="/pulse/riverton", last=2).until(4) == [4]
        frames = [re.findall(rb"id: 4\ndata: .*\n\n", one.got) for one in (talks, everything)]
        assert frames[0] == frames[1] != []


def test_stream_of_one_process_is_replayed_from_the_log_too() -> None:
    for number in range(1, 331):
        add(number, talks="riverton" if number % 10 == 0 else "")
    with running() as pulse:
        reader = pulse.listen(path="/pulse/riverton", last=5, before=False)
        add(331, talks="riverton")
        assert reader.until(331) == [*range(10, 331, 10), 331]


def test_name_that_is_not_known_is_an_empty_stream_like_that_of_a_silent_process() -> None:
    add(1, talks="riverton")
    with running() as pulse:
        readers = [pulse.listen(path=f"/pulse/{name}", last=1) for name in ("riverton", "never-heard-of")]
        add(2)
        everything = pulse.listen(last=1)
        everything.until(2)
        assert pulse.stop() == 0
        first, second = (re.sub(rb"retry: \d+", b"", reader.end()) for reader in readers)
        assert first == second
        assert first.startswith(b"HTTP/1.1 200 ")


def test_other_sites_may_read_one_process_of_talks() -> None:
    with running() as pulse:
        for method, status in (("HEAD", 200), ("OPTIONS", 204), ("POST", 405)):
            head, _ = pulse.ask(f"{method} /pulse/riverton HTTP/1.1\r\nOrigin: https://news.example\r\n\r\n")
            assert head.startswith(f"HTTP/1.1 {status} ")
            assert "Access-Control-Allow-Origin: *" in head
            assert "Credentials" not in head
        head, _ = pulse.ask("HEAD /pulse HTTP/1.1\r\nOrigin: https://news.example\r\n\r\n")
        assert "Access-Control" not in head


# --- limits


def test_reader_who_connects_ten_thousand_times_gets_its_share_and_harms_nobody() -> None:
    """It holds as many as it may, knocks ten thousand times more, and every event reaches the others."""
    with running(DRAGOMAN_LIVE_PER_ADDRESS="20") as pulse:
        reader = pulse.listen()
        held = [pulse.listen(source=ATTACKER) for _ in range(20)]
        knock(pulse, 500)
        files, memory = pulse.files(), pulse.kilobytes()
        for number in range(1, 20):
            knock(pulse, 500)
            add(number)
        assert reader.until(19) == list(range(1, 20))
        assert held[0].until(19) == list(range(1, 20))
        pulse.wait(lambda: pulse.files() <= files + 5)
        assert pulse.kilobytes() < memory + 4_000
        health = pulse.health()
        assert health["readers"] == 21
        assert health["refused"] >= 9_500
        head, body = pulse.ask(ONE, source=ATTACKER)
        assert head.startswith("HTTP/1.1 429 ")
        assert "Retry-After: " in head
        assert "raise the limit" in body


def knock(pulse: Process, times: int) -> None:
    """Connections that ask and are left open until all have been made."""
    many = []
    for _ in range(times):
        with suppress(OSError):
            one = pulse.connect(ATTACKER)
            many.append(one)
            one.sendall(ONE.encode())
    for one in many:
        one.close()


def test_place_of_who_left_is_free_again() -> None:
    with running(DRAGOMAN_LIVE_PER_ADDRESS="3") as pulse:
        readers = [pulse.listen(source=ATTACKER) for _ in range(3)]
        assert pulse.ask(ONE, source=ATTACKER)[0].startswith("HTTP/1.1 429 ")
        readers.pop().socket.close()
        pulse.wait(lambda: pulse.health()["readers"] == 2)
        readers.append(pulse.listen(source=ATTACKER))  # held, or it would be gone again by itself
        pulse.wait(lambda: pulse.health()["readers"] == 3)


def test_behind_a_proxy_of_ours_readers_are_counted_by_its_word_alone() -> None:
    with running(DRAGOMAN_LIVE_PER_ADDRESS="1", DRAGOMAN_LIVE_TRUSTED_PROXIES="1") as pulse:

        def listens(through: str) -> str:
            one = pulse.connect()
            held.append(one)
            one.sendall(f"GET /pulse HTTP/1.1\r\nX-Forwarded-For: {through}\r\n\r\n".encode())
            return one.recv(12).decode()[9:]

        held: list[socket.socket] = []
        assert listens("203.0.113.1") == "200"
        assert listens("198.51.100.9, 203.0.113.1") == "429"  # what it says of itself is not believed
        assert listens("203.0.113.1, 203.0.113.2") == "200"
        assert listens("2001:db8:1:2::1") == "200"
        assert listens("2001:db8:1:2::2") == "429"
        assert pulse.health()["readers"] == 3


def test_behind_a_balancer_that_passes_bytes_on_readers_are_counted_by_its_line() -> None:
    told = b"PROXY TCP4 %s 192.0.2.9 5000 443\r\n"
    env = {"DRAGOMAN_LIVE_PER_ADDRESS": "2", "DRAGOMAN_LIVE_PROXY_PROTOCOL": "1"}
    pulse = Process(live.database(), preface=b"PROXY UNKNOWN\r\n", **env)
    held, answers = [], []
    try:
        for address in (b"203.0.113.1", b"203.0.113.1", b"203.0.113.1", b"203.0.113.2"):
            pulse.preface = told % address
            one = Client(pulse.connect())
            one.socket.sendall(ONE.encode())
            answers.append(one.socket.recv(12)[9:])
            held.append(one)
        assert answers == [b"200", b"200", b"429", b"200"]
        pulse.preface = b""  # not by our balancer
        stranger = Client(pulse.connect())
        stranger.socket.sendall(ONE.encode())
        with suppress(ConnectionResetError):
            stranger.end()
        assert stranger.got == b""
    finally:
        pulse.close()


# --- processes that come and go


def test_told_to_stop_it_asks_its_readers_back_at_different_times() -> None:
    with running() as pulse:
        readers = [pulse.listen(path=path) for path in ("/pulse", "/pulse/riverton") * 6]
        add(1)
        assert all(reader.until(1) == [1] for reader in readers[::2])
        undecided = pulse.connect()
        undecided.sendall(b"GET /pu")
        pulse.wait(lambda: pulse.health()["open"] >= 13)
        assert pulse.stop() == 0
        waits = set()
        for reader in readers:
            told = reader.end().rpartition(b"retry: ")[2]
            assert b"come back" in told
            waits.add(int(told.split(b"\n")[0]))
        assert len(waits) > 6
        assert max(waits) < 10_000
        assert undecided.recv(12) == b"HTTP/1.1 503"


def test_readers_come_back_after_a_restart_and_have_lost_and_doubled_nothing() -> None:
    port = str(live.free_port())
    with running(DRAGOMAN_LIVE_PORT=port) as pulse:
        readers = [pulse.listen() for _ in range(5)]
        add(1, 2, 3)
        for reader in readers[:4]:
            assert reader.until(3) == [1, 2, 3]
        pulse.process.kill()
        pulse.process.wait()
    add(4, 5)
    with running(DRAGOMAN_LIVE_PORT=port) as pulse:
        for reader in readers:
            with suppress(ConnectionResetError):
                reader.end()
        again = [pulse.listen(last=(reader.numbers or [0])[-1]) for reader in readers]
        add(6)
        for before, after in zip(readers, again, strict=True):
            assert before.numbers + after.until(6) == [1, 2, 3, 4, 5, 6]


def test_processes_share_the_port_and_each_reader_gets_everything() -> None:
    with running(DRAGOMAN_LIVE_PROCESSES="2") as pulse:
        readers = [pulse.listen(before=False) for _ in range(24)]
        pulse.wait(lambda: pulse.health()["readers"] == 24)
        counts = [one["readers"] for one in pulse.health()["processes"]]
        assert sum(counts) == 24
        assert min(counts) > 0
        add(1, 2, 3)
        for reader in readers:
            assert reader.until(3) == [1, 2, 3]


def test_limit_of_an_address_holds_over_processes() -> None:
    with running(DRAGOMAN_LIVE_PROCESSES="2", DRAGOMAN_LIVE_PER_ADDRESS="6") as pulse:
        held = [Client(pulse.connect(ATTACKER)) for _ in range(20)]
        answers = []
        for one in held:
            one.socket.sendall(ONE.encode())
            answers.append(one.socket.recv(12)[9:])
        assert sorted(answers) == [b"200"] * 6 + [b"429"] * 14


def test_child_that_dies_is_started_anew_and_its_readers_come_back() -> None:
    with running(DRAGOMAN_LIVE_PROCESSES="2") as pulse:
        readers = [pulse.listen(before=False) for _ in range(12)]
        pulse.wait(lambda: pulse.health()["readers"] == 12)
        add(1)
        for reader in readers:
            reader.until(1)
        first = pulse.children()
        os.kill(first[0], signal.SIGKILL)
        pulse.wait(lambda: len(set(pulse.children()) - set(first)) == 1)
        pulse.wait(lambda: all(one["ok"] for one in pulse.health().get("processes", [{"ok": 0}])))
        add(2)
        for reader in readers:
            with suppress(ConnectionResetError):
                reader.until(2)
            back = [] if 2 in reader.numbers else pulse.listen(last=1, before=False).until(2)
            assert reader.numbers + back == [1, 2]


def test_children_that_end_as_soon_as_they_begin_end_the_whole() -> None:
    with running(DRAGOMAN_LIVE_PROCESSES="2") as pulse:
        for left in reversed(range(SHORT_LIVES)):
            now = pulse.children()
            os.kill(now[-1], signal.SIGKILL)
            if left:
                pulse.wait(lambda now=now: len(set(pulse.children()) - set(now)) == 1)
        assert pulse.process.wait(20) == 1


def test_children_do_not_outlive_a_parent_that_is_killed() -> None:
    with running(DRAGOMAN_LIVE_PROCESSES="3") as pulse:
        children = pulse.children()
        assert len(children) == 3
        reader = pulse.listen(before=False)
        pulse.wait(lambda: pulse.health()["readers"] == 1)
        pulse.process.kill()
        assert b"come back" in reader.end()
        live.until(lambda: not any(lives(pid) for pid in children))


def lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_health_tells_of_each_process() -> None:
    with running(DRAGOMAN_LIVE_PROCESSES="2") as pulse:
        pulse.listen()
        found = pulse.health()
        assert len(found["processes"]) == 2
        assert set(found["processes"][0]) == {"open", "readers", "last", "dropped", "refused", "ok"}
        head, body = pulse.ask(f"GET /health HTTP/1.1\r\nOrigin: {ORIGIN}\r\n\r\n")
        assert head.startswith("HTTP/1.1 200 ")
        assert json.loads(body)["ok"] is True
