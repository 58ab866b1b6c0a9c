"""A text as mail: whole, readable as text and as HTML, and never able to become a header."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels import wording
from dragoman.channels.connector import Picture, Piece, Post
from dragoman.channels.connectors.email import rendering
from dragoman.channels.connectors.email.mime import Form, Sender

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SENDER = Sender(
    "statements@mfa.example", "Ministère “X”, Section", "", "mfa.example", "list.mfa.example", "The list"
)
PIECE = Piece(
    "en", "Title", "Summary.", "First.\n\nSecond, see https://mfa.example/a?b=c.", "https://mfa.example/en/"
)
SLOTS = {
    "to": "reader@x.org",
    "id": "abc@mfa.example",
    "leave": "https://www.mfa.example/subscribe/mine/" + "A" * 43 + "/",
    "one_click": "https://www.mfa.example/subscribe/out/" + "A" * 43 + "/",
}
WIDE = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=400)


def mail(piece: Piece, sender: Sender = SENDER) -> EmailMessage:
    post = Post("key:1", rendering.render(piece), piece.lang, piece.url, AT, piece.title, piece.summary)
    headers, body = Form(post, sender, AT).message(SLOTS)
    raw = headers + b"\r\n" + body
    assert raw.isascii()
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert all(len(line) <= 998 for line in headers.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    found = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_has_all_that_a_list_needs() -> None:
    message = mail(PIECE)
    assert message["From"] == "Ministère “X”, Section <statements@mfa.example>".replace(
        "Ministère “X”, Section", '"Ministère “X”, Section"'
    ) or "statements@mfa.example" in str(message["From"])
    assert message["To"] == "reader@x.org"
    assert message["Subject"] == "Title"
    assert message["Message-ID"] == "<abc@mfa.example>"
    assert message["List-Unsubscribe"] == f"<{SLOTS['one_click']}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "The list <list.mfa.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["Content-Language"] == "en"
    assert message["Bcc"] is None
    assert message.get_content_type() == "multipart/alternative"


def test_the_text_is_whole_and_ends_with_the_way_out() -> None:
    text = text_of(mail(PIECE))
    assert text.startswith("Title\n\nSummary.\n\nFirst.\n\nSecond, see https://mfa.example/a?b=c.")
    assert "https://mfa.example/en/" in text
    assert text.rstrip().endswith(SLOTS["leave"])
    html = text_of(mail(PIECE), "html")
    assert '<a dir="ltr" href="https://mfa.example/a?b=c"' in html
    assert f'<a href="{SLOTS["leave"]}"' in html
    assert "<script" not in html
    assert "src=" not in html  # nothing is loaded from anywhere: nobody is counted


@pytest.mark.parametrize(("lang", "turn"), [("ar", "rtl"), ("en", "ltr"), ("he", "rtl"), ("zh-Hant", "ltr")])
def test_the_direction_follows_the_language(lang: str, turn: str) -> None:
    html = text_of(mail(replace(PIECE, lang=lang)), "html")
    assert f'<html lang="{lang}" dir="{turn}">' in html
    assert wording.load(lang)["mail_why"] in html


def test_pictures_are_described() -> None:
    picture = Picture("a" * 64, "image/jpeg", 10, 10, "The signing of the treaty")
    piece = replace(PIECE, pictures=(picture,))
    assert "Picture: The signing of the treaty" in text_of(mail(piece))
    assert "Pictures are described" in rendering.render(piece).note


@given(WIDE, WIDE, WIDE)
def test_no_text_becomes_a_header_and_no_word_is_lost(title: str, summary: str, body: str) -> None:
    piece = replace(PIECE, title=title, summary=summary, body=body)
    message = mail(piece)
    assert set(message.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Language", "Content-Type"),
        *("Auto-Submitted", "X-Auto-Response-Suppress", "List-Id", "List-Unsubscribe"),
        *("List-Unsubscribe-Post", "Precedence"),
    }
    part = rendering.render(piece).parts[0]
    assert "".join(part.text.split()) in "".join(text_of(message).split())
    for word in rendering.CONTROLS.sub("", body.replace("\r", "\n")).split():
        assert word in part.text


@pytest.mark.parametrize(
    "title",
    [
        "Title\r\nBcc: everybody@x.org",
        "Title\nX: y",
        "Title\u2028Bcc: a@x.org",
        "=?utf-8?q?forged?=",
        "Tit\x00le",
        "\x85Bcc: a@x.org",
    ],
)
def test_a_hostile_title_stays_a_subject(title: str) -> None:
    message = mail(replace(PIECE, title=title))
    assert message["Bcc"] is None
    assert message["X"] is None
    assert str(message["Subject"]) == rendering.one_line(title)


@pytest.mark.parametrize("name", ["to", "id", "leave", "one_click"])
@pytest.mark.parametrize("value", ["a@x.org\r\nBcc: b@x.org", "a b", "<x>", 'a"b', "a\x00"])
def test_a_hostile_value_is_refused(name: str, value: str) -> None:
    form = Form(Post("k", rendering.render(PIECE), "en", "", AT), SENDER, AT)
    with pytest.raises(ValueError, match=name):
        form.message({**SLOTS, name: value})


def test_a_hostile_sender_name_stays_a_name() -> None:
    message = mail(PIECE, replace(SENDER, name="X\r\nBcc: a@x.org", list_name='"<x>\r\nEvil: 1'))
    assert message["Bcc"] is None
    assert message["Evil"] is None


def test_a_long_title_is_shortened_in_the_subject_and_whole_in_the_text() -> None:
    title = "A very long title about many things " * 8
    rendition = rendering.render(replace(PIECE, title=title))
    subject = rendition.parts[0].extra["subject"]
    assert len(subject) <= rendering.SUBJECT
    assert subject.endswith("…")
    assert " ".join(title.split()) in " ".join(rendition.parts[0].text.split())
    assert "subject is shortened" in rendition.note


def test_a_text_of_exactly_the_limit_fits_and_one_byte_more_does_not() -> None:
    empty = rendering.render(replace(PIECE, body="x")).parts[0].count - 1
    room = rendering.TEXT - empty
    assert rendering.render(replace(PIECE, body="x" * room)).parts[0].over == 0
    assert rendering.render(replace(PIECE, body="x" * (room + 1))).parts[0].over == 1
    half = replace(PIECE, body="x" * (room - 1) + "é")
    assert rendering.render(half).parts[0].over == 1


def test_the_message_id_is_the_same_for_ever_and_another_for_each() -> None:
    form = Form(Post("k", rendering.render(PIECE), "en", "", AT), SENDER, AT)
    other = Form(Post("k2", rendering.render(PIECE), "en", "", AT), SENDER, AT)
    assert form.message_id("a") == form.message_id("a")
    assert len({form.message_id("a"), form.message_id("b"), other.message_id("a")}) == 3
