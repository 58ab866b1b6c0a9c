"""What comes in from a Mastodon server: bursts, changes, what was taken back, what is looked for again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.connectors.desk import Desk
from tests.fakes.mastodon import FakeMastodon

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeMastodon]:
    with FakeMastodon().running() as running:
        yield running


@pytest.fixture
def desk(fake: FakeMastodon) -> Desk:
    return Desk(fake)


def test_a_burst_is_read_to_its_end(fake: FakeMastodon, desk: Desk) -> None:
    fake.mention("Before")
    cursor = desk.do(lambda mastodon: mastodon.fetch("")).cursor
    for number in range(95):
        fake.mention(f"m{number}")
    texts, turns, more = [], 0, True
    while more:
        batch = desk.do(lambda mastodon: mastodon.fetch(cursor))  # noqa: B023 - called at once
        texts += [one.text for one in batch.incoming]
        cursor, more, turns = batch.cursor, batch.more, turns + 1
    assert texts == [f"m{number}" for number in range(95)]
    assert turns == 3


def test_a_changed_post_is_found_by_looking_back(fake: FakeMastodon, desk: Desk) -> None:
    one = fake.mention("When?", at=NOON)
    first = desk.do(lambda mastodon: mastodon.fetch("")).incoming[0]
    fake.posts[one] |= {"content": "<p>When, and where?</p>", "edited_at": "2026-11-22T12:05:00.000Z"}
    batch = desk.do(lambda mastodon: mastodon.look_back(NOON - timedelta(hours=1), ""))
    [again] = batch.incoming
    assert (again.outside_id, again.text) == (first.outside_id, "When, and where?")
    assert again.edited == NOON + timedelta(minutes=5)
    assert again.version != first.version


def test_looking_back_ends_where_the_window_begins(fake: FakeMastodon, desk: Desk) -> None:
    for number in range(100):
        fake.mention(f"m{number}", at=NOON + timedelta(minutes=number))
    texts, cursor, more = [], "", True
    while more:
        batch = desk.do(lambda mastodon: mastodon.look_back(NOON + timedelta(minutes=30), cursor))  # noqa: B023 - called at once
        texts += [one.text for one in batch.incoming]
        cursor, more = batch.cursor, batch.more
    assert sorted(texts) == sorted(f"m{number}" for number in range(30, 100))


def test_what_was_taken_back_is_proved_by_asking_for_it(fake: FakeMastodon, desk: Desk) -> None:
    ids = [fake.mention(f"m{number}") for number in range(30)]
    fake.posts.pop(ids[4])
    gone = desk.do(lambda mastodon: mastodon.vanished(ids))
    assert [one.outside_id for one in gone] == [ids[4]]
    fake.will("get", "500-before")
    fake.finds_many = False
    assert desk.do(lambda mastodon: mastodon.vanished(ids)) == []


def test_a_warning_belongs_to_the_words(fake: FakeMastodon, desk: Desk) -> None:
    fake.mention("My passport is gone", spoiler_text="Emergency", media_attachments=[{}])
    [said] = desk.do(lambda mastodon: mastodon.fetch("")).incoming
    assert said.text == "Emergency\n\nMy passport is gone"
    assert said.attachments == 1


def test_what_the_account_says_to_itself_does_not_come_in(fake: FakeMastodon, desk: Desk) -> None:
    fake.mention("Ours", account={"id": "1", "acct": "ministry"})
    assert desk.do(lambda mastodon: mastodon.fetch("")).incoming == ()
