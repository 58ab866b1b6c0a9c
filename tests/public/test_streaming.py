"""The parts of the live stream on plain values: who gets which frame, and what the bytes are."""

import json
import socket
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.public.streaming import answering, wire
from dragoman.public.streaming.hub import BACKLOG, KEEP_EVENTS, PING_SECONDS, Hub
from dragoman.public.streaming.limits import Board, Limits, behind_proxies, network
from dragoman.public.streaming.reader import CLOSED, HEAD, Reader


class House:
    """A hub whose sockets are names: each takes as many bytes as it has room for, and notes them."""

    def __init__(self) -> None:
        self.hub = Hub(self.write)
        self.hub.door = self
        self.got: dict[int, bytes] = {}
        self.room: dict[int, int] = {}
        self.order: list[int] = []
        self.watched: set[int] = set()
        self.readers: dict[int, Reader] = {}

    def write(self, handle: int, data: Any) -> int:
        self.order.append(handle)
        room = self.room[handle]
        if room < 0:
            raise ConnectionResetError
        if room == 0:
            raise BlockingIOError
        taken = bytes(data[:room])
        self.got[handle] += taken
        self.room[handle] -= len(taken)
        return len(taken)

    def watch(self, reader: Reader, *, writable: bool) -> None:
        (self.watched.add if writable else self.watched.discard)(reader.handle)

    def close(self, reader: Reader) -> None:
        if reader.stage != CLOSED:
            reader.stage = CLOSED
            self.hub.leave(reader)
            reader.unsent = None
            self.watched.discard(reader.handle)
            del self.readers[reader.handle]

    def reader(self, handle: int, *, last: int | None = None, topic: str = "", room: int = 1 << 40) -> Reader:
        """A reader who asked, and joins with what it missed."""
        with socket.socket() as sock:
            made = Reader(sock, "", -1)
        made.fd = made.handle = handle
        made.topic, made.stage = topic, HEAD
        self.got[handle], self.room[handle] = b"", room
        self.readers[handle] = made
        number = self.hub.last if last is None else last
        missed = self.hub.since(number, topic)
        assert missed is not None
        self.hub.join(made, number, missed)
        return made

    def make_room(self, handle: int, room: int, *, told: bool = True) -> None:
        """The reader took some; the kernel tells so now, or (not `told`) only later."""
        self.room[handle] += room
        if told:
            self.tell(handle)

    def tell(self, handle: int) -> None:
        if handle in self.watched:
            self.hub.flush(self.readers[handle])

    def frames(self, handle: int) -> list[int]:
        """The numbers of the whole events that this reader has."""
        whole = self.got[handle].split(b"\n\n")[:-1]
        return [int(part[4:].split(b"\n")[0]) for part in whole if part.startswith(b"id: ")]


def frame(number: int, size: int = 0) -> bytes:
    return wire.frame(number, json.dumps({"x": "y" * size}))


def test_no_reader_is_first_by_habit() -> None:
    house = House()
    house.hub.begin(0, [])
    for handle in range(8):
        house.reader(handle)
    places: Counter[int] = Counter()
    for number in range(1, 401):
        house.order.clear()
        house.hub.publish(number, b"x")
        assert sorted(house.order) == list(range(8))
        places.update({handle: place for place, handle in enumerate(house.order)})
    for handle in range(8):
        assert 2.8 < places[handle] / 400 < 4.2


def test_event_is_never_written_into_the_middle_of_another() -> None:
    house = House()
    house.hub.begin(0, [])
    house.reader(1, room=10)
    house.hub.publish(1, frame(1))
    house.hub.publish(2, frame(2))
    assert house.got[1] == frame(1)[:10]
    house.make_room(1, 7)
    house.make_room(1, 10_000)
    assert house.got[1] == frame(1) + frame(2)
    house.hub.publish(3, frame(3))
    assert house.frames(1) == [1, 2, 3]


def test_reader_with_too_much_before_it_is_let_go_and_comes_back_by_its_number() -> None:
    house = House()
    house.hub.begin(0, [])
    house.reader(1, room=0)
    house.reader(2)
    big = BACKLOG // 2 + 10
    house.hub.publish(1, frame(1, big))
    assert 1 in house.readers
    house.hub.publish(2, frame(2, big))
    assert (1 in house.readers, house.hub.dropped, len(house.hub)) == (False, 1, 1)
    house.reader(1, last=0)
    assert house.frames(1) == house.frames(2) == [1, 2]


