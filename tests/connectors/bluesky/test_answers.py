"""Pictures in the post, answering, and reading what others say: with an AppView and without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from tests.connectors.bluesky.test_trouble import do, png, post
from tests.fakes.bluesky import DID, FakeBluesky

from dragoman.channels.connector import Picture, Piece, Post, Prepared, Refused, TryLater
from dragoman.channels.connectors.bluesky import rendering

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeBluesky]:
    with FakeBluesky().running() as running:
        yield running


def picture(side: int, alt: str) -> Picture:
    data = png(side)
    return Picture(sha256(data).hexdigest(), "image/png", side, side, alt, data)


def with_pictures() -> Post:
    pictures = (picture(4, "Two flags"), picture(5, "A table"))
    piece = Piece("en", "Title", "In short.", "", "https://mfa.example/x/", pictures=pictures)
    return replace(post(piece), rendition=rendering.render(piece), pictures=pictures)


def first(fake: FakeBluesky) -> dict[str, Any]:
    found: dict[str, Any] = fake.records[sorted(fake.records)[0]]["value"]
    return found


def test_pictures_are_uploaded_ahead_and_posted_with_their_words(fake: FakeBluesky) -> None:
    prepared = do(fake, lambda bluesky: bluesky.prepare(with_pictures()))
    assert fake.texts() == []
    do(fake, lambda bluesky: bluesky.send(prepared))
    embed = first(fake)["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    assert [one["alt"] for one in embed["images"]] == ["Two flags", "A table"]
    assert [one["aspectRatio"] for one in embed["images"]] == [
        {"width": 4, "height": 4},
        {"width": 5, "height": 5},
    ]
    assert all(one["image"]["ref"]["$link"] in fake.blobs for one in embed["images"])
    found = do(fake, lambda bluesky: bluesky.find(with_pictures()))
    assert found is not None


def test_pictures_whose_bytes_are_missing_mean_later(fake: FakeBluesky) -> None:
    whole = with_pictures()
    half = replace(whole, pictures=(whole.pictures[0], replace(whole.pictures[1], data=b"")))
    with pytest.raises(TryLater, match="pictures"):
        do(fake, lambda bluesky: bluesky.send(Prepared(half)))
    assert fake.texts() == []


def test_an_answer_hangs_under_what_it_answers(fake: FakeBluesky) -> None:
    root = {"uri": "at://did:plc:x/app.bsky.feed.post/r", "cid": "bafyroot"}
    asked = fake.say("When?", reply={"root": root, "parent": root})
    answer = replace(post(Piece("en", "Tomorrow.", "", "", "")), reply_to=asked)
    do(fake, lambda bluesky: bluesky.send(Prepared(answer)))
    reply = first(fake)["reply"]
    assert reply == {"root": root, "parent": {"uri": asked, "cid": "bafyother0"}}
    found = do(fake, lambda bluesky: bluesky.find(answer))
    assert found is not None


def test_an_answer_to_our_own_post_needs_no_appview(fake: FakeBluesky) -> None:
    fake.appview = False
    sent = do(fake, lambda bluesky: bluesky.send(Prepared(post(Piece("en", "First.", "", "", "")))))
    answer = replace(post(Piece("en", "Second.", "", "", "")), reply_to=sent.remote_id, key="answer")
    do(fake, lambda bluesky: bluesky.send(Prepared(answer)))
    replies = [one["value"].get("reply") for one in fake.records.values()]
    cid = fake.records[sent.remote_id.rpartition("/")[2]]["cid"]
    named = {"uri": sent.remote_id, "cid": cid}
    assert [one for one in replies if one] == [{"root": named, "parent": named}]


def test_a_long_answer_is_a_thread_under_the_same_root(fake: FakeBluesky) -> None:
    asked = fake.say("Why?")
    answer = replace(post(Piece("en", "Because.", "", "Word after word. " * 40, "")), reply_to=asked)
    do(fake, lambda bluesky: bluesky.send(Prepared(answer)))
    replies = [fake.records[rkey]["value"]["reply"] for rkey in sorted(fake.records)]
    assert {one["root"]["uri"] for one in replies} == {asked}
    parents = [one["parent"]["uri"] for one in replies]
    assert parents == [asked, *(fake.records[rkey]["uri"] for rkey in sorted(fake.records)[:-1])]


def test_an_answer_to_what_is_gone_is_refused_in_words(fake: FakeBluesky) -> None:
    for uri in ("at://did:plc:citizen/app.bsky.feed.post/gone", f"at://{DID}/app.bsky.feed.post/gone"):
        answer = replace(post(Piece("en", "Late.", "", "", "")), reply_to=uri)
        with pytest.raises(Refused, match="no longer there"):
            do(fake, lambda bluesky, answer=answer: bluesky.send(Prepared(answer)))
    assert fake.texts() == []


def test_answers_mentions_and_quotes_come_in_and_likes_do_not(fake: FakeBluesky) -> None:
    parent = {"uri": f"at://{DID}/app.bsky.feed.post/x", "cid": "c"}
    fake.say("When?", at=NOON, reply={"root": parent, "parent": parent})
    fake.say("Hear @ministry.test", "mention", NOON + timedelta(minutes=1))
    fake.say("Look at this", "quote", NOON + timedelta(minutes=2))
    fake.say("", "like", NOON + timedelta(minutes=3))
    batch = do(fake, lambda bluesky: bluesky.fetch(""))
    # without a cursor only the newest page is read
    assert [one.text for one in batch.incoming] == ["Look at this"]
    batch = do(fake, lambda bluesky: bluesky.fetch((NOON - timedelta(hours=1)).isoformat()))
    assert [one.text for one in batch.incoming] == ["When?", "Hear @ministry.test", "Look at this"]
    one = batch.incoming[0]
    assert (one.in_reply_to, one.lang) == (parent["uri"], "lt")
    assert one.url == "https://bsky.app/profile/did:plc:citizen/post/1"
    assert batch.cursor == (NOON + timedelta(minutes=3)).isoformat()


def test_what_was_indexed_late_is_not_missed(fake: FakeBluesky) -> None:
    fake.say("On time", at=NOON)
    cursor = do(fake, lambda bluesky: bluesky.fetch("")).cursor
    fake.say("Indexed late", at=NOON - timedelta(minutes=5))
    texts = [one.text for one in do(fake, lambda bluesky: bluesky.fetch(cursor)).incoming]
    assert texts == ["Indexed late", "On time"]


def test_a_server_that_stands_alone_says_so(fake: FakeBluesky) -> None:
    fake.appview = False
    sent = do(fake, lambda bluesky: bluesky.send(Prepared(post(Piece("en", "First.", "", "", "")))))
    asked = replace(post(Piece("en", "A.", "", "", "")), reply_to="at://did:plc:citizen/app.bsky.feed.post/1")
    for verb in (
        lambda bluesky: bluesky.fetch(""),
        lambda bluesky: bluesky.figures(sent),
        lambda bluesky: bluesky.prepare(asked),
    ):
        with pytest.raises(Refused, match="not part of a whole network") as caught:
            do(fake, verb)
        assert "AppView" in caught.value.shown


@pytest.mark.parametrize(
    "trouble", ["500-before", "garbage-before", "silent-before", "429", "html-200-before"]
)
@pytest.mark.parametrize("call", ["listNotifications", "getPosts"])
def test_trouble_while_reading_only_means_later(fake: FakeBluesky, call: str, trouble: str) -> None:
    sent = do(fake, lambda bluesky: bluesky.send(Prepared(post(Piece("en", "First.", "", "", "")))))
    fake.will(call, trouble)

    async def both(bluesky: Any) -> None:
        await bluesky.fetch("")
        await bluesky.figures(sent)

    with pytest.raises(TryLater):
        do(fake, both)
    do(fake, both)


def test_the_counts_of_the_network_are_read(fake: FakeBluesky) -> None:
    sent = do(fake, lambda bluesky: bluesky.send(Prepared(post(Piece("en", "First.", "", "", "")))))
    counts = do(fake, lambda bluesky: bluesky.figures(sent)).counts
    assert counts == {"likes": 5, "reposts": 4, "replies": 3, "quotes": 2}


def test_checking_says_what_the_account_may_and_how_much_is_left(fake: FakeBluesky) -> None:
    health = do(fake, lambda bluesky: bluesky.check())
    assert health.may
    assert (health.headroom[0].left, health.headroom[0].limit) == (2990, 3000)


def test_warming_asks_nothing(fake: FakeBluesky) -> None:
    do(fake, lambda bluesky: bluesky.warm())
    assert fake.calls == []
