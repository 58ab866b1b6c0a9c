"""Deeds on questions."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from tests.cast import Cast
from tests.inbox.make import make_message, make_question

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.inbox.actions import questions, teaching, triage
from dragoman.inbox.models import Decision, Message, Question, Vector
from dragoman.inbox.queries import board as boards
from dragoman.inbox.queries import questions as reads
from dragoman.inbox.triage.values import CountryGuess, HelpGuess, KindGuess, LanguageGuess, Reading
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
CLOCK = System("clock")


def test_taking_a_question_names_its_officer(cast: Cast) -> None:
    question = make_question(cast, [])
    questions.assign_question(by=cast.editor, question=question, to=cast.editor)
    question.refresh_from_db()
    assert question.assignee == cast.editor
    assert boards.board(cast.editor, boards.Filters(show="mine")).lines[0].question == question


def test_a_question_is_not_given_to_who_serves_elsewhere(cast: Cast) -> None:
    with pytest.raises(Invalid):
        questions.assign_question(by=cast.editor, question=make_question(cast), to=cast.stranger)


def test_a_stranger_sees_no_question_and_changes_none(cast: Cast) -> None:
    question = make_question(cast, [])
    with pytest.raises(NotFound):
        reads.question_of(cast.stranger, question.ref)
    with pytest.raises(NotAllowed):
        questions.close_question(by=cast.stranger, question=question, why="because of it")
    assert boards.board(cast.stranger, boards.Filters()).questions == 0


def test_a_snoozed_question_comes_back_by_itself(cast: Cast) -> None:
    question = make_question(cast, [])
    questions.snooze_question(by=cast.editor, question=question, until=clock.now() + timedelta(hours=1))
    assert questions.wake_questions(by=CLOCK) == 0
    Question.objects.update(snoozed_until=clock.now() - timedelta(seconds=1))
    assert questions.wake_questions(by=CLOCK) == 1
    question.refresh_from_db()
    assert question.state == "open"


def test_an_overdue_question_is_escalated_once(cast: Cast) -> None:
    question = make_question(cast, [])
    make_message(cast, question=question)
    questions.recount([question.pk])
    Question.objects.update(due_at=clock.now() - timedelta(minutes=1))
    assert questions.wake_questions(by=CLOCK) == 1
    assert questions.wake_questions(by=CLOCK) == 0


def test_merging_moves_messages_and_teaches(cast: Cast) -> None:
    one, two = make_question(cast, []), make_question(cast, [])
    make_message(cast, question=one)
    make_message(cast, "Zählt der Tag der Ankunft?", lang="de", question=two)
    questions.recount([one.pk, two.pk])
    one.refresh_from_db()
    merged = questions.merge_questions(by=cast.editor, into=one, others=[two], version=one.version)
    two.refresh_from_db()
    assert (merged.size, merged.languages) == (2, {"en": 1, "de": 1})
    assert (two.state, two.merged_into, two.size) == ("merged", one, 0)
    assert Decision.objects.filter(what="merge", question=one).count() == 1


def test_of_two_officers_who_merge_at_once_the_second_looks_again(cast: Cast) -> None:
    one, two, three = make_question(cast, []), make_question(cast, []), make_question(cast, [])
    seen = one.version
    questions.merge_questions(by=cast.editor, into=one, others=[two], version=seen)
    with pytest.raises(Conflict):
        questions.merge_questions(by=cast.approver, into=one, others=[three], version=seen)
    three.refresh_from_db()
    assert three.state == "open"


def test_what_was_merged_twice_is_found_in_the_last(cast: Cast) -> None:
    one, two, three = make_question(cast, []), make_question(cast, []), make_question(cast, [])
    questions.merge_questions(by=cast.editor, into=two, others=[three], version=two.version)
    questions.merge_questions(by=cast.editor, into=one, others=[two], version=one.version)
    three.refresh_from_db()
    assert three.merged_into == one


def test_splitting_makes_a_question_with_its_own_centre(cast: Cast) -> None:
    question = make_question(cast, [])
    stay, go = (
        make_message(cast, question=question),
        make_message(cast, "Is a train fine?", question=question),
    )
    for message, vector in ((stay, [1.0, 0.0]), (go, [0.0, 1.0])):
        data = np.array(vector, dtype="<f2").tobytes()
        Vector.objects.create(digest=message.digest, model="m", data=data)
    Question.objects.update(centroid_model="m")
    question.refresh_from_db()
    made = questions.split_question(by=cast.editor, question=question, messages=[go.pk], title="By train?")
    go.refresh_from_db()
    assert go.question == made
    assert (made.size, made.title) == (1, "By train?")
    assert np.frombuffer(bytes(made.centroid), dtype="<f4").tolist() == [0.0, 1.0]


def test_a_split_leaves_something_behind(cast: Cast) -> None:
    question = make_question(cast, [])
    message = make_message(cast, question=question)
    with pytest.raises(Invalid):
        questions.split_question(by=cast.editor, question=question, messages=[message.pk])


def test_closing_takes_messages_out_of_the_queue_and_reopening_brings_them_back(cast: Cast) -> None:
    question = make_question(cast, [])
    message = make_message(cast, question=question)
    questions.close_question(by=cast.editor, question=question, why="another state's rule")
    assert Message.objects.get(pk=message.pk).state == "closed"
    questions.reopen_question(by=cast.editor, question=question)
    assert Message.objects.get(pk=message.pk).state == "open"


def test_groups_under_five_are_not_named_by_country(cast: Cast) -> None:
    question = make_question(cast, [])
    for code in ["PL"] * 5 + ["LT"] * 4:
        make_message(cast, question=question, countries=[code])
    questions.recount([question.pk])
    question.refresh_from_db()
    named, few = reads.places(question)
    assert [(place.code, place.many) for place in named] == [("PL", 5)]
    assert few == 4


def test_the_example_never_holds_personal_data(cast: Cast) -> None:
    question = make_question(cast, [], example="")
    held = [{"what": "passport", "start": 15, "end": 24}]
    make_message(cast, "My passport is MP1234567, may I come?", question=question, personal=held)
    make_message(cast, "May I come?", question=question)
    questions.recount([question.pk])
    question.refresh_from_db()
    assert question.example == "May I come?"


@pytest.mark.parametrize("order", boards.ORDERS)
def test_every_question_is_on_exactly_one_page(cast: Cast, order: str) -> None:
    for number in range(2 * boards.PAGE + 7):
        due = clock.now() + timedelta(minutes=number % 9) if number % 4 else None
        make_question(cast, [], due_at=due, confidence=(number % 5) / 5)
    seen: list[str] = []
    after = ""
    for _ in range(5):
        page = boards.board(cast.editor, boards.Filters(order=order), after=after)
        seen += [line.question.ref for line in page.lines]
        after = page.after
        if not after:
            break
    assert len(seen) == len(set(seen)) == 2 * boards.PAGE + 7


def test_an_officers_word_on_a_kind_stands_and_is_counted(cast: Cast) -> None:
    message = make_message(cast, kind="spam")
    decision = teaching.decide(by=cast.editor, what="kind", message=message, decided="question")
    message.refresh_from_db()
    assert (message.kind, decision.right, decision.said) == ("question", False, "spam")


def test_the_ministrys_own_country_is_where_people_go_and_not_where_they_are_from(cast: Cast) -> None:
    cast.capital.country = "BY"
    cast.capital.save()
    message = make_message(cast)
    said = Reading(
        language=LanguageGuess("en", 1.0, "m"),
        countries=(
            CountryGuess("BY", "place", "to Minsk", "m"),
            CountryGuess("PL", "place", "from Warsaw", "m"),
        ),
        help=HelpGuess(0.0, False, (), "m"),
        kind=KindGuess("question", 1.0, "m"),
        personal=(),
        digest="",
        near=0,
    )
    triage._keep_countries({message.pk: said}, mission=cast.berlin)
    assert [one.code for one in message.countries.all()] == ["PL"]
