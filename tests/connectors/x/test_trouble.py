"""X's connector against a network that misbehaves: each trouble becomes one of three failures, and nothing
is posted twice, although X keeps no key of ours."""

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
from tests.fakes.x import CLIENT, FakeX

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
from dragoman.channels.connectors.x import rendering
from dragoman.channels.connectors.x.connector import X
from dragoman.channels.connectors.x.media import fitted
from dragoman.channels.connectors.x.timeline import parts_out, same
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
LINK = "https://www.diplomatie.gouv.fr/en/statements/x/"
LONG = Piece("en", "Title & <more>", "", "Word after word. " * 40, LINK, ("visa",))
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
NOT_DONE = (
    "500-before",
    "503-html-before",
    "silent-before",
    "reset-before",
    "garbage-before",
    "redirect",
    "html-200-before",
)


@pytest.fixture
def fake() -> Iterator[FakeX]:
    with FakeX().running() as running:
        yield running


def png(side: int = 4) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), (10, 80, 90)).save(out, "PNG")
    return out.getvalue()


PICTURE = Picture("0" * 64, "image/png", 4, 4, "A hall", png())


def post(piece: Piece = LONG, *, ago: timedelta = timedelta(0), key: str = "2026-abc:1:3:en:9") -> Post:
    rendition = rendering.render(piece, form="whole")
    at = datetime.now(UTC) - ago
    return Post(
        key,
        rendition,
        "en",
        piece.url,
        at,
        piece.title,
        piece.summary,
        piece.pictures,
        reply_to=piece.reply_to,
    )


WHOLE = [part.text for part in post().rendition.parts]


def do(fake: FakeX, verb: Callable[[X], Awaitable[T]], session: dict[str, Any] | None = None) -> T:
    settings, secrets, fresh = fake.account()

    async def go() -> T:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            used = fresh if session is None else session
            connector = X(Account("x", settings, secrets, Path(), used), door)
            try:
                return await verb(connector)
            finally:
                if session is not None:
                    session.update(connector.session)

    return asyncio.run(go())


def send(fake: FakeX, what: Post, session: dict[str, Any] | None = None) -> Any:
    return do(fake, lambda x: x.send(Prepared(what)), session)


@pytest.mark.parametrize("trouble", [*LOST, *NOT_DONE])
@pytest.mark.parametrize("before", [0, 1])
def test_a_lost_answer_is_unsure_and_the_thread_is_finished_without_a_second_post(
    fake: FakeX, trouble: str, before: int
) -> None:
    assert len(WHOLE) == 3
    session = fake.account()[2]
    what = post()
    fake.will("post", *["ok"] * before, trouble)
    with pytest.raises(Unsure) as caught:
        send(fake, what, session)
    assert "<html" not in str(caught.value)
    assert " ".join(WHOLE[before].split())[:60] in caught.value.look_for
    out = before + (trouble in LOST)
    if out:
        with pytest.raises(Unsure, match=f"{out} of 3 posts"):
            do(fake, lambda x: x.find(what), session)
    else:
        assert do(fake, lambda x: x.find(what), session) is None
    sent = send(fake, replace(what, at=what.at - timedelta(minutes=1)), session)
    assert fake.texts() == WHOLE
    assert [fake.made(text) for text in WHOLE] == [1, 1, 1]
    found = do(fake, lambda x: x.find(what), session)
    assert found is not None
    assert (found.remote_id, found.url, found.extra) == (sent.remote_id, sent.url, sent.extra)


def test_a_second_attempt_right_after_the_first_is_caught_by_the_refusal_of_duplicates(fake: FakeX) -> None:
    what = post()
    first = send(fake, what)
    again = send(fake, what)
    assert again.extra == first.extra
    assert fake.texts() == WHOLE


def test_a_duplicate_that_the_timeline_does_not_show_is_for_a_person(fake: FakeX) -> None:
    send(fake, post())
    fake.invisible = True
    with pytest.raises(Unsure, match="posted already") as caught:
        send(fake, post())
    assert "Title & <more>" in caught.value.look_for
    assert fake.texts() == WHOLE


