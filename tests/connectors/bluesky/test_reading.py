"""What comes in: all of it, in batches; who wrote it; what was taken back; what is looked for again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.connectors.bluesky.test_trouble import do
from tests.fakes.bluesky import DID, OTHER, FakeBluesky

from dragoman.channels.connector import Batch

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeBluesky]:
    with FakeBluesky().running() as running:
        yield running


def read(fake: FakeBluesky, cursor: str) -> Batch:
    return do(fake, lambda bluesky: bluesky.fetch(cursor))


def test_a_burst_is_read_to_its_end_though_more_comes_meanwhile(fake: FakeBluesky) -> None:
    fake.say("Before", at=NOON)
    batch = read(fake, "")
    for number in range(45):
        fake.say(f"m{number}", at=NOON + timedelta(minutes=20, seconds=number))
    texts: list[str] = []
    for turn in range(9):
        batch = read(fake, batch.cursor)
        texts += [one.text for one in batch.incoming]
        if turn == 0:
            assert batch.more
            fake.say("meanwhile", at=NOON + timedelta(minutes=30))
        if not batch.more:
            break
    assert not batch.more
    texts += [one.text for one in read(fake, batch.cursor).incoming]
    assert {f"m{number}" for number in range(45)} | {"meanwhile"} <= set(texts)


def test_who_wrote_and_where_it_hangs_are_told_apart(fake: FakeBluesky) -> None:
    ours = {"uri": f"at://{DID}/app.bsky.feed.post/x", "cid": "c"}
    other = {"uri": f"at://{OTHER}/app.bsky.feed.post/0", "cid": "d"}
    fake.say("Under a comment", at=NOON, reply={"root": ours, "parent": other})
    images = {"$type": "app.bsky.embed.images", "images": [{}, {}]}
    quoted = {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": ours}, "media": images}
    fake.say("Look", "quote", NOON + timedelta(minutes=1), embed=quoted)
    reply, quote = read(fake, (NOON - timedelta(hours=1)).isoformat()).incoming
    assert (reply.in_reply_to, reply.conversation) == (other["uri"], ours["uri"])
    assert (reply.author, reply.author_id) == ("citizen.test", OTHER)
    assert (quote.in_reply_to, quote.conversation, quote.attachments) == (ours["uri"], ours["uri"], 2)


def test_what_the_account_says_itself_does_not_come_in(fake: FakeBluesky) -> None:
    fake.say("Ours", at=NOON)
    fake.notes[-1]["author"] = {"did": DID, "handle": "ministry.test"}
    assert read(fake, "").incoming == ()


def test_looking_back_reads_the_window_again(fake: FakeBluesky) -> None:
    for number in range(30):
        fake.say(f"m{number}", at=NOON + timedelta(minutes=number))
    found, cursor = [], ""
    while True:
        batch = do(fake, lambda bluesky: bluesky.look_back(NOON + timedelta(minutes=4.5), cursor))  # noqa: B023 - called at once
        found += [one.text for one in batch.incoming]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(found) == sorted(f"m{number}" for number in range(5, 30))


def test_what_was_taken_back_is_known_by_asking_for_it(fake: FakeBluesky) -> None:
    uris = [fake.say(f"m{number}") for number in range(60)]
    fake.others.pop(uris[7])
    fake.others.pop(uris[40])
    gone = do(fake, lambda bluesky: bluesky.vanished(uris))
    assert [one.outside_id for one in gone] == [uris[7], uris[40]]
