"""Bluesky's connector against a server that misbehaves: each trouble becomes one of three failures, the post
is never doubled, and after any trouble asking again brings the whole thread out once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from tests.channels.fake_bluesky import HANDLE, PASSWORD, FakeBluesky, fake_bluesky

from dragoman.channels.connector import (
    Account,
    Picture,
    Piece,
    Post,
    Prepared,
    Refused,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.bluesky import rendering
from dragoman.channels.connectors.bluesky.connector import Bluesky
from dragoman.channels.connectors.bluesky.talk import expiry
from dragoman.channels.connectors.bluesky.thumb import MAX_BYTES, thumb
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
LONG = Piece("en", "Title", "", "Word after word. " * 40, "https://mfa.example/en/x/")
SHORT = Limits(connect=1, read=1, total=2, answer=1_000_000)
WRITE_TROUBLES = {
    **dict.fromkeys(("500-before", "500-after", "503-html-before", "silent-before", "silent-after"), Unsure),
    **dict.fromkeys(
        ("reset-before", "reset-after", "garbage-before", "garbage-after", "html-200-before"), Unsure
    ),
    **dict.fromkeys(("half-after", "redirect", "empty-200-after", "huge-after"), Unsure),
    "429": TryLater,
}


@pytest.fixture
def fake() -> Iterator[FakeBluesky]:
    with fake_bluesky() as running:
        yield running


def post(piece: Piece = LONG, pictures: tuple[Picture, ...] = ()) -> Post:
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    rendition = rendering.render(piece, form="whole")
    return Post("2026-abc:1:3:en:9", rendition, "en", piece.url, at, piece.title, piece.summary, pictures)


def account(fake: FakeBluesky, **session: Any) -> Account:
    return Account("b", {"handle": HANDLE, "service": fake.url}, {"app_password": PASSWORD}, Path(), session)


def do(fake: FakeBluesky, verb: Callable[[Bluesky], Awaitable[T]], **session: Any) -> T:
    async def go() -> T:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            return await verb(Bluesky(account(fake, **session), door))

    return asyncio.run(go())


WHOLE = [part.text for part in post().rendition.parts]


@pytest.mark.parametrize(("trouble", "failure"), WRITE_TROUBLES.items())
@pytest.mark.parametrize("before", [0, 1])
def test_trouble_while_writing_is_named_and_asking_again_posts_once(
    fake: FakeBluesky, trouble: str, failure: type[Exception], before: int
) -> None:
    assert len(WHOLE) > 2
    fake.will("putRecord", *["ok"] * before, trouble)
    with pytest.raises(failure) as caught:
        do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    assert "<html" not in str(caught.value)
    assert (f"{before} of {len(WHOLE)} posts" in str(caught.value)) == bool(before)
    assert do(fake, lambda bluesky: bluesky.find(post())) is None
    sent = do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    assert fake.texts() == WHOLE
    assert len(fake.created) == len(WHOLE)
    found = do(fake, lambda bluesky: bluesky.find(post()))
    assert found is not None
    assert found.remote_id == sent.remote_id


def test_the_posts_of_a_thread_hang_together_after_trouble(fake: FakeBluesky) -> None:
    fake.will("putRecord", "ok", "500-after")
    with pytest.raises(Unsure):
        do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    records = [fake.records[rkey] for rkey in sorted(fake.records)]
    replies = [record["value"].get("reply") for record in records]
    assert replies[0] is None
    for number, reply in enumerate(replies[1:], 1):
        assert reply["root"]["uri"] == records[0]["uri"]
        assert reply["parent"]["uri"] == records[number - 1]["uri"]


@pytest.mark.parametrize("call", ["createSession", "uploadBlob", "getRecord", "deleteRecord"])
@pytest.mark.parametrize(
    "trouble", ["500-before", "silent-after", "reset-before", "garbage-after", "html-200-before", "429"]
)
def test_trouble_elsewhere_only_means_later(fake: FakeBluesky, call: str, trouble: str) -> None:
    picture = Picture("0" * 64, "image/png", 4, 4, "Alt", png(4))
    fake.will(call, trouble)

    async def whole(bluesky: Bluesky) -> None:
        sent = await bluesky.send(Prepared(post(pictures=(picture,))))
        await bluesky.find(post())
        await bluesky.withdraw(post(), sent)

    with pytest.raises(TryLater):
        do(fake, whole)
    do(fake, whole)
    assert fake.texts() == []


def test_a_request_to_slow_down_names_the_moment(fake: FakeBluesky) -> None:
    fake.will("putRecord", "429")
    with pytest.raises(TryLater) as later:
        do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    assert later.value.when is not None
    assert timedelta(0) < later.value.when - datetime.now(UTC) < timedelta(seconds=3)


def test_a_token_that_runs_out_in_the_middle_is_renewed(fake: FakeBluesky) -> None:
    fake.will("putRecord", "expired")
    do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    assert fake.texts() == WHOLE
    assert fake.calls.count("refreshSession") == 1


def test_a_server_that_takes_no_token_at_all_only_means_later(fake: FakeBluesky) -> None:
    fake.will("putRecord", "expired", "expired")
    with pytest.raises(TryLater):
        do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    assert fake.texts() == []


def test_a_kept_session_is_used_again(fake: FakeBluesky) -> None:
    async def session(bluesky: Bluesky) -> dict[str, Any]:
        await bluesky.check()
        return dict(bluesky.session)

    kept = do(fake, session)
    assert kept["refresh"]
    do(fake, lambda bluesky: bluesky.send(Prepared(post())), **kept)
    assert fake.calls.count("createSession") == 1


def test_a_dead_refresh_token_falls_back_on_the_password(fake: FakeBluesky) -> None:
    stale = {"access": "a.b.c", "refresh": "d.e.f", "did": "did:plc:ministry"}
    assert do(fake, lambda bluesky: bluesky.check(), **stale).ok
    assert fake.calls.count("createSession") == 1


def test_an_empty_refresh_token_never_replaces_a_good_one(fake: FakeBluesky) -> None:
    async def go(bluesky: Bluesky) -> dict[str, Any]:
        await bluesky.check()
        good = bluesky.session["refresh"]
        bluesky.talk._keep({"accessJwt": "x", "refreshJwt": "", "did": "did:plc:ministry"})
        assert bluesky.session["refresh"] == good
        return dict(bluesky.session)

    do(fake, go)


def test_another_text_under_our_key_is_never_written_over(fake: FakeBluesky) -> None:
    do(fake, lambda bluesky: bluesky.send(Prepared(post())))
    first = sorted(fake.records)[0]
    fake.records[first] = {**fake.records[first], "cid": "x", "value": {"text": "changed by hand"}}
    for verb in (lambda b: b.send(Prepared(post())), lambda b: b.find(post())):
        with pytest.raises(Refused, match="Another text"):
            do(fake, verb)
    assert fake.texts()[0] == "changed by hand"


def test_a_picture_packed_anew_does_not_look_like_another_text(fake: FakeBluesky) -> None:
    picture = Picture("0" * 64, "image/png", 4, 4, "Alt", png(4))
    other = Picture("0" * 64, "image/png", 4, 4, "Alt", png(5))
    do(fake, lambda bluesky: bluesky.send(Prepared(post(pictures=(picture,)))))
    do(fake, lambda bluesky: bluesky.send(Prepared(post(pictures=(other,)))))
    assert fake.texts() == WHOLE


def test_the_card_carries_the_picture(fake: FakeBluesky) -> None:
    picture = Picture("0" * 64, "image/png", 4, 4, "Alt", png(4))
    do(fake, lambda bluesky: bluesky.send(Prepared(post(pictures=(picture,)))))
    card = fake.records[sorted(fake.records)[0]]["value"]["embed"]["external"]
    assert card["uri"] == LONG.url
    assert card["thumb"]["ref"]["$link"] in fake.blobs


def test_a_password_never_travels_openly() -> None:
    plain = Account(
        "b", {"handle": HANDLE, "service": "http://pds.example"}, {"app_password": PASSWORD}, Path()
    )

    async def go() -> None:
        async with Door() as door:
            await Bluesky(plain, door).check()

    with pytest.raises(Refused, match="https"):
        asyncio.run(go())


def test_what_a_server_echoes_holds_no_secret(fake: FakeBluesky) -> None:
    async def go(bluesky: Bluesky) -> str:
        return bluesky.talk.clean(f"wrong:\n{PASSWORD} " + "x" * 500)

    said = do(fake, go)
    assert PASSWORD not in said
    assert len(said) <= 200
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "a.e30.c", "..", "a.bnVsbA.c"])
def test_a_token_of_any_form_is_read_without_harm(text: str) -> None:
    assert expiry(text) is None


def test_a_large_picture_becomes_a_small_one_of_the_same_bytes_each_time() -> None:
    noise = Image.effect_noise((1800, 1800), 90)
    out = BytesIO()
    noise.save(out, "PNG")
    picture = Picture("0" * 64, "image/png", 1800, 1800, "", out.getvalue())
    assert len(picture.data) > MAX_BYTES
    data, media_type = thumb(picture)
    assert len(data) <= MAX_BYTES
    assert media_type == "image/jpeg"
    assert thumb(picture)[0] == data


def test_a_picture_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="cannot be read"):
        thumb(Picture("0" * 64, "image/tiff", 1, 1, "", b"not a picture"))


def png(side: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), (10, 80, 90)).save(out, "PNG")
    return out.getvalue()