def test_the_posts_of_a_thread_hang_together_after_trouble(fake: FakeX) -> None:
    session = fake.account()[2]
    fake.will("post", "ok", "500-after")
    what = post()
    with pytest.raises(Unsure):
        send(fake, what, session)
    send(fake, replace(what, at=what.at - timedelta(minutes=1)), session)
    kept = sorted(fake.posts.values(), key=lambda kept: kept.id)
    assert [each.reply_to for each in kept] == ["", kept[0].id, kept[1].id]


def test_a_limit_in_the_middle_of_a_thread_is_remembered_and_gone_on_from(fake: FakeX) -> None:
    session = fake.account()[2]
    fake.will("post", "ok", "429")
    what = post()
    with pytest.raises(TryLater, match="1 of 3 posts") as caught:
        send(fake, what, session)
    assert caught.value.account
    assert caught.value.when is not None
    assert abs(caught.value.when - datetime.now(UTC)) < timedelta(seconds=4)
    fake.invisible = True  # the timeline lags behind
    send(fake, what, session)
    assert fake.texts() == WHOLE


@pytest.mark.parametrize("call", ["me", "timeline", "delete", "upload", "metadata"])
@pytest.mark.parametrize(
    "trouble", ["500-before", "silent-after", "reset-before", "garbage-after", "html-200-before", "429"]
)
def test_trouble_elsewhere_only_means_later(fake: FakeX, call: str, trouble: str) -> None:
    fake.will(call, trouble)
    what = post(replace(LONG, pictures=(PICTURE,)))

    async def whole(x: X) -> None:
        sent = await x.send(await x.prepare(what))
        await x.find(what)
        await x.withdraw(what, sent)

    with pytest.raises(TryLater):
        do(fake, whole)
    if call not in ("delete", "timeline"):
        assert fake.texts() == []
    do(fake, whole) if not fake.texts() else do(fake, lambda x: x.withdraw(what, None))
    assert fake.texts() == []


def test_pictures_are_uploaded_ahead_and_hang_on_the_first_post(fake: FakeX) -> None:
    what = post(replace(LONG, pictures=(PICTURE,)))
    prepared = do(fake, lambda x: x.prepare(what))
    assert fake.texts() == []
    assert prepared.good_until is not None
    before = len(fake.calls)
    do(fake, lambda x: x.send(prepared), {**fake.account()[2], "user_id": "1", "username": "MinistryExample"})
    assert set(fake.calls[before:]) == {"post"}
    first = fake.posts[min(fake.posts)]
    assert [fake.media[each]["alt"] for each in first.media] == ["A hall"]
    found = do(fake, lambda x: x.find(what))
    assert found is not None


def test_pictures_that_x_has_forgotten_are_uploaded_again(fake: FakeX) -> None:
    what = post(replace(LONG, pictures=(PICTURE,)))
    prepared = do(fake, lambda x: x.prepare(what))
    fake.media.clear()
    do(fake, lambda x: x.send(replace(prepared, good_until=datetime.now(UTC) - timedelta(hours=1))))
    assert fake.texts() == WHOLE


def test_a_large_picture_is_made_one_that_x_takes() -> None:
    out = BytesIO()
    Image.effect_noise((2600, 2600), 90).save(out, "PNG")
    assert len(out.getvalue()) > rendering.MAX_PICTURE_BYTES
    data, _ = fitted(replace(PICTURE, data=out.getvalue()))
    assert 0 < len(data) <= rendering.MAX_PICTURE_BYTES
    with pytest.raises(Refused) as refused:
        fitted(replace(PICTURE, data=b"no picture" * 600_000))
    assert "another picture" in refused.value.shown


# --- sign-in and account ---


def test_an_old_sign_in_is_renewed_and_a_revoked_one_is_a_persons_affair(fake: FakeX) -> None:
    fake.access = "another"
    session = {"access": "access-0", "refresh": "refresh-0"}
    with pytest.raises(TryLater) as later:
        send(fake, post(), dict(session))
    assert later.value.sign_in
    with pytest.raises(Refused) as refused:
        send(fake, post(), {"access": "access-0"})
    assert refused.value.account
    assert "connect" in refused.value.shown