def test_reader_whose_socket_is_gone_is_forgotten() -> None:
    house = House()
    house.hub.begin(0, [])
    house.reader(1, room=1000)
    house.reader(2)
    house.room[1] = -1
    house.hub.publish(1, frame(1))
    assert (list(house.readers), len(house.hub), house.hub.dropped) == ([2], 1, 0)


def test_pings_reach_everybody_once_in_their_time_and_find_those_who_take_nothing() -> None:
    house = House()
    house.hub.begin(0, [])
    house.reader(40)
    house.reader(47, room=0)
    house.hub.publish(1, frame(1))
    for _ in range(PING_SECONDS * 2):
        house.hub.ping()
    assert house.got[40].count(wire.PING) == 2
    assert list(house.readers) == [40]


def test_only_those_who_asked_for_these_talks_or_for_all_get_their_event() -> None:
    house = House()
    house.hub.begin(0, [])
    house.reader(1)
    house.reader(2, topic="riverton")
    house.reader(3, topic="other")
    for number, topic in enumerate(("", "riverton", "other", "riverton", ""), 1):
        house.hub.publish(number, frame(number), topic)
    assert [house.frames(handle) for handle in (1, 2, 3)] == [[1, 2, 3, 4, 5], [2, 4], [3]]
    house.reader(4, topic="riverton", last=2)
    house.reader(5, topic="never-heard-of", last=0)
    assert (house.frames(4), house.frames(5)) == ([4], [])


def test_talks_that_nobody_asks_for_any_more_leave_nothing_behind() -> None:
    house = House()
    house.hub.begin(0, [])
    for handle in range(50):
        house.close(house.reader(handle, topic=f"t{handle}"))
    assert house.hub._quiet == {}


def test_reader_from_ahead_of_this_process_gets_nothing_twice() -> None:
    house = House()
    house.hub.begin(5, [])
    house.reader(1, last=7)
    house.reader(2, last=1000)
    for number in (6, 7, 8, 9):
        house.hub.publish(number, frame(number))
    assert house.frames(1) == [8, 9]
    assert house.frames(2) == [6, 7, 8, 9]  # such a number was never given: the log was set back


class Crowd:
    """Six readers who join, stall, take a little, leave, break off, and come back with their last number."""

    def __init__(self) -> None:
        self.house = House()
        self.house.hub.begin(0, [])
        self.events: list[str] = []
        self.began: dict[int, tuple[int, str]] = {}
        self.seen: dict[int, list[int]] = {}

    def publish(self, size: int, topic: str) -> None:
        self.events.append(topic)
        self.house.hub.publish(len(self.events), frame(len(self.events), size), topic)

    def join(self, who: int, topic: str, room: int = 100) -> None:
        if who in self.house.readers:
            return
        if who not in self.began:
            self.began[who], self.seen[who] = (len(self.events), topic), []
            self.house.reader(who, topic=topic, room=room)
            return
        self.seen[who] += self.house.frames(who)
        after, topic = self.began[who]
        self.house.reader(who, last=(self.seen[who] or [after])[-1], topic=topic, room=room)

    def room(self, who: int, size: int) -> None:
        if self.house.room.get(who, -1) >= 0 and who in self.house.readers:
            self.house.make_room(who, size, told=False)

    def tell(self, who: int, _: int) -> None:
        self.house.tell(who)

    def stall(self, who: int, _: int) -> None:
        self.house.room[who] = 0

    def cut(self, who: int, _: int) -> None:
        self.house.room[who] = -1

    def leave(self, who: int, _: int) -> None:
        if who in self.house.readers:
            self.house.close(self.house.readers[who])

    def ping(self, _: int, __: int) -> None:
        self.house.hub.ping()

    def end(self, who: int) -> tuple[list[int], list[int]]:
        """What it has after all has come, and what it should have."""
        if self.house.room[who] < 0:
            self.leave(who, 0)
        self.join(who, "")
        self.room(who, 1 << 40)
        self.tell(who, 0)
        after, topic = self.began[who]
        expected = [n for n, of in enumerate(self.events, 1) if n > after and topic in ("", of)]
        return self.seen[who] + self.house.frames(who), expected


who = st.integers(0, 5)
topics = st.sampled_from(("", "a", "b", "never"))
steps = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 400), topics),
    st.tuples(st.just("join"), who, topics),
    st.tuples(st.just("room"), who, st.integers(0, 600)),
    st.tuples(st.sampled_from(("tell", "stall", "cut", "leave", "ping")), who, st.just(0)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=60))
