"""The one sender: all at once, no account held up by another, the database let go, whatever blocks."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connection
from tests.cast import Cast, assemble
from tests.channels import toy_network as toy
from tests.channels.fake_bluesky import FakeBluesky
from tests.channels.help import PIECE, SOURCE, bluesky, plan, sandbox, walk

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels import actions, queries, registry, sender, speak
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Account, Health, Post, Refused, Sent, TryLater, Unsure, Video
from dragoman.channels.models import Channel, Delivery

real_commits = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.KINDS, "toy", "tests.channels.toy_network")
    monkeypatch.setitem(registry.KINDS, "paced", "tests.channels.toy_paced")
    monkeypatch.setitem(registry.KINDS, "signed", "tests.channels.toy_signed")
    toy.forget()
    yield
    toy.forget()


def make(cast: Cast, name: str, kind: str = "toy", **more: Any) -> Channel:
    return actions.create_channel(
        by=cast.admin, mission=cast.capital, kind=kind, slug=name, label=name, values={"secret": "s"}, **more
    )


def put_out() -> None:
    volley = actions.put_out(by=WORKER, source=SOURCE, rev=1, ready=actions.warm_up(SOURCE, 1))
    actions.book_answers(by=WORKER, volley=volley)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("channel__slug", "state"))


def account(name: str) -> Account:
    return Account(name, {}, {"secret": "s"}, folder=None)  # type: ignore[arg-type]  # the toy keeps no files


# --- the sender alone ---


def test_every_verb_of_a_process_is_asked_on_lasting_threads() -> None:
    for _ in range(3):
        speak.speak("toy", account("a"), lambda one: one.check(), changes=False)
    assert toy.threads == {"sender-work"}


def test_a_slow_account_holds_up_no_other() -> None:
    toy.plans["slow", "check"].append(lambda: asyncio.sleep(1.5))
    slow = threading.Thread(
        target=lambda: speak.speak("toy", account("slow"), lambda one: one.check(), changes=False)
    )
    slow.start()
    began = time.monotonic()
    speak.speak("toy", account("quick"), lambda one: one.check(), changes=False)
    assert time.monotonic() - began < 1
    slow.join()


def test_a_connector_that_blocks_its_loop_is_left_to_itself() -> None:
    toy.plans["bad", "check"].append(lambda: time.sleep(6))
    blocked = threading.Thread(
        target=lambda: speak.speak("toy", account("bad"), lambda one: one.check(), changes=False)
    )
    blocked.start()
    time.sleep(3.5)
    began = time.monotonic()
    spoken = speak.speak("toy", account("good"), lambda one: one.check(), changes=False)
    assert isinstance(spoken.value, Health)
    assert time.monotonic() - began < 2.4
    blocked.join()


def test_connections_of_an_account_last_until_its_secrets_change() -> None:
    async def pool_of(lane: sender.Lane, who: Account) -> int:
        with lane.door("toy", who, allow_loopback=False) as door:
            return id(door._pool)

    one = Account("a", {"handle": "x"}, {"secret": "1"}, folder=None)  # type: ignore[arg-type]  # no files
    same = Account("a", {"handle": "x"}, {"secret": "1"}, folder=None)  # type: ignore[arg-type]  # no files
    other = Account("a", {"handle": "x"}, {"secret": "2"}, folder=None)  # type: ignore[arg-type]  # no files
    found = [
        sender.on_lane("work", lambda lane, who=who: pool_of(lane, who)).result(5)
        for who in (one, same, other)
    ]
    assert found[0] == found[1] != found[2]


def test_a_forked_child_makes_a_sender_of_its_own() -> None:
    speak.speak("toy", account("a"), lambda one: one.check(), changes=False)
    child = os.fork()
    if child == 0:
        try:
            spoken = speak.speak("toy", account("a"), lambda one: one.check(), changes=False)
            os._exit(0 if isinstance(spoken.value, Health) else 2)
        except BaseException:  # noqa: BLE001 - the child must end here whatever happens
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert isinstance(speak.speak("toy", account("a"), lambda one: one.check(), changes=False).value, Health)


def test_nothing_is_begun_after_the_lease() -> None:
    past = clock.now() - timedelta(seconds=1)
    spoken = speak.speak("toy", account("a"), lambda one: one.check(), changes=True, until=past)
    assert spoken.outcome.what == "skipped"
    assert toy.said == []


def test_a_question_that_had_not_come_to_its_irreversible_part_is_not_unsure() -> None:
    class Careful:
        irreversible = False

        async def __call__(self, connector: Any) -> None:
            raise RuntimeError("a mistake in preparing")

    spoken = speak.speak("toy", account("a"), Careful(), changes=True)
    assert spoken.outcome.what == "try_later"


# --- the moment ---


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


def _states_by_another() -> dict[str, str]:
    with _another() as other:
        rows = other.execute(
            "select c.slug, d.state from channels_delivery d join channels_channel c on c.id = d.channel_id"
        ).fetchall()
    return dict(rows)


def _another() -> psycopg.Connection[Any]:
    of = connection.settings_dict
    return psycopg.connect(dbname=of["NAME"], user=of["USER"], password=of["PASSWORD"], host=of["HOST"])


@real_commits
def test_the_database_is_let_go_while_networks_are_asked() -> None:
    cast = assemble()
    plan(cast, make(cast, "toy-1"), started=False)
    seen: list[int] = []

    def look() -> int:
        with _another() as other:
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


# --- limits of the account ---


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


# --- the circuit ---


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


# --- before the moment ---


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
    with _another() as other:
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


# --- sign-ins, over real sockets ---


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
