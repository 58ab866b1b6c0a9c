""" "Did you say this?" over real rows and files: exact, corrected, withdrawn, altered, unknown."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image, ImageDraw
from tests.public import world

from dragoman.base import limits
from dragoman.config import reception_settings
from dragoman.public import actions, said, said_queries, saying
from dragoman.public.models import Said, Story
from dragoman.public.values import Elsewhere, Picture
from dragoman.record import healing

pytestmark = pytest.mark.django_db(transaction=True)
REF = "2017-4f7kq2"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    healing.forget()
    limits.forget()
    return tmp_path


def drawn(quality: int = 95, size: tuple[int, int] = (640, 400)) -> bytes:
    picture = Image.new("RGB", (640, 400), (240, 240, 235))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 60, 300, 350), fill=(20, 60, 120))
    pen.ellipse((350, 80, 600, 330), fill=(190, 40, 30))
    data = io.BytesIO()
    picture.resize(size).save(data, "JPEG", quality=quality)
    return data.getvalue()


def a_picture() -> tuple[Picture, bytes]:
    import hashlib

    data = drawn()
    return Picture(hashlib.sha256(data).hexdigest(), "image/jpeg", 640, 400, {"en": "A field"}), data


def publish(**more: Any) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition(**more))
    actions.index_said(by=world.BY)


def test_a_sentence_is_official_and_told_with_its_place() -> None:
    publish()
    found = said_queries.look_up("AN IDENTITY CARD  is not enough!")
    assert (found.verdict, found.ref, found.lang, found.found) == ("official", REF, "en", 1)
    assert found.url == f"/en/statements/five-days-{REF}/1/"


def test_every_language_is_known() -> None:
    publish()
    found = said_queries.look_up(world.AR["summary"])
    assert (found.verdict, found.lang) == ("official", "ar")


def test_what_was_corrected_is_official_and_later_corrected() -> None:
    publish()
    actions.publish_edition(by=world.BY, edition=world.corrected())
    actions.index_said(by=world.BY)
    old = (
        "Travellers need a valid ordinary passport, at least 25 euro for each day, and insurance of at least "
    )
    assert said_queries.look_up(old + "10,000 US dollars that is valid in Belarus.").verdict == "corrected"
    assert said_queries.look_up(old + "10,000 euro that is valid in Belarus.").verdict == "official"
    still = said_queries.look_up("An identity card is not enough.")
    assert (still.verdict, still.rev) == ("official", 2)


def test_an_altered_copy_shows_what_was_altered() -> None:
    publish()
    copy = "From 12 February 2017, citizens of 80 countries may enter without a visa for up to fifty days."
    found = said_queries.look_up(copy)
    assert (found.verdict, found.ref, found.lang) == ("altered", REF, "en")
    change = [(piece.stroke, piece.text.strip()) for piece in found.change]
    assert ("del", "five") in change
    assert ("ins", "fifty") in change


def test_an_altered_copy_is_found_in_arabic_too() -> None:
    publish()
    copy = world.AR["body"].replace("10,000", "100").replace("[F5]", "")
    found = said_queries.look_up(copy)
    assert (found.verdict, found.lang) == ("altered", "ar")
    assert any(
        (piece.stroke == "del" and "10,000" in piece.text) or "10" in piece.text for piece in found.change
    )


def test_another_text_is_not_in_our_record() -> None:
    publish()
    found = said_queries.look_up("The parliament has discussed the budget of the railways for the next year.")
    assert (found.verdict, found.url, found.change) == ("unknown", "", ())


def test_a_withdrawn_text_is_told_without_its_words() -> None:
    publish()
    at = datetime(2017, 2, 1, 9, 0, tzinfo=UTC)
    actions.publish_withdrawal(
        by=world.BY, ref=REF, rev=3, at=at, reasons={"en": "Wrong."}, record=world.withdrawal()
    )
    actions.index_said(by=world.BY)
    found = said_queries.look_up("An identity card is not enough.")
    assert (found.verdict, found.title) == ("withdrawn", "")
    public = "".join(path.read_text() for path in (settings.DRAGOMAN.public_dir / "said").rglob("*.json"))
    assert "80 countries" not in public
    copy = "Travellers need a valid ordinary passport, at least 35 euro for each day, and insurance."
    assert said_queries.look_up(copy).verdict == "unknown"


def test_a_link_to_our_page_or_to_a_copy_elsewhere_is_official() -> None:
    publish()
    links = [Elsewhere("Bluesky", "https://bsky.app/profile/did:plc:x/post/3kabc", "sent", 38)]
    actions.set_elsewhere(by=world.BY, ref=REF, rev=1, links=links)
    actions.index_said(by=world.BY)
    for address in (
        "https://bsky.app/profile/did:plc:x/post/3kabc/?ref=share",
        f"{settings.DRAGOMAN.public_url}/en/statements/five-days-{REF}/",
        f"{settings.DRAGOMAN.public_url}/ar/statements/five-days-{REF}/1/#x",
    ):
        found = said_queries.look_up(address)
        assert (found.verdict, found.what) == ("official", "link"), address
    assert said_queries.look_up("https://bsky.app/profile/did:plc:y/post/3kabc").verdict == "unknown"


def test_a_picture_is_known_by_its_bytes_and_by_its_looks() -> None:
    publish(pictures=(a_picture(),))
    picture, _ = a_picture()
    assert said_queries.look_up_picture(picture.sha256, None).verdict == "official"
    place = settings.DRAGOMAN.home / "packed.jpg"
    place.write_bytes(drawn(quality=40, size=(320, 200)))
    found = said_queries.look_up_picture("0" * 64, saying.looks_of(place))
    assert (found.verdict, found.what, found.ref) == ("altered", "picture", REF)
    place.write_bytes(_other())
    assert said_queries.look_up_picture("0" * 64, saying.looks_of(place)).verdict == "unknown"


def _other() -> bytes:
    data = io.BytesIO()
    picture = Image.radial_gradient("L").rotate(45)
    picture.save(data, "PNG")
    return data.getvalue()


def test_the_index_in_files_says_what_the_rows_say() -> None:
    publish()
    sentence = said.sentences("An identity card is not enough.")[0]
    digest = said.digest("text", sentence)
    place = settings.DRAGOMAN.public_dir / "said" / "index" / f"{digest[:3]}.json"
    assert json.loads(place.read_text())[digest[3:]] == [f"{REF}:1:en"]
    state = json.loads((settings.DRAGOMAN.public_dir / "said" / "state" / f"{REF}.json").read_text())
    assert state["newest"] == 1
    assert state["editions"]["1:ar"]["url"] == f"/ar/statements/five-days-{REF}/1/"


def test_indexing_twice_changes_nothing_and_a_lost_job_is_made_up_for() -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    assert said_queries.unsaid() == [REF]
    assert said_queries.oldest_unsaid() is not None
    assert actions.index_said(by=world.BY) == 1
    before = set(Said.objects.values_list("digest", "rev", "lang"))
    Story.objects.update(said_at=None)
    actions.index_said(by=world.BY)
    assert set(Said.objects.values_list("digest", "rev", "lang")) == before
    assert said_queries.unsaid() == []


# --- asked from outside ---


@pytest.fixture
def reception(settings: Any) -> Client:
    for name in ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS"):
        setattr(settings, name, getattr(reception_settings, name))
    return Client()


def ask(client: Client, value: Any) -> Any:
    return client.post("/said/near", json.dumps(value), content_type="application/json")


def test_the_reception_answers_a_program(reception: Client) -> None:
    publish()
    copy = "From 12 February 2017, citizens of 90 countries may enter without a visa for up to five days."
    told = ask(reception, {"text": copy})
    assert told.status_code == 200
    assert told.json()["verdict"] == "altered"
    assert ["del", "80"] in [[stroke, text.strip()] for stroke, text in told.json()["change"]]
    assert not told.cookies


def test_the_reception_answers_a_reader_without_scripts(reception: Client) -> None:
    publish()
    page = reception.post("/said/ask?lang=ru", {"text": "An identity card is not enough."})
    text = page.content.decode()
    assert 'data-verdict="official"' in text
    assert "Официально" in text
    evil = reception.post("/said/ask", {"text": "<script>alert(1)</script> is not one of ours at all"})
    assert "<script>alert" not in evil.content.decode()
    assert "Not in our record" in evil.content.decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 422),
        (b"[]", 422),
        (b'{"text": 5}', 422),
        (b'{"text": "  "}', 422),
        (json.dumps({"text": "x" * 9000}).encode(), 413),
        (b'{"picture": "zz"}', 422),
        (json.dumps({"picture": "a" * 64, "looks": "x" * 16}).encode(), 422),
    ],
)
def test_bad_questions_are_refused_in_words(reception: Client, body: bytes, status: int) -> None:
    answer = reception.post("/said/near", body, content_type="application/json")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json" or b"<html" in answer.content


def test_asking_too_often_is_slowed_down(reception: Client) -> None:
    answers = [
        ask(reception, {"text": "Is this one of yours, by any chance?"}).status_code for _ in range(25)
    ]
    assert answers[0] == 200
    assert answers[-1] == 429
