"""Who wrote us a letter gets one: once, and never a second by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from tests.cast import Cast
from tests.inbox.answers import letter_network as network
from tests.inbox.answers.make import make_answer, walk
from tests.inbox.make import make_message, make_question

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.channels import actions as channels
from dragoman.channels import registry
from dragoman.inbox import sealing
from dragoman.inbox.actions import answering, telling, telling_mail
from dragoman.inbox.models import Author, Message, Question, Send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sheet")]


@pytest.fixture(autouse=True)
def mail(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "letters", "tests.inbox.answers.letter_network")
    network.letters.clear()
    network.outcomes.clear()
    channels.create_channel(
        by=System("test"), mission=cast.capital, kind="letters", slug="mail", label="Mail", values={}
    )
    assert settings.DRAGOMAN.keys_dir


def written(cast: Cast, question: Question, address: str) -> Message:
    message = make_message(cast, question=question, way="mail", private=True)
    Author.objects.create(message=message, sealed=sealing.seal(sealing.Writer("Anna", address)))
    return message


def pressed(cast: Cast, *addresses: str) -> Send:
    question = make_question(cast)
    Message.objects.filter(question=question).delete()
    for address in addresses:
        written(cast, question, address)
    return answering.answer_question(by=cast.approver, question=question, answer=make_answer(cast).answer)


def test_one_letter_goes_to_each_writer(cast: Cast) -> None:
    send = pressed(cast, "anna@example.org", "ben@example.org")
    assert walk(send) == "done"
    assert [to for to, _ in network.letters] == ["anna@example.org", "ben@example.org"]
    assert network.letters[0][1].startswith("Does the day of arrival count?")
    assert set(Message.objects.values_list("state", flat=True)) == {"answered"}
    telling.sweep_answers(by=telling.WORKER)
    assert len(network.letters) == 2


def test_a_relay_that_rests_is_asked_again_and_a_lost_answer_is_not(cast: Cast) -> None:
    send = pressed(cast, "anna@example.org", "ben@example.org")
    network.outcomes.extend(["later", "unsure"])
    assert walk(send) == "running"
    assert sorted(send.replies.values_list("state", flat=True)) == ["planned", "unsure"]
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        telling.sweep_answers(by=telling.WORKER)
    assert [to for to, _ in network.letters] == ["anna@example.org"]
    send.refresh_from_db()
    assert send.state == "done"


def test_a_letter_whose_sender_died_waits_for_a_person(cast: Cast) -> None:
    send = pressed(cast, "anna@example.org")
    reply = send.replies.get()
    reply.move_to("sending", frm="planned", look_at=clock.now() + telling_mail.LEASE)
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=True):
        telling_mail.give_up_letters(by=telling.WORKER)
    reply.refresh_from_db()
    assert reply.state == "unsure"
    assert not network.letters
