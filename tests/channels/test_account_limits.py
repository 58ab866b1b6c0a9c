"""Limits, pace and circuit of an account: what waits for it waits untried."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from tests.cast import Cast
from tests.channels import toy_network as toy
from tests.channels.help import SOURCE, plan, walk
from tests.channels.sendings import make, put_out, states

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels import actions, queries
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Refused, TryLater
from dragoman.channels.models import Channel, Delivery

pytestmark = pytest.mark.usefixtures("toys")


@pytest.mark.django_db
def test_a_limit_of_the_account_stops_all_on_it_and_nothing_else(cast: Cast) -> None:
    when = clock.now() + timedelta(minutes=7)
    limited = make(cast, "limited")
    for _ in range(3):
        plan(cast, limited, started=False)
    plan(cast, make(cast, "other"), started=False)
    toy.plans["limited", "send"].append(TryLater("Slow down.", when=when, account=True))
    put_out()
    assert Delivery.objects.get(channel__slug="other").state == "sent"
    rows = Delivery.objects.filter(channel=limited)
    assert [(row.state, row.tries, row.why) for row in rows.order_by("pk")] == [
        ("queued", 1, "Slow down."),
        ("queued", 0, "Slow down."),
        ("queued", 0, "Slow down."),
    ]
    limited.refresh_from_db()
    assert limited.not_before == when
    assert Delivery.objects.due(clock.now() + timedelta(minutes=6)).count() == 0
    late = plan(cast, limited)
    assert actions.deliver(by=WORKER, delivery_id=late.pk) == "queued"
    assert len([key for key in toy.verbs("send") if key == late.key]) == 0
    with time_machine.travel(when + timedelta(seconds=1), tick=True):
        for row in [*rows, late]:
            actions.deliver(by=WORKER, delivery_id=row.pk)
    assert set(states().values()) == {"sent"}


@pytest.mark.django_db
def test_at_a_pace_the_urgent_goes_first_and_the_rest_in_its_turn(cast: Cast) -> None:
    channel = make(cast, "paced", kind="paced")
    calm = [plan(cast, channel, started=False) for _ in range(3)]
    urgent = plan(cast, channel, started=False, urgent=True)
    put_out()
    assert toy.verbs("send") == [urgent.key, calm[0].key]
    waiting = Delivery.objects.filter(state="queued").order_by("pk")
    assert [row.pk for row in waiting] == [calm[1].pk, calm[2].pk]
    assert all("turn" in row.why and row.tries == 0 for row in waiting)
    assert all(row.next_at > clock.now() + timedelta(seconds=50) for row in waiting)
    for row in waiting:
        walk(row)
    assert toy.verbs("send") == [urgent.key, calm[0].key, calm[1].key, calm[2].key]


@pytest.mark.django_db
def test_what_is_calm_waits_for_the_urgent_of_another_statement(cast: Cast) -> None:
    channel = make(cast, "paced", kind="paced")
    urgent = plan(cast, channel, urgent=True)
    calm = plan(cast, channel)
    assert actions.deliver(by=WORKER, delivery_id=calm.pk) == "queued"
    calm.refresh_from_db()
    assert "urgent" in calm.why
    assert actions.deliver(by=WORKER, delivery_id=urgent.pk) == "sent"
    assert walk(calm).state == "sent"
    assert toy.verbs("send") == [urgent.key, calm.key]


@pytest.mark.django_db
def test_a_dead_account_opens_its_circuit_and_others_are_not_held_up(cast: Cast) -> None:
    dead = make(cast, "dead")
    planned = [plan(cast, dead, started=False) for _ in range(3)]
    plan(cast, make(cast, "well"), started=False)
    toy.plans["dead", "send"].append(Refused("Suspended.", shown="Ask the network.", account=True))
    put_out()
    assert Delivery.objects.get(channel__slug="well").state == "sent"
    assert [row.state for row in Delivery.objects.filter(channel=dead).order_by("pk")] == [
        "refused",
        "queued",
        "queued",
    ]
    dead.refresh_from_db()
    assert (dead.healthy, dead.circuit_why) == (False, "Suspended. Ask the network.")
    assert Event.objects.filter(verb="channels.open_circuit", target="channel:dead").count() == 1
    assert Delivery.objects.due(clock.now() + timedelta(hours=1)).filter(channel=dead).count() == 0
    assert actions.deliver(by=WORKER, delivery_id=planned[1].pk) == "queued"
    waiting = Delivery.objects.get(pk=planned[1].pk)
    assert "Suspended" in waiting.why
    assert waiting.tries == 0
    found = queries.preflight(SOURCE, 1)
    assert {trouble.code for row in found for trouble in row.troubles} >= {"circuit"}
    # it is well again: a check closes the circuit, and what waited goes, the refused one as well
    actions.check_channel(by=cast.admin, channel=dead)
    dead.refresh_from_db()
    assert dead.circuit_since is None
    for row in planned:
        walk(row)
    assert [row.state for row in Delivery.objects.filter(channel=dead)] == ["sent"] * 3
    assert len(toy.verbs("send")) == 5


@pytest.mark.django_db
def test_a_network_that_is_away_opens_the_circuit_which_is_tried_by_checks_and_not_by_posts(
    cast: Cast,
) -> None:
    channel = make(cast, "away", useful_hours=48)
    delivery = plan(cast, channel)
    toy.plans["away", "send"].extend(TryLater("Not reached.") for _ in range(5))
    toy.plans["away", "check"].extend(TryLater("Not reached.") for _ in range(4))
    assert walk(delivery).state == "sent"
    assert len(toy.verbs("send")) == 6
    assert len(toy.verbs("check")) == 5
    channel.refresh_from_db()
    assert (channel.circuit_since, channel.failures) == (None, 0)


@pytest.mark.django_db
def test_the_sweep_checks_open_circuits_and_nothing_is_overdue_meanwhile(cast: Cast) -> None:
    channel = make(cast, "dead")
    plan(cast, channel)
    toy.plans["dead", "check"].append(Refused("Suspended.", account=True))
    actions.check_channel(by=WORKER, channel=channel)
    with time_machine.travel(clock.now() + timedelta(seconds=31), tick=True):
        assert queries.oldest_due() is None
        actions.sweep(by=WORKER)
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from procrastinate_jobs where task_name = 'channels.check'")
            assert cursor.fetchone()[0] == 1
        channel.refresh_from_db()
        assert channel.circuit_next is not None
        assert channel.circuit_next > clock.now() + timedelta(seconds=50)


@pytest.mark.django_db
def test_history_leaves_out_what_the_clock_writes(cast: Cast) -> None:
    channel = make(cast, "toy-1")
    event = Channel._meta.get_field("events").related_model
    before = event._default_manager.count()
    Channel.objects.filter(pk=channel.pk).update(not_before=clock.now(), failures=3, circuit_checks=2)
    assert event._default_manager.count() == before
    Channel.objects.filter(pk=channel.pk).update(circuit_since=clock.now())
    assert event._default_manager.count() == before + 1
