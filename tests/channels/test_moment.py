"""The moment: all at once, the database let go, and every answer written down."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from tests.cast import Cast, assemble
from tests.channels import toy_network as toy
from tests.channels.help import plan, walk
from tests.channels.sendings import another, make, put_out, real_commits, states

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels import actions
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Sent
from dragoman.channels.models import Delivery

pytestmark = pytest.mark.usefixtures("toys")


@pytest.mark.django_db
def test_every_channel_is_asked_at_the_same_moment(cast: Cast) -> None:
    for number in range(20):
        channel = make(cast, f"toy-{number}")
        plan(cast, channel, started=False)
        toy.plans[channel.slug, "send"].append(lambda: asyncio.sleep(0.4))
    put_out()
    assert set(states().values()) == {"sent"}
    moments = [at for verb, _, at in toy.said if verb == "send"]
    assert max(moments) - min(moments) < 0.35
    assert toy.threads == {"sender-moment"}
    began = [row.attempts.get(verb="send").began for row in Delivery.objects.all()]
    assert all(began)


@pytest.mark.django_db
def test_languages_on_one_account_go_in_order_one_after_the_other(cast: Cast) -> None:
    channel = make(cast, "toy-1")
    planned = [plan(cast, channel, started=False) for _ in range(4)]
    toy.plans["toy-1", "send"].append(lambda: asyncio.sleep(0.2))
    put_out()
    assert toy.verbs("send") == [row.key for row in planned]
    moments = [at for verb, _, at in toy.said if verb == "send"]
    assert moments[1] - moments[0] >= 0.19


@pytest.mark.django_db
def test_what_is_put_out_twice_goes_out_once(cast: Cast) -> None:
    plan(cast, make(cast, "toy-1"), started=False)
    put_out()
    put_out()
    assert len(toy.verbs("send")) == 1
    assert Event.objects.filter(verb="channels.put_out").count() == 1


@pytest.mark.django_db
def test_a_later_moment_and_a_channel_that_is_off_wait(cast: Cast) -> None:
    later = plan(cast, make(cast, "toy-1"), started=False, due=clock.now() + timedelta(hours=1))
    off = make(cast, "toy-2")
    plan(cast, off, started=False)
    actions.pause_channel(by=cast.admin, channel=off, why="Moving house")
    put_out()
    assert toy.verbs("send") == []
    later.refresh_from_db()
    assert later.started is not None
    assert later.next_at == later.due
    assert walk(later).state == "sent"


@pytest.mark.django_db
def test_a_success_is_kept_however_odd_its_form(cast: Cast) -> None:
    plan(cast, make(cast, "toy-1"), started=False)
    plan(cast, make(cast, "toy-2"), started=False)
    odd = Sent("id\x00" * 900, "https://toy.example/\ud800" * 90, clock.now(), {"x\x00": ["\x00"]})
    toy.plans["toy-1", "send"].append(lambda: _giving(odd))
    put_out()
    assert states() == {"toy-1": "sent", "toy-2": "sent"}


async def _giving(what: Any) -> Any:
    return what


@pytest.mark.django_db
def test_one_that_is_gone_from_the_files_holds_up_no_other(cast: Cast) -> None:
    from dragoman.channels.connector import Picture

    lost = Picture("0" * 64, "image/png", 1, 1, "Alt")
    plan(cast, make(cast, "toy-1"), started=False, pictures=(lost,))
    plan(cast, make(cast, "toy-2"), started=False)
    put_out()
    assert states() == {"toy-1": "refused", "toy-2": "sent"}


@real_commits
def test_a_slow_network_does_not_hold_up_the_bookkeeping_of_others() -> None:
    cast = assemble()
    plan(cast, make(cast, "slow"), started=False)
    plan(cast, make(cast, "quick"), started=False)
    seen: list[dict[str, str]] = []

    async def watched() -> None:
        await asyncio.sleep(1.5)
        seen.append(await asyncio.get_running_loop().run_in_executor(None, _states_by_another))

    toy.plans["slow", "send"].append(watched)
    put_out()
    assert seen == [{"slow": "sending", "quick": "sent"}]
    assert states() == {"slow": "sent", "quick": "sent"}


@real_commits
def test_the_database_is_let_go_while_networks_are_asked() -> None:
    cast = assemble()
    plan(cast, make(cast, "toy-1"), started=False)
    seen: list[int] = []

    def look() -> int:
        with another() as other:
            row = other.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and backend_type = 'client backend'"
            ).fetchone()
            return int(row[0]) if row else -1

    async def watched() -> None:
        seen.append(await asyncio.get_running_loop().run_in_executor(None, look))

    toy.plans["toy-1", "send"].append(watched)
    put_out()
    assert seen == [0]
    assert states() == {"toy-1": "sent"}


@real_commits
def test_many_who_put_out_one_release_send_each_post_once() -> None:
    cast = assemble()
    for number in range(10):
        plan(cast, make(cast, f"toy-{number}"), started=False)
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def one() -> None:
        try:
            barrier.wait(10)
            put_out()
        except BaseException as error:  # noqa: BLE001 - the test looks at every one
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert set(states().values()) == {"sent"}
    assert len(toy.verbs("send")) == len(set(toy.verbs("send"))) == 10


@real_commits
def test_a_worker_that_is_gone_is_taken_over_at_once_and_a_living_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = assemble()
    delivery = plan(cast, make(cast, "toy-1"))
    child = os.fork()
    if child == 0:
        connection.inc_thread_sharing()
        connection.connection = None
        toy.plans["toy-1", "send"].append(lambda: os._exit(9))
        actions.deliver(by=WORKER, delivery_id=delivery.pk)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    delivery.refresh_from_db()
    assert delivery.state == "sending"
    assert actions.take_over(by=WORKER, delivery_id=delivery.pk) == "sending"
    with time_machine.travel(clock.now() + timedelta(seconds=25), tick=True):
        assert actions.take_over(by=WORKER, delivery_id=delivery.pk) == "unsure"


def _states_by_another() -> dict[str, str]:
    with another() as other:
        rows = other.execute(
            "select c.slug, d.state from channels_delivery d join channels_channel c on c.id = d.channel_id"
        ).fetchall()
    return dict(rows)


@pytest.mark.django_db
def test_an_answer_survives_a_database_that_is_away_for_a_moment(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from dragoman.channels.actions import booking

    real, tries = booking._book, []

    def flaky(*args: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the server closed the connection")
        real(*args)

    monkeypatch.setattr(booking, "_book", flaky)
    monkeypatch.setattr(booking, "connection", _Away())
    plan(cast, make(cast, "toy-1"), started=False)
    put_out()
    assert len(tries) == 3
    assert states() == {"toy-1": "sent"}
    assert len(toy.verbs("send")) == 1


class _Away:
    """Looks like a connection outside of a transaction; the test's own must not be closed."""

    in_atomic_block = False

    def close(self) -> None:
        """Nothing."""
