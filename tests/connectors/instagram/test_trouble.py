"""Instagram's connector against a network that misbehaves: each trouble becomes one of three failures, a lost
answer is looked for by the container's own word, and nothing is ever out twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.desk import Desk, signed
from tests.fakes.graph import ACCOUNT, SECRET, TOKEN
from tests.fakes.instagram import Instagram as Fake
from tests.fakes.network import LOST_ANSWERS
from tests.fakes.pictures import Pictures

from dragoman.channels.connector import Piece, Post, Prepared, Refused, TryLater, Unsure, WebhookCall
from dragoman.channels.connectors.instagram import containers, rendering, timeline
from dragoman.channels.connectors.instagram.connector import Instagram

UNCLEAR = (
    "500-before",
    "503-html-before",
    "silent-before",
    "reset-before",
    "garbage-before",
    "html-200-before",
)


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    with Pictures().running() as running:
        yield running


@pytest.fixture
def fake() -> Iterator[Fake]:
    with Fake().running() as running:
        yield running


@pytest.fixture
def desk(fake: Fake) -> Desk:
    return Desk(fake)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "PAUSES", (0.01,) * 5)


def post(
    pictures: Pictures, many: int = 1, key: str = "2026-abc:1:3:en:9", at: datetime | None = None
) -> Post:
    shown = (pictures.one(),) * many
    piece = Piece("en", "One line.", "", "", "https://mfa.example/en/x/", (), shown)
    at = at or datetime.now(UTC) - timedelta(minutes=2)
    return Post(key, rendering.render(piece), "en", piece.url, at, piece.title, "", shown)


@pytest.fixture
def line(pictures: Pictures) -> Post:
    return post(pictures)


# --- the irreversible call ---


@pytest.mark.parametrize("trouble", [*LOST_ANSWERS, *UNCLEAR, "redirect"])
def test_a_lost_answer_is_unsure_and_the_container_says_what_became_of_it(
    desk: Desk, fake: Fake, line: Post, trouble: str
) -> None:
    fake.hang = 5
    fake.will("publish", trouble)
    with pytest.raises(Unsure) as caught:
        desk.send(line)
    assert "<html" not in str(caught.value)
    found = desk.find(line)
    assert (found is not None) == (trouble in LOST_ANSWERS)
    if found is None:
        desk.send(line)
    assert fake.made(line.rendition.parts[0].text) == 1


@pytest.mark.parametrize("trouble", LOST_ANSWERS)
def test_a_lost_answer_is_found_by_its_words_when_the_container_was_forgotten_too(
    desk: Desk, fake: Fake, line: Post, trouble: str
) -> None:
    fake.hang = 5
    fake.will("publish", trouble)
    with pytest.raises(Unsure):
        desk.send(line, keep=False)
    found = desk.find(line)
    assert found is not None
    assert found.url.startswith("https://www.instagram.com/p/")
    assert desk.send(line).remote_id == found.remote_id
    assert fake.made(line.rendition.parts[0].text) == 1


def test_a_request_to_slow_down_names_the_moment(desk: Desk, fake: Fake, line: Post) -> None:
    fake.usage = 12
    fake.will("publish", "429")
    with pytest.raises(TryLater) as later:
        desk.send(line)
    assert later.value.account
    assert later.value.when is not None
    assert timedelta(minutes=11) < later.value.when - datetime.now(UTC) <= timedelta(minutes=12)


def test_a_full_day_only_means_later(desk: Desk, fake: Fake, line: Post) -> None:
    fake.quota = 0
    with pytest.raises(TryLater) as later:
        desk.send(line)
    assert later.value.account
    assert fake.texts() == []


def test_a_network_that_suspects_us_is_for_a_person(desk: Desk, fake: Fake, line: Post) -> None:
    blocked = fake.error(4, "We restrict certain activity.", subcode=2207051, status=403)
    fake._unpublishable = lambda thing: blocked  # type: ignore[method-assign]  # one answer of the network
    with pytest.raises(Refused) as refused:
        desk.send(line)
    assert refused.value.account


# --- containers ---


def test_preparing_waits_and_the_moment_needs_one_call(desk: Desk, fake: Fake, line: Post) -> None:
    fake.polls = 3
    prepared = desk.prepare(line)
    assert fake.texts() == []
    calls = len(fake.calls)
    desk.send(line, prepared)
    assert fake.calls[calls:] == ["publish", "read"]


def test_a_network_that_is_never_ready_only_means_later(desk: Desk, fake: Fake, line: Post) -> None:
    fake.polls = 100
    with pytest.raises(TryLater, match="still fetching"):
        desk.prepare(line)


def test_preparing_again_uses_the_same_container(desk: Desk, fake: Fake, line: Post) -> None:
    assert desk.prepare(line).data == desk.prepare(line).data
    assert fake.calls.count("container") == 1


def test_a_container_older_than_a_day_is_made_anew(desk: Desk, fake: Fake, pictures: Pictures) -> None:
    future = post(pictures, at=datetime.now(UTC) + timedelta(days=2))
    prepared = desk.prepare(future)
    fake.later = timedelta(hours=25)
    assert desk.find(future) is None
    with pytest.raises(TryLater, match="made anew"):
        desk.send(future, prepared)
    desk.send(future, Prepared(future, prepared.data, datetime.now(UTC) - timedelta(hours=1)))
    assert len(fake.ledger) == 1


def test_a_container_that_the_network_lost_is_made_anew(desk: Desk, fake: Fake, line: Post) -> None:
    prepared = desk.prepare(line)
    fake.loses = 1
    with pytest.raises(TryLater, match="lost"):
        desk.send(line, prepared)
    desk.send(line, prepared)
    assert fake.made(line.rendition.parts[0].text) == 1


def test_a_container_that_is_not_ready_after_all_is_kept(desk: Desk, fake: Fake, line: Post) -> None:
    prepared = desk.prepare(line)
    fake.hasty = 1
    with pytest.raises(TryLater, match="not ready"):
        desk.send(line, prepared)
    desk.send(line, prepared)
    assert fake.calls.count("container") == 1
    assert fake.made(line.rendition.parts[0].text) == 1


def test_publishing_what_is_published_gives_the_post_that_is_there(
    desk: Desk, fake: Fake, line: Post
) -> None:
    prepared = desk.prepare(line)
    first = desk.send(line, prepared, keep=False)
    desk.session = fake.session()
    assert desk.send(line, prepared).remote_id == first.remote_id
    assert fake.made(line.rendition.parts[0].text) == 1


def test_the_same_words_of_another_delivery_are_not_taken_for_ours(
    desk: Desk, fake: Fake, line: Post
) -> None:
    desk.send(line)
    other = replace(line, key="another")
    assert desk.find(other) is None
    desk.send(other)
    assert fake.made(line.rendition.parts[0].text) == 2


def test_so_soon_after_the_moment_absence_proves_nothing(desk: Desk, fake: Fake, pictures: Pictures) -> None:
    fake.lag = timedelta(seconds=5)
    now = post(pictures, at=datetime.now(UTC))
    fake.will("publish", "500-after")
    with pytest.raises(Unsure):
        desk.send(now, keep=False)
    with pytest.raises(TryLater, match="may not show yet"):
        desk.find(now)
    fake.lag = timedelta()
    assert desk.find(now) is not None


def test_a_page_too_long_to_read_through_proves_nothing(
    desk: Desk, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        desk.send(post(pictures, key=f"k{n}"))
    monkeypatch.setattr(timeline, "PAGE", 1)
    monkeypatch.setattr(timeline, "MOST_PAGES", 3)
    with pytest.raises(Unsure):
        desk.find(post(pictures, key="other"))


# --- pictures ---


def test_pictures_are_fetched_from_their_public_address_with_their_words(
    desk: Desk, fake: Fake, pictures: Pictures
) -> None:
    desk.send(post(pictures, key="one"))
    desk.send(post(pictures, many=3, key="many"))
    assert pictures.calls == ["picture"] * 4
    forms = [made.fields["form"] for made in fake.posts()]
    assert forms[0]["alt_text"] == "A flag"
    assert forms[1]["media_type"] == "CAROUSEL"
    assert len(forms[1]["children"].split(",")) == 3


def test_a_picture_that_cannot_be_fetched_only_means_later_and_a_wrong_one_a_person(
    desk: Desk, fake: Fake, line: Post, pictures: Pictures
) -> None:
    for url, why in (("", "no public address"), ("http://127.0.0.1:1/x.jpg", "could not fetch")):
        with pytest.raises(TryLater, match=why):
            desk.send(replace(line, pictures=(replace(line.pictures[0], public_url=url),)))
    pictures.data = Pictures("PNG").data
    with pytest.raises(Refused, match="format"):
        desk.send(line)
    with pytest.raises(Refused, match="without a picture"):
        desk.send(replace(line, pictures=()))
    assert fake.texts() == []


# --- everything else ---


@pytest.mark.parametrize("call", ["me", "container", "read", "list"])
@pytest.mark.parametrize("trouble", [*UNCLEAR, "500-after", "garbage-after", "429", "redirect", "huge-after"])
def test_trouble_elsewhere_only_means_later(
    desk: Desk, fake: Fake, line: Post, call: str, trouble: str
) -> None:
    fake.will(call, trouble)
    with pytest.raises(TryLater):
        desk.send(line)
    desk.send(line)
    assert fake.made(line.rendition.parts[0].text) == 1


def test_a_token_that_ran_out_asks_for_a_renewal_and_nothing_is_out(
    desk: Desk, fake: Fake, line: Post
) -> None:
    for call in ("me", "list", "container", "publish"):
        fake.will(call, "expired")
        with pytest.raises(TryLater) as later:
            desk.send(line)
        assert later.value.sign_in
    assert fake.texts() == []
    desk.send(line)


def test_a_missing_permission_is_named(desk: Desk, fake: Fake, line: Post) -> None:
    fake.lacks = {"instagram_business_content_publish"}
    with pytest.raises(Refused, match="instagram_business_content_publish") as refused:
        desk.send(line)
    assert refused.value.account


def test_a_token_never_stands_in_an_address_and_nobody_signed_in_is_said(
    desk: Desk, fake: Fake, line: Post
) -> None:
    desk.send(line)
    assert all(TOKEN not in json.dumps(dict(asked.query)) for asked in fake.asked)
    desk.session = {}
    with pytest.raises(Refused, match="Nobody has signed in"):
        desk.do(lambda instagram: instagram.check())


def test_a_caption_that_the_network_refuses_is_for_a_person(desk: Desk, line: Post) -> None:
    part = replace(line.rendition.parts[0], text="x" * 2201)
    with pytest.raises(Refused, match="too long"):
        desk.send(replace(line, rendition=replace(line.rendition, parts=(part,))))


def test_a_withdrawal_is_for_a_person(desk: Desk, line: Post) -> None:
    sent = desk.send(line)
    with pytest.raises(Refused):
        desk.do(lambda instagram: instagram.withdraw(line, sent))


def test_check_says_who_we_are_what_we_may_and_how_much_is_left(desk: Desk, line: Post) -> None:
    desk.session["scope"] = "instagram_business_basic,instagram_business_content_publish"
    desk.send(line)
    health = desk.do(lambda instagram: instagram.check())
    assert health.ok
    assert health.who == "@ministry"
    assert health.may == ("post",)
    assert [(room.left, room.limit) for room in health.headroom] == [(49, 50)]
    desk.session["scope"] = "instagram_business_basic"
    assert not desk.do(lambda instagram: instagram.check()).ok


def test_a_sign_in_is_changed_for_one_of_sixty_days_and_renewed_by_itself(desk: Desk, fake: Fake) -> None:
    kept = desk.do(lambda instagram: instagram.signed_in({"access": "short", "scope": "x"}))
    assert fake.exchanged == ["short"]
    until = datetime.fromisoformat(kept["access_until"])
    assert timedelta(days=59) < until - datetime.now(UTC) < timedelta(days=61)
    desk.session |= kept
    with pytest.raises(TryLater, match="too young"):
        desk.do(lambda instagram: instagram.renew())
    desk.session["access_since"] = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    again = desk.do(lambda instagram: instagram.renew())
    assert again is not None
    assert again["access"] == fake.token != kept["access"]


def test_a_sign_in_asks_to_be_told_only_where_a_verify_token_was_entered(desk: Desk, fake: Fake) -> None:
    kept = desk.do(lambda connector: connector.signed_in({"access": "short"}))
    assert fake.told == ["comments"]
    desk.session |= kept
    assert "be told of comments at once" in desk.do(lambda connector: connector.check()).may
    fake.lacks = {"instagram_business_manage_comments"}
    kept = desk.do(lambda connector: connector.signed_in({"access": "short"}))
    assert kept["told"] == "no"
    desk.secrets["webhook_token"] = ""
    assert desk.do(lambda connector: connector.signed_in({"access": "short"}))["told"] == "no"
    assert fake.told == ["comments"]


# --- what comes in ---


def test_comments_are_read_once_and_our_own_are_not(desk: Desk, fake: Fake, line: Post) -> None:
    sent = desk.send(line)
    fake.somebody_writes(sent.remote_id, "How many days?")
    fake.somebody_writes(sent.remote_id, "Five.", username="ministry")
    batch = desk.do(lambda instagram: instagram.fetch(""))
    assert [(one.text, one.in_reply_to) for one in batch.incoming] == [("How many days?", sent.remote_id)]
    again = desk.do(lambda instagram: instagram.fetch(batch.cursor))
    assert again == batch  # the last minutes are read again: what was shown late is not missed


def test_a_burst_is_read_to_its_end_with_what_is_answered_under_it(
    desk: Desk, fake: Fake, line: Post
) -> None:
    sent = desk.send(line)
    for number in range(120):
        one = fake.somebody_writes(sent.remote_id, f"m{number}")
    reply = {"id": "r1", "text": "Me too", "timestamp": fake.stamp(fake.now), "username": "other"}
    fake.things[one].fields["comment"]["replies"] = {"data": [reply]}
    batch = desk.do(lambda instagram: instagram.fetch(""))
    assert {one.text for one in batch.incoming} == {*(f"m{number}" for number in range(120)), "Me too"}
    [said] = [each for each in batch.incoming if each.text == "Me too"]
    assert (said.in_reply_to, said.conversation, said.author) == (one, sent.remote_id, "other")
    back = desk.do(lambda instagram: instagram.look_back(datetime.now(UTC) - timedelta(hours=1), ""))
    assert len(back.incoming) == 121


def test_a_letter_to_the_account_is_private_and_may_be_taken_back(desk: Desk) -> None:
    letter = {"sender": {"id": "8"}, "timestamp": 1786098797000, "message": {"mid": "m1", "text": "Help"}}
    back = {"sender": {"id": "8"}, "timestamp": 1786098797000, "message": {"mid": "m1", "is_deleted": True}}
    call = signed(json.dumps({"entry": [{"id": "1", "messaging": [letter, back, 1]}]}).encode(), SECRET)
    one, gone = desk.plain(lambda instagram: instagram.read_webhook(call))
    assert (one.text, one.private, one.author_id) == ("Help", True, "8")
    assert gone.outside_id == "m1"


def test_figures_are_read(desk: Desk, line: Post) -> None:
    sent = desk.send(line)
    assert desk.do(lambda instagram: instagram.figures(sent)).counts["reach"] == 7


def told(**more: Any) -> dict[str, Any]:
    value = {"id": "17", "text": "How?", "from": {"id": "5", "username": "somebody"}, "media": {"id": "99"}}
    return {"field": "comments", "value": {**value, **more}}


def test_a_call_of_the_network_is_read_in_both_its_shapes(desk: Desk) -> None:
    inside = {"object": "instagram", "entry": [{"id": ACCOUNT, "time": 1786098797, "changes": [told()]}]}
    beside = [{"object": "instagram", "entry": [{"id": ACCOUNT, "time": 1786098797000, **told()}]}]
    for said in (inside, beside):
        call = signed(json.dumps(said).encode(), SECRET)
        (one,) = desk.plain(lambda instagram, call=call: instagram.read_webhook(call))
        assert (one.outside_id, one.text, one.in_reply_to) == ("17", "How?", "99")
        assert one.at == datetime.fromtimestamp(1786098797, UTC)


def test_our_own_comment_is_not_read(desk: Desk) -> None:
    desk.session |= {"user": ACCOUNT, "username": "ministry"}
    said = {"entry": [{"changes": [told(**{"from": {"id": ACCOUNT, "username": "ministry"}})]}]}
    call = signed(json.dumps(said).encode(), SECRET)
    assert list(desk.plain(lambda instagram: instagram.read_webhook(call))) == []


@pytest.mark.parametrize(
    "call", [signed(b"{}", "another"), WebhookCall({}, b"{}"), signed(b"not json", SECRET)]
)
def test_a_call_that_is_not_signed_by_the_app_is_refused(desk: Desk, call: WebhookCall) -> None:
    with pytest.raises(Refused):
        desk.plain(lambda instagram: instagram.read_webhook(call))


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"entry": 1}', b'{"entry": [1, {"changes": [1]}]}'])
def test_a_call_of_any_shape_does_no_harm(desk: Desk, body: bytes) -> None:
    assert list(desk.plain(lambda instagram: instagram.read_webhook(signed(body, SECRET)))) == []


def test_the_question_whether_the_address_is_ours_is_answered_only_with_the_right_word(desk: Desk) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "115", "hub.verify_token": "a word of ours"}

    def ask(instagram: Instagram) -> str:
        return instagram.challenge(query)

    assert desk.plain(ask) == "115"
    query["hub.mode"] = "another"
    with pytest.raises(Refused):
        desk.plain(ask)
