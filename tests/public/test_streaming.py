"""The parts of the live stream on plain values: who gets which frame, and what the bytes are."""

import json
import os

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.public.streaming import wire
from dragoman.public.streaming.hub import BACKLOG, PING_SECONDS, Hub, Listener


class Pipe:
    """A transport that notes what happens to it."""

    def __init__(self, full: int = 0) -> None:
        self.full = full
        self.written: list[bytes] = []
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.full


def test_no_reader_is_first_by_habit() -> None:
    hub = Hub()
    hub.begin(0, [])
    pairs = [os.pipe() for _ in range(8)]
    order: list[list[int]] = []
    for _, write in pairs:
        hub.join(Listener(Pipe(), write, 0))
    real = os.write
    try:
        for number in range(1, 201):
            seen: list[int] = []
            os.write = lambda fd, data, seen=seen: (seen.append(fd), len(data))[1]  # type: ignore[misc,assignment]  # a stopwatch at the socket
            hub.publish(number, b"x")
            order.append(seen)
    finally:
        os.write = real
        for pair in pairs:
            os.close(pair[0])
            os.close(pair[1])
    for _, write in pairs:
        mean = sum(seen.index(write) for seen in order) / len(order)
        assert 2.5 < mean < 4.5


def test_event_is_never_written_into_the_middle_of_another() -> None:
    hub = Hub()
    hub.begin(0, [])
    slow, full = Pipe(full=10), Pipe(full=BACKLOG)
    hub.join(Listener(slow, 900, 0))
    hub.join(Listener(full, 901, 0))
    hub.publish(1, b"frame")
    assert (slow.written, slow.aborted) == ([b"frame"], False)
    assert (full.written, full.aborted) == ([], True)
    assert len(hub) == 1


def test_pings_reach_everybody_once_in_their_time_and_find_the_dead() -> None:
    hub = Hub()
    alive, dead = Pipe(), Pipe(full=5)
    hub.join(Listener(alive, 900, 0))
    hub.join(Listener(dead, 907, 0))
    for _ in range(PING_SECONDS * 2):
        hub.ping()
    assert len(alive.written) == 2
    assert dead.aborted


@settings(max_examples=200)
@given(st.lists(st.integers(1, 60), unique=True).map(sorted), st.integers(0, 60))
def test_memory_gives_all_after_a_number_or_says_that_it_cannot(numbers: list[int], last: int) -> None:
    hub = Hub()
    kept = (
        [(number, str(number).encode()) for number in range(numbers[0], numbers[-1] + 1)] if numbers else []
    )
    hub.begin(kept[-1][0] if kept else 0, kept)
    found = hub.since(last)
    expected = [frame for number, frame in kept if number > last]
    if found is None:
        assert last + 1 < numbers[0]
    else:
        assert found == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_none(head: bytes) -> None:
    wire.parse(head)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), st.integers(1, 10**12))
def test_frame_is_one_event_whatever_the_text(data: dict[str, str], number: int) -> None:
    frame = wire.frame(number, json.dumps(data, ensure_ascii=False))
    lines = frame.decode("utf-8", "surrogatepass").split("\n")
    assert lines[0] == f"id: {number}"
    assert lines[-2:] == ["", ""]
    assert len(lines) == 4
    assert json.loads(lines[1].removeprefix("data: "))["number"] is not None
