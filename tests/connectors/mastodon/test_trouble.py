"""Mastodon's connector against a server that misbehaves: each trouble becomes one of three failures, and no
post is ever doubled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.fakes.mastodon import TOKEN, FakeMastodon
from tests.fakes.network import Asked

from dragoman.channels.connector import (
    Account,
    ChannelError,
    Picture,
    Piece,
    Post,
    Prepared,
    Refused,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.mastodon import rendering
from dragoman.channels.connectors.mastodon.connector import Mastodon
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
SHORT = Limits(connect=1, read=1, total=2, answer=1_000_000)
LONG = Piece("en", "Title", "", "Word after word. " * 60, "https://mfa.gov.ee/x/")
PICTURE = Picture("0" * 64, "image/png", 4, 4, "Two flags", b"\x89PNG bytes")
BEFORE = (
    "500-before",
    "503-html-before",
    "silent-before",
    "reset-before",
    "garbage-before",
    "html-200-before",
)
AFTER = ("500-after", "silent-after", "reset-after", "garbage-after", "html-200-after", "half-after")
LOST = (*BEFORE, *AFTER, "redirect", "empty-200-after", "huge-after")


@pytest.fixture
def fake() -> Iterator[FakeMastodon]:
    with FakeMastodon().running() as running:
        yield running


def post(piece: Piece = LONG, key: str = "2026-abc:1:3:en:9", at: datetime | None = None) -> Post:
    rendition = rendering.render(piece, rendering.Rules(form="whole"))
    return Post(key, rendition, piece.lang, piece.url, at or datetime.now(UTC), pictures=piece.pictures)


SINGLE = replace(LONG, body="A few words.")


class Desk:
    """Keeps the sign-in between uses, as the desk does."""

    def __init__(self, fake: FakeMastodon) -> None:
        self.fake = fake
        self.session: dict[str, Any] = {}
        self.settings, self.secrets, _ = fake.account()

    def do(self, verb: Callable[[Mastodon], Awaitable[T]]) -> T:
        async def go() -> T:
            async with Door(allow_loopback=True, limits=SHORT) as door:
                account = Account("m", self.settings, self.secrets, Path(), self.session)
                mastodon = Mastodon(account, door)
                try:
                    return await verb(mastodon)
                finally:
                    self.session = dict(mastodon.session)

        return asyncio.run(go())


@pytest.fixture
def desk(fake: FakeMastodon) -> Desk:
    return Desk(fake)


@pytest.mark.parametrize("trouble", LOST)
def test_a_lost_answer_is_unsure_and_looking_tells_the_truth(desk: Desk, trouble: str) -> None:
    one = post(SINGLE)
    desk.fake.will("post", trouble)
    with pytest.raises(Unsure) as caught:
        desk.do(lambda mastodon: mastodon.send(Prepared(one)))
    assert "<html" not in str(caught.value)
    found = desk.do(lambda mastodon: mastodon.find(one))
    assert (found is not None) == trouble.endswith("-after")
    assert desk.fake.made(one.rendition.parts[0].text) == trouble.endswith("-after")


@pytest.mark.parametrize("honours", [True, False])
@pytest.mark.parametrize("trouble", ["429", "empty-200-after"])
def test_a_thread_that_was_cut_short_goes_on_and_doubles_nothing(
    desk: Desk, trouble: str, honours: bool
) -> None:
    thread = post()
    whole = [part.text for part in thread.rendition.parts]
    assert len(whole) == 3
    desk.fake.honours_keys = honours
    desk.fake.will("post", "ok", trouble)
    with pytest.raises(ChannelError) as caught:
        desk.do(lambda mastodon: mastodon.send(Prepared(thread)))
    assert "1 of 3 posts" in str(caught.value)
    assert desk.do(lambda mastodon: mastodon.find(thread)) is None
    if trouble == "empty-200-after" and not honours:
        # The worker died with what it knew; a person decides, and the thread is looked for a minute later.
        desk.session = {}
        thread = replace(thread, at=thread.at - timedelta(minutes=2))
    desk.do(lambda mastodon: mastodon.send(Prepared(thread)))
    assert desk.fake.texts() == whole
    assert [desk.fake.made(text) for text in whole] == [1, 1, 1]
    replies = [one["in_reply_to_id"] for one in desk.fake.posts.values()]
    assert replies == [None, "1001", "1002"]
    assert not any(value for name, value in desk.session.items() if name.startswith("thread-"))


TRIED = ("500-before", "silent-after", "garbage-after", "html-200-before", "429", "redirect")
WORDLESS = {("media", "garbage-after"), ("media", "html-200-before")}  # only the status of this answer counts


@pytest.mark.parametrize(
    ("call", "trouble"),
    [
        (call, trouble)
        for call in ("verify", "upload", "media", "statuses", "delete")
        for trouble in TRIED
        if (call, trouble) not in WORDLESS
    ],
)
def test_trouble_elsewhere_only_means_later(desk: Desk, call: str, trouble: str) -> None:
    desk.fake.slow_media = 1
    one = post(replace(SINGLE, pictures=(PICTURE,)))
    desk.fake.will(call, trouble)

    async def whole(mastodon: Mastodon) -> None:
        sent = await mastodon.send(await mastodon.prepare(one))
        await mastodon.find(one)
        await mastodon.withdraw(one, sent)

    with pytest.raises(TryLater):
        desk.do(whole)
    one = replace(one, key="another")
    desk.do(whole)


def test_a_picture_is_uploaded_ahead_with_its_words_and_waited_for(desk: Desk) -> None:
    desk.fake.slow_media = 2
    one = post(replace(SINGLE, pictures=(PICTURE,) * 5))
    prepared = desk.do(lambda mastodon: mastodon.prepare(one))
    assert desk.fake.texts() == []
    desk.fake.calls.clear()
    desk.do(lambda mastodon: mastodon.send(prepared))
    assert desk.fake.calls == ["post"]
    (there,) = desk.fake.posts.values()
    assert [media["description"] for media in there["media_attachments"]] == ["Two flags"] * 4


def test_a_post_carries_language_visibility_and_warning(desk: Desk) -> None:
    piece = replace(SINGLE, lang="pt-BR")
    desk.settings |= {"warning": "Travel", "visibility": "unlisted"}
    rendition = desk.do(lambda mastodon: _render(mastodon, piece))
    desk.do(lambda mastodon: mastodon.send(Prepared(replace(post(piece), rendition=rendition))))
    (there,) = desk.fake.posts.values()
    assert (there["language"], there["visibility"], there["spoiler_text"]) == ("pt", "unlisted", "Travel")


async def _render(mastodon: Mastodon, piece: Piece) -> Any:
    return mastodon.render(piece)


def test_a_revoked_token_asks_for_a_person_and_hides_the_token(desk: Desk) -> None:
    desk.fake.token = "another"
    with pytest.raises(Refused) as caught:
        desk.do(lambda mastodon: mastodon.check())
    assert caught.value.account
    assert "Sign in again" in caught.value.shown
    assert TOKEN not in str(caught.value)


def test_a_disabled_account_is_named(desk: Desk) -> None:
    desk.fake.disabled = True
    with pytest.raises(Refused) as caught:
        desk.do(lambda mastodon: mastodon.send(Prepared(post(SINGLE))))
    assert caught.value.account
    assert "currently disabled" in str(caught.value)


def test_without_a_sign_in_it_says_so(desk: Desk) -> None:
    desk.secrets = {}
    with pytest.raises(Refused, match="Nobody has signed in"):
        desk.do(lambda mastodon: mastodon.check())
    desk.session = {"access": TOKEN}
    assert desk.do(lambda mastodon: mastodon.check()).who == "@ministry@127.0.0.1"


def test_checking_names_verified_links_and_where_the_limits_differ(desk: Desk) -> None:
    desk.fake.max_characters = 5000
    health = desk.do(lambda mastodon: mastodon.check())
    assert "https://mfa.example" in health.says
    assert "unproved" not in health.says
    assert "The server says 5000 characters a post, the channel's settings say 500" in health.says
    assert health.headroom[0].left == 299
    assert health.may


def test_a_text_over_the_limit_of_the_server_is_refused_in_words(desk: Desk) -> None:
    desk.fake.max_characters = 10
    with pytest.raises(Refused) as caught:
        desk.do(lambda mastodon: mastodon.send(Prepared(post(SINGLE))))
    assert "too long" in str(caught.value)
    assert "Check now" in caught.value.shown
    assert not caught.value.account


def test_the_limit_of_the_server_is_waited_for_as_it_says(desk: Desk) -> None:
    desk.fake.limit_seconds = 600
    desk.fake.will("post", "429")
    with pytest.raises(TryLater) as caught:
        desk.do(lambda mastodon: mastodon.send(Prepared(post(SINGLE))))
    assert caught.value.account
    assert caught.value.when is not None
    assert timedelta(minutes=9) < caught.value.when - datetime.now(UTC) < timedelta(minutes=11)


def test_a_post_is_found_far_down_and_not_before_its_moment(desk: Desk) -> None:
    one = post(SINGLE)
    desk.do(lambda mastodon: mastodon.send(Prepared(one)))
    for number in range(130):
        other = post(replace(SINGLE, body=f"Another {number}."), key=str(number))
        desk.fake.post(_asked(other))
    assert desk.do(lambda mastodon: mastodon.find(one)) is not None
    late = replace(one, at=one.at + timedelta(hours=1))
    assert desk.do(lambda mastodon: mastodon.find(late)) is None


def _asked(other: Post) -> Asked:
    body = json.dumps({"status": other.rendition.parts[0].text}).encode()
    return Asked("POST", "/api/v1/statuses", {}, {}, {"authorization": f"Bearer {TOKEN}"}, body)


def test_too_long_a_list_is_said_to_be_unsure(desk: Desk) -> None:
    for number in range(420):
        desk.fake.post(_asked(post(replace(SINGLE, body=f"Another {number}."), key=str(number))))
    with pytest.raises(Unsure, match="too much"):
        desk.do(lambda mastodon: mastodon.find(post(SINGLE)))


def test_a_withdrawal_without_ids_takes_down_what_is_out(desk: Desk) -> None:
    thread = post()
    desk.fake.will("post", "ok", "500-after")
    with pytest.raises(Unsure):
        desk.do(lambda mastodon: mastodon.send(Prepared(thread)))
    assert len(desk.fake.texts()) == 2
    desk.do(lambda mastodon: mastodon.withdraw(thread, None))
    assert desk.fake.texts() == []


def test_what_is_said_comes_in_and_private_words_are_known_as_such(desk: Desk) -> None:
    assert desk.do(lambda mastodon: mastodon.fetch("")).incoming == ()
    desk.fake.mention("When does it open?")
    desk.fake.mention("I lost my passport", visibility="direct")
    batch = desk.do(lambda mastodon: mastodon.fetch(""))
    said = [(one.text, one.lang, one.private) for one in batch.incoming]
    assert said == [("When does it open?", "lt", False), ("I lost my passport", "lt", True)]
    assert {(one.author, one.author_id) for one in batch.incoming} == {("ana@social.test", "77")}
    assert batch.cursor == "2"
    assert desk.do(lambda mastodon: mastodon.fetch(batch.cursor)).incoming == ()


def test_the_servers_own_counts_are_read(desk: Desk) -> None:
    sent = desk.do(lambda mastodon: mastodon.send(Prepared(post(SINGLE))))
    assert desk.do(lambda mastodon: mastodon.figures(sent)).counts == {
        "favourites": 3,
        "boosts": 2,
        "replies": 1,
    }
    desk.fake.posts.clear()
    with pytest.raises(Refused):
        desk.do(lambda mastodon: mastodon.figures(sent))


def test_an_answer_is_a_reply_to_the_post_that_it_answers(desk: Desk) -> None:
    asked = desk.do(lambda mastodon: mastodon.send(Prepared(post(SINGLE))))
    answer = replace(post(replace(SINGLE, body="Tomorrow."), key="answer"), reply_to=asked.remote_id)
    sent = desk.do(lambda mastodon: mastodon.send(Prepared(answer)))
    assert desk.fake.posts[sent.remote_id]["in_reply_to_id"] == asked.remote_id
    found = desk.do(lambda mastodon: mastodon.find(answer))
    assert found is not None
    assert found.remote_id == sent.remote_id


def test_warming_asks_nothing_and_never_raises(desk: Desk) -> None:
    desk.do(lambda mastodon: mastodon.warm())
    assert desk.fake.calls == []
    desk.settings["service"] = "http://127.0.0.1:1"
    desk.do(lambda mastodon: mastodon.warm())


def test_a_password_never_travels_openly() -> None:
    async def go() -> None:
        async with Door() as door:
            account = Account("m", {"service": "http://social.example"}, {"access_token": TOKEN}, Path())
            await Mastodon(account, door).check()

    with pytest.raises(Refused, match="https://"):
        asyncio.run(go())
