"""Before the moment: what is prepared, what trouble is told, and sign-ins kept fresh."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta

import pytest
from tests.cast import Cast, assemble
from tests.channels import toy_network as toy
from tests.channels.fake_bluesky import FakeBluesky
from tests.channels.help import PIECE, SOURCE, bluesky, plan, sandbox, walk
from tests.channels.sendings import another, make, put_out, real_commits, states

from dragoman.base import clock
from dragoman.channels import actions, queries
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Health, Post, Refused, TryLater, Unsure, Video
from dragoman.channels.models import Channel

pytestmark = pytest.mark.usefixtures("toys")


@pytest.mark.django_db
def test_what_is_unprepared_is_prepared_first_and_then_sent(cast: Cast) -> None:
    delivery = plan(cast, make(cast, "toy-1"), started=False)
    put_out()
    assert [verb for verb, _, _ in toy.said] == ["prepare", "send"]
    ready = plan(cast, make(cast, "toy-2"), due=clock.now() + timedelta(minutes=5), started=False)
    assert actions.prepare_delivery(by=WORKER, delivery_id=ready.pk) == "armed"
    toy.said.clear()
    actions.start_deliveries(by=WORKER, source=SOURCE, rev=1)
    walk(ready)
    assert [verb for verb, _, _ in toy.said] == ["send"]
    delivery.refresh_from_db()
    assert delivery.state == "sent"


@pytest.mark.django_db
def test_whatever_is_unsure_in_preparing_leaves_nothing_out(cast: Cast) -> None:
    delivery = plan(cast, make(cast, "toy-1"))
    toy.plans["toy-1", "prepare"].extend([Unsure("No answer."), RuntimeError("a mistake"), None])
    assert walk(delivery).state == "sent"
    assert [attempt.outcome for attempt in delivery.attempts.all()] == ["try_later", "try_later", "done"]
    assert len(toy.verbs("send")) == 1


@pytest.mark.django_db
def test_a_film_is_handed_over_in_a_step_of_its_own_and_then_sent(cast: Cast) -> None:
    data = b"film" * 1000
    film = Video(hashlib.sha256(data).hexdigest(), "video/mp4", len(data))
    folder = queries.picture_folders()[1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / film.sha256).write_bytes(data)
    channel = make(cast, "toy-1")
    post = Post(
        "film", queries.render(channel, PIECE), "en", PIECE.url, clock.now(), PIECE.title, videos=(film,)
    )
    delivery = actions.plan_delivery(
        by=WORKER, channel=channel, source=SOURCE, rev=1, post=post, due=clock.now()
    )
    put_out()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, toy.verbs("send")) == ("queued", 0, [])
    assert "film" in delivery.why
    assert actions.prepare_delivery(by=WORKER, delivery_id=delivery.pk) == "armed"
    assert actions.deliver(by=WORKER, delivery_id=delivery.pk) == "sent"
    assert [verb for verb, _, _ in toy.said] == ["prepare", "send"]


@real_commits
def test_while_one_prepares_the_clock_starts_no_other() -> None:
    cast = assemble()
    delivery = plan(cast, make(cast, "toy-1"), due=clock.now() + timedelta(hours=1), started=False)

    async def meanwhile() -> None:
        assert await asyncio.get_running_loop().run_in_executor(None, _to_arm) == 0

    assert _to_arm() == 1
    toy.plans["toy-1", "prepare"].append(meanwhile)
    assert actions.prepare_delivery(by=WORKER, delivery_id=delivery.pk) == "armed"
    assert len(toy.verbs("prepare")) == 1


def _to_arm() -> int:
    with another() as other:
        row = other.execute("select count(*) from channels_delivery where arm_at <= now()").fetchone()
    return int(row[0]) if row else -1


@pytest.mark.django_db
def test_trouble_is_told_hours_ahead_with_who_must_act(cast: Cast) -> None:
    due = clock.now() + timedelta(hours=30)
    ends = make(cast, "ends")
    plan(cast, ends, due=due, started=False)
    off = make(cast, "off")
    plan(cast, off, due=due, started=False)
    actions.pause_channel(by=cast.admin, channel=off, why="Moving house")
    far = make(cast, "far")
    plan(cast, far, due=due + timedelta(days=9), started=False)
    assert queries.to_check(clock.now()) == [ends.pk]
    toy.plans["ends", "check"].append(Health(True, "Well.", until=due - timedelta(hours=2)))
    actions.check_channel(by=WORKER, channel=ends)
    assert queries.to_check(clock.now()) == []
    assert queries.to_check(clock.now() + timedelta(hours=2)) == [ends.pk]
    found = {row.channel: row for row in queries.preflight(SOURCE, 1)}
    assert [trouble.code for trouble in found["ends"].troubles] == ["sign-in-ends"]
    assert "off" in [trouble.code for trouble in found["off"].troubles]
    assert found["ends"].stops
    assert found["ends"].troubles[0].role == "administrator"
    assert found["ends"].troubles[0].mission == "Press Service"
    assert [trouble.code for trouble in found["far"].troubles] == ["not-checked"]
    assert not found["far"].stops


@pytest.mark.django_db
def test_a_limit_that_leaves_too_little_is_told_ahead(cast: Cast) -> None:
    from dragoman.channels.connector import Headroom

    due = clock.now() + timedelta(hours=3)
    channel = make(cast, "full")
    for _ in range(2):
        plan(cast, channel, due=due, started=False)
    for resets, codes in ((due + timedelta(hours=1), ["no-headroom"]), (due - timedelta(hours=1), [])):
        room = Headroom("posts a day", 1, 25, resets)
        toy.plans["full", "check"].append(Health(True, "Well.", headroom=(room,)))
        actions.check_channel(by=WORKER, channel=channel)
        assert [[each.code for each in row.troubles] for row in queries.preflight(SOURCE, 1)] == [codes] * 2


@pytest.mark.django_db
def test_warm_connections_carry_the_final_request(cast: Cast, fake: FakeBluesky) -> None:
    delivery = plan(cast, bluesky(cast, fake), started=False)
    sandbox_row = plan(cast, sandbox(cast), started=False)
    put_out()
    for row in (delivery, sandbox_row):
        row.refresh_from_db()
        assert row.state == "sent"
    attempt = delivery.attempts.get(verb="send")
    assert attempt.began is not None
    assert attempt.answered is not None
    assert attempt.started <= attempt.began <= attempt.answered
    assert all(datetime.fromisoformat(call["at"]) for call in attempt.calls)


@real_commits
def test_a_sign_in_that_has_run_out_is_renewed_once_and_the_same_asked_again() -> None:
    cast = assemble()
    channel = make(cast, "signed", kind="signed")
    vault = queries.vault()
    Channel.objects.filter(pk=channel.pk).update(session=vault.seal({"access": "old", "refresh": "r"}))
    planned = [plan(cast, channel, started=False) for _ in range(3)]
    plan(cast, make(cast, "other"), started=False)
    toy.plans["signed", "send"].append(TryLater("Expired.", sign_in=True))
    toy.plans["signed", "renew"].append({"access": "new", "refresh": ""})
    put_out()
    assert set(states().values()) == {"sent"}
    keys = [row.key for row in planned]
    assert [key for key in toy.verbs("send") if key in keys] == [keys[0], *keys]
    assert len(toy.verbs("renew")) == 1
    for row in planned:
        row.refresh_from_db()
        assert (row.tries, row.attempts.filter(verb="send").count()) == (1, 1)
    # an empty token never replaces a good one
    kept = vault.open(Channel.objects.get(pk=channel.pk).session)
    assert (kept["access"], kept["refresh"]) == ("new", "r")


@pytest.mark.django_db
def test_a_sign_in_that_cannot_be_renewed_opens_the_circuit(cast: Cast) -> None:
    channel = make(cast, "signed", kind="signed")
    Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal({"access": "old"}))
    delivery = plan(cast, channel, started=False)
    toy.plans["signed", "send"].append(TryLater("Expired.", sign_in=True))
    toy.plans["signed", "renew"].append(Refused("Revoked.", account=True))
    put_out()
    delivery.refresh_from_db()
    channel.refresh_from_db()
    assert delivery.state == "queued"
    assert channel.circuit_since is not None
    assert len(toy.verbs("send")) == 1
