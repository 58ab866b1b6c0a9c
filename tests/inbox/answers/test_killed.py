"""A press survives the death of its worker at every step: nobody is left out, nobody is told twice."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from tests import cast as people
from tests.cast import Cast
from tests.channels.help import walk
from tests.inbox.answers import answering_network as network
from tests.inbox.answers.make import make_answer
from tests.inbox.make import make_question
from tests.make import make_sheet

from dragoman.base import clock
from dragoman.channels import actions as channels
from dragoman.channels import registry
from dragoman.channels.models import Channel, Delivery
from dragoman.inbox.actions import answering, telling
from dragoman.inbox.models import Message
from dragoman.lib import steps

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

IN_A_PRESS = ("inbox.send-begun", "inbox.before-start", "inbox.some-queued")
IN_A_DELIVERY = ("channels.before-claim", "channels.claimed", "channels.before-send", "channels.booked")


@pytest.fixture
def cast() -> Cast:
    assembled = people.assemble()
    make_sheet(assembled)
    return assembled


@pytest.fixture
def talking(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """The network remembers in a file, for what a process hears dies with it."""
    monkeypatch.setitem(registry.KINDS, "answering", "tests.inbox.answers.answering_network")
    monkeypatch.setattr(network, "kept", tmp_path / "heard")
    return channels.create_channel(
        by=cast.admin, mission=cast.capital, kind="answering", slug="talking", label="@talking", values={}
    )


def die_at(step: str, work: Callable[[], object]) -> None:
    """Do the work in a child process that kills itself (signal 9) at a labelled step."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            os.environ[steps.VARIABLE] = step
            work()
        except BaseException:  # noqa: BLE001 - the child must end here whatever happens
            traceback.print_exc(file=sys.__stderr__)
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == -signal.SIGKILL, f"the child came past {step} and ended with {code}"


def carry_on() -> None:
    """What the worker's clock does, over a time in which every lease runs out."""
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=True):
        telling.sweep_answers(by=telling.WORKER)
        for row in Delivery.objects.order_by("pk"):
            walk(row)
        telling.sweep_answers(by=telling.WORKER)


def told_once() -> None:
    keys = [json.loads(line)[0] for line in network.kept_lines()]
    assert len(keys) == len(set(keys)) == 3
    assert set(Message.objects.values_list("state", flat=True)) == {"answered"}


@pytest.mark.parametrize("step", IN_A_PRESS)
def test_a_press_killed_on_its_way_is_carried_on(cast: Cast, talking: Channel, step: str) -> None:
    question, version = make_question(cast, ["A?", "B?", "C?"], channel=talking), make_answer(cast)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    with time_machine.travel(clock.now() + timedelta(seconds=11), tick=True):
        die_at(step, lambda: telling.run_send(by=telling.WORKER, send_id=send.pk))
    carry_on()
    told_once()


@pytest.mark.parametrize("step", IN_A_DELIVERY)
def test_a_reply_killed_on_its_way_is_told_once(cast: Cast, talking: Channel, step: str) -> None:
    question, version = make_question(cast, ["A?", "B?", "C?"], channel=talking), make_answer(cast)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    with time_machine.travel(clock.now() + timedelta(seconds=11), tick=True):
        telling.run_send(by=telling.WORKER, send_id=send.pk)
        first = Delivery.objects.order_by("pk")[0]
        die_at(step, lambda: channels.deliver(by=telling.WORKER, delivery_id=first.pk))
    carry_on()
    told_once()


def test_two_officers_who_press_at_once_make_one_press(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, ["A?", "B?", "C?"], channel=talking), make_answer(cast)
    connection.close()
    children = []
    for officer in (cast.approver, cast.director):
        child = os.fork()
        if child == 0:
            try:
                answering.answer_question(by=officer, question=question, answer=version.answer)
            except BaseException:  # noqa: BLE001 - the child must end here whatever happens
                os._exit(1)
            os._exit(0)
        children.append(child)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    assert codes == [0, 1]
    carry_on()
    told_once()
