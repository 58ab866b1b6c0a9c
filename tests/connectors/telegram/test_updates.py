"""What comes in from Telegram: bursts, changes, letters to the bot, comments under comments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.connectors.desk import Desk
from tests.fakes.telegram import BOT_ID, CHAT_ID, GROUP_ID, FakeTelegram

PERSON = {"id": 5, "is_bot": False, "first_name": "A"}
GROUP = {"id": GROUP_ID, "type": "supergroup", "title": "Talk"}


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram().running() as running:
        yield running


@pytest.fixture
def desk(fake: FakeTelegram) -> Desk:
    return Desk(fake)


def test_a_burst_is_read_to_its_end(fake: FakeTelegram, desk: Desk) -> None:
    for number in range(230):
        fake.comment(f"m{number}")
    texts, cursor, more = [], "", True
    while more:
        batch = desk.do(lambda telegram: telegram.fetch(cursor))  # noqa: B023 - called at once
        texts += [one.text for one in batch.incoming]
        cursor, more = batch.cursor, batch.more
    assert texts == [f"m{number}" for number in range(230)]


def test_a_letter_to_the_bot_is_private_and_its_change_a_version(fake: FakeTelegram, desk: Desk) -> None:
    fake.write("/start")
    fake.write("I lost my passport", photo=[{}])
    fake.write("I lost my passport in Vilnius", name="edited_message", edit_date=1_790_000_060)
    first, again = desk.do(lambda telegram: telegram.fetch("")).incoming
    assert (first.private, first.author, first.author_id, first.attachments) == (True, "@ana", "5", 1)
    assert first.outside_id == again.outside_id
    assert again.edited is not None
    assert first.version != again.version
    assert first.conversation == ""


def test_a_comment_under_a_comment_belongs_to_our_post(fake: FakeTelegram, desk: Desk) -> None:
    copy = fake.copied(101)
    cursor = desk.do(lambda telegram: telegram.fetch("")).cursor
    before = {"message_id": 60, "date": 1, "chat": GROUP}
    fake.write(
        "And with a dog?", chat=GROUP, message_thread_id=copy, reply_to_message=before, **{"from": PERSON}
    )
    [said] = desk.do(lambda telegram: telegram.fetch(cursor)).incoming
    assert (said.in_reply_to, said.conversation) == (f"{GROUP_ID}:60", f"{CHAT_ID}:101")
    assert not said.private


def test_what_the_bot_or_the_channel_says_does_not_come_in(fake: FakeTelegram, desk: Desk) -> None:
    fake.write("Ours", chat=GROUP, **{"from": {"id": BOT_ID, "is_bot": True, "first_name": "Desk"}})
    fake.write("Ours too", chat=GROUP, sender_chat={"id": CHAT_ID, "type": "channel"})
    assert desk.do(lambda telegram: telegram.fetch("")).incoming == ()
