"""An approved answer in the record and on the page of questions and answers of its sheet."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from tests import cast as people
from tests.cast import Cast
from tests.inbox.answers.make import TEXTS, approve, make_draft
from tests.make import make_sheet
from tests.record.faults import verified

from dragoman.inbox.actions import answers, answers_publishing, answers_review, telling
from dragoman.inbox.actions.answers import TextInput
from dragoman.inbox.models import AnswerVersion
from dragoman.inbox.queries import answers as reads
from dragoman.record.models import Entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def cast() -> Cast:
    assembled = people.assemble()
    make_sheet(assembled)
    return assembled


def publish(version: AnswerVersion) -> None:
    assert answers_publishing.publish_answer(by=telling.WORKER, version_id=version.pk)


def page(lang: str = "en") -> str:
    return (settings.DRAGOMAN.public_dir / lang / "answers" / "visa-free" / "index.html").read_text()


def corrected(cast: Cast, version: AnswerVersion) -> AnswerVersion:
    second = answers.draft_next(
        by=cast.editor, answer=version.answer, note={"en": "The hour does not count."}
    )
    words = TEXTS["en"].body + "\n\nThe hour does not matter. [F2]"
    texts = {"en": TextInput(question="Does the arrival day count?", body=words), "ru": TextInput()}
    return approve(cast, answers.edit_answer(by=cast.editor, version=second, texts=texts))


def test_it_is_sealed_shown_in_each_language_and_read_by_programs(cast: Cast) -> None:
    version = approve(cast, make_draft(cast))
    publish(version)
    publish(version)
    entry = Entry.objects.get(ref=version.answer.ref.lower())
    assert entry.kind == "answer"
    verified(settings.DRAGOMAN.home)
    english = page()
    assert "Does the day of arrival count?" in english
    assert "/en/facts/visa-free/#F2" in english
    assert "Считается ли день въезда?" in page("ru")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', english)
    assert found is not None
    faq = json.loads(found[1])
    assert faq["@type"] == "FAQPage"
    assert faq["mainEntity"][0]["acceptedAnswer"]["text"].startswith("Yes. A stay is at most 5 days")


def test_a_corrected_answer_says_so_and_keeps_the_earlier_one(cast: Cast) -> None:
    version = approve(cast, make_draft(cast))
    publish(version)
    publish(corrected(cast, version))
    english = page()
    assert "Corrected." in english
    assert "The hour does not count." in english
    assert "Does the day of arrival count?" in english  # the earlier wording, folded away
    assert Entry.objects.filter(ref=version.answer.ref.lower()).count() == 2
    verified(settings.DRAGOMAN.home)


def test_one_that_is_withdrawn_leaves_its_reason_and_the_library(cast: Cast) -> None:
    version = approve(cast, make_draft(cast))
    publish(version)
    assert [one.ref for one in reads.library(cast.capital)] == [version.answer.ref]
    stone = answers_review.withdraw_answer(
        by=cast.approver, answer=version.answer, reasons={"en": "The edict was amended."}
    )
    publish(stone)
    english = page()
    assert "This answer was withdrawn." in english
    assert "The edict was amended." in english
    assert "at most 5 days" not in english
    assert reads.library(cast.capital) == []
    verified(settings.DRAGOMAN.home)


def test_words_of_an_answer_cannot_end_the_script_that_holds_them(cast: Cast) -> None:
    texts = {"en": TextInput(question="</script><b>Why?</b>", body="Five days & no more </script>. [F2]")}
    publish(approve(cast, make_draft(cast, texts=texts)))
    english = page()
    assert "</script><b>" not in english
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', english)
    assert found is not None
    assert json.loads(found[1])["mainEntity"][0]["name"] == "</script><b>Why?</b>"


def test_superseded_before_it_was_sealed_it_still_has_its_place_in_the_record(cast: Cast) -> None:
    version = approve(cast, make_draft(cast))
    second = corrected(cast, version)
    publish(second)
    publish(version)
    rows = Entry.objects.filter(ref=version.answer.ref.lower()).order_by("index")
    revs = list(rows.values_list("rev", flat=True))
    assert revs == [1, 2]
    assert "Corrected." in page()
