"""A whole delivery against a Bluesky server that misbehaves, workers that die, and workers that race.

Every test ends with the same count: each post stands once on the network, none twice, none lost.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from tests.cast import Cast, assemble
from tests.channels.fake_bluesky import TROUBLES, FakeBluesky
from tests.channels.help import SOURCE, bluesky, lines, plan, sandbox, turn, walk

from dragoman.base import clock
from dragoman.channels import actions
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Delivery

real_commits = pytest.mark.django_db(transaction=True)


def texts_of(delivery: Delivery) -> list[str]:
    return [part["text"] for part in delivery.rendition["parts"]]


def assert_out_once(fake: FakeBluesky, delivery: Delivery) -> None:
    delivery.refresh_from_db()
    assert delivery.state == "sent", (delivery.state, delivery.why)
    assert fake.texts() == texts_of(delivery)
    assert len(fake.created) == len(texts_of(delivery))
    assert delivery.remote_id == fake.records[sorted(fake.records)[0]]["uri"]


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name != "ok"])
@pytest.mark.parametrize("part", [0, 2])
def test_one_trouble_leaves_one_post(cast: Cast, fake: FakeBluesky, trouble: str, part: int) -> None:
    delivery = plan(cast, bluesky(cast, fake))
    assert len(texts_of(delivery)) > 3
    fake.will("putRecord", *["ok"] * part, trouble)
    assert_out_once(fake, walk(delivery))


@pytest.mark.django_db
def test_one_trouble_after_another_leaves_one_post(cast: Cast, fake: FakeBluesky) -> None:
    delivery = plan(cast, bluesky(cast, fake))
    for call in ("createSession", "getRecord", "putRecord"):
        fake.will(call, *TROUBLES)
    assert_out_once(fake, walk(delivery, turns=300))


@pytest.mark.django_db
def test_a_server_that_answers_nothing_but_errors_lets_it_expire_with_the_reason(
    cast: Cast, fake: FakeBluesky
) -> None:
    delivery = plan(cast, bluesky(cast, fake, useful_hours=1))
    fake.will("createSession", *["500-before"] * 100)
    walk(delivery, turns=100)
    assert delivery.state == "expired"
    assert "500" in delivery.why
    assert fake.texts() == []


@pytest.mark.django_db
def test_an_unsure_post_is_not_sent_again_while_nobody_can_look(cast: Cast, fake: FakeBluesky) -> None:
    delivery = plan(cast, bluesky(cast, fake))
    fake.will("putRecord", "500-after")
    fake.will("getRecord", *["html-200-before"] * 8)
    turn(delivery)
    for _ in range(7):
        with time_machine.travel(delivery.next_at + timedelta(milliseconds=5), tick=True):  # type: ignore[operator]  # it is being looked for
            turn(delivery)
        assert delivery.state == "unsure"
    assert delivery.person
    assert fake.calls.count("putRecord") == 1
    assert_out_once(fake, walk(delivery))


@pytest.mark.django_db
def test_a_wrong_password_calls_a_person_and_marks_the_channel(cast: Cast, fake: FakeBluesky) -> None:
    channel = bluesky(cast, fake)
    delivery = plan(cast, channel)
    fake.password = "another"
    walk(delivery)
    assert delivery.state == "refused"
    assert "app password" in delivery.shown
    channel.refresh_from_db()
    assert channel.healthy is False
    assert channel.circuit_since is not None
    actions.change_credentials(by=cast.admin, channel=channel, secrets={"app_password": "another"})
    delivery.refresh_from_db()
    assert delivery.state == "queued"
    assert_out_once(fake, walk(delivery))


@pytest.mark.django_db
def test_a_withdrawal_in_the_middle_of_a_thread_leaves_nothing_out(cast: Cast, fake: FakeBluesky) -> None:
    delivery = plan(cast, bluesky(cast, fake))
    fake.will("putRecord", "ok", "429")
    turn(delivery)
    assert len(fake.texts()) == 1
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    fake.will("deleteRecord", "500-before", "silent-after", "429", "garbage-before")
    walk(delivery)
    assert delivery.state == "withdrawn"
    assert fake.texts() == []


# --- death ---

STEPS = (
    *("channels.before-claim", "channels.claimed", "channels.before-send"),
    *("bluesky.part-1", "bluesky.part-2", "channels.answered", "channels.booked"),
)


def in_another_process(code: str, *, die_at: str = "") -> int:
    """Run some of the worker's work in a process of its own; returns how it ended."""
    database = connection.settings_dict
    query = urlencode({"host": database["HOST"]}) if database["HOST"] else ""
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?{query}"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": address,
        "DRAGOMAN_HOME": str(settings.DRAGOMAN.home),
        "DRAGOMAN_ALLOW_LOOPBACK": "1",
        "DJANGO_SETTINGS_MODULE": "dragoman.config.settings",
        "DRAGOMAN_DIE_AT": die_at,
    }
    start = "import django; django.setup()\nfrom dragoman.channels import actions\n"
    start += "from dragoman.channels.actions.common import WORKER\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code], env=environment, timeout=60, check=False, cwd=Path.cwd()
    )
    return done.returncode


