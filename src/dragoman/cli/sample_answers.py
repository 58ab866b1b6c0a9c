"""The sample's answers, written and approved by its officers as anywhere. May run twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dragoman.inbox.actions import answers, answers_review
from dragoman.inbox.actions.answers import TextInput
from dragoman.inbox.models import Answer, AnswerText
from dragoman.staff.models import Mission, Officer


@transaction.atomic
def load_answer(wanted: Mapping[str, Any]) -> Answer | None:
    """One answer, approved: the worker puts it into the record and on its page. None if it is there."""
    texts = {lang: TextInput(text["question"], text["body"]) for lang, text in wanted["texts"].items()}
    if AnswerText.objects.filter(lang="en", question=texts["en"].question).exists():
        return None
    author = Officer.objects.get(username="editor")
    version = answers.draft_answer(
        by=author,
        mission=Mission.objects.get(slug=wanted["mission"]),
        sheet=wanted["sheet"],
        source_language="en",
        texts=texts,
        risk=wanted["risk"],
        wordings=[(lang, words) for lang, words in wanted["wordings"]],
    )
    answers.submit_answer(by=author, version=version)
    for name in ("approver", "director"):
        version.refresh_from_db()
        if version.state == "review":
            officer = Officer.objects.get(username=name)
            answers_review.approve_answer(by=officer, version=version, digest=version.digest)
    return version.answer
