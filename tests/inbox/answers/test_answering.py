"""One press: everybody once, each in their language, by whatever way they came."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from tests.cast import Cast
from tests.inbox.answers import answering_network as network
from tests.inbox.answers.make import make_answer, walk
from tests.inbox.make import make_message, make_question

from dragoman.base import clock
from dragoman.channels.models import Channel, Delivery
from dragoman.inbox.actions import answering, telling
from dragoman.inbox.models import Message, Reply
from dragoman.lib.problems import Conflict, NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sheet")]


def test_everybody_is_told_once_and_in_their_language(cast: Cast, talking: Channel) -> None:
    question = make_question(cast, ["One?", "Два?", "Three?"], langs=["en", "ru", "en"], channel=talking)
    version = make_answer(cast, question=question)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    assert walk(send) == "done"
    ids = list(Message.objects.filter(question=question).order_by("pk").values_list("outside_id", flat=True))
    assert [to for _, to, _ in network.heard] == ids
    assert "не более 5 дней" in network.heard[1][2]
    assert "at most 5 days" in network.heard[0][2]
    assert f"/en/answers/visa-free/#{version.answer.ref.lower()}" in network.heard[0][2]
    assert set(Reply.objects.values_list("state", flat=True)) == {"sent"}
    assert set(Message.objects.values_list("state", flat=True)) == {"answered"}
    question.refresh_from_db()
    assert (question.state, question.waiting, question.answer) == ("answered", 0, version.answer.ref)


def test_nothing_leaves_within_ten_seconds_and_can_be_undone(cast: Cast, talking: Channel) -> None:
    question = make_question(cast, channel=talking)
    version = make_answer(cast)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    assert telling.run_send(by=telling.WORKER, send_id=send.pk) == "waiting"
    answering.undo_send(by=cast.approver, send=send)
    assert walk(send) == "undone"
    assert not network.heard
    assert not Delivery.objects.exists()
    again = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    assert walk(again) == "done"
    assert len(network.heard) == 1


def test_it_cannot_be_undone_once_it_is_under_way(cast: Cast, talking: Channel) -> None:
    version = make_answer(cast)
    send = answering.answer_question(
        by=cast.approver, question=make_question(cast, channel=talking), answer=version.answer
    )
    with time_machine.travel(clock.now() + timedelta(seconds=11)), pytest.raises(Conflict, match="under way"):
        answering.undo_send(by=cast.approver, send=send)


def test_the_second_of_two_officers_is_told_who_was_first(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, channel=talking), make_answer(cast)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    with pytest.raises(Conflict, match="approver has just pressed"):
        answering.answer_question(by=cast.director, question=question, answer=version.answer)
    walk(send)
    assert len(network.heard) == 1


def test_who_only_writes_does_not_send(cast: Cast) -> None:
    question, version = make_question(cast), make_answer(cast)
    with pytest.raises(NotAllowed):
        answering.answer_question(by=cast.editor, question=question, answer=version.answer)


def test_what_cannot_be_replied_to_is_listed_with_why(cast: Cast, talking: Channel, silent: Channel) -> None:
    question, version = make_question(cast, channel=talking), make_answer(cast)
    said = {
        "no-text": make_message(cast, question=question, channel=talking, lang="ko"),
        "no-reply": make_message(cast, question=question, channel=silent),
        "old": make_message(cast, question=question, channel=talking, at=clock.now() - timedelta(days=40)),
        "gone": make_message(cast, question=question, channel=talking, gone_at=clock.now()),
        "hidden": make_message(cast, question=question, channel=talking, hidden_why="a passport number"),
        "spam": make_message(cast, question=question, channel=talking, kind="spam"),
        "no-mail": make_message(cast, question=question, channel=silent, way="mail"),
    }
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    found = {reply.message_id: (reply.state, reply.reason) for reply in send.replies.all()}
    assert {reason: found[message.pk] for reason, message in said.items()} == {
        reason: ("cannot", reason) for reason in said
    }
    walk(send)
    assert len(network.heard) == 1


def test_the_officer_chooses_the_language_for_those_without_a_text(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, langs=["ko"], channel=talking), make_answer(cast)
    send = answering.answer_question(
        by=cast.approver, question=question, answer=version.answer, fallback="en"
    )
    walk(send)
    assert send.replies.get().lang == "en"
    assert "at most 5 days" in network.heard[0][2]


def test_a_question_by_the_form_is_told_on_the_page_of_its_receipt(cast: Cast) -> None:
    question, version = make_question(cast), make_answer(cast)
    Message.objects.filter(question=question).update(way="form")
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    assert walk(send) == "done"
    assert send.replies.get().state == "sent"
    assert not Delivery.objects.exists()
    assert question.messages.get().state == "answered"


def test_what_the_network_refuses_waits_for_a_person(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, channel=talking), make_answer(cast)
    network.refuses.add(question.messages.get().outside_id)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    walk(send)
    reply = send.replies.get()
    assert (reply.state, reply.reason) == ("cannot", "refused")
    assert "switched replies off" in reply.why
    answering.mark_told(by=cast.approver, reply=reply)
    assert question.messages.get().state == "answered"


def test_a_person_who_is_erased_while_it_is_queued_is_not_told(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, ["A?", "B?"], channel=talking), make_answer(cast)
    first, second = question.messages.order_by("pk")
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    Message.objects.filter(pk=first.pk).update(erased_at=clock.now(), text="")
    with time_machine.travel(clock.now() + timedelta(seconds=11), tick=True):
        telling.run_send(by=telling.WORKER, send_id=send.pk)
        Message.objects.filter(pk=second.pk).update(erased_at=clock.now(), text="")
        telling.sweep_answers(by=telling.WORKER)
    assert set(send.replies.values_list("state", flat=True)) == {"cancelled"}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert not network.heard