def test_a_sign_in_that_has_run_out_is_not_even_tried(fake: FakeX) -> None:
    session = {**fake.account()[2], "access_until": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()}
    with pytest.raises(TryLater) as later:
        send(fake, post(), session)
    assert later.value.sign_in
    assert fake.calls == []


def test_a_token_that_runs_out_in_the_middle_is_no_loss(fake: FakeX) -> None:
    session = fake.account()[2]
    what = post()
    fake.will("post", "ok", "expired")
    with pytest.raises(TryLater) as later:
        send(fake, what, session)
    assert later.value.sign_in
    send(fake, what, session)
    assert fake.texts() == WHOLE


@pytest.mark.parametrize(
    ("what", "words"),
    [("suspended", "closed or locked"), ("credits", "wants to be paid"), ("none", "not connected")],
)
def test_a_dead_account_is_told_apart(fake: FakeX, what: str, words: str) -> None:
    fake.suspended, fake.credits = what == "suspended", what != "credits"
    with pytest.raises(Refused, match=words) as refused:
        send(fake, post(), {} if what == "none" else None)
    assert refused.value.account
    assert refused.value.shown
    assert fake.texts() == []


def test_another_accounts_sign_in_is_not_taken(fake: FakeX) -> None:
    fake.username = "SomebodyElse"
    health = do(fake, lambda x: x.check())
    assert not health.ok
    assert "SomebodyElse" in health.says
    for verb in (lambda x: x.signed_in({"access": "access-0"}), lambda x: x.send(Prepared(post()))):
        with pytest.raises(Refused, match="SomebodyElse") as refused:
            do(fake, verb)
        assert refused.value.account
    assert fake.texts() == []


def test_how_many_posts_are_left_is_known_after_one(fake: FakeX) -> None:
    session = fake.account()[2]
    send(fake, post(), session)
    (left,) = do(fake, lambda x: x.check(), session).headroom
    assert (left.left, left.limit) == (97, 100)


def test_too_little_room_at_the_moment_is_told_ahead(fake: FakeX) -> None:
    resets = int((datetime.now(UTC) + timedelta(minutes=10)).timestamp())
    session = {**fake.account()[2], "headroom": f"2 100 {resets}"}
    with pytest.raises(TryLater, match="2 more posts") as later:
        do(fake, lambda x: x.prepare(post()), session)
    assert later.value.when is not None
    later_on = post(ago=-timedelta(hours=1))
    assert do(fake, lambda x: x.prepare(later_on), session).post == later_on


def test_a_token_never_travels_openly() -> None:
    plain = Account("x", {"handle": "A", "service": "http://api.example"}, {}, Path(), {"access": "a"})

    async def go() -> None:
        async with Door() as door:
            await X(plain, door).check()

    with pytest.raises(Refused, match="https"):
        asyncio.run(go())


def test_what_x_echoes_holds_no_secret(fake: FakeX) -> None:
    async def go(x: X) -> str:
        return x.talk.clean(f"wrong:\n{CLIENT[1]} access-0 " + "x" * 500)

    said = do(fake, go)
    assert CLIENT[1] not in said
    assert "access-0" not in said
    assert len(said) <= 200


# --- replies, threads, withdrawal ---


def test_a_reply_that_nobody_called_for_is_refused_in_words(fake: FakeX) -> None:
    other = fake.from_others("What about visas?")
    piece = Piece("en", "An answer", "", "", "", reply_to=other)
    with pytest.raises(Refused, match="mentioned") as refused:
        send(fake, post(piece))
    assert "by hand" in refused.value.shown
    asked = fake.from_others("@MinistryExample what about visas?")
    send(fake, post(replace(piece, reply_to=asked)))
    assert fake.texts() == ["An answer"]
    fake.enterprise = True
    send(fake, post(replace(piece, title="Another answer")))
    assert len(fake.texts()) == 2


