"""What networks bring: calls to the reception, and answers that the desk fetches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from tests.cast import Cast
from tests.channels import toy
from tests.channels.help import sandbox
from tests.fakes.oauth import OAuthServer

from dragoman.base import clock, limits
from dragoman.channels import actions, queries, registry
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import TryLater
from dragoman.channels.models import Arrival, Channel, HookCall, Listening
from dragoman.config import reception_settings
from dragoman.lib.problems import Invalid, NotAllowed

pytestmark = pytest.mark.django_db
SAID: dict[str, Any] = {"id": "m1", "text": "May I enter with my dog?"}


@pytest.fixture
def channel(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    monkeypatch.setitem(registry.KINDS, "toy", "tests.channels.toy")
    limits.forget()
    with OAuthServer().running() as server:
        yield actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="toy",
            slug="toy",
            label="Toy",
            values=toy.values(server),
        )


@pytest.fixture(autouse=True)
def reception() -> Iterator[None]:
    """The reception's URL map and its short row of middleware."""
    with override_settings(
        ROOT_URLCONF=reception_settings.ROOT_URLCONF,
        MIDDLEWARE=reception_settings.MIDDLEWARE,
        TEMPLATES=reception_settings.TEMPLATES,
    ):
        yield


def call(body: Any = SAID, *, slug: str = "toy", **headers: str) -> HttpResponse:
    given = {"x-toy-signature": "good", **headers}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client()
    answer: HttpResponse = client.post(  # type: ignore[assignment]  # the test client's own kind of answer
        f"/hooks/{slug}/", data, content_type="application/json", headers=given
    )
    return answer


def test_what_a_network_says_is_kept_sealed(channel: Channel) -> None:
    assert call().status_code == 200
    arrival = Arrival.objects.get()
    assert (arrival.kind, arrival.outside_id, arrival.way) == ("text", "m1", "hook")
    assert "dog" not in arrival.sealed
    assert queries.vault().open(arrival.sealed)["text"] == SAID["text"]


def test_a_bad_signature_is_refused_and_nothing_is_kept(channel: Channel) -> None:
    answer = call(**{"x-toy-signature": "forged"})
    assert answer.status_code == 401
    assert json.loads(answer.content)["code"] == "bad-signature"
    assert not Arrival.objects.exists()
    assert not HookCall.objects.exists()


def test_a_replay_is_answered_and_changes_nothing(channel: Channel) -> None:
    Arrival.objects.all().delete()
    assert call().status_code == 200
    Arrival.objects.all().delete()  # so that only the memory of the call can hold it back
    assert call().status_code == 200
    assert not Arrival.objects.exists()


def test_the_same_text_in_another_call_is_kept_once(channel: Channel) -> None:
    call()
    call({**SAID, "again": True})
    assert Arrival.objects.count() == 1
    assert HookCall.objects.count() == 2


def test_a_call_that_says_it_is_old_is_refused(channel: Channel) -> None:
    old = {"webhook-timestamp": str(int(time.time()) - 3600), "webhook-id": "w1"}
    assert call(**old).status_code == 401
    assert call(**{**old, "webhook-timestamp": "soon"}).status_code == 401
    assert call(**{**old, "webhook-timestamp": str(int(time.time()))}).status_code == 200
    assert HookCall.objects.get().call_id == "id:w1"


def test_a_call_too_long_or_not_to_be_read_is_refused(channel: Channel) -> None:
    assert call(b"x" * 1_200_000).status_code == 413
    assert call(b"{}").status_code == 503
    assert call(b"not json").status_code == 503
    assert not HookCall.objects.exists()


def test_nothing_listens_at_other_addresses(cast: Cast, channel: Channel) -> None:
    wall = sandbox(cast)
    assert call(slug="no-such").status_code == 404
    assert call(slug=wall.slug).status_code == 404
    actions.pause_channel(by=cast.admin, channel=channel, why="test")
    assert call().status_code == 404


