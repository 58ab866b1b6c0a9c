"""The one sender: lasting threads, no account held up by another, whatever blocks."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from tests.channels import toy_network as toy

from dragoman.base import clock
from dragoman.channels import sender, speak
from dragoman.channels.connector import Account, Health

pytestmark = pytest.mark.usefixtures("toys")


def account(name: str) -> Account:
    return Account(name, {}, {"secret": "s"}, folder=None)  # type: ignore[arg-type]  # the toy keeps no files


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
