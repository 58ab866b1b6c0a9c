"""Telegram's connector against a network that misbehaves: a lost answer is a person's affair, nothing that is
confirmed is sent again, and the token is seen nowhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from tests.fakes.telegram import CHAT_ID, GROUP_ID, NAME, TOKEN, FakeTelegram

from dragoman.channels.connector import (
    Account,
    Picture,
    Piece,
    Post,
    Prepared,
    Refused,
    Sent,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.telegram import rendering
from dragoman.channels.connectors.telegram.connector import Telegram
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
LONG = Piece("en", "Title <&>", "", "Word after word. " * 700, "https://www.mfa.example/en/x/", ("visa",))
SHORT = Limits(connect=1, read=1, total=2, answer=1_000_000)
LOST = (
    "500-after",
    "silent-after",
    "reset-after",
    "garbage-after",
    "half-after",
    "empty-200-after",
    "huge-after",
)
NOT_DONE = ("500-before", "503-html-before", "silent-before", "reset-before", "html-200-before", "redirect")


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram().running() as running:
        yield running


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4), (10, 80, 90)).save(out, "PNG")
    return out.getvalue()


def picture(n: int = 0) -> Picture:
    return Picture(f"{n:064x}", "image/png", 4, 4, "A hall", png())


def post(piece: Piece = LONG) -> Post:
    rendition = rendering.render(piece)
    at = datetime.now(UTC)
    key = "2026-abc:1:3:en:9"
    return Post(key, rendition, "en", piece.url, at, piece.title, piece.summary, piece.pictures)


WHOLE = [part.text for part in post().rendition.parts]


def do(
    fake: FakeTelegram, verb: Callable[[Telegram], Awaitable[T]], session: dict[str, Any] | None = None
) -> T:
    settings, secrets, _ = fake.account()

    async def go() -> T:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            connector = Telegram(Account("t", settings, secrets, Path(), session or {}), door)
            try:
                return await verb(connector)
            finally:
                assert TOKEN not in repr(connector.calls) + repr(connector)
                if session is not None:
                    session.update(connector.session)

    return asyncio.run(go())


def send(fake: FakeTelegram, what: Post, session: dict[str, Any] | None = None) -> Any:
    return do(fake, lambda telegram: telegram.send(Prepared(what)), session)


@pytest.mark.parametrize("trouble", [*LOST, *NOT_DONE])
@pytest.mark.parametrize("before", [0, 1])
def test_a_lost_answer_is_a_persons_affair_with_words_on_what_to_look_for(
    fake: FakeTelegram, trouble: str, before: int
) -> None:
    assert len(WHOLE) == 3
    session: dict[str, Any] = {}
    fake.will("sendMessage", *["ok"] * before, trouble)
    with pytest.raises(Unsure) as caught:
        send(fake, post(), session)
    assert "<html" not in str(caught.value)
    assert WHOLE[before][:60].split()[0] in caught.value.look_for
    assert f"t.me/{NAME}" in caught.value.look_for
    assert (f"{before} of 3" in caught.value.why) == bool(before)
    with pytest.raises(Unsure):
        do(fake, lambda telegram: telegram.find(post()), session)
    # a person has looked, and says: not out; what was confirmed is not sent again
    send(fake, post(), session)
    doubled = [text for text in WHOLE if fake.made(text) > 1]
    assert doubled == ([WHOLE[before]] if trouble in LOST else [])


def test_a_limit_in_the_middle_names_the_moment_and_what_is_out_is_not_sent_again(fake: FakeTelegram) -> None:
    session: dict[str, Any] = {}
    fake.limit_seconds = 30
    fake.will("sendMessage", "ok", "429")
    with pytest.raises(TryLater, match="1 of 3 messages") as later:
        send(fake, post(), session)
    assert later.value.account
    assert later.value.when is not None
    assert timedelta(seconds=25) < later.value.when - datetime.now(UTC) <= timedelta(seconds=30)
    sent = send(fake, post(), session)
    assert fake.texts() == WHOLE
    assert len(sent.extra["messages"]) == 3
    do(fake, lambda telegram: telegram.withdraw(post(), sent))
    assert fake.texts() == []


@pytest.mark.parametrize("call", ["getChat", "getChatMember", "deleteMessage"])
@pytest.mark.parametrize(
    "trouble", ["500-before", "silent-after", "reset-before", "garbage-after", "html-200-before", "429"]
)
def test_trouble_elsewhere_only_means_later(fake: FakeTelegram, call: str, trouble: str) -> None:
    async def whole(telegram: Telegram) -> None:
        prepared = await telegram.prepare(post())
        sent = await telegram.send(prepared)
        await telegram.withdraw(post(), sent)

    fake.will(call, trouble)
    with pytest.raises(TryLater):
        do(fake, whole)


def test_a_picture_carries_a_short_text_and_an_album_its_first(fake: FakeTelegram) -> None:
    one = Piece("en", "Title", "S", "B", "https://m.example", pictures=(picture(),))
    send(fake, post(one))
    (kept,) = fake.kept.values()
    assert (kept.text, kept.photo) == ("Title\n\nS\n\nB\n\nhttps://m.example", png())
    assert kept.entities == [{"type": "bold", "offset": 0, "length": 5}]
    album = replace(one, body="B " * 900, pictures=(picture(1), picture(2), picture(3)))
    sent = send(fake, post(album))
    assert [each.text[:5] for each in list(fake.kept.values())[1:]] == ["Title", "", "", "S\n\nB "]
    assert len(sent.extra["messages"]) == 4
    do(fake, lambda telegram: telegram.withdraw(post(album), sent))
    assert len(fake.texts()) == 1


@pytest.mark.parametrize("call", ["sendPhoto", "sendMediaGroup"])
@pytest.mark.parametrize("trouble", LOST)
def test_a_picture_whose_answer_is_lost_is_a_persons_affair(
    fake: FakeTelegram, call: str, trouble: str
) -> None:
    pictures = (picture(),) if call == "sendPhoto" else (picture(), picture(1))
    fake.will(call, trouble)
    with pytest.raises(Unsure):
        send(fake, post(Piece("en", "Title", "", "", "", pictures=pictures)))


def test_a_picture_that_is_none_is_refused_in_words(fake: FakeTelegram) -> None:
    broken = replace(picture(), data=b"no picture" * 1_100_000)
    with pytest.raises(Refused) as refused:
        send(fake, post(Piece("en", "Title", "", "", "", pictures=(broken,))))
    assert "another picture" in refused.value.shown


def test_only_the_first_message_rings(fake: FakeTelegram) -> None:
    send(fake, post())
    assert [kept.silent for kept in fake.kept.values()] == [False, True, True]
    assert [kept.preview for kept in fake.kept.values()][-1] == {"url": LONG.url}


# --- the account ---


def test_a_wrong_token_is_refused_in_words(fake: FakeTelegram) -> None:
    fake.token = "123456:other"
    with pytest.raises(Refused, match="token") as refused:
        send(fake, post())
    assert refused.value.account
    assert "BotFather" in refused.value.shown


@pytest.mark.parametrize("token", ["", "nonsense", "123456:a/../b", "12:3 4", "x:1"])
def test_what_is_no_token_is_not_even_tried(fake: FakeTelegram, token: str) -> None:
    async def go() -> None:
        async with Door(allow_loopback=True) as door:
            await Telegram(Account("t", fake.settings(), {"token": token}, Path()), door).check()

    with pytest.raises(Refused, match="no token"):
        asyncio.run(go())
    assert fake.calls == []


@pytest.mark.parametrize(
    ("status", "may_post"), [("left", True), ("kicked", True), ("member", True), ("administrator", False)]
)
def test_a_bot_without_the_right_is_told_long_before(
    fake: FakeTelegram, status: str, *, may_post: bool
) -> None:
    fake.status, fake.may_post = status, may_post
    assert not do(fake, lambda telegram: telegram.check()).ok
    for verb in (lambda t: t.prepare(post()), lambda t: t.send(Prepared(post()))):
        with pytest.raises(Refused) as refused:
            do(fake, verb)
        assert refused.value.account
        assert "administrator" in refused.value.shown
    assert fake.texts() == []


def test_a_renamed_channel_is_known_by_its_number(fake: FakeTelegram) -> None:
    session: dict[str, Any] = {}
    assert do(fake, lambda telegram: telegram.check(), session).who == f"@{NAME}, by @ministry_desk_bot"
    fake.name = "ministry_new_name"
    health = do(fake, lambda telegram: telegram.check(), session)
    assert health.ok
    assert "ministry_new_name" in health.says
    sent = send(fake, post(Piece("en", "Title", "", "", "")), session)
    assert sent.url == "https://t.me/ministry_new_name/101"
    with pytest.raises(Refused, match="does not find"):
        do(fake, lambda telegram: telegram.check())


def test_a_private_channel_has_an_address_for_its_members(fake: FakeTelegram) -> None:
    session: dict[str, Any] = {}
    do(fake, lambda telegram: telegram.check(), session)
    fake.name = ""
    sent = send(fake, post(Piece("en", "Title", "", "", "")), session)
    assert sent.url == "https://t.me/c/1234567890/101"


def test_a_new_number_is_taken_over(fake: FakeTelegram) -> None:
    session: dict[str, Any] = {}
    do(fake, lambda telegram: telegram.check(), session)
    fake.moved_to = -1005
    with pytest.raises(TryLater, match="new number"):
        send(fake, post(), session)
    fake.chat_id = -1005
    send(fake, post(), session)
    assert fake.texts() == WHOLE


def test_a_text_that_is_too_long_is_refused_and_nothing_is_out(fake: FakeTelegram) -> None:
    what = post(Piece("hi", "क्षि" * 1024, "", "", ""))
    one = replace(what.rendition.parts[0], text="क्षि" * 1024 + "क")
    with pytest.raises(Refused, match="too long"):
        send(fake, replace(what, rendition=replace(what.rendition, parts=(one,))))
    assert fake.texts() == []


def test_after_two_days_a_person_deletes_by_hand(fake: FakeTelegram) -> None:
    sent = send(fake, post(Piece("en", "Title", "", "", "")))
    fake.kept[101].date -= 49 * 3600
    with pytest.raises(Refused, match="delete") as refused:
        do(fake, lambda telegram: telegram.withdraw(post(), sent))
    assert f"t.me/{NAME}/101" in refused.value.shown
    assert not refused.value.account


def test_what_nobody_knows_the_number_of_is_not_said_to_be_gone(fake: FakeTelegram) -> None:
    fake.will("sendMessage", "500-after")
    with pytest.raises(Unsure):
        send(fake, post())
    with pytest.raises(Refused, match="does not know") as refused:
        do(fake, lambda telegram: telegram.withdraw(post(), None))
    assert "by hand" in refused.value.shown


def test_what_a_person_has_found_a_person_takes_down(fake: FakeTelegram) -> None:
    with pytest.raises(Refused, match="does not know") as refused:
        do(fake, lambda telegram: telegram.withdraw(post(), Sent("", "", datetime.now(UTC))))
    assert "by hand" in refused.value.shown


def test_a_message_in_doubt_is_not_said_to_be_gone_with_the_others(fake: FakeTelegram) -> None:
    session: dict[str, Any] = {}
    fake.will("sendMessage", "ok", "500-after")
    with pytest.raises(Unsure):
        send(fake, post(), session)
    with pytest.raises(Refused, match="does not know") as refused:
        do(fake, lambda telegram: telegram.withdraw(post(), None), session)
    assert " ".join(WHOLE[1].split())[:40] in refused.value.shown
    assert fake.texts() == [WHOLE[1]]


def test_what_is_partly_out_is_taken_down(fake: FakeTelegram) -> None:
    session: dict[str, Any] = {}
    fake.will("sendMessage", "ok", "429")
    with pytest.raises(TryLater):
        send(fake, post(), session)
    do(fake, lambda telegram: telegram.withdraw(post(), None), session)
    assert fake.texts() == []


# --- the token ---


@pytest.mark.parametrize("trouble", [*LOST, *NOT_DONE, "429", "expired"])
def test_the_token_is_seen_nowhere(
    fake: FakeTelegram, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    caplog.set_level(logging.DEBUG)
    settings, secrets, _ = fake.account()
    fake.will("sendMessage", trouble)

    async def go() -> str:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            telegram = Telegram(Account("t", settings, secrets, Path()), door)
            try:
                await telegram.send(Prepared(post()))
            except (TryLater, Refused, Unsure) as problem:
                said = f"{problem!r} {problem.why} {vars(problem)}"
            return said + str([call.as_json() for call in telegram.calls]) + repr(telegram)

    kept = asyncio.run(go())
    assert "/bot…/sendMessage" in kept
    assert TOKEN not in kept + caplog.text
    assert TOKEN.split(":")[1] not in kept + caplog.text


def test_what_telegram_echoes_holds_no_token(fake: FakeTelegram) -> None:
    async def go(telegram: Telegram) -> str:
        return telegram.talk.clean(f"wrong:\n{TOKEN} " + "x" * 500)

    assert TOKEN not in do(fake, go)


def test_a_token_never_travels_openly() -> None:
    account = Account("t", {"channel": "@a_b_c", "service": "http://t.example"}, {"token": TOKEN}, Path())

    async def go() -> None:
        async with Door() as door:
            await Telegram(account, door).check()

    with pytest.raises(Refused, match="https"):
        asyncio.run(go())


# --- what comes in ---


def test_what_people_write_under_a_post_is_read_once(fake: FakeTelegram) -> None:
    sent = send(fake, post(Piece("en", "Title", "", "", "")))
    fake.comment("When?", under=101)
    fake.comment("Elsewhere", group=-5)
    first = do(fake, lambda telegram: telegram.fetch(""))
    (said,) = first.incoming
    assert (said.text, said.lang, said.in_reply_to) == ("When?", "uk", sent.remote_id)
    assert said.outside_id.startswith(f"{GROUP_ID}:")
    again = do(fake, lambda telegram: telegram.fetch(first.cursor))
    assert (again.incoming, again.cursor) == ((), first.cursor)
    assert sent.remote_id == f"{CHAT_ID}:101"
