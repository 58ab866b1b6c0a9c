"""Reading a mailbox over a real connection: what is read, how it goes on, and all that may go wrong."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.connectors.desk import Desk
from tests.fakes.email import certificate
from tests.fakes.mailbox import Mailbox

from dragoman.channels import registry
from dragoman.channels.connector import Batch, Piece, Refused, TryLater
from dragoman.lib import imap

LETTER = "From: ana@example.org\r\nMessage-ID: <{0}@example.org>\r\nSubject: Visa\r\n\r\nQuestion {0}\r\n"


@pytest.fixture
def server() -> Iterator[Mailbox]:
    with Mailbox().running() as running:
        yield running


@pytest.fixture
def desk(server: Mailbox) -> Desk:
    return Desk(server)


def fetch(desk: Desk, cursor: str = "") -> Batch:
    return desk.do(lambda mailbox: mailbox.fetch(cursor))


def fill(server: Mailbox, first: int, last: int, at: datetime | None = None) -> None:
    for number in range(first, last + 1):
        server.put(LETTER.format(number), at=at)


def texts(batch: Batch) -> list[str]:
    return [one.text.rpartition("\n")[2] for one in batch.incoming]


def test_mail_is_read_once_to_its_end_and_the_mailbox_is_left_as_it_is(server: Mailbox, desk: Desk) -> None:
    fill(server, 1, 120)
    read, cursor, more, turns = [], "", True, 0
    while more:
        batch = fetch(desk, cursor)
        read += texts(batch)
        cursor, more, turns = batch.cursor, batch.more, turns + 1
    assert read == [f"Question {number}" for number in range(1, 121)]
    assert turns == 3
    assert fetch(desk, cursor) == Batch((), cursor)
    fill(server, 121, 121)
    assert texts(fetch(desk, cursor)) == ["Question 121"]
    assert server.changes == 0
    assert not any(line.startswith(("SELECT", "STORE")) for line in server.said)


def test_the_first_time_a_fortnight_is_read(server: Mailbox, desk: Desk) -> None:
    fill(server, 1, 3, datetime.now(UTC) - timedelta(days=40))
    fill(server, 4, 5)
    assert texts(fetch(desk)) == ["Question 4", "Question 5"]


def test_a_folder_that_was_numbered_anew_is_read_anew(server: Mailbox, desk: Desk) -> None:
    fill(server, 1, 60)
    cursor = fetch(desk).cursor
    server.mails = server.mails[30:]
    server.renumber()
    fill(server, 61, 61)
    batch = fetch(desk, cursor)
    assert texts(batch) == [f"Question {number}" for number in range(31, 62)]
    assert batch.cursor == "2:31"


def test_looking_back_reads_the_window_again(server: Mailbox, desk: Desk) -> None:
    fill(server, 1, 2, datetime.now(UTC) - timedelta(days=9))
    fill(server, 3, 80)
    since, read, cursor, more = datetime.now(UTC) - timedelta(days=2), [], "", True
    while more:
        batch = desk.do(lambda mailbox: mailbox.look_back(since, cursor))  # noqa: B023 - called at once
        read += texts(batch)
        cursor, more = batch.cursor, batch.more
    assert read == [f"Question {number}" for number in range(3, 81)]


def test_a_folder_with_a_name_of_other_letters_is_found(server: Mailbox, desk: Desk) -> None:
    desk.settings["folder"] = "Fragen über Visa"
    fill(server, 1, 1)
    assert texts(fetch(desk)) == ["Question 1"]
    desk.settings["folder"] = "Nowhere"
    with pytest.raises(Refused, match="no folder"):
        fetch(desk)


def test_a_very_long_mail_is_read_to_its_cap(server: Mailbox, desk: Desk) -> None:
    server.put(LETTER.format(1) + "x" * 3_000_000)
    [one] = fetch(desk).incoming
    assert len(one.text) == 50_000


def test_a_server_without_auth_plain_is_signed_in_to_by_login() -> None:
    with Mailbox(plain_only=True).running() as server:
        fill(server, 1, 1)
        assert texts(fetch(Desk(server))) == ["Question 1"]


def test_a_wrong_password_is_a_persons_affair_and_never_shown(server: Mailbox, desk: Desk) -> None:
    desk.secrets["password"] = "wrong word"
    for verb in (lambda mailbox: mailbox.check(), lambda mailbox: mailbox.fetch("")):
        with pytest.raises(Refused) as refused:
            desk.do(verb)
        assert refused.value.account
        assert refused.value.shown
        assert "wrong word" not in refused.value.why + refused.value.shown


@pytest.mark.parametrize("command", ["CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("trouble", ["cut", "garbage", "huge"])
def test_trouble_only_means_later(server: Mailbox, desk: Desk, command: str, trouble: str) -> None:
    fill(server, 1, 1)
    server.troubles.append((command, trouble))
    with pytest.raises((TryLater, Refused)) as raised:
        fetch(desk)
    assert isinstance(raised.value, TryLater) or command == "AUTHENTICATE"
    assert texts(fetch(desk)) == ["Question 1"]


def test_a_server_that_is_away_for_now_is_asked_later(server: Mailbox, desk: Desk) -> None:
    server.troubles.append(("AUTHENTICATE", "unavailable"))
    with pytest.raises(TryLater):
        fetch(desk)


def test_a_server_that_falls_silent_is_waited_for_no_longer_than_said(
    server: Mailbox, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        imap.read, "__kwdefaults__", {**imap.read.__kwdefaults__, "times": imap.Times(1, 1, 2)}
    )
    server.troubles.append(("UID SEARCH", "hang"))
    began = datetime.now(UTC)
    with pytest.raises(TryLater):
        fetch(desk)
    assert datetime.now(UTC) - began < timedelta(seconds=5)


def test_nothing_goes_over_an_open_line_to_another_machine(desk: Desk) -> None:
    desk.settings |= {"host": "192.0.2.7", "network": "inside"}
    with pytest.raises(TryLater):
        fetch(desk)


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.7", "localhost.invalid"])
def test_addresses_that_are_not_public_are_not_spoken_to(desk: Desk, host: str) -> None:
    desk.settings["host"] = host
    with pytest.raises(TryLater):
        fetch(desk)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_is_checked(trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate())
    if trusted:
        context = ssl.create_default_context(cafile=str(certificate()))
        monkeypatch.setattr(imap, "_trust", lambda: context)
    with Mailbox(tls=serving).running() as server:
        fill(server, 1, 1)
        if trusted:
            assert texts(fetch(Desk(server))) == ["Question 1"]
        else:
            with pytest.raises(Refused, match="certificate"):
                fetch(Desk(server))


def test_checking_says_what_may_be_read_and_reads_nothing(server: Mailbox, desk: Desk) -> None:
    fill(server, 1, 3)
    health = desk.do(lambda mailbox: mailbox.check())
    assert health.ok
    assert health.who == "questions@mfa.example"
    assert not any(line.startswith("UID FETCH") for line in server.said)


def test_nothing_can_be_put_out_on_it(desk: Desk) -> None:
    piece = Piece("en", "Title", "", "", "https://mfa.example/")
    assert desk.plain(lambda mailbox: mailbox.render(piece)).parts == ()
    with pytest.raises(Refused):
        desk.do(lambda mailbox: mailbox.send(None))


def test_it_declares_itself_whole() -> None:
    kind = registry.kind("mailbox")
    assert kind.help_file.read_text().startswith("# ")
    assert all(not field.pattern or field.mend for field in kind.fields)
