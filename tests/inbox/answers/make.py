"""Answers that tests need made, through the actions that people use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import time_machine
from tests.cast import Cast

from dragoman.base import clock
from dragoman.channels import actions as channels
from dragoman.channels.models import Delivery
from dragoman.inbox.actions import answers, answers_review, telling
from dragoman.inbox.actions.answers import TextInput
from dragoman.inbox.models import AnswerVersion, Question, Send

TEXTS = {
    "en": TextInput(
        question="Does the day of arrival count?",
        body="Yes. A stay is at most 5 days, counting the days of arrival and departure. [F2]",
    ),
    "ru": TextInput(
        question="Считается ли день въезда?",
        body="Да. Срок пребывания не более 5 дней, включая дни въезда и выезда. [F2]",
    ),
}


def make_draft(
    cast: Cast,
    *,
    texts: Mapping[str, TextInput] | None = None,
    question: Question | None = None,
    risk: str = "ordinary",
    wordings: Sequence[tuple[str, str]] = (),
) -> AnswerVersion:
    """A draft by the editor that the guidelines have nothing against."""
    return answers.draft_answer(
        by=cast.editor,
        mission=cast.capital,
        sheet="visa-free",
        source_language="en",
        texts=texts or TEXTS,
        question=question,
        risk=risk,
        wordings=wordings,
    )


def approve(cast: Cast, version: AnswerVersion) -> AnswerVersion:
    """Handed in by the editor, approved by the approver."""
    answers.submit_answer(by=cast.editor, version=version)
    version.refresh_from_db()
    answers_review.approve_answer(by=cast.approver, version=version, digest=version.digest)
    version.refresh_from_db()
    version.answer.refresh_from_db()
    return version


def make_answer(cast: Cast, **values: object) -> AnswerVersion:
    """One that is approved, as if it were in the record and on its page: those want commits of their own."""
    version = approve(cast, make_draft(cast, **values))  # type: ignore[arg-type]  # handed on as they are
    now = clock.now()
    AnswerVersion.objects.filter(pk=version.pk).update(sealed_at=now, page_at=now)
    version.refresh_from_db()
    return version


def walk(send: Send, *, seconds: int = 11) -> str:
    """Let the ten seconds pass, and let worker and channels do what is due. Gives the press's state."""
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=True):
        state = telling.run_send(by=telling.WORKER, send_id=send.pk)
        go_out()
        telling.sweep_answers(by=telling.WORKER)
    send.refresh_from_db()
    return state


def go_out() -> None:
    """Every delivery that is due, once."""
    for pk in (
        Delivery.objects.filter(state__in=("queued", "armed")).order_by("pk").values_list("pk", flat=True)
    ):
        channels.deliver(by=telling.WORKER, delivery_id=pk)
