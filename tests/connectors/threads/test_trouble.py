"""Threads' connector against a network that misbehaves: each trouble becomes one of three failures, a lost
answer is looked for by the container's own word, and nothing is ever out twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.connectors.desk import Desk
from tests.fakes.graph import TOKEN
from tests.fakes.network import LOST_ANSWERS
from tests.fakes.pictures import Pictures
from tests.fakes.threads import Threads as Fake

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
from dragoman.channels.connectors.threads import containers, rendering, timeline
from dragoman.channels.connectors.threads.connector import Threads
from dragoman.lib.http import Door

LONG = Piece("en", "Title", "", "A sentence of some words. " * 40, "https://mfa.example/en/x/")
UNCLEAR = (
    "500-before",
    "503-html-before",
    "silent-before",
    "reset-before",
    "garbage-before",
    "html-200-before",
)
BEFORE = (*UNCLEAR, "redirect")


@pytest.fixture
def fake() -> Iterator[Fake]:
    with Fake().running() as running:
        yield running


@pytest.fixture
def desk(fake: Fake) -> Desk:
    return Desk(fake, form="whole")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "PAUSES", (0.01,) * 5)


def post(piece: Piece = LONG, key: str = "2026-abc:1:3:en:9", at: datetime | None = None) -> Post:
    at = at or datetime.now(UTC) - timedelta(minutes=2)
    form = rendering.render(piece, form="whole")
    return Post(key, form, "en", piece.url, at, piece.title, piece.summary, piece.pictures)


LINE = post(replace(LONG, body="One line."))
WHOLE = [part.text for part in post().rendition.parts]


def picture(url: str = "http://127.0.0.1:1/x.jpg") -> Picture:
    return Picture("0" * 64, "image/jpeg", 640, 480, "A flag", b"", url)


# --- the irreversible call ---


@pytest.mark.parametrize("trouble", [*LOST_ANSWERS, *BEFORE])
def test_a_lost_answer_is_unsure_and_the_container_says_what_became_of_it(
    desk: Desk, fake: Fake, trouble: str
) -> None:
    fake.hang = 5
    fake.will("publish", trouble)
    with pytest.raises(Unsure) as caught:
        desk.send(LINE)
    assert "<html" not in str(caught.value)
    found = desk.find(LINE)
    assert (found is not None) == (trouble in LOST_ANSWERS)
    if found is None:
        desk.send(LINE)
    assert fake.made(LINE.rendition.parts[0].text) == 1


@pytest.mark.parametrize("trouble", LOST_ANSWERS)
def test_a_lost_answer_is_found_by_its_words_when_the_container_was_forgotten_too(
    desk: Desk, fake: Fake, trouble: str
) -> None:
    fake.hang = 5
    fake.will("publish", trouble)
    with pytest.raises(Unsure):
        desk.send(LINE, keep=False)
    found = desk.find(LINE)
    assert found is not None
    assert found.url.startswith("https://www.threads.com/@ministry/post/")
    assert desk.send(LINE).remote_id == found.remote_id
    assert fake.made(LINE.rendition.parts[0].text) == 1


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("trouble", ["500-after", "500-before", "reset-after", "garbage-after"])
@pytest.mark.parametrize("keep", [True, False])
def test_a_thread_that_was_cut_short_goes_on_where_it_was(
    desk: Desk, fake: Fake, before: int, trouble: str, keep: bool
) -> None:
    assert len(WHOLE) == 3
    fake.will("publish", *["ok"] * before, trouble)
    whole = post()
    with pytest.raises(Unsure) as caught:
        desk.send(whole, keep=keep)
    assert (f"{before} of 3 posts" in str(caught.value)) == bool(before)
    last_lost = before == 2 and trouble.endswith("-after")
    assert (desk.find(whole) is None) == (not last_lost)
    sent = desk.send(whole)
    assert fake.texts() == WHOLE
    assert len(sent.extra["ids"]) == 3
    forms = [made.fields["form"].get("reply_to_id") for made in fake.posts()]
    assert forms == [None, *sent.extra["ids"][:2]]


def test_a_request_to_slow_down_is_no_doubt_and_names_the_moment(desk: Desk, fake: Fake) -> None:
    fake.will("publish", "429")
    with pytest.raises(TryLater) as later:
        desk.send(LINE)
    assert later.value.account
    assert later.value.when is not None
    assert timedelta(0) < later.value.when - datetime.now(UTC) < timedelta(seconds=3)
    fake.usage = 12
    fake.will("publish", "429")
    with pytest.raises(TryLater) as later:
        desk.send(LINE)
    assert later.value.when is not None
    assert timedelta(minutes=11) < later.value.when - datetime.now(UTC) <= timedelta(minutes=12)
    assert fake.texts() == []


def test_a_full_day_only_means_later(desk: Desk, fake: Fake) -> None:
    fake.quota = 0
    with pytest.raises(TryLater) as later:
        desk.send(LINE)
    assert later.value.account


# --- containers ---


def test_preparing_waits_for_the_network_and_shows_nothing(desk: Desk, fake: Fake) -> None:
    fake.polls = 3
    prepared = desk.prepare(LINE)
    assert fake.texts() == []
    assert prepared.good_until is not None
    calls = len(fake.calls)
    desk.send(LINE, prepared)
    assert fake.calls[calls:] == ["publish", "read"]
    assert fake.made(LINE.rendition.parts[0].text) == 1


def test_a_network_that_is_never_ready_only_means_later(desk: Desk, fake: Fake) -> None:
    fake.polls = 100
    with pytest.raises(TryLater, match="still fetching"):
        desk.prepare(LINE)


def test_preparing_again_uses_the_same_container(desk: Desk, fake: Fake) -> None:
    first = desk.prepare(LINE)
    again = desk.prepare(LINE)
    assert first.data == again.data
    assert fake.calls.count("container") == 1


def test_a_container_older_than_a_day_is_made_anew(desk: Desk, fake: Fake) -> None:
    future = post(replace(LONG, body="One line."), at=datetime.now(UTC) + timedelta(days=2))
    prepared = desk.prepare(future)
    fake.later = timedelta(hours=25)
    assert desk.find(future) is None
    stale = Prepared(future, prepared.data, datetime.now(UTC) - timedelta(hours=1))
    desk.send(future, stale)
    assert fake.calls.count("container") == 2
    assert len(fake.ledger) == 1


def test_a_container_that_the_network_lost_is_made_anew(desk: Desk, fake: Fake) -> None:
    prepared = desk.prepare(LINE)
    fake.loses = 1
    with pytest.raises(TryLater, match="lost"):
        desk.send(LINE, prepared)
    desk.send(LINE, prepared)
    assert fake.made(LINE.rendition.parts[0].text) == 1


def test_publishing_what_is_published_gives_the_post_that_is_there(desk: Desk, fake: Fake) -> None:
    prepared = desk.prepare(LINE)
    first = desk.send(LINE, prepared, keep=False)
    desk.session = fake.session()
    assert desk.send(LINE, prepared).remote_id == first.remote_id
    assert fake.made(LINE.rendition.parts[0].text) == 1


def test_the_same_words_of_another_delivery_are_not_taken_for_ours(desk: Desk, fake: Fake) -> None:
    desk.send(LINE)
    other = replace(LINE, key="another")
    assert desk.find(other) is None
    desk.send(other)
    assert fake.made(LINE.rendition.parts[0].text) == 2


def test_so_soon_after_the_moment_absence_proves_nothing(desk: Desk, fake: Fake) -> None:
    fake.lag = timedelta(seconds=5)
    now = post(replace(LONG, body="One line."), at=datetime.now(UTC))
    fake.will("publish", "500-after")
    with pytest.raises(Unsure):
        desk.send(now, keep=False)
    with pytest.raises(TryLater, match="may not show yet"):
        desk.find(now)
    fake.lag = timedelta()
    assert desk.find(now) is not None


def test_a_timeline_too_long_to_read_through_proves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        desk.send(post(replace(LONG, body=f"Line {n}."), key=f"k{n}"))
    monkeypatch.setattr(timeline, "PAGE", 1)
    monkeypatch.setattr(timeline, "MOST_PAGES", 3)
    with pytest.raises(Unsure):
        desk.find(post(replace(LONG, body="Not there."), key="other"))


# --- pictures ---


def test_pictures_are_fetched_from_their_public_address_with_their_words(desk: Desk, fake: Fake) -> None:
    with Pictures().running() as pictures:
        one = picture(f"{pictures.url}/a.jpg")
        single = replace(post(replace(LONG, body="One.", pictures=(one,)), key="one"), pictures=(one,))
        desk.send(single)
        several = (one, one, one)
        many = replace(post(replace(LONG, body="Many.", pictures=several), key="many"), pictures=several)
        desk.send(many)
        assert pictures.calls == ["picture"] * 4
    forms = [made.fields["form"] for made in fake.posts()]
    assert [form["media_type"] for form in forms] == ["IMAGE", "CAROUSEL"]
    assert forms[0]["alt_text"] == "A flag"
    assert len(forms[1]["children"].split(",")) == 3


def test_a_picture_that_cannot_be_fetched_only_means_later_and_a_wrong_one_a_person(
    desk: Desk, fake: Fake
) -> None:
    wanted = post(replace(LONG, body="One.", pictures=(picture(),)))
    with pytest.raises(TryLater, match="no public address"):
        desk.send(replace(wanted, pictures=(replace(picture(), public_url=""),)))
    with pytest.raises(TryLater, match="could not fetch"):
        desk.send(wanted)
    with Pictures().running() as pictures:
        pictures.data = b"no picture"
        with pytest.raises(Refused, match="cannot use the picture"):
            desk.send(replace(wanted, pictures=(picture(f"{pictures.url}/a.jpg"),)))
    assert fake.texts() == []


# --- everything else ---


@pytest.mark.parametrize("call", ["container", "read", "list", "delete"])
@pytest.mark.parametrize("trouble", [*UNCLEAR, "500-after", "garbage-after", "429", "redirect", "huge-after"])
def test_trouble_elsewhere_only_means_later(desk: Desk, fake: Fake, call: str, trouble: str) -> None:
    async def whole(threads: Threads) -> None:
        sent = await threads.send(Prepared(LINE))
        await threads.withdraw(LINE, None if call == "list" else sent)

    fake.will(call, trouble)
    with pytest.raises(TryLater):
        desk.do(whole)
    desk.do(whole)
    assert fake.texts() == []


def test_a_token_that_ran_out_asks_for_a_renewal_and_nothing_is_out(desk: Desk, fake: Fake) -> None:
    for call in ("list", "container", "publish"):
        fake.will(call, "expired")
        with pytest.raises(TryLater) as later:
            desk.send(LINE)
        assert later.value.sign_in
    assert fake.texts() == []
    desk.send(LINE)


@pytest.mark.parametrize("subcode", [458, 460, 464, 467 + 1000])
def test_a_revoked_token_is_for_a_person(desk: Desk, fake: Fake, subcode: int) -> None:
    fake.revoked = subcode
    with pytest.raises(Refused) as refused:
        desk.send(LINE)
    assert refused.value.account
    assert "Connect" in refused.value.shown


def test_a_missing_permission_is_named(desk: Desk, fake: Fake) -> None:
    fake.lacks = {"threads_content_publish"}
    with pytest.raises(Refused, match="threads_content_publish") as refused:
        desk.send(LINE)
    assert refused.value.account


def test_nobody_signed_in_is_said(desk: Desk, fake: Fake) -> None:
    desk.session = {}
    with pytest.raises(Refused, match="Nobody has signed in"):
        desk.do(lambda threads: threads.check())


def test_a_token_never_travels_openly_nor_in_an_address(desk: Desk, fake: Fake) -> None:
    desk.send(LINE)
    assert all(TOKEN not in json.dumps(dict(asked.query)) for asked in fake.asked)
    plain = Account("t", {"service": "http://graph.example"}, {}, Path(), desk.session)

    async def go() -> None:
        async with Door() as door:
            await Threads(plain, door).check()

    with pytest.raises(Refused, match="https"):
        asyncio.run(go())


def test_a_text_that_the_network_refuses_is_for_a_person(desk: Desk, fake: Fake) -> None:
    part = replace(LINE.rendition.parts[0], text="x" * 501)
    with pytest.raises(Refused, match="500 characters"):
        desk.send(replace(LINE, rendition=replace(LINE.rendition, parts=(part,))))


def test_withdrawing_takes_down_what_is_out_also_when_nothing_is_remembered(desk: Desk, fake: Fake) -> None:
    fake.will("publish", "ok", "500-after")
    whole = post()
    with pytest.raises(Unsure):
        desk.send(whole, keep=False)
    assert len(fake.texts()) == 2
    desk.do(lambda threads: threads.withdraw(whole, None))
    assert fake.texts() == []


def test_check_says_who_we_are_what_we_may_and_how_much_is_left(desk: Desk, fake: Fake) -> None:
    desk.session["scope"] = "threads_basic,threads_content_publish"
    desk.send(LINE)
    health = desk.do(lambda threads: threads.check())
    assert health.ok
    assert health.who == "@ministry"
    assert health.may == ("post",)
    assert [(room.left, room.limit) for room in health.headroom] == [(249, 250), (1000, 1000), (100, 100)]
    assert health.until is not None
    desk.session["scope"] = "threads_basic"
    assert not desk.do(lambda threads: threads.check()).ok


# --- sign-in ---


def test_a_sign_in_is_changed_for_one_of_sixty_days(desk: Desk, fake: Fake) -> None:
    kept = desk.do(lambda threads: threads.signed_in({"access": "short", "scope": "threads_basic"}))
    assert fake.exchanged == ["short"]
    assert kept["access"] == fake.token
    assert kept["scope"] == "threads_basic"
    until = datetime.fromisoformat(kept["access_until"])
    assert timedelta(days=59) < until - datetime.now(UTC) < timedelta(days=61)


def test_a_sign_in_is_renewed_by_itself_once_it_is_a_day_old(desk: Desk, fake: Fake) -> None:
    kept = desk.do(lambda threads: threads.renew())
    assert kept is not None
    assert kept["access"] == fake.token != TOKEN
    desk.session |= kept
    with pytest.raises(TryLater, match="too young"):
        desk.do(lambda threads: threads.renew())
    desk.session["access_until"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    with pytest.raises(Refused) as refused:
        desk.do(lambda threads: threads.renew())
    assert refused.value.account


def test_a_wrong_app_secret_is_refused(desk: Desk, fake: Fake) -> None:
    desk.secrets["client_secret"] = "wrong"
    with pytest.raises(Refused) as refused:
        desk.do(lambda threads: threads.signed_in({"access": "short"}))
    assert "wrong" not in refused.value.why


# --- what comes in ---


def test_answers_are_read_once_and_our_own_are_not(desk: Desk, fake: Fake) -> None:
    sent = desk.send(post())
    fake.somebody_answers(sent.remote_id, "How many days?")
    batch = desk.do(lambda threads: threads.fetch(""))
    assert [(one.text, one.in_reply_to) for one in batch.incoming] == [("How many days?", sent.remote_id)]
    again = desk.do(lambda threads: threads.fetch(batch.cursor))
    assert again == batch  # the last minutes are read again: what was shown late is not missed


def test_a_burst_is_read_to_its_end_and_tied_to_its_root(desk: Desk, fake: Fake) -> None:
    sent = desk.send(post())
    for number in range(230):
        fake.somebody_answers(sent.remote_id, f"m{number}")
    for verb in (
        lambda threads: threads.fetch(""),
        lambda threads: threads.look_back(datetime.now(UTC) - timedelta(hours=1), ""),
    ):
        batch = desk.do(verb)
        assert {one.text for one in batch.incoming} == {f"m{number}" for number in range(230)}
        assert {one.conversation for one in batch.incoming} == {sent.remote_id}


def test_figures_are_read(desk: Desk, fake: Fake) -> None:
    sent = desk.send(LINE)
    figures = desk.do(lambda threads: threads.figures(sent))
    assert figures.counts["views"] == 7
    assert len(figures.counts) == 6


def test_an_answer_goes_to_the_post_it_answers(desk: Desk, fake: Fake) -> None:
    sent = desk.send(LINE)
    answer = replace(post(replace(LONG, body="Five."), key="answer"), reply_to=sent.remote_id)
    desk.send(answer)
    assert fake.posts()[-1].fields["form"]["reply_to_id"] == sent.remote_id
    assert desk.find(answer) is not None
