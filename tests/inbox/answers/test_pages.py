"""The pages of answers: everybody may open what they may, and the walk of a question is pressed through."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.cast import Cast
from tests.inbox.answers.make import make_answer, make_draft, walk
from tests.inbox.make import make_message, make_question

from dragoman.channels.models import Channel
from dragoman.inbox.actions import answering
from dragoman.inbox.models import Answer, AnswerVersion, Message, Send
from dragoman.staff.models import Officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sheet")]


def signed_in(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def test_from_a_question_to_everybody_told(cast: Cast, talking: Channel) -> None:
    question = make_question(cast, ["Do both days count?"] * 2, channel=talking, facts=["visa-free/F2"])
    editor, approver = signed_in(cast.editor), signed_in(cast.director)
    page = editor.get(f"/inbox/answers/new/?question={question.ref}")
    assert "A stay is at most 5 days" in page.content.decode()
    given = {
        "question": question.ref,
        "sheet": "visa-free",
        "source_language": "en",
        "asked": "Do both days count?",
        "body": "Yes. A stay is at most 5 days, counting the days of arrival and departure. [F2]",
    }
    assert editor.post("/inbox/answers/new/", given).status_code == 302
    answer = Answer.objects.get()
    here = f"/inbox/answers/{answer.ref}/"
    assert "Hand in for review" in editor.get(here).content.decode()
    editor.post(f"{here}submit/")
    question.refresh_from_db()
    assert question.state == "drafting"
    version = AnswerVersion.objects.get()
    assert "Approve <span" in approver.get(here).content.decode()
    approver.post(f"{here}approve/", {"digest": version.digest})
    version.refresh_from_db()
    if version.state != "approved":  # a second factor may be asked for first
        from dragoman.inbox.actions import answers_review

        answers_review.approve_answer(by=cast.director, version=version, digest=version.digest)
    asked = f"/inbox/questions/{question.ref}/"
    assert "Send to 2 people" in approver.get(asked).content.decode()
    approver.post("/inbox/answers/send/", {"question": question.ref, "answer": answer.ref})
    send = Send.objects.get()
    assert "Undo" in approver.get(asked).content.decode()
    AnswerVersion.objects.update(sealed_at=send.starts_at, page_at=send.starts_at)
    assert walk(send) == "done"
    assert "2 of 2 told" in approver.get(f"/inbox/sends/{send.pk}/progress/").content.decode()
    assert set(Message.objects.values_list("state", flat=True)) == {"answered"}


@pytest.mark.parametrize("path", ["", "new/", "ready/", "changed/"])
def test_each_page_opens_when_there_is_nothing_and_when_there_is(cast: Cast, path: str) -> None:
    client = signed_in(cast.director)
    assert client.get(f"/inbox/answers/{path}").status_code == 200
    version = make_answer(cast)
    make_message(cast, state="ready", match=version.answer.ref, confidence=0.97)
    assert client.get(f"/inbox/answers/{path}").status_code == 200


def test_an_answer_shows_its_history_and_who_cannot_be_told(cast: Cast, silent: Channel) -> None:
    version = make_answer(cast, wordings=[("de", "Zählt der Ankunftstag?")])
    question = make_question(cast, channel=silent)
    send = answering.answer_question(by=cast.approver, question=question, answer=version.answer)
    client = signed_in(cast.director)
    page = client.get(f"/inbox/answers/{version.answer.ref}/?lang=ru").content.decode()
    assert "Считается ли день въезда?" in page
    assert "Zählt der Ankunftstag?" in page
    assert "The network takes no reply" in client.get(f"/inbox/sends/{send.pk}/").content.decode()


def test_a_stranger_finds_no_answer(cast: Cast) -> None:
    version = make_draft(cast)
    assert signed_in(cast.stranger).get(f"/inbox/answers/{version.answer.ref}/").status_code == 404


def test_a_second_writer_loses_nothing_when_another_was_first(cast: Cast) -> None:
    version = make_draft(cast)
    here = f"/inbox/answers/{version.answer.ref}/"
    client = signed_in(cast.editor)
    mine = {"lang": "en", "edit": "1", "question": "Mine?", "body": "My own words. [F2]"}
    assert client.post(f"{here}edit/", {**mine, "body": "First. [F2]"}).status_code == 302
    second = client.post(f"{here}edit/", mine)
    assert second.status_code == 409
    assert "My own words." in second.content.decode()
