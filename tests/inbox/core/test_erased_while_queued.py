"""Who is erased while an answer to them is queued is not told, and who is not erased still is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from tests.cast import Cast
from tests.inbox.answers import answering_network as network
from tests.inbox.answers.conftest import home, sheet, talking
from tests.inbox.answers.make import make_answer
from tests.inbox.make import make_question

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.inbox import sealing
from dragoman.inbox.actions import answering, care, telling
from dragoman.inbox.models import Author, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home", "sheet")]
__all__ = ["home", "sheet", "talking"]  # fixtures


def test_person_erased_while_an_answer_is_queued_is_not_told(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, ["A?", "B?"], channel=talking), make_answer(cast)
    first, second = question.messages.order_by("pk")
    Author.objects.create(message=first, sealed=sealing.seal(sealing.Writer("Anna", "@anna")))
    Author.objects.create(message=second, sealed=sealing.seal(sealing.Writer("Bob", "@bob")))
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    with time_machine.travel(clock.now() + timedelta(seconds=11), tick=True):
        telling.run_send(by=telling.WORKER, send_id=send.pk)
        assert set(send.replies.values_list("state", flat=True)) == {"queued"}

        assert care.erase_person(by=cast.admin, handle="@anna", channel=talking) == 1

    states = dict(send.replies.values_list("message", "state"))
    assert states == {first.pk: "cancelled", second.pk: "queued"}
    assert Message.objects.get(pk=first.pk).text == ""
    assert not network.heard