def test_a_thread_that_x_does_not_let_go_on_says_how_far_it_came(fake: FakeX) -> None:
    fake.threads_allowed = False
    with pytest.raises(Refused, match="1 of 3 posts") as refused:
        send(fake, post())
    assert "withdraw" in refused.value.shown
    do(fake, lambda x: x.withdraw(post(), None))
    assert fake.texts() == []


def test_a_part_that_is_too_long_is_refused_and_nothing_is_out(fake: FakeX) -> None:
    what = post(Piece("hi", "क्षि" * 70 + "क", "", "", ""))
    one = replace(what.rendition.parts[0], text="क्षि" * 70 + "क")
    with pytest.raises(Refused, match="too long"):
        send(fake, replace(what, rendition=replace(what.rendition, parts=(one,))))
    assert fake.texts() == []


def test_what_was_deleted_by_hand_is_withdrawn_with_success(fake: FakeX) -> None:
    sent = send(fake, post())
    fake.gone.add(sent.extra["parts"][1])
    for _ in range(2):
        do(fake, lambda x: x.withdraw(post(), sent))
    assert fake.texts() == []


@pytest.mark.parametrize("changed", [False, True])
def test_what_a_person_has_found_is_taken_down(fake: FakeX, *, changed: bool) -> None:
    sent = send(fake, post(replace(LONG, body="")))
    if changed:
        fake.posts[sent.remote_id].shown = "Changed by hand"
    by_hand = Sent("", sent.url if changed else "", sent.at)
    for _ in range(2):
        do(fake, lambda x: x.withdraw(post(replace(LONG, body="")), by_hand))
        assert fake.texts() == []


def test_a_timeline_of_many_pages_is_read_whole(fake: FakeX) -> None:
    what = post()
    send(fake, what)
    for n in range(250):
        fake._keep(f"Something else {n}", "1700000000000000001")
    assert do(fake, lambda x: x.find(what)) is not None
    assert fake.calls.count("timeline") == 3


def test_words_that_x_does_not_know_are_asked_for_by_their_other_name(fake: FakeX) -> None:
    fake.fields = "tweet.fields"
    session = fake.account()[2]
    sent = send(fake, post(), session)
    assert do(fake, lambda x: x.find(post()), session) is not None
    assert do(fake, lambda x: x.figures(sent), session).counts["reposts"] == 3
    assert fake.calls.count("timeline") == 2
    assert session["fields"] == "tweet.fields"


# --- what is seen of our words on X ---


@pytest.mark.parametrize(
    "text",
    [
        f"One & two <three> {LINK} (1/2)",
        "No link, cafe\u0301, 🇫🇷  two  spaces",
        f"{LINK} and {LINK}",
        "See mfa.gov.",
        "“Quoted” – شكرا #визы",
    ],
)
def test_our_words_are_known_again_in_the_form_x_gives_them(fake: FakeX, text: str) -> None:
    kept = fake._keep(text, "1", media=("9",))
    assert same(fake._shown(kept), text)
    assert not same(fake._shown(kept), text + " not")


def test_another_link_is_another_post(fake: FakeX) -> None:
    kept = fake._keep(f"Title {LINK}", "1")
    assert not same(fake._shown(kept), "Title https://www.diplomatie.gouv.fr/en/statements/y/")


def test_a_name_that_x_puts_before_a_reply_does_not_matter(fake: FakeX) -> None:
    assert same({"id": "1", "text": "@asker An answer"}, "An answer")


def test_of_two_beginnings_the_one_with_the_longer_thread_counts() -> None:
    posts = [
        {"id": "5", "text": "b (2/2)", "conversation_id": "3"},
        {"id": "3", "text": "a (1/2)", "conversation_id": "3"},
        {"id": "1", "text": "a (1/2)", "conversation_id": "1"},
    ]
    assert parts_out(posts, ["a (1/2)", "b (2/2)"]) == ["3", "5"]
    assert parts_out(posts, ["a (1/2)", "c (2/2)"]) == ["1"]
    assert parts_out([], ["a"]) == []
