"""Triage: help first, groups, what officers decided, and what happens without models or with two workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from tests.cast import Cast, assemble
from tests.inbox.make import make_message

from dragoman.base import clock
from dragoman.inbox import reading
from dragoman.inbox.actions import (
    grouping,
    help_calls,
    intake,
    questions,
    rereading,
    teaching,
    triage,
    upkeep,
)
from dragoman.inbox.models import Decision, HelpCall, Message, Question, Vector
from dragoman.inbox.queries import messages, overdue
from dragoman.inbox.triage.centring import unit
from dragoman.inbox.triage.values import ModelMissing

pytestmark = pytest.mark.django_db
HELP = "SOS! My passport was stolen, I am alone at the border, help me"
SAME = (
    "Does the day of arrival count?",
    "does the day of arrival count ???",
    "Does the day of arrival count",
)
OTHER = "How much must the medical insurance cover, in euro?"


def run(limit: int = 200) -> int:
    return triage.triage_waiting(by=intake.WORKER, limit=limit)


def test_call_for_help_leaves_the_queue_at_once(cast: Cast) -> None:
    message = make_message(cast, HELP, state="new")
    before = clock.now()

    run()

    call = HelpCall.objects.get()
    message.refresh_from_db()
    assert (call.message, call.mission, call.state) == (message, cast.capital, "waiting")
    assert call.due_at - before < timedelta(minutes=16)
    assert (message.state, message.is_help, message.question, message.keep_until) == (
        "help",
        True,
        None,
        None,
    )


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The weights are not there."""

    def nothing() -> reading.Reader:
        raise ModelMissing("The weights are not there. Run dragoman models.")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_make", nothing)
        reading.forget()
        yield
    reading.forget()


@pytest.mark.usefixtures("no_model")
def test_help_is_found_by_words_while_a_model_is_missing(cast: Cast) -> None:
    make_message(cast, HELP, state="new")
    waiting = make_message(cast, SAME[0], state="new")

    assert run() == 0
    assert HelpCall.objects.count() == 1
    waiting.refresh_from_db()
    assert waiting.state == "new"
    assert "not there" in reading.missing()
    assert messages.backlog().unread == 1
    Message.objects.update(created=clock.now() - timedelta(minutes=9))
    assert overdue.oldest_unread() is not None


def test_same_question_is_one_group_and_another_is_not(cast: Cast) -> None:
    for text in (*SAME, OTHER):
        make_message(cast, text, state="new")

    assert run() == 4

    sizes = sorted(Question.objects.values_list("size", flat=True))
    assert sizes == [1, 3]
    largest = Question.objects.get(size=3)
    assert largest.waiting == 3
    assert largest.due_at is not None
    # Two of the texts differ in capitals and signs alone, and have one vector.
    assert Vector.objects.count() == 3
    assert run() == 0


def test_later_batch_joins_the_question_of_an_earlier_one(cast: Cast) -> None:
    for text in SAME:
        make_message(cast, text, state="new")
        assert run() == 1

    assert Question.objects.get().size == 3


def test_two_missions_have_two_questions(cast: Cast) -> None:
    make_message(cast, SAME[0], state="new")
    make_message(cast, SAME[0], state="new", mission=cast.berlin)

    run()

    assert Question.objects.count() == 2


def test_closed_question_takes_no_more_messages(cast: Cast) -> None:
    make_message(cast, SAME[0], state="new")
    run()
    Question.objects.get().move_to("closed")
    Question.objects.update(updated=clock.now())

    make_message(cast, SAME[1], state="new")
    run()

    assert sorted(Question.objects.values_list("state", flat=True)) == ["closed", "open"]


def test_edit_after_the_answer_comes_back_open(cast: Cast) -> None:
    now = clock.now()
    message = make_message(cast, SAME[0], state="new", answered_at=now - timedelta(hours=1), edited_at=now)

    run()

    message.refresh_from_db()
    assert message.state == "open"
    assert messages.whole(cast.editor, message).edited_after_answer


