"""Bursts that are read to their end, gaps that are found, and texts that were taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from tests.cast import Cast
from tests.channels import toy
from tests.fakes.oauth import OAuthServer

from dragoman.audit.models import Event
from dragoman.base import clock, overdue
from dragoman.channels import actions, connector, queries, registry, wakers
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Batch, Gone, Incoming, TryLater
from dragoman.channels.models import Arrival, Channel, Listening

pytestmark = pytest.mark.django_db


class Network:
    """What the toy network holds; a page is ten texts."""

    def __init__(self) -> None:
        self.texts: list[Incoming] = []
        self.trouble = False
        self.stuck = False

    def say(self, *names: str, ago: timedelta = timedelta()) -> None:
        at = datetime.now(UTC) - ago
        self.texts += [Incoming(name, f"Question {name}", at, lang="en") for name in names]

    async def fetch(self, cursor: str) -> Batch:
        start = int(cursor or 0)
        page = tuple(self.texts[start : start + 10])
        if self.stuck:
            return Batch(page, cursor, more=True)
        return Batch(page, str(start + len(page)), more=start + 10 < len(self.texts))

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        if self.trouble:
            raise TryLater("It does not answer.")
        start = int(cursor or 0)
        window = [one for one in self.texts if one.at >= since]
        page = tuple(window[start : start + 10])
        return Batch(page, str(start + 10), more=start + 10 < len(window))

    async def vanished(self, outside_ids: Sequence[str]) -> list[Gone]:
        assert len(outside_ids) <= 100
        here = {one.outside_id for one in self.texts}
        return [Gone(name, datetime.now(UTC)) for name in outside_ids if name not in here]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    found = Network()
    kind = toy.kind()
    abilities = kind.abilities | {connector.LOOK_BACK, connector.VANISHED}
    monkeypatch.setattr(toy, "KIND", replace(kind, abilities=abilities))
    for name in ("fetch", "look_back", "vanished"):
        verb = getattr(found, name)
        monkeypatch.setattr(toy.Toy, name, lambda self, *args, verb=verb: verb(*args), raising=False)
    return found


@pytest.fixture
def channel(cast: Cast, network: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    monkeypatch.setitem(registry.KINDS, "toy", "tests.channels.toy")
    with OAuthServer().running() as server:
        made = actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="toy",
            slug="toy",
            label="Toy",
            values=toy.values(server),
        )
        actions.listen(by=cast.admin, channel=made, on=True)
        yield made


def read(channel: Channel) -> int:
    return actions.fetch_arrivals(by=WORKER, channel_id=channel.pk)


def look(channel: Channel) -> int:
    """An hour later."""
    Listening.objects.update(back_next=clock.now())
    return actions.look_back(by=WORKER, channel_id=channel.pk)


def test_a_burst_is_read_to_its_end_in_one_go(channel: Channel, network: Network) -> None:
    network.say(*(f"m{number}" for number in range(95)))
    assert read(channel) == 95
    assert read(channel) == 0  # and now it waits for its time


def test_a_flood_leaves_the_worker_to_others_and_goes_on_at_once(channel: Channel, network: Network) -> None:
    network.say(*(f"m{number}" for number in range(450)))
    assert read(channel) == 200
    assert Listening.objects.due(clock.now()).exists()
    assert read(channel) == 200
    assert read(channel) == 50
    assert Arrival.objects.count() == 450


def test_a_network_that_says_more_and_does_not_move_on_is_not_asked_for_ever(
    channel: Channel, network: Network
) -> None:
    network.say("m1")
    network.stuck = True
    assert read(channel) == 1
    assert not Listening.objects.due(clock.now()).exists()


def test_a_gap_is_found_counted_and_noted(channel: Channel, network: Network) -> None:
    network.say("m1", "m2")
    read(channel)
    assert look(channel) == 0
    assert Listening.objects.get().refilled == 0
    assert not Event.objects.filter(verb="channels.look_back").exists()
    # a cursor that was passed over
    network.say(*(f"lost{number}" for number in range(25)), ago=timedelta(hours=3))
    Listening.objects.update(cursor="27")
    assert look(channel) == 25
    row = Listening.objects.get()
    assert (row.refilled, row.refilled_last, row.back_since, row.back_cursor) == (25, 25, None, "")
    assert row.refilled_at is not None
    assert Event.objects.get(verb="channels.look_back").data["refilled"] == 25
    assert Arrival.objects.filter(way="back").count() == 25
    assert look(channel) == 0
    assert Listening.objects.get().refilled == 25


def test_what_is_older_than_the_window_is_left(channel: Channel, network: Network) -> None:
    network.say("old", ago=timedelta(days=5))
    assert look(channel) == 0


def test_a_desk_that_was_down_for_a_week_looks_back_over_the_week(channel: Channel, network: Network) -> None:
    look(channel)
    Listening.objects.update(back_at=clock.now() - timedelta(days=7))
    network.say("old", ago=timedelta(days=5))
    assert look(channel) == 1


def test_what_was_taken_back_is_followed(channel: Channel, network: Network) -> None:
    network.say(*(f"m{number}" for number in range(130)))
    read(channel)
    network.texts = [one for one in network.texts if one.outside_id not in ("m3", "m77")]
    assert look(channel) == 0  # nothing was missing
    assert set(Arrival.objects.filter(kind="gone").values_list("outside_id", flat=True)) == {"m3", "m77"}
    assert Arrival.objects.get(kind="text", outside_id="m3").sealed == ""
    assert look(channel) == 0
    assert Arrival.objects.filter(kind="gone").count() == 2


def test_trouble_means_later_and_health_knows_it(channel: Channel, network: Network) -> None:
    network.trouble = True
    assert look(channel) == 0
    row = Listening.objects.get()
    assert (row.back_tries, row.back_why) == (1, "It does not answer.")
    assert overdue.oldest_of("looking back") is None
    with time_machine.travel(clock.now() + timedelta(minutes=20), tick=True):
        assert overdue.oldest_of("looking back") is not None
        network.trouble = False
        network.say("m1")
        assert actions.look_back(by=WORKER, channel_id=channel.pk) == 1
    assert Listening.objects.get().back_why == ""


def test_it_is_done_by_one_at_a_time_and_only_when_it_is_due(channel: Channel, network: Network) -> None:
    network.say("m1")
    assert look(channel) == 1
    network.say("m2")
    assert actions.look_back(by=WORKER, channel_id=channel.pk) == 0


def test_whoever_asked_to_be_woken_is_started_once_for_many(
    channel: Channel,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    started: list[str] = []
    monkeypatch.setattr(wakers, "_jobs", ["inbox.toy"])
    monkeypatch.setattr(wakers, "later", lambda name, **args: started.append(name))
    monkeypatch.setattr(wakers, "_last", -10.0)
    network.say(*(f"m{number}" for number in range(60)))
    with django_capture_on_commit_callbacks(execute=True):
        read(channel)
    assert started == ["inbox.toy"]


def test_the_page_says_what_was_refilled(cast: Cast, channel: Channel, network: Network) -> None:
    network.say("m1", ago=timedelta(hours=2))
    look(channel)
    client = Client()
    client.force_login(cast.admin)
    page = client.get("/channels/at/toy/").content.decode()
    assert "Refilled so far" in page
    assert queries.oldest_looking_back() is None
