"""A mail as a person wrote it: alphabets, quotations, machines, attachments, and whatever is broken."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.channels.connector import Incoming
from dragoman.channels.connectors.mailbox import letters

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
OWN = frozenset({"questions@mfa.example"})


def read(data: bytes) -> Incoming | None:
    return letters.read(data, AT, OWN)


def mail(body: bytes, *headers: bytes, charset: bytes = b"utf-8") -> bytes:
    head = [
        b"From: Ana <Ana@Example.org>",
        b"Message-ID: <m1@example.org>",
        b"Content-Type: text/plain; charset=" + charset,
        *headers,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def said(data: bytes) -> Incoming:
    found = read(data)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Потрібна віза?", "koi8-u"),
        ("Нужна ли виза?", "koi8-r"),
        ("Ці патрэбна віза?", "windows-1251"),
        ("ビザは必要ですか", "iso-2022-jp"),
        ("需要签证吗", "gb18030"),
        ("هل أحتاج إلى تأشيرة؟", "windows-1256"),
        ("Ar reikia vizos? ąčęėįšųūž", "windows-1257"),
        ("Müssen wir zahlen? 10 €", "utf-8"),
    ],
)
def test_every_alphabet_is_read_as_it_was_written(text: str, charset: str) -> None:
    data = mail(text.encode(charset), charset=charset.encode())
    one = said(data)
    assert (one.text, one.private, one.final, one.outside_id) == (text, True, True, "m1@example.org")
    assert (one.author, one.author_id) == ("Ana <ana@example.org>", "ana@example.org")


@pytest.mark.parametrize("charset", [b"utf-8", b"x-unknown", b"us-ascii", b"unknown-8bit", b'"'])
def test_broken_or_wrongly_named_bytes_are_shown_as_replaced(charset: bytes) -> None:
    assert "visa" in said(mail(b"visa \xff\xfe?", charset=charset)).text
    assert said(mail("Віза?".encode(), charset=charset)).text == "Віза?"


QUOTES = [
    "Do I need a visa?\n\nOn Mon, 2 Nov 2026 at 10:00, M. <q@mfa.example> wrote:\n> Dear Ana,\n> it\n",
    "Do I need a visa?\n\nпн, 2 нояб. 2026 г. в 10:00, Ministry <q@mfa.example>:\n> Dear Ana\n",
    "Do I need a visa?\n\n-----Исходное сообщение-----\nОт: Ministry\nКому: Ana\nТема: Visa\n\nDear Ana",
    "Do I need a visa?\n\n________________________________\nVon: Ministry\nGesendet: Montag\nAn: Ana\n\nDear",
    "Do I need a visa?\n-- \nAna, +370 600 00000",
    "Do I need a visa?\n\nAm 2. November 2026 um 10:00 schrieb Ministry\n<q@mfa.example>:\n> Dear Ana\n",
]


@pytest.mark.parametrize("body", QUOTES)
def test_what_is_quoted_below_and_what_is_signed_are_left_out(body: str) -> None:
    assert letters.without_quotes(body) == "Do I need a visa?"


@pytest.mark.parametrize(
    "body",
    [
        "> Do you come alone?\nNo, with my dog.\n> When?\nOn 5 May.",
        "> only a quotation",
        "Three things:\n1. a visa\n2. a passport",
        "From: Vilnius\nTo: Minsk\nWhen: tomorrow\nMay I?",
        "--\n",
    ],
)
def test_what_a_person_wrote_is_not_cut(body: str) -> None:
    assert letters.without_quotes(body) == body.strip()


def test_the_subject_belongs_to_the_words() -> None:
    assert said(mail(b"See above.", b"Subject: =?koi8-r?B?9ene4Q==?=")).text.endswith("\n\nSee above.")
    assert said(mail(b"My visa is late.", b"Subject: Re: AW: my visa")).text == "My visa is late."
    assert said(mail(b"", b"Subject: Help")).text == "Help"


def test_html_is_read_as_words_and_files_are_counted() -> None:
    made = EmailMessage()
    made["From"], made["Message-ID"] = "ana@example.org", "<h1@example.org>"
    html = "<style>p{}</style><p>May&nbsp;I <b>come</b>?</p><p>Ana</p><blockquote>old words</blockquote>"
    made.set_content("<html><body>" + html + "<script>x()</script></body></html>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="passport.pdf")
    made.add_attachment("a,b", subtype="csv", filename="list.csv")
    one = said(made.as_bytes())
    assert (one.text, one.attachments) == ("May I come?\nAna", 2)


def test_an_answer_hangs_on_what_it_answers() -> None:
    one = said(mail(b"Yes", b"In-Reply-To: <b@x>", b"References: <a@x>\r\n <b@x>"))
    assert (one.in_reply_to, one.conversation) == ("b@x", "a@x")


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-replied; owner=x",
        b"Precedence: bulk",
        b"List-Id: <news.example>",
        b"Return-Path: <>",
    ],
)
def test_what_a_machine_sent_is_marked(header: bytes) -> None:
    assert said(mail(b"I am on leave", header)).automatic
    assert not said(mail(b"I am here", b"Auto-Submitted: no", b"Return-Path: <a@b.example>")).automatic


def test_our_own_mail_and_what_came_back_are_left_out() -> None:
    assert read(b"From: Questions <Questions@mfa.example>\r\n\r\nHello") is None
    assert read(b'From: a@b\r\nContent-Type: multipart/report; boundary="x"\r\n\r\n--x--') is None
    assert read(b"From: MAILER-DAEMON@relay.example\r\nReturn-Path: <>\r\n\r\nUndeliverable") is None


def test_a_mail_without_a_name_is_known_by_what_it_says() -> None:
    one, again = said(b"From: a@b.example\r\n\r\nHello"), said(b"From: a@b.example\r\n\r\nHello")
    other = said(b"From: a@b.example\r\n\r\nHello!")
    assert one.outside_id == again.outside_id != other.outside_id


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", mail(b""), b"Content-Type: multipart/mixed; boundary=a\r\n"]),
)
def test_whatever_comes_is_read_as_far_as_it_goes(data: bytes, head: bytes) -> None:
    read(head + data)
    read(data + head)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_words_are_never_made_longer_and_never_lost_whole(text: str) -> None:
    short = letters.without_quotes(text)
    assert len(short) <= len(text)
    assert bool(short) == bool(text.strip())


def test_a_mail_of_a_thousand_parts_within_parts_is_read_in_no_time() -> None:
    head = b"From: a@b.example\r\n"
    for number in range(900):
        head += f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n".encode()
    read(head + b"\r\nhello")
