"""A thread on X through the whole desk: what the desk keeps is enough to finish it, and nothing doubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from tests.cast import Cast, assemble
from tests.channels.help import PIECE, plan, walk
from tests.fakes.x import FakeX

from dragoman.base import clock
from dragoman.channels import actions, queries
from dragoman.channels.models import Channel, Delivery

LONG = replace(
    PIECE, title="A title", body="Word after word. " * 40, url="https://www.diplomatie.gouv.fr/en/x/"
)


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeX]:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    with FakeX().running() as running:
        yield running


def channel(cast: Cast, fake: FakeX) -> Channel:
    given, secrets, session = fake.account()
    made = actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="x",
        slug="x",
        label="X",
        values={**given, **secrets, "form": "whole"},
    )
    Channel.objects.filter(pk=made.pk).update(session=queries.vault().seal(session))
    made.refresh_from_db()
    return made


def planned(cast: Cast, fake: FakeX) -> tuple[Delivery, list[str]]:
    delivery = plan(cast, channel(cast, fake), piece=LONG)
    return delivery, [part["text"] for part in delivery.rendition["parts"]]


def test_a_thread_is_out_once(cast: Cast, fake: FakeX) -> None:
    delivery, texts = planned(cast, fake)
    assert len(texts) == 3
    assert walk(delivery).state == "sent", delivery.why
    assert fake.texts() == texts
    assert delivery.remote_url.endswith(f"/status/{fake.ledger[0].id}")


def test_a_limit_in_the_middle_lets_the_rest_follow(cast: Cast, fake: FakeX) -> None:
    fake.will("post", "ok", "429")
    delivery, texts = planned(cast, fake)
    assert walk(delivery).state == "sent"
    assert fake.texts() == texts
    assert fake.calls.count("post") == 4


def test_a_lost_answer_in_the_middle_goes_to_a_person_who_has_it_finished(cast: Cast, fake: FakeX) -> None:
    fake.will("post", "ok", "500-after")
    delivery, texts = planned(cast, fake)
    walk(delivery)
    assert (delivery.state, delivery.person) == ("unsure", True)
    assert "2 of 3 posts" in delivery.why
    assert "Sending again adds what is missing" in delivery.shown
    with time_machine.travel(clock.now() + timedelta(minutes=10), tick=True):
        actions.decide_unsure(by=cast.director, delivery=delivery, was_sent=False, why="The last is missing")
        walk(delivery)
    assert delivery.state == "sent"
    assert fake.texts() == texts
    assert [fake.made(text) for text in texts] == [1, 1, 1]


def test_what_a_person_found_is_taken_down_as_a_whole(cast: Cast, fake: FakeX) -> None:
    delivery, _ = planned(cast, fake)
    fake.will("post", "500-before")
    walk(delivery)
    assert (delivery.state, delivery.person) == ("unsure", True)
    actions.decide_unsure(by=cast.director, delivery=delivery, was_sent=False, why="Not there")
    walk(delivery)
    Delivery.objects.filter(pk=delivery.pk).update(remote_id="", remote={}, remote_url="")
    delivery.refresh_from_db()
    actions.withdraw_deliveries(by=cast.director, source=delivery.source, rev=delivery.rev, why="An error")
    walk(delivery)
    assert delivery.state == "withdrawn"
    assert fake.texts() == []
