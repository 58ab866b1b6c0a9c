"""People ask on the ministry's own ground: the form, the receipt, the answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import Cast
from tests.inbox.answers.make import make_answer, walk
from tests.inbox.make import make_help_call
from tests.make import make_sheet

from dragoman.base import limits
from dragoman.config import reception_settings
from dragoman.inbox import asking
from dragoman.inbox.actions import answering
from dragoman.inbox.models import Author, Message
from dragoman.inbox.queries import asking as reads


@pytest.fixture
def reception(settings: Any) -> Client:
    for name in ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS"):
        setattr(settings, name, getattr(reception_settings, name))
    limits.forget()
    return Client(enforce_csrf_checks=True)


def number_of(answer: Any) -> str:
    found = re.search(r"/ask/receipt/([0-9A-F-]+)/", answer["Location"])
    assert found
    return found[1]


def test_every_language_has_every_word() -> None:
    english = asking.load("en").known
    for lang in asking.languages():
        known = asking.load(lang).known
        assert set(known) == set(english), lang
        assert "{when}" in known["told"], lang
        assert "{count}" in known["search_found"], lang


@given(st.text(max_size=60))
def test_any_text_is_a_receipt_number_or_none(text: str) -> None:
    found = asking.outside_id(text)
    assert found == "" or re.fullmatch(r"form-[0-9a-f]{20}", found)


@given(st.text(alphabet="0123456789abcdef", min_size=20, max_size=20))
def test_a_number_that_is_shown_is_read_back(digits: str) -> None:
    assert asking.outside_id(asking.shown(f"form-{digits}")) == f"form-{digits}"
    assert asking.outside_id(asking.shown(f"form-{digits}").lower().replace("0", "O")) == f"form-{digits}"


@pytest.mark.django_db
def test_a_question_gets_a_number_and_no_name_is_kept(reception: Client, cast: Cast) -> None:
    asked = reception.post("/ask/", {"text": "Puis-je partir en train ?", "lang": "fr"})
    assert asked.status_code == 303
    message = Message.objects.get()
    assert (message.way, message.private, message.state) == ("form", True, "new")
    assert not Author.objects.exists()
    page = reception.get(f"/ask/receipt/{number_of(asked)}/", {"lang": "fr"})
    assert page.status_code == 200
    body = page.content.decode()
    assert "Votre question attend une réponse." in body
    assert "train" not in body
    assert not page.cookies
    assert page["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), (" \u200b\n", "is empty"), ("x" * 5001, "too long")]
)
def test_what_is_no_question_is_refused_in_place(reception: Client, cast: Cast, text: str, said: str) -> None:
    answer = reception.post("/ask/", {"text": text, "lang": "en"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_what_a_program_fills_in_is_no_question(reception: Client, cast: Cast) -> None:
    reception.post("/ask/", {"text": "Buy now", "website": "https://example.org"})
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_one_address_asks_so_often_and_no_more(reception: Client, cast: Cast) -> None:
    answers = [reception.post("/ask/", {"text": f"Question {number}?"}).status_code for number in range(8)]
    assert answers[:6] == [303] * 6
    assert answers[-1] == 429


@pytest.mark.django_db
def test_a_wrong_number_tells_nothing(reception: Client, cast: Cast) -> None:
    for number in ("AAAAA-AAAAA-AAAAA-AAAAA", "1", "х", "x" * 300):
        assert reception.get(f"/ask/receipt/{number}/").status_code == 404
    assert reception.get("/ask/receipt/", {"number": "nonsense"}).status_code == 404


@pytest.mark.django_db
def test_a_message_of_a_network_is_no_receipt(cast: Cast) -> None:
    call = make_help_call(cast)
    Message.objects.filter(pk=call.message_id).update(outside_id="form-" + "a" * 20)
    assert reads.receipt("form-" + "a" * 20) is None


@pytest.mark.django_db
def test_markup_in_a_question_stays_text(reception: Client, cast: Cast) -> None:
    make_sheet(cast)
    answer = reception.post("/ask/", {"text": "<script>alert(1)</script>" + "x" * 5000})
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.django_db
def test_the_answer_stands_under_its_receipt(reception: Client, cast: Cast) -> None:
    make_sheet(cast)
    version = make_answer(cast)
    asked = reception.post("/ask/", {"text": "Zqx vbn?", "sheet": "visa-free"})
    message = Message.objects.get()
    assert message.mission == cast.capital
    message.move_to("open", lang="en")
    send = answering.answer_message(by=cast.director, message=message, answer=version.answer)
    walk(send)
    page = reception.get(f"/ask/receipt/{number_of(asked)}/").content.decode()
    assert "Your question is answered." in page
    assert "[F" not in page


@pytest.mark.django_db
def test_an_approved_answer_is_offered_before_the_question_goes(reception: Client, cast: Cast) -> None:
    make_sheet(cast)
    version = make_answer(cast)
    asked = version.texts.get(lang="en").question
    page = reception.post("/ask/", {"text": asked, "lang": "en"})
    assert page.status_code == 200
    assert "Perhaps this is your question" in page.content.decode()
    assert not Message.objects.exists()
    assert reception.post("/ask/", {"text": asked, "lang": "en", "sure": "1"}).status_code == 303


@pytest.mark.django_db
def test_answers_are_found_by_their_words_in_the_readers_language(reception: Client, cast: Cast) -> None:
    make_sheet(cast)
    version = make_answer(cast)
    german = version.texts.filter(lang="de").first()
    word = (german or version.texts.get(lang="en")).question.split()[0]
    page = reception.get("/ask/answers/", {"q": word, "lang": "de" if german else "en"})
    assert (german or version.texts.get(lang="en")).question in page.content.decode()
    assert (
        "No answer has these words"
        in reception.get("/ask/answers/", {"q": "zqxw", "lang": "en"}).content.decode()
    )
