"""A fact changes or ends: nobody else is told the old text, and those who were are put right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from tests.cast import Cast
from tests.inbox.answers import answering_network as network
from tests.inbox.answers.make import TEXTS, approve, make_answer, make_draft, walk
from tests.inbox.make import make_question

from dragoman.base import clock
from dragoman.channels.models import Channel, Delivery
from dragoman.facts import actions as facts_actions
from dragoman.facts import queries as facts
from dragoman.inbox.actions import answering, answers, answers_review, changed_facts, telling
from dragoman.inbox.actions.answers import TextInput
from dragoman.inbox.models import AnswerVersion, Reply
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import answers_findings as findings
from dragoman.inbox.queries import changed_facts as changes
from dragoman.lib.problems import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sheet")]

LONGER = {
    "en": "A stay is at most 30 days, counting the days of arrival and departure.",
    "ru": "Срок пребывания не более 30 дней, включая дни въезда и выезда.",
}


def revise(cast: Cast, **values: object) -> None:
    fact = facts.resolve("visa-free/F2")
    draft = replace(fact.draft(), **values)  # type: ignore[arg-type]  # handed on as they are
    facts_actions.revise_fact(by=cast.admin, fact=fact, draft=draft, why="The edict was amended.")


def renewed(cast: Cast, version: AnswerVersion) -> AnswerVersion:
    second = changed_facts.renew_answer(by=cast.editor, answer=version.answer)
    texts = {
        "en": TextInput(question="Does the day of arrival count?", body=f"Yes. {LONGER['en']} [F2]"),
        "ru": TextInput(question="Считается ли день въезда?", body=f"Да. {LONGER['ru']} [F2]"),
    }
    second = approve(cast, answers.edit_answer(by=cast.editor, version=second, texts=texts))
    AnswerVersion.objects.filter(pk=second.pk).update(sealed_at=clock.now(), page_at=clock.now())
    return second


def test_a_changed_fact_lists_who_was_told_and_stops_the_old_text(cast: Cast, talking: Channel) -> None:
    question, version = make_question(cast, ["A?", "B?"], channel=talking), make_answer(cast)
    walk(answering.answer_question(by=cast.approver, question=question, answer=version.answer))
    revise(cast, texts=LONGER)
    (changed,) = changes.changed_facts(cast.editor)
    assert changed.cite == "visa-free/F2"
    (lean,) = changed.answers
    assert (lean.told, lean.stands, [(one.question.ref, one.told) for one in lean.groups]) == (
        2,
        True,
        [(question.ref, 2)],
    )
    assert reads.library() == []
    late = make_question(cast, channel=talking)
    with pytest.raises(Conflict, match="newer version"):
        answering.answer_question(by=cast.approver, question=late, answer=version.answer)


def test_those_who_were_told_get_the_correction_once_saying_what_changed(
    cast: Cast, talking: Channel
) -> None:
    question = make_question(cast, ["A?", "Б?"], langs=["en", "ru"], channel=talking)
    version = make_answer(cast)
    walk(answering.answer_question(by=cast.approver, question=question, answer=version.answer))
    revise(cast, texts=LONGER)
    second = renewed(cast, version)
    assert second.note["en"] == LONGER["en"]
    network.heard.clear()
    send = changed_facts.correct_told(by=cast.approver, answer=version.answer)
    with pytest.raises(Conflict, match="Nobody was told"):
        changed_facts.correct_told(by=cast.director, answer=version.answer)
    walk(send)
    assert len(network.heard) == 2
    assert network.heard[0][2].startswith("Correction: Does the day of arrival count?")
    assert network.heard[1][2].startswith("Исправление:")
    assert "30 days" in network.heard[0][2]
    assert Reply.objects.filter(version=second, state="sent").count() == 2
    assert changes.changed_facts(cast.editor) == []


def test_an_answer_whose_fact_ends_tonight_warns_today_and_is_silent_tomorrow(
    cast: Cast, talking: Channel
) -> None:
    today = reads.today_of(make_draft(cast).answer)
    revise(cast, valid_to=today)
    version = make_draft(cast)
    warned = [one.finding for one in findings.findings(version) if one.finding.rule == "ANS-2"]
    assert [one.severity for one in warned] == ["warns"]
    version = approve(cast, version)
    AnswerVersion.objects.filter(pk=version.pk).update(sealed_at=clock.now(), page_at=clock.now())
    assert version.answer.ends_on == today
    question = make_question(cast, ["A?", "B?"], channel=talking)
    assert [one.ref for one in reads.library()] == [version.answer.ref]
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert reads.library() == []
        telling.run_send(by=telling.WORKER, send_id=send.pk)
        send.refresh_from_db()
        assert send.state == "stopped"
        assert "held until" in send.stopped_why
    assert set(send.replies.values_list("state", flat=True)) == {"cancelled"}
    assert not network.heard


def test_what_waits_for_its_turn_when_the_fact_ends_does_not_leave(cast: Cast, talking: Channel) -> None:
    revise(cast, valid_to=reads.today_of(make_draft(cast).answer))
    question, version = make_question(cast, channel=talking), make_answer(cast)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    with time_machine.travel(clock.now() + timedelta(seconds=11), tick=True):
        telling.run_send(by=telling.WORKER, send_id=send.pk)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        telling.sweep_answers(by=telling.WORKER)
    assert Delivery.objects.get().state == "cancelled"
    assert send.replies.get().state == "cancelled"


def test_a_fact_that_has_ended_holds_an_approval_back(cast: Cast) -> None:
    revise(cast, valid_to=date(2017, 3, 1))
    version = make_draft(cast)
    answers.submit_answer(by=cast.editor, version=version)
    version.refresh_from_db()
    with pytest.raises(Invalid, match="held until 2017-03-01"):
        answers_review.approve_answer(by=cast.approver, version=version, digest=version.digest)


def test_an_answer_without_a_fact_is_not_approved(cast: Cast) -> None:
    version = make_draft(cast, texts={"en": TextInput(question="Why?", body="Because.")})
    answers.submit_answer(by=cast.editor, version=version)
    version.refresh_from_db()
    with pytest.raises(Invalid, match="cites no fact"):
        answers_review.approve_answer(by=cast.approver, version=version, digest=version.digest)


def test_figures_that_differ_between_languages_or_from_the_fact_stand_in_the_way(cast: Cast) -> None:
    texts = {**TEXTS, "ru": TextInput(question="Считается?", body="Да. Не более 6 дней. [F2]")}
    found = {one.finding.rule for one in findings.findings(make_draft(cast, texts=texts))}
    assert found & {"FCT-1", "LNG-2"}
