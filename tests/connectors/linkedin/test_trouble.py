"""LinkedIn's connector against a network that misbehaves: each trouble becomes one of three failures, nothing
is posted twice, and a post that LinkedIn names counts only when it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from tests.fakes.linkedin import AUTHOR, FakeLinkedIn, Kept

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
from dragoman.channels.connectors.linkedin import rendering
from dragoman.channels.connectors.linkedin.connector import LinkedIn
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
PIECE = Piece("en", "Title (1) & more", "A_b #c @d", "Long.", "https://www.mfa.example/en/x/", ("visa",))
SHORT = Limits(connect=1, read=1, total=2, answer=1_000_000)
LOST = tuple(f"{name}-after" for name in ("500", "silent", "reset", "half", "empty-200", "huge", "garbage"))
NOT_DONE = ("500-before", "503-html-before", "silent-before", "reset-before", "html-200-before", "redirect")


@pytest.fixture
def fake() -> Iterator[FakeLinkedIn]:
    with FakeLinkedIn().running() as running:
        yield running


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4), (10, 80, 90)).save(out, "PNG")
    return out.getvalue()


def picture(n: int = 0) -> Picture:
    return Picture(f"{n:064x}", "image/png", 4, 4, "A hall", png())


def post(piece: Piece = PIECE, *, ago: timedelta = timedelta(0)) -> Post:
    rendition = rendering.render(piece)
    at = datetime.now(UTC) - ago
    key = "2026-abc:1:3:en:9"
    return Post(key, rendition, "en", piece.url, at, piece.title, piece.summary, piece.pictures)


TEXT = post().rendition.parts[0].text


def do(
    fake: FakeLinkedIn,
    verb: Callable[[LinkedIn], Awaitable[T]],
    session: dict[str, Any] | None = None,
    **settings: str,
) -> T:
    used, secrets, fresh = fake.account()

    async def go() -> T:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            account = Account("l", used | settings, secrets, Path(), fresh if session is None else session)
            return await verb(LinkedIn(account, door))

    return asyncio.run(go())


def send(fake: FakeLinkedIn, what: Post, session: dict[str, Any] | None = None) -> Any:
    return do(fake, lambda linkedin: linkedin.send(Prepared(what)), session)


@pytest.mark.parametrize("trouble", [*LOST, *NOT_DONE])
def test_a_lost_answer_is_unsure_and_sending_again_posts_once(fake: FakeLinkedIn, trouble: str) -> None:
    fake.will("post", trouble)
    with pytest.raises(Unsure) as caught:
        send(fake, post())
    assert "<html" not in str(caught.value)
    assert "Title (1) & more" in caught.value.look_for
    found = do(fake, lambda linkedin: linkedin.find(post()))
    assert (found is not None) == (trouble in LOST)
    sent = send(fake, post())
    late = send(fake, post(ago=timedelta(minutes=1)))
    assert fake.texts() == [TEXT]
    assert fake.made(TEXT) == 1
    assert late.remote_id == sent.remote_id
    assert late.url == sent.url


def test_a_duplicate_that_is_named_and_there_is_ours(fake: FakeLinkedIn) -> None:
    first = send(fake, post())
    fake.invisible = True  # the list of our posts lags behind
    again = send(fake, post())
    assert again.remote_id == first.remote_id
    assert fake.calls.count("read") == 1


def test_a_ghost_is_not_believed(fake: FakeLinkedIn) -> None:
    fake.ghosts[TEXT] = "urn:li:share:7431329065766260736"
    with pytest.raises(Unsure, match="not to be found") as caught:
        send(fake, post())
    assert "change a word" in caught.value.look_for
    assert fake.texts() == []


def test_a_duplicate_of_long_ago_is_another_post(fake: FakeLinkedIn) -> None:
    send(fake, post())
    (kept,) = fake.posts.values()
    kept.made -= 86_400_000
    with pytest.raises(Refused, match="on the page since") as refused:
        send(fake, post())
    assert kept.urn in refused.value.shown


def test_a_named_post_with_other_words_is_not_ours(fake: FakeLinkedIn) -> None:
    fake.posts["urn:li:share:5"] = Kept(
        "urn:li:share:5", "Other words", int(datetime.now(UTC).timestamp() * 1000)
    )
    fake.ghosts[TEXT] = "urn:li:share:5"
    with pytest.raises(Unsure):
        send(fake, post())


@pytest.mark.parametrize("call", ["roles", "own", "delete", "image", "upload"])
@pytest.mark.parametrize(
    "trouble", ["500-before", "silent-after", "reset-before", "503-html-before", "half-after", "429"]
)
def test_trouble_elsewhere_only_means_later(fake: FakeLinkedIn, call: str, trouble: str) -> None:
    what = post(replace(PIECE, pictures=(picture(),)))

    async def whole(linkedin: LinkedIn) -> None:
        sent = await linkedin.send(await linkedin.prepare(what))
        await linkedin.find(what)
        await linkedin.withdraw(what, sent)

    fake.will(call, trouble)
    with pytest.raises(TryLater):
        do(fake, whole)


def test_a_daily_limit_ends_at_midnight(fake: FakeLinkedIn) -> None:
    fake.will("post", "429")
    with pytest.raises(TryLater) as later:
        send(fake, post())
    assert later.value.account
    assert later.value.when is not None
    assert later.value.when > datetime.now(UTC)
    assert (later.value.when.hour, later.value.when.minute) == (0, 0)
    assert fake.texts() == []


@pytest.mark.parametrize("count", [1, 3])
def test_pictures_are_uploaded_ahead_with_their_descriptions(fake: FakeLinkedIn, count: int) -> None:
    what = post(replace(PIECE, pictures=tuple(map(picture, range(count)))))
    prepared = do(fake, lambda linkedin: linkedin.prepare(what))
    assert fake.texts() == []
    before = len(fake.calls)
    do(fake, lambda linkedin: linkedin.send(prepared))
    assert fake.calls[before:] == ["post"]
    (kept,) = fake.posts.values()
    named = [kept.content["media"]] if count == 1 else kept.content["multiImage"]["images"]
    assert [each["altText"] for each in named] == ["A hall"] * count
    assert all(fake.images[each["id"]] == png() for each in named)


def test_the_sign_in_goes_to_no_other_host(fake: FakeLinkedIn) -> None:
    fake.upload_host = "https://elsewhere.example"
    with pytest.raises(Refused, match="another host"):
        do(fake, lambda linkedin: linkedin.prepare(post(replace(PIECE, pictures=(picture(),)))))


def test_the_signed_address_of_a_picture_is_not_kept(fake: FakeLinkedIn) -> None:
    async def go(linkedin: LinkedIn) -> str:
        await linkedin.prepare(post(replace(PIECE, pictures=(picture(),))))
        return repr(linkedin.calls)

    assert "signed" not in do(fake, go)


def test_without_pictures_there_is_a_card(fake: FakeLinkedIn) -> None:
    send(fake, post())
    (kept,) = fake.posts.values()
    assert kept.content["article"]["source"] == PIECE.url


# --- sign-in, role, version ---


@pytest.mark.parametrize("why", ["INVALID_ACCESS_TOKEN", "EXPIRED_ACCESS_TOKEN"])
def test_an_old_sign_in_is_renewed_where_there_are_means(fake: FakeLinkedIn, why: str) -> None:
    fake.why_not = why
    with pytest.raises(TryLater) as later:
        send(fake, post(), {"access": "old", "refresh": "r"})
    assert later.value.sign_in
    with pytest.raises(Refused) as refused:
        send(fake, post(), {"access": "old"})
    assert refused.value.account
    assert refused.value.shown


def test_a_sign_in_that_was_withdrawn_is_a_persons_affair(fake: FakeLinkedIn) -> None:
    fake.why_not = "REVOKED_ACCESS_TOKEN"
    with pytest.raises(Refused, match="withdrawn") as refused:
        send(fake, post(), {"access": "old", "refresh": "r"})
    assert refused.value.account


def test_a_sign_in_that_has_run_out_is_not_even_tried(fake: FakeLinkedIn) -> None:
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    with pytest.raises(Refused, match="run out"):
        send(fake, post(), {"access": "access-0", "access_until": past})
    with pytest.raises(Refused, match="not connected"):
        send(fake, post(), {})
    assert fake.calls == []


def test_a_role_that_was_lost_is_told_long_before(fake: FakeLinkedIn) -> None:
    fake.role = "ANALYST"
    health = do(fake, lambda linkedin: linkedin.check())
    assert not health.ok
    assert "analyst" in health.says
    for verb in (lambda c: c.prepare(post()), lambda c: c.send(Prepared(post()))):
        with pytest.raises(Refused) as refused:
            do(fake, verb)
        assert refused.value.account
        assert "role" in refused.value.shown
    assert fake.texts() == []


def test_a_version_that_is_gone_is_told_with_what_to_do(fake: FakeLinkedIn) -> None:
    with pytest.raises(Refused, match="version") as refused:
        do(fake, lambda linkedin: linkedin.send(Prepared(post())), None, version="202401")
    assert refused.value.account
    assert "settings" in refused.value.shown


def test_a_sign_in_without_means_to_renew_it_says_until_when(fake: FakeLinkedIn) -> None:
    health = do(fake, lambda linkedin: linkedin.check())
    assert health.ok
    assert health.until is not None
    assert "again before" in health.says
    renewed = do(fake, lambda linkedin: linkedin.check(), {**fake.account()[2], "refresh": "r"})
    assert renewed.until is None


def test_a_token_never_travels_openly() -> None:
    account = Account("l", {"organization": "1", "service": "http://l.example"}, {}, Path(), {"access": "a"})

    async def go() -> None:
        async with Door() as door:
            await LinkedIn(account, door).check()

    with pytest.raises(Refused, match="https"):
        asyncio.run(go())


def test_what_linkedin_echoes_holds_no_secret(fake: FakeLinkedIn) -> None:
    async def go(linkedin: LinkedIn) -> str:
        return linkedin.talk.clean("wrong:\naccess-0 secret-of-app " + "x" * 500)

    said = do(fake, go)
    assert "access-0" not in said
    assert "secret-of-app" not in said
    assert len(said) <= 300


# --- looking ---


def test_a_text_too_long_is_refused_and_nothing_is_out(fake: FakeLinkedIn) -> None:
    with pytest.raises(Refused, match="maximum length"):
        send(fake, post(Piece("hi", "", "क्षि" * 750 + "क", "", "")))
    assert fake.texts() == []


def test_a_post_of_many_is_found(fake: FakeLinkedIn) -> None:
    sent = send(fake, post())
    now = int(datetime.now(UTC).timestamp() * 1000)
    for n in range(250):
        urn = f"urn:li:share:{n}"
        fake.posts[urn] = Kept(urn, f"Other {n}", now + 1000)
    found = do(fake, lambda linkedin: linkedin.find(post()))
    assert found is not None
    assert found.remote_id == sent.remote_id
    assert fake.calls.count("own") == 3


def test_a_page_that_cannot_be_read_whole_proves_nothing(fake: FakeLinkedIn) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    for n in range(1000):
        urn = f"urn:li:share:{n}"
        fake.posts[urn] = Kept(urn, f"Other {n}", now)
    with pytest.raises(Unsure, match="more posts"):
        do(fake, lambda linkedin: linkedin.find(post()))


def test_what_was_deleted_by_hand_is_withdrawn_with_success(fake: FakeLinkedIn) -> None:
    sent = send(fake, post())
    fake.gone.add(sent.remote_id)
    do(fake, lambda linkedin: linkedin.withdraw(post(), sent))
    do(fake, lambda linkedin: linkedin.withdraw(post(), None))
    assert fake.texts() == []


@pytest.mark.parametrize("address", [True, False])
def test_what_a_person_has_found_is_taken_down(fake: FakeLinkedIn, *, address: bool) -> None:
    sent = send(fake, post())
    by_hand = Sent("", sent.url if address else "", sent.at)
    for _ in range(2):
        do(fake, lambda linkedin: linkedin.withdraw(post(), by_hand))
        assert fake.texts() == []


def test_a_post_whose_answer_was_lost_is_withdrawn_by_looking(fake: FakeLinkedIn) -> None:
    fake.will("post", "500-after")
    with pytest.raises(Unsure):
        send(fake, post())
    do(fake, lambda linkedin: linkedin.withdraw(post(), None))
    assert fake.texts() == []


# --- what comes in ---


def test_comments_are_read_once_and_counts_are_read(fake: FakeLinkedIn) -> None:
    sent = send(fake, post())
    fake.comment(sent.remote_id, "When?")
    fake.comment(sent.remote_id, "Our own answer", actor=AUTHOR)
    first = do(fake, lambda linkedin: linkedin.fetch(""))
    (said,) = first.incoming
    assert (said.text, said.in_reply_to) == ("When?", sent.remote_id)
    again = do(fake, lambda linkedin: linkedin.fetch(first.cursor))
    assert again == first  # the last minute is read again: what was shown late is not missed
    counts = do(fake, lambda linkedin: linkedin.figures(sent)).counts
    assert counts == {"likes": 4, "replies": 1, "reposts": 2, "views": 50}