def test_a_flood_of_forged_calls_is_cut_off_and_a_burst_of_the_networks_own_is_not(channel: Channel) -> None:
    for number in range(200):
        assert call({**SAID, "id": f"m{number}"}).status_code == 200
    answers = [call(**{"x-toy-signature": "forged"}).status_code for _ in range(125)]
    assert answers.count(401) == 120
    assert set(answers[120:]) == {429}
    assert Arrival.objects.count() == 200


def test_an_id_that_is_not_signed_is_not_believed(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy.Toy, "call_id", lambda self, call: "")
    old = {"webhook-id": "w1", "webhook-timestamp": "1"}
    assert call(**old).status_code == 200
    assert call({**SAID, "id": "m2"}, **old).status_code == 200
    assert Arrival.objects.count() == 2
    assert all(row.call_id.startswith("sha256:") for row in HookCall.objects.all())


def test_a_network_that_delivers_a_week_again_changes_nothing(channel: Channel) -> None:
    week = [{"id": f"m{number}", "text": f"Question {number}"} for number in range(50)]
    for body in week:
        assert call(body).status_code == 200
    with transaction.atomic():
        actions.mark_taken(by=WORKER, rows=queries.waiting_arrivals(100))
    with time_machine.travel(clock.now() + timedelta(days=9), tick=True):
        actions.sweep_arrivals(by=WORKER)  # the calls themselves are forgotten by now
        assert not HookCall.objects.exists()
        for body in week:
            assert call(body).status_code == 200
    assert Arrival.objects.count() == 50
    assert not Arrival.objects.waiting().exists()


def test_a_challenge_is_answered_only_when_asked_as_agreed(channel: Channel) -> None:
    good = {"hub.verify_token": "agreed", "hub.challenge": "1158201444"}
    answer = Client().get("/hooks/toy/", good)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert Client().get("/hooks/toy/", {**good, "hub.verify_token": "guess"}).status_code == 401


def test_answers_are_fetched_only_where_it_was_switched_on(cast: Cast, channel: Channel) -> None:
    assert actions.sweep_arrivals(by=WORKER) == 0
    with pytest.raises(NotAllowed):
        actions.listen(by=cast.editor, channel=channel, on=True)
    actions.listen(by=cast.admin, channel=channel, on=True)
    assert actions.sweep_arrivals(by=WORKER) == 1
    assert actions.fetch_arrivals(by=WORKER, channel_id=channel.pk) == 1
    assert actions.fetch_arrivals(by=WORKER, channel_id=channel.pk) == 0  # not before five minutes
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=True):
        assert actions.fetch_arrivals(by=WORKER, channel_id=channel.pk) == 1
    assert Listening.objects.get().cursor == "2"
    assert {row.outside_id for row in Arrival.objects.all()} == {"m1", "m2"}


def test_trouble_keeps_the_cursor(cast: Cast, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.listen(by=cast.admin, channel=channel, on=True)
    actions.fetch_arrivals(by=WORKER, channel_id=channel.pk)

    async def broken(self: toy.Toy, cursor: str) -> None:
        raise TryLater("It does not answer.")

    monkeypatch.setattr(toy.Toy, "fetch", broken)
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=True):
        assert actions.fetch_arrivals(by=WORKER, channel_id=channel.pk) == 0
    row = Listening.objects.get()
    assert (row.cursor, row.tries) == ("1", 1)
    assert "does not answer" in row.why


def test_a_kind_that_cannot_read_is_told_so(cast: Cast) -> None:
    with pytest.raises(Invalid):
        actions.listen(by=cast.admin, channel=sandbox(cast), on=True)


def test_a_new_vault_key_opens_what_came_before(cast: Cast, channel: Channel) -> None:
    call()
    actions.rotate_vault_key(by=cast.admin)
    assert queries.vault().open(Arrival.objects.get().sealed)["text"] == SAID["text"]