@real_commits
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_of_a_delivery_leaves_one_post(step: str, fake: FakeBluesky) -> None:
    cast = assemble()
    delivery = plan(cast, bluesky(cast, fake))
    ended = in_another_process(f"actions.deliver(by=WORKER, delivery_id={delivery.pk})", die_at=step)
    assert ended == -signal.SIGKILL
    assert_out_once(fake, walk(delivery))


@real_commits
@pytest.mark.parametrize("step", ["channels.before-find", "channels.found"])
def test_a_worker_killed_while_looking_leaves_one_post(step: str, fake: FakeBluesky) -> None:
    cast = assemble()
    delivery = plan(cast, bluesky(cast, fake))
    fake.will("putRecord", "ok", "500-after")
    turn(delivery)
    assert delivery.state == "unsure"
    ended = in_another_process(f"actions.settle(by=WORKER, delivery_id={delivery.pk})", die_at=step)
    assert ended == -signal.SIGKILL
    assert_out_once(fake, walk(delivery))


@real_commits
def test_a_worker_killed_while_taking_down_leaves_nothing_out(fake: FakeBluesky) -> None:
    cast = assemble()
    delivery = walk(plan(cast, bluesky(cast, fake)))
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    code = f"actions.take_down(by=WORKER, takedown_id={delivery.takedown.pk})"
    assert in_another_process(code, die_at="channels.taken-down") == -signal.SIGKILL
    walk(delivery)
    assert delivery.state == "withdrawn"
    assert fake.texts() == []


@real_commits
def test_the_step_is_nothing_when_the_environment_does_not_name_it(fake: FakeBluesky) -> None:
    cast = assemble()
    delivery = plan(cast, bluesky(cast, fake))
    assert in_another_process(f"actions.deliver(by=WORKER, delivery_id={delivery.pk})", die_at="other") == 0
    assert_out_once(fake, delivery)


# --- races ---


def at_once(number: int, work: Callable[[], Any]) -> list[BaseException]:
    """Run the same work in many threads that start together, each with its own connection."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(number)

    def run() -> None:
        try:
            barrier.wait(10)
            work()
        except BaseException as error:  # noqa: BLE001 - the test looks at every one
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


@real_commits
def test_many_workers_at_once_make_one_attempt_each() -> None:
    cast = assemble()
    channel = sandbox(cast)
    deliveries = [plan(cast, channel) for _ in range(8)]

    def work() -> None:
        for delivery in deliveries:
            actions.deliver(by=WORKER, delivery_id=delivery.pk)

    assert at_once(6, work) == []
    assert Delivery.objects.filter(state="sent").count() == 8
    assert len(lines(channel, "call")) == 8
    assert len(lines(channel, "post")) == 8


@real_commits
def test_many_lookers_at_once_agree() -> None:
    cast = assemble()
    channel = sandbox(cast, "lost-answer")
    delivery = plan(cast, channel)
    actions.deliver(by=WORKER, delivery_id=delivery.pk)
    assert at_once(5, lambda: actions.settle(by=WORKER, delivery_id=delivery.pk)) == []
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    assert delivery.attempts.filter(verb="find").count() == 1


@real_commits
def test_an_answer_that_comes_after_the_lease_is_still_believed() -> None:
    """The old worker's success is a fact about the world; the new one must not send again after it."""
    cast = assemble()
    channel = sandbox(cast, "slow")
    delivery = plan(cast, channel)

    def old_worker() -> None:
        turn(delivery)
        connections.close_all()

    old = threading.Thread(target=old_worker)
    old.start()
    while not lines(channel, "call"):
        pass
    # The lease is made to run out in the row: a clock that leaps would also end the old worker's own wait.
    Delivery.objects.filter(pk=delivery.pk).update(next_at=clock.now() - timedelta(seconds=5))
    row = Delivery.objects.get(pk=delivery.pk)
    assert actions.take_over(by=WORKER, delivery_id=row.pk) == "unsure"
    assert actions.settle(by=WORKER, delivery_id=row.pk) == "queued"
    old.join(30)
    row.refresh_from_db()
    assert row.state == "sent"
    assert walk(row).state == "sent"
    assert len(lines(channel, "post")) == 1


@real_commits
def test_the_database_is_let_go_during_the_call(fake: FakeBluesky, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = assemble()
    delivery = plan(cast, bluesky(cast, fake))
    database = connection.settings_dict
    seen: list[int] = []
    answer = fake.answer

    def watched(work: Any, asked: Any) -> Any:
        if not asked.path.endswith("putRecord"):
            return answer(work, asked)
        with psycopg.connect(
            dbname=database["NAME"],
            user=database["USER"],
            password=database["PASSWORD"],
            host=database["HOST"],
        ) as watch:
            row = watch.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and backend_type = 'client backend'"
            ).fetchone()
            seen.append(row[0] if row else -1)
        return answer(work, asked)

    monkeypatch.setattr(fake, "answer", watched)
    turn(delivery)
    assert set(seen) == {0}
    assert_out_once(fake, delivery)
