"""YouTube's connector against a service that misbehaves: a film is uploaded once, made public once, and found
again however the calls ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import time_machine
from tests.connectors.youtube.world import DATA, piece
from tests.fakes.youtube import TOKEN, FakeYouTube

from dragoman.channels.connector import Account, Post, Prepared, Refused, TryLater, Unsure
from dragoman.channels.connectors.youtube import rendering, uploading
from dragoman.channels.connectors.youtube.connector import YouTube
from dragoman.channels.connectors.youtube.talk import midnight
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
SHORT = Limits(connect=1, read=2, total=3, answer=1_000_000)
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
AHEAD = ("channels", "uploads", "open", "piece", "captions", "videos")


@pytest.fixture
def fake() -> Iterator[FakeYouTube]:
    with FakeYouTube().running() as running:
        yield running


class Desk:
    """Keeps the sign-in between uses, as the desk does."""

    def __init__(self, fake: FakeYouTube, folder: Path) -> None:
        self.fake = fake
        self.settings, self.secrets, self.session = fake.account()
        self.piece = piece(folder)

    def post(self, key: str = "2026-abc:1:3:en:9") -> Post:
        rendition = rendering.render(self.piece)
        return Post(key, rendition, "en", self.piece.url, datetime.now(UTC), videos=self.piece.videos)

    @property
    def text(self) -> str:
        return self.post().rendition.parts[0].text

    def do(self, verb: Callable[[YouTube], Awaitable[T]]) -> T:
        async def go() -> T:
            async with Door(allow_loopback=True, limits=SHORT) as door:
                account = Account("y", self.settings, self.secrets, Path(), self.session)
                youtube = YouTube(account, door)
                try:
                    return await verb(youtube)
                finally:
                    self.session = dict(youtube.session)

        return asyncio.run(go())

    def prepare(self) -> Prepared:
        return self.do(lambda youtube: youtube.prepare(self.post()))

    def send(self, prepared: Prepared | None = None) -> Any:
        return self.do(lambda youtube: youtube.send(prepared or Prepared(self.post())))


@pytest.fixture
def desk(fake: FakeYouTube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(uploading, "PIECE", 256 * 1024)
    return Desk(fake, tmp_path)


def test_all_is_there_before_the_moment_and_one_call_shows_it(desk: Desk) -> None:
    prepared = desk.prepare()
    (film,) = desk.fake.films.values()
    assert film["status"]["privacyStatus"] == "private"
    assert film["snippet"]["defaultLanguage"] == "en"
    assert desk.fake.bytes[film["id"]] == DATA
    assert [caption["language"] for caption in desk.fake.captions] == ["en", "lt"]
    assert desk.fake.texts() == []
    desk.fake.calls.clear()
    sent = desk.send(prepared)
    assert desk.fake.calls == ["update"]
    assert desk.fake.texts() == [desk.text]
    assert sent.url == f"https://www.youtube.com/watch?v={film['id']}"
    assert film["status"]["selfDeclaredMadeForKids"] is False


@pytest.mark.parametrize("trouble", LOST)
def test_a_lost_answer_is_unsure_and_looking_tells_the_truth(desk: Desk, trouble: str) -> None:
    prepared = desk.prepare()
    desk.fake.will("update", trouble)
    with pytest.raises(Unsure) as caught:
        desk.send(prepared)
    assert "<html" not in str(caught.value)
    found = desk.do(lambda youtube: youtube.find(desk.post()))
    assert (found is not None) == trouble.endswith("-after")
    desk.send(prepared)
    assert desk.fake.made(desk.text) == 1
    assert desk.fake.texts() == [desk.text]


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("trouble", [*LOST, "429"])
@pytest.mark.parametrize("call", AHEAD)
def test_trouble_ahead_only_means_later_and_nothing_is_uploaded_twice(
    desk: Desk, call: str, trouble: str, forgets: bool
) -> None:
    desk.fake.will(call, trouble)
    try:
        desk.prepare()
    except TryLater as problem:
        assert "<html" not in str(problem)  # noqa: PT017 - some troubles are mended within the attempt
    if forgets:
        desk.session = desk.fake.account()[2]  # the worker died with what it knew
    for _ in range(3):
        try:
            prepared = desk.prepare()
            break
        except TryLater:
            continue
    desk.send(prepared)
    whole = [number for number, data in desk.fake.bytes.items() if data == DATA]
    assert len(whole) == len(desk.fake.films) == 1
    assert sorted(caption["language"] for caption in desk.fake.captions) == ["en", "lt"]
    assert desk.fake.made(desk.text) == 1


def test_an_upload_that_was_cut_off_goes_on_where_it_stopped(desk: Desk) -> None:
    desk.fake.will("piece", "ok", "500-before")
    with pytest.raises(TryLater):
        desk.prepare()
    desk.fake.asked.clear()
    desk.prepare()
    ranges = [one.headers["content-range"] for one in desk.fake.asked if one.method == "PUT"]
    assert ranges[0] == f"bytes */{len(DATA)}"
    assert ranges[1].startswith(f"bytes {uploading.PIECE}-")
    assert "open" not in [one.path for one in desk.fake.asked]
    assert list(desk.fake.bytes.values()) == [DATA]


def test_a_piece_that_was_taken_in_part_is_gone_on_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fake.takes = 256 * 1024
    monkeypatch.setattr(uploading, "PIECE", 512 * 1024)
    desk.prepare()
    assert list(desk.fake.bytes.values()) == [DATA]


def test_a_long_upload_is_done_in_several_attempts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "SECONDS_AHEAD", -1.0)
    with pytest.raises(TryLater, match=r"0\.0 of 0\.7 MB of the film are uploaded"):
        desk.prepare()
    monkeypatch.setattr(uploading, "SECONDS_AHEAD", 60.0)
    desk.prepare()
    assert len(desk.fake.sessions) == 1


def test_a_forgotten_upload_begins_anew(desk: Desk) -> None:
    desk.fake.will("piece", "ok", "500-before")
    with pytest.raises(TryLater):
        desk.prepare()
    desk.fake.sessions.clear()
    with pytest.raises(TryLater, match="begins anew"):
        desk.prepare()
    desk.prepare()
    assert list(desk.fake.bytes.values()) == [DATA]


def test_the_token_is_never_sent_to_another_host(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert uploading._ours("https://youtube.googleapis.com/x", "https://www.googleapis.com")
    for there in (
        "https://evil.example/x",
        "http://www.googleapis.com/x",
        "https://googleapis.com.evil.example/",
    ):
        assert not uploading._ours(there, "https://www.googleapis.com")


@pytest.mark.parametrize("reason", ["quotaExceeded", "dailyLimitExceeded", "uploadLimitExceeded"])
def test_a_spent_quota_waits_for_midnight_in_california(desk: Desk, reason: str) -> None:
    desk.fake.refuses = reason
    with pytest.raises(TryLater) as caught:
        desk.prepare()
    assert caught.value.account
    assert caught.value.when is not None
    assert timedelta() < caught.value.when - datetime.now(UTC) <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-22T14:00", "2026-11-23T08:00"),
        ("2026-07-01T06:59", "2026-07-01T07:00"),
        ("2026-07-01T07:00", "2026-07-02T07:00"),
    ],
)
def test_midnight_in_california(now: str, then: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert midnight(moment) == datetime.fromisoformat(then).replace(tzinfo=UTC)


@pytest.mark.parametrize("reason", ["channelClosed", "channelSuspended", "accessNotConfigured"])
def test_a_closed_channel_is_for_a_person(desk: Desk, reason: str) -> None:
    desk.fake.refuses = reason
    with pytest.raises(Refused) as caught:
        desk.do(lambda youtube: youtube.check())
    assert caught.value.account
    assert caught.value.shown


def test_a_sign_in_that_ran_out_is_renewed_and_one_that_was_revoked_is_for_a_person(desk: Desk) -> None:
    desk.fake.token = "another"
    with pytest.raises(Refused) as caught:
        desk.do(lambda youtube: youtube.check())
    assert caught.value.account
    assert TOKEN not in str(caught.value)
    desk.session["refresh"] = "1//refresh"
    with pytest.raises(TryLater) as later:
        desk.do(lambda youtube: youtube.check())
    assert later.value.sign_in


def test_a_project_that_was_not_examined_is_said_plainly(desk: Desk) -> None:
    desk.fake.examined = False
    prepared = desk.prepare()
    with pytest.raises(Refused, match="keeps the film private") as caught:
        desk.send(prepared)
    assert "examination" in caught.value.shown


def test_a_film_that_youtube_cannot_use_is_told_ahead(desk: Desk) -> None:
    desk.prepare()
    (film,) = desk.fake.films.values()
    film["status"] |= {"uploadStatus": "failed", "failureReason": "codec"}
    with pytest.raises(Refused, match="codec"):
        desk.prepare()


def test_a_film_deleted_before_the_moment_is_for_a_person(desk: Desk) -> None:
    prepared = desk.prepare()
    desk.fake.films.clear()
    with pytest.raises(Refused, match="no longer on YouTube"):
        desk.send(prepared)


def test_a_refused_title_is_refused_in_words(desk: Desk) -> None:
    part = desk.post().rendition.parts[0]
    wrong = replace(part, extra={**part.extra, "title": "<b>"})
    post = replace(desk.post(), rendition=replace(desk.post().rendition, parts=(wrong,)))
    with pytest.raises(Refused, match="invalidTitle"):
        desk.do(lambda youtube: youtube.prepare(post))


def test_a_lost_file_of_the_film_means_later(desk: Desk) -> None:
    Path(desk.piece.videos[0].path).unlink()
    with pytest.raises(TryLater, match="not where it should be"):
        desk.prepare()


@pytest.mark.parametrize("way", ["private", "delete"])
def test_a_withdrawal_hides_or_deletes_and_a_new_release_shows_again(desk: Desk, way: str) -> None:
    desk.settings["withdrawal"] = way
    sent = desk.send()
    for _ in range(2):
        desk.do(lambda youtube: youtube.withdraw(desk.post(), sent))
        assert desk.fake.texts() == []
    assert bool(desk.fake.films) == (way == "private")


def test_comments_come_in_once(desk: Desk) -> None:
    assert desk.do(lambda youtube: youtube.fetch("")).incoming == ()
    start = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    for number in range(5):
        desk.fake.comment(f"Question {number}", start + timedelta(minutes=number))
    batch = desk.do(lambda youtube: youtube.fetch(""))
    assert [one.text for one in batch.incoming] == [f"Question {number}" for number in range(5)]
    assert batch.incoming[0].url == "https://www.youtube.com/watch?v=film0000001&lc=Ug1"
    again = desk.do(lambda youtube: youtube.fetch(batch.cursor))
    assert (again.incoming, again.cursor) == (batch.incoming[-1:], batch.cursor)  # the last half minute
    desk.fake.comment("One more", start + timedelta(minutes=9))
    texts = [one.text for one in desk.do(lambda youtube: youtube.fetch(batch.cursor)).incoming]
    assert texts == ["Question 4", "One more"]
    back = desk.do(lambda youtube: youtube.look_back(start + timedelta(minutes=1), ""))
    assert [one.text for one in back.incoming] == ["Question 2", "Question 3", "Question 4", "One more"]


def test_the_counts_of_youtube_are_read(desk: Desk) -> None:
    sent = desk.send()
    assert desk.do(lambda youtube: youtube.figures(sent)).counts == {"views": 120, "likes": 7, "comments": 2}


def test_checking_names_the_channel_and_what_it_may(desk: Desk) -> None:
    health = desk.do(lambda youtube: youtube.check())
    assert health.who == "@ministry"
    assert any("100 a day" in line for line in health.may)


def test_warming_asks_nothing(desk: Desk) -> None:
    desk.do(lambda youtube: youtube.warm())
    assert desk.fake.calls == []


def test_a_key_that_is_known_uploads_nothing_even_a_month_later(desk: Desk) -> None:
    desk.prepare()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        desk.send()
    assert len(desk.fake.films) == 1
