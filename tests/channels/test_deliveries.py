"""Deliveries on the sandbox network: every behaviour, counted in its file."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from tests.cast import Cast
from tests.channels.help import PIECE, SOURCE, lines, plan, sandbox, turn, walk

from dragoman.audit.models import Event
from dragoman.base import clock, overdue
from dragoman.channels import actions, queries, rules
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Post
from dragoman.channels.models import Attempt, Delivery
from dragoman.lib.problems import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def jobs(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = %s", [name])
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("address", "calls"),
    [
        *(("ok", 1), ("fail-once", 2), ("rate-limit", 2), ("lost-answer", 1), ("garbage", 1), ("silent", 2)),
    ],
)
def test_a_post_is_out_once_whatever_the_network_does(cast: Cast, address: str, calls: int) -> None:
    channel = sandbox(cast, address)
    delivery = walk(plan(cast, channel))
    assert delivery.state == "sent"
    assert delivery.sent_at is not None
    assert delivery.remote_url
    assert len(lines(channel, "post")) == 1
    assert len(lines(channel, "again")) == 0
    assert len(lines(channel, "call")) == calls
    assert delivery.attempts.filter(ended__isnull=True).count() == 0


def test_nothing_goes_out_before_the_text_is_out_on_our_own_ground(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel, started=False)
    turn(delivery)
    assert delivery.state == "queued"
    assert lines(channel, "call") == []


def test_nothing_goes_out_before_its_moment(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel, due=clock.now() + timedelta(hours=2))
    turn(delivery)
    assert lines(channel, "call") == []
    assert walk(delivery).state == "sent"


def test_planning_twice_with_one_key_makes_one_delivery(cast: Cast) -> None:
    channel = sandbox(cast)
    first = plan(cast, channel, key="k", started=False)
    assert plan(cast, channel, key="k", started=False).pk == first.pk
    with pytest.raises(Conflict):
        plan(cast, sandbox(cast), key="k", started=False)


def test_a_plan_and_its_jobs_are_one_transaction(cast: Cast) -> None:
    plan(cast, sandbox(cast))
    assert jobs("channels.prepare") == 1
    assert jobs("channels.deliver") == 1
    actions.start_deliveries(by=cast.director, source=SOURCE, rev=1)
    assert jobs("channels.deliver") == 1


def test_a_job_that_runs_twice_sends_once(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel)
    for _ in range(3):
        actions.deliver(by=WORKER, delivery_id=delivery.pk)
    assert len(lines(channel, "call")) == 1


def test_an_armed_delivery_was_prepared_before_its_moment(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel, due=clock.now() + timedelta(hours=50), started=False)
    assert delivery.arm_at is not None
    assert clock.now() < delivery.arm_at < delivery.due
    with time_machine.travel(delivery.arm_at, tick=True):
        assert actions.prepare_delivery(by=WORKER, delivery_id=delivery.pk) == "armed"
        delivery.refresh_from_db()
        # what the sandbox makes lasts an hour, so it is made again shortly before the moment
        assert delivery.arm_at == delivery.due - timedelta(minutes=15)
    assert lines(channel, "call") == []
    with time_machine.travel(delivery.arm_at, tick=True):
        assert actions.prepare_delivery(by=WORKER, delivery_id=delivery.pk) == "armed"
        delivery.refresh_from_db()
        assert delivery.arm_at is None
    actions.start_deliveries(by=cast.director, source=SOURCE, rev=1)
    assert walk(delivery).state == "sent"


def test_a_refusal_waits_for_a_person_and_is_sent_again_by_one(cast: Cast) -> None:
    channel = sandbox(cast, "refuse")
    delivery = walk(plan(cast, channel))
    assert (delivery.state, delivery.person) == ("refused", True)
    assert "another address" in delivery.shown
    with pytest.raises(NotAllowed):
        actions.retry_delivery(by=cast.editor, delivery=delivery)
    actions.change_channel(
        by=cast.admin,
        channel=channel,
        label=channel.label,
        values={"address": "ok"},
        languages=[],
        useful_hours=24,
    )
    actions.retry_delivery(by=cast.director, delivery=delivery)
    assert walk(delivery).state == "sent"
    assert len(lines(channel, "post")) == 1


def test_a_network_that_cannot_be_asked_leaves_it_to_a_person(cast: Cast) -> None:
    channel = sandbox(cast, "blind")
    delivery = walk(plan(cast, channel))
    assert (delivery.state, delivery.person) == ("unsure", True)
    assert "timeline" in delivery.shown
    assert len(lines(channel, "call")) == 1
    assert queries.waiting_for_a_person(cast.director) == 1


def test_a_person_who_found_it_settles_it(cast: Cast) -> None:
    delivery = walk(plan(cast, sandbox(cast, "blind")))
    for by in (cast.editor, cast.stranger):
        with pytest.raises(NotAllowed):
            actions.decide_unsure(by=by, delivery=delivery, was_sent=True, why="I saw it")
    with pytest.raises(Invalid):
        actions.decide_unsure(by=cast.director, delivery=delivery, was_sent=True, why=" ")
    actions.decide_unsure(
        by=cast.director, delivery=delivery, was_sent=True, remote_url="https://x.example/1", why="I saw it"
    )
    delivery.refresh_from_db()
    assert (delivery.state, delivery.remote_url) == ("sent", "https://x.example/1")
    event = Event.objects.get(verb="channels.decide_unsure")
    assert (event.actor, event.why, event.data["was_sent"]) == ("director", "I saw it", True)
    with pytest.raises(Conflict):
        actions.decide_unsure(by=cast.director, delivery=delivery, was_sent=False, why="second thoughts")


def test_a_person_who_did_not_find_it_sends_it_again_under_the_same_key(cast: Cast) -> None:
    channel = sandbox(cast, "blind")
    delivery = walk(plan(cast, channel))
    actions.decide_unsure(by=cast.director, delivery=delivery, was_sent=False, why="It is not there")
    walk(delivery)
    assert [line["key"] for line in lines(channel, "call")] == [delivery.key] * 2
    assert len(lines(channel, "post")) == 1


def test_a_person_may_leave_it_unsent(cast: Cast) -> None:
    delivery = walk(plan(cast, sandbox(cast, "blind")))
    actions.decide_unsure(by=cast.director, delivery=delivery, was_sent=False, why="Gone", again=False)
    delivery.refresh_from_db()
    assert delivery.state == "refused"


def test_a_delivery_past_its_last_useful_moment_expires_and_says_why(cast: Cast) -> None:
    channel = sandbox(cast, useful_hours=2)
    delivery = plan(cast, channel)
    with time_machine.travel(clock.now() + timedelta(hours=3), tick=True):
        turn(delivery)
        assert delivery.state == "expired"
        assert "last useful moment" in delivery.why
    assert lines(channel, "call") == []


def test_a_channel_that_is_off_sends_nothing_until_it_is_on(cast: Cast) -> None:
    channel = sandbox(cast)
    actions.pause_channel(by=cast.admin, channel=channel, why="Moving house")
    delivery = plan(cast, channel)
    turn(delivery)
    assert (delivery.state, lines(channel, "call")) == ("queued", [])
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        assert overdue.oldest().get("deliveries") is None
    channel.refresh_from_db()
    actions.resume_channel(by=cast.admin, channel=channel)
    assert walk(delivery).state == "sent"


def test_an_attempt_whose_worker_is_gone_is_looked_for_and_not_repeated(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel)
    delivery.move_to("sending", frm="queued", claim="gone", next_at=clock.now() + rules.LEASE, tries=1)
    Attempt.objects.create(delivery=delivery, verb="send", started=clock.now(), worker="gone")
    turn(delivery)
    assert delivery.state == "sending"
    assert walk(delivery).state == "sent"
    assert delivery.attempts.filter(outcome="died").count() == 1
    assert delivery.attempts.filter(verb="find", outcome="absent").count() == 1
    assert len(lines(channel, "post")) == 1


def test_an_old_worker_that_comes_back_cannot_take_a_delivery_from_the_new_one(cast: Cast) -> None:
    delivery = plan(cast, sandbox(cast))
    delivery.move_to("sending", frm="queued", claim="new", next_at=clock.now() + rules.LEASE, tries=2)
    with pytest.raises(Conflict):
        delivery.guard_claim("old")
    delivery.guard_claim("new")


def test_the_sweep_finds_what_lost_its_job_however_old(cast: Cast) -> None:
    channel = sandbox(cast, useful_hours=24 * 60)
    delivery = plan(cast, channel)
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
    with time_machine.travel(clock.now() + timedelta(days=50), tick=True):
        assert overdue.oldest()["deliveries"] == delivery.next_at
        actions.sweep(by=WORKER)
        assert jobs("channels.deliver") == 1
        turn(delivery)
        assert delivery.state == "sent"
        assert overdue.oldest().get("deliveries") is None


def test_cancelling_takes_back_what_was_not_tried(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel, due=clock.now() + timedelta(hours=1))
    assert actions.cancel_deliveries(by=cast.director, source=SOURCE, rev=1, why="No more") == 1
    assert walk(delivery).state == "cancelled"
    assert lines(channel, "call") == []


def test_a_withdrawal_takes_down_what_is_out(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = walk(plan(cast, channel))
    assert actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure") == 1
    assert actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure") == 0
    assert walk(delivery).state == "withdrawn"
    assert len(lines(channel, "withdrawn")) == 1
    assert delivery.takedown.asked_by == "director"


def test_a_withdrawal_while_it_is_being_sent_takes_it_down_right_after(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel)
    delivery.move_to("sending", frm="queued", claim="x", next_at=clock.now() + rules.LEASE, tries=1)
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    turn(delivery)
    assert delivery.state == "sending"
    assert walk(delivery).state == "withdrawn"
    assert lines(channel, "post") == []


def test_a_withdrawal_of_an_unsure_delivery_leaves_nothing_out(cast: Cast) -> None:
    channel = sandbox(cast, "lost-answer")
    delivery = plan(cast, channel)
    actions.deliver(by=WORKER, delivery_id=delivery.pk)
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    assert walk(delivery).state == "withdrawn"
    assert len(lines(channel, "withdrawn")) == 1


def test_a_withdrawn_delivery_is_not_sent_again(cast: Cast) -> None:
    channel = sandbox(cast, "fail-once")
    delivery = plan(cast, channel)
    turn(delivery)
    assert delivery.state == "queued"
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    assert walk(delivery).state == "withdrawn"
    assert lines(channel, "post") == []


def test_the_public_list_names_where_it_stands(cast: Cast) -> None:
    walk(plan(cast, sandbox(cast)))
    walk(plan(cast, sandbox(cast)))
    found = queries.outside(SOURCE, 1)
    assert [place.state for place in found] == ["sent", "sent"]
    assert min(place.offset_ms for place in found if place.offset_ms is not None) == 0
    assert {place.url for place in found} == {""}


def test_a_rendition_that_was_approved_goes_out_unchanged_though_the_channel_changed(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel)
    actions.change_channel(
        by=cast.admin,
        channel=channel,
        label="Other",
        values={"address": "ok"},
        languages=["ru"],
        useful_hours=1,
    )
    walk(delivery)
    assert lines(channel, "post")[0]["texts"] == [part["text"] for part in delivery.rendition["parts"]]


def test_a_picture_that_is_gone_is_told_and_not_left_out(cast: Cast) -> None:
    from dragoman.channels.connector import Picture

    lost = Picture("0" * 64, "image/png", 1, 1, "Alt")
    delivery = walk(plan(cast, sandbox(cast), pictures=(lost,)))
    assert delivery.state == "refused"
    assert "picture" in delivery.why


def test_a_post_survives_its_row(cast: Cast) -> None:
    delivery = plan(cast, sandbox(cast))
    post = queries.post_of(delivery)
    assert isinstance(post, Post)
    assert (post.key, post.url, post.title) == (delivery.key, PIECE.url, PIECE.title)
    assert queries.post_json(post) == delivery.post


def test_every_attempt_is_kept_with_its_outcome(cast: Cast) -> None:
    delivery = walk(plan(cast, sandbox(cast, "lost-answer")))
    found = [(attempt.verb, attempt.outcome) for attempt in delivery.attempts.all()]
    assert found == [("send", "unsure"), ("find", "done")]
    verbs = Event.objects.filter(target=delivery.target).values_list("verb", flat=True)
    assert {"channels.plan_delivery", "channels.deliver", "channels.settle"} <= set(verbs)


def test_deliveries_are_seen_by_those_who_serve_there(cast: Cast) -> None:
    plan(cast, sandbox(cast))
    assert Delivery.objects.visible_to(cast.embassy).count() == 1
    assert Delivery.objects.visible_to(cast.stranger).count() == 0