def test_each_reader_gets_each_event_once_in_order_whatever_readers_do(given: list[Any]) -> None:
    crowd = Crowd()
    for what, first, second in given:
        getattr(crowd, what)(first, second)
    for reader in crowd.began:
        has, expected = crowd.end(reader)
        assert has == expected


@settings(max_examples=200)
@given(st.lists(st.integers(1, 60), unique=True).map(sorted), st.integers(0, 60))
def test_memory_gives_all_after_a_number_or_says_that_it_cannot(numbers: list[int], last: int) -> None:
    hub = Hub()
    kept = [(n, "", str(n).encode()) for n in range(numbers[0], numbers[-1] + 1)] if numbers else []
    hub.begin(kept[-1][0] if kept else 0, kept)
    found = hub.since(last)
    expected = [frame for number, _, frame in kept if number > last]
    if found is None:
        assert last + 1 < numbers[0]
    else:
        assert found == expected


def test_memory_is_bounded() -> None:
    hub = Hub()
    hub.begin(0, [])
    for number in range(1, KEEP_EVENTS + 50):
        hub.publish(number, b"x")
    assert hub.since(0) is None
    assert hub.since(49) == [b"x"] * KEEP_EVENTS


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


def test_path_names_the_talks_or_nothing() -> None:
    paths = (
        "/pulse",
        "/pulse/riverton-2026",
        "/pulse/",
        "/pulse/a/b",
        "/pulse/%2e",
        "/health",
        "/pulse/" + "a" * 65,
    )
    assert [wire.topic(path) for path in paths] == ["", "riverton-2026", None, None, None, None, None]


def test_other_sites_may_read_one_process_of_talks_but_not_everything() -> None:
    ours = "https://www.example.int"
    assert answering.allowed("https://news.example", "riverton", ours) == "*"
    assert answering.allowed("", "riverton", ours) == "*"
    assert answering.allowed("https://news.example", "", ours) == ""
    assert answering.allowed(ours, "", ours) == ours
    assert answering.allowed(ours, None, ours) == ours


def test_addresses_are_counted_as_networks() -> None:
    assert network("2001:db8:1:2:3::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("fe80::1%eth0") == "fe80::/64"
    assert network("nonsense") == "nonsense"


def test_proxies_are_believed_from_the_nearest_and_no_further() -> None:
    through = ("203.0.113.9", "198.51.100.7", "10.0.0.1")
    assert behind_proxies(through, 0, "192.0.2.1") == "192.0.2.1"
    assert behind_proxies(through, 1, "192.0.2.1") == "10.0.0.1"
    assert behind_proxies(through, 2, "192.0.2.1") == "198.51.100.7"
    assert behind_proxies((), 2, "192.0.2.1") == "192.0.2.1"
    request = wire.parse(
        b"GET /pulse HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-Forwarded-For: 10.0.0.1"
    )
    assert request is not None
    assert request.through == through


def test_limit_of_an_address_holds_over_all_processes() -> None:
    board = Board(3)
    doors = [Limits(board, row, 4) for row in board.rows]
    places = [door.enter("192.0.2.1") for door in [*doors, doors[0]]]
    assert all(place is not None and place >= 0 for place in places)
    assert [door.enter("192.0.2.1") for door in doors] == [None] * 3
    assert doors[0].enter("192.0.2.2") is not None
    doors[1].leave(places[1] or 0)
    assert doors[2].enter("192.0.2.1") is not None
    assert doors[2].enter("192.0.2.1") is None
    board.rows[0].clear()  # that process died
    assert doors[2].enter("192.0.2.1") is not None


def test_who_comes_and_goes_without_end_is_told_to_wait() -> None:
    board = Board()
    door = Limits(board, board.rows[0], 3)
    for _ in range(3 * Limits.A_MINUTE):
        place = door.enter("192.0.2.1")
        assert place is not None
        door.leave(place)
    assert door.enter("192.0.2.1") is None
    assert door.enter("192.0.2.9") is not None
    door.new_minute()
    assert door.enter("192.0.2.1") is not None


def test_without_a_limit_nobody_is_counted() -> None:
    board = Board()
    door = Limits(board, board.rows[0], 0)
    assert [door.enter("192.0.2.1") for _ in range(500)] == [-1] * 500
    door.leave(-1)
    assert sum(board.rows[0].counts) == 0
