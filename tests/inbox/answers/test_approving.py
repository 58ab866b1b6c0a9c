"""Who may say yes, to what exactly, and what voids it."""

from __future__ import annotations

import pytest
from tests.cast import Cast
from tests.inbox.answers.make import TEXTS, approve, make_draft

from dragoman.inbox.actions import answers, answers_review
from dragoman.inbox.actions.answers import TextInput
from dragoman.inbox.models import AnswerApproval
from dragoman.inbox.queries import answers as reads
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound, TooLarge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sheet")]


def test_an_approved_answer_joins_the_library_of_its_mission_and_those_below(cast: Cast) -> None:
    version = approve(cast, make_draft(cast, wordings=[("de", "Zählt der Ankunftstag?")]))
    for mission in (cast.capital, cast.berlin):
        (found,) = reads.library(mission)
        assert (found.ref, found.version, found.sheet) == (version.answer.ref, 1, "visa-free")
        assert ("de", "Zählt der Ankunftstag?") in found.questions
        assert found.texts["en"].startswith("Yes. A stay is at most 5 days")
        assert "[F2]" not in found.texts["en"]
    assert reads.library(cast.elsewhere) == []


def test_the_writer_never_approves(cast: Cast) -> None:
    version = make_draft(cast)
    answers.submit_answer(by=cast.editor, version=version)
    answers.edit_answer(by=cast.approver, version=version, risk="high")
    version.refresh_from_db()
    with pytest.raises(NotAllowed, match="You wrote in this answer"):
        answers_review.approve_answer(by=cast.approver, version=version, digest=version.digest)


def test_a_sensitive_answer_needs_two_people(cast: Cast) -> None:
    version = make_draft(cast, risk="sensitive")
    answers.submit_answer(by=cast.editor, version=version)
    version.refresh_from_db()
    answers_review.approve_answer(by=cast.approver, version=version, digest=version.digest)
    version.refresh_from_db()
    assert version.state == "review"
    answers_review.approve_answer(by=cast.director, version=version, digest=version.digest)
    version.refresh_from_db()
    assert version.state == "approved"


def test_any_edit_voids_a_yes(cast: Cast) -> None:
    version = make_draft(cast, risk="sensitive")
    answers.submit_answer(by=cast.editor, version=version)
    version.refresh_from_db()
    read = version.digest
    answers_review.approve_answer(by=cast.approver, version=version, digest=read)
    answers.edit_answer(by=cast.editor, version=version, wordings=[("en", "How many days?")])
    assert AnswerApproval.objects.get().voided_at is not None
    version.refresh_from_db()
    with pytest.raises(Conflict, match="the text is now"):
        answers_review.approve_answer(by=cast.director, version=version, digest=read)


def test_what_was_approved_is_never_edited_and_stands_until_the_next_is(cast: Cast) -> None:
    version = approve(cast, make_draft(cast))
    with pytest.raises(Conflict, match="never edited"):
        answers.edit_answer(by=cast.editor, version=version, texts=TEXTS)
    second = answers.draft_next(by=cast.editor, answer=version.answer, note={"en": "Shorter."})
    with pytest.raises(Conflict, match="open draft"):
        answers.draft_next(by=cast.editor, answer=version.answer, note={})
    assert [one.version for one in reads.library()] == [1]
    approve(cast, second)
    assert [one.version for one in reads.library()] == [2]
    version.refresh_from_db()
    assert version.state == "superseded"


def test_two_writers_see_each_other(cast: Cast) -> None:
    version = make_draft(cast)
    texts = {"en": TextInput(question="One?", body="One. [F2]", edit=1)}
    answers.edit_answer(by=cast.editor, version=version, texts=texts)
    with pytest.raises(Conflict) as clash:
        answers.edit_answer(by=cast.approver, version=version, texts=texts)
    assert clash.value.where[0]["body"] == "One. [F2]"


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({}, Invalid),
        ({"ru": TextInput("Вопрос?", "Ответ. [F2]")}, Invalid),
        ({"en": TextInput("?" * 301, "Yes. [F2]")}, TooLarge),
        ({"en": TextInput("Why?", "x" * 20_001)}, TooLarge),
        ({"en": TextInput("Why?", "nul \x00")}, Invalid),
        ({"en": TextInput("Why?", "Yes. [F2]"), "not a language": TextInput("?", "!")}, Invalid),
    ],
)
def test_bad_input_is_named(cast: Cast, texts: dict[str, TextInput], problem: type[Exception]) -> None:
    with pytest.raises(problem):
        answers.draft_answer(
            by=cast.editor, mission=cast.capital, sheet="visa-free", source_language="en", texts=texts
        )


def test_a_sheet_out_of_sight_is_as_one_that_is_not_there(cast: Cast) -> None:
    with pytest.raises(NotFound):
        answers.draft_answer(
            by=cast.stranger, mission=cast.elsewhere, sheet="visa-free", source_language="en", texts=TEXTS
        )