def test_what_an_officer_dismissed_is_not_raised_again(cast: Cast) -> None:
    make_message(cast, HELP, state="new")
    run()
    call = HelpCall.objects.get()

    help_calls.dismiss_call(by=cast.editor, call=call)
    upkeep.retriage_one(by=intake.WORKER, message_id=call.message_id)

    message = Message.objects.get()
    call.refresh_from_db()
    assert (message.state, message.is_help, call.state) == ("open", False, "not_help")
    assert message.keep_until is not None
    assert Decision.objects.get().decided == "not help"


def test_dismissed_call_is_raised_again_when_its_words_change(cast: Cast) -> None:
    message = make_message(cast, HELP, state="new")
    run()
    help_calls.dismiss_call(by=cast.editor, call=HelpCall.objects.get())

    Message.objects.update(state="new", help_model="", edited_at=clock.now(), text=HELP + " now!!")
    run()

    message.refresh_from_db()
    assert (message.state, HelpCall.objects.get().state) == ("help", "waiting")


def test_what_an_officer_decided_is_kept(cast: Cast) -> None:
    message = make_message(cast, SAME[0], state="new")
    run()
    message.refresh_from_db()
    teaching.decide(by=cast.editor, what="kind", message=message, decided="press")
    teaching.decide(by=cast.editor, what="language", message=message, decided="be")

    upkeep.retriage_one(by=intake.WORKER, message_id=message.pk)

    message.refresh_from_db()
    assert (message.kind, message.lang) == ("press", "be")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "x" * 100_000,
        "🇧🇾🆘🙏🏽",
        "🙂🙂",
        "\u202egnp.exe\u202c",
        "a\u200b\u200bb",
        "шта рабіць what do",
    ],
    ids=["empty", "blank", "100 kB", "flag and SOS", "emoji", "bidi", "zero width", "mixed"],
)
def test_odd_text_is_read_and_holds_up_nothing(cast: Cast, text: str) -> None:
    make_message(cast, text, state="new")
    make_message(cast, OTHER, state="new")

    run()

    assert not Message.objects.filter(state="new").exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_read_each_message_once_and_begin_each_question_once() -> None:
    cast = assemble()
    for number in range(12):
        make_message(cast, SAME[number % 3], state="new")
    reading.reader()
    done: list[int] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        while read := run(limit=3):
            done.append(read)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(done) == 12
    assert Question.objects.get().size == 12


def test_message_stays_where_an_officer_put_it_when_it_is_read_again(cast: Cast) -> None:
    for text in (SAME[0], OTHER):
        make_message(cast, text, state="new")
    run()
    first, second = Question.objects.order_by("pk")
    questions.merge_questions(by=cast.editor, into=first, others=[second], version=first.version)

    triage.retriage(by=intake.WORKER, messages=list(Message.objects.all()))

    assert Question.objects.get(size=2).pk == first.pk
    weight = Question.objects.get(pk=first.pk).weight
    assert weight == pytest.approx(2.0)


def test_open_messages_are_matched_again_when_the_library_changes(cast: Cast) -> None:
    make_message(cast, SAME[0], state="new")
    run()
    assert rereading.retriage_outdated(by=intake.WORKER) == 0
    Message.objects.update(match="A-gone", confidence=0.9, match_model="matching-0/older")

    assert rereading.retriage_outdated(by=intake.WORKER) == 1

    message = Message.objects.get()
    assert message.match == ""
    assert rereading.retriage_outdated(by=intake.WORKER) == 0


def test_what_all_messages_share_does_not_join_them(cast: Cast) -> None:
    """Two questions of one campaign are near each other by the campaign alone; without it they are not."""
    campaign, *sides = np.eye(3, dtype=np.float32)
    rows = [(make_message(cast, f"question {n}"), unit(campaign + side)) for n, side in enumerate(sides)]
    apart = grouping.join(cast.capital, rows, model="m", shared=unit(campaign + 0.1 * sides[0]))
    assert len({question.pk for question in apart.values()}) == 2
    grouping.forget()
    Question.objects.all().delete()
    joined = grouping.join(cast.capital, [*rows, *rows], model="m", shared=None)
    assert Question.objects.count() == len({question.pk for question in joined.values()})
    assert [question.weight for question in Question.objects.order_by("pk")] != [1.0, 1.0]
