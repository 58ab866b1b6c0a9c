"""A Facebook Page against a network that misbehaves: each trouble becomes one of three failures; a post whose
answer was lost is looked for by its words, and where it is not there, a person decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.desk import Desk, signed
from tests.fakes.facebook import PAGE, PERSON
from tests.fakes.facebook import Facebook as Fake
from tests.fakes.graph import SECRET, TOKEN
from tests.fakes.network import LOST_ANSWERS
from tests.fakes.pictures import Pictures

from dragoman.channels.connector import Gone, Piece, Post, Prepared, Refused, TryLater, Unsure, WebhookCall
from dragoman.channels.connectors.facebook import rendering, timeline
from dragoman.channels.connectors.facebook.connector import Facebook
from dragoman.channels.connectors.facebook.kind import KIND

UNCLEAR = (
    *("500-before", "503-html-before", "silent-before", "reset-before"),
    *("garbage-before", "html-200-before"),
)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with Fake().running() as running:
        yield running


@pytest.fixture
def desk(fake: Fake) -> Desk:
    return Desk(fake)


def post(text: str = "One line.", pictures: int = 0, key: str = "k:1", reply_to: str = "") -> Post:
    shown = (replace(Pictures().one(), public_url=""),) * pictures if pictures else ()
    piece = Piece("en", text, "", "", "https://mfa.example/en/x/", (), shown, reply_to=reply_to)
    at = datetime.now(UTC) - timedelta(minutes=2)
    form = rendering.render(piece)
    return Post(key, form, "en", piece.url, at, piece.title, "", shown, reply_to=reply_to)


LINE = post()


# --- the irreversible call ---


@pytest.mark.parametrize("trouble", [*LOST_ANSWERS, *UNCLEAR, "redirect"])
@pytest.mark.parametrize("keep", [True, False])
def test_a_lost_answer_is_unsure_and_the_post_is_found_by_its_words(
    desk: Desk, fake: Fake, trouble: str, keep: bool
) -> None:
    fake.hang = 5
    fake.will("feed", trouble)
    with pytest.raises(Unsure) as caught:
        desk.send(LINE, keep=keep)
    assert "<html" not in str(caught.value)
    found = desk.find(LINE)
    assert (found is not None) == (trouble in LOST_ANSWERS)
    if found is not None:
        assert found.url.startswith(f"https://www.facebook.com/{PAGE}/posts/")
    assert fake.made("One line.") == (trouble in LOST_ANSWERS)


def test_it_promises_no_more_than_the_network_does() -> None:
    assert not KIND.able("same-key-once")


def test_posted_already_is_looked_for_and_found(desk: Desk, fake: Fake) -> None:
    fake.will("feed", "500-after")
    with pytest.raises(Unsure):
        desk.send(LINE, keep=False)
    sent = desk.send(LINE)
    assert sent.remote_id == fake.posts()[0].id
    assert fake.made("One line.") == 1


def test_posted_already_by_another_delivery_is_for_a_person(desk: Desk, fake: Fake) -> None:
    desk.send(LINE)
    with pytest.raises(Unsure, match="posted already"):
        desk.send(replace(LINE, key="another"))
    assert desk.find(replace(LINE, key="another")) is None


def test_posted_already_in_other_words_of_the_network_is_understood(desk: Desk, fake: Fake) -> None:
    desk.send(LINE)
    said = fake.error(368, "You've already posted this.")
    fake._wrong = lambda page, form: said  # type: ignore[method-assign]  # one answer of the network
    with pytest.raises(Unsure, match="posted already"):
        desk.send(replace(LINE, key="another"))


def test_a_request_to_slow_down_names_the_moment(desk: Desk, fake: Fake) -> None:
    fake.usage = 12
    fake.will("feed", "429")
    with pytest.raises(TryLater) as later:
        desk.send(LINE)
    assert later.value.account
    assert later.value.when is not None
    assert timedelta(minutes=11) < later.value.when - datetime.now(UTC) <= timedelta(minutes=12)


def test_a_page_that_cannot_be_read_for_the_card_only_means_later(desk: Desk, fake: Fake) -> None:
    fake.blind = LINE.url
    with pytest.raises(TryLater, match="link leads to"):
        desk.send(LINE)
    assert fake.texts() == []


def test_so_soon_after_the_moment_absence_proves_nothing(desk: Desk, fake: Fake) -> None:
    fake.lag = timedelta(seconds=5)
    now = replace(LINE, at=datetime.now(UTC))
    fake.will("feed", "500-after")
    with pytest.raises(Unsure):
        desk.send(now)
    with pytest.raises(TryLater, match="may not show yet"):
        desk.find(now)
    fake.lag = timedelta()
    assert desk.find(now) is not None


def test_a_page_too_long_to_read_through_proves_nothing(
    desk: Desk, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        desk.send(post(f"Line {n}.", key=f"k{n}"))
    monkeypatch.setattr(timeline, "PAGE", 1)
    assert desk.find(post("Line 0.", key="k0")) is not None
    assert desk.find(post("Not there.", key="other")) is None
    monkeypatch.setattr(timeline, "MOST_PAGES", 3)
    with pytest.raises(Unsure):
        desk.find(post("Not there.", key="other"))


def test_the_same_words_of_a_visitor_are_not_taken_for_ours(desk: Desk, fake: Fake) -> None:
    fake.put({"kind": "visitor", "message": "One line.", "from": "77"})
    assert desk.find(LINE) is None


# --- pictures ---


def test_pictures_are_uploaded_ahead_with_their_words_and_the_moment_needs_one_call(
    desk: Desk, fake: Fake
) -> None:
    wanted = post(pictures=2)
    prepared = desk.prepare(wanted)
    assert fake.texts() == []
    calls = len(fake.calls)
    desk.send(wanted, prepared)
    assert fake.calls[calls:] == ["feed", "read"]
    made = fake.posts()[0]
    assert made.fields["photos"] == prepared.data["photos"]
    assert [fake.things[photo].fields["alt"] for photo in made.fields["photos"]] == ["A flag"] * 2
    assert made.fields["link"] == ""


def test_pictures_that_were_kept_too_long_are_uploaded_anew(desk: Desk, fake: Fake) -> None:
    wanted = post(pictures=1)
    prepared = desk.prepare(wanted)
    fake.later = timedelta(hours=25)
    with pytest.raises(Refused, match="No such photo"):
        desk.send(wanted, prepared)
    desk.send(wanted, Prepared(wanted, prepared.data, datetime.now(UTC) - timedelta(minutes=1)))
    assert len(fake.texts()) == 1


def test_a_picture_that_is_none_is_for_a_person_and_a_missing_one_for_later(desk: Desk, fake: Fake) -> None:
    wanted = post(pictures=1)
    with pytest.raises(Refused, match="picture"):
        desk.send(replace(wanted, pictures=(replace(wanted.pictures[0], data=b"none"),)))
    with pytest.raises(TryLater):
        desk.send(replace(wanted, pictures=(replace(wanted.pictures[0], data=b""),)))
    assert fake.texts() == []


# --- everything else ---


@pytest.mark.parametrize("call", ["photo", "delete", "list"])
@pytest.mark.parametrize("trouble", [*UNCLEAR, "500-after", "garbage-after", "429", "redirect", "huge-after"])
def test_trouble_elsewhere_only_means_later(desk: Desk, fake: Fake, call: str, trouble: str) -> None:
    wanted = post(pictures=1)

    async def whole(facebook: Facebook) -> None:
        sent = await facebook.send(Prepared(wanted))
        facebook.memory.keep(wanted.key, "")
        await facebook.withdraw(wanted, None if call == "list" else sent)

    fake.will(call, trouble)
    with pytest.raises(TryLater):
        desk.do(whole)
    if fake.texts():
        desk.do(lambda facebook: facebook.withdraw(wanted, None))
    assert fake.texts() == []


@pytest.mark.parametrize("subcode", [458, 460, 463, 467])
def test_a_token_that_is_no_longer_taken_is_for_a_person(desk: Desk, fake: Fake, subcode: int) -> None:
    fake.revoked = subcode
    with pytest.raises(Refused) as refused:
        desk.send(LINE)
    assert refused.value.account
    assert "Connect" in refused.value.shown


def test_a_missing_permission_is_named(desk: Desk, fake: Fake) -> None:
    fake.lacks = {"pages_manage_posts"}
    with pytest.raises(Refused, match="pages_manage_posts") as refused:
        desk.send(LINE)
    assert refused.value.account


def test_a_wrong_app_secret_is_refused_and_not_shown(desk: Desk, fake: Fake) -> None:
    desk.secrets["client_secret"] = "some-wrong-secret"
    with pytest.raises(Refused, match="appsecret_proof") as refused:
        desk.send(LINE)
    assert "some-wrong-secret" not in refused.value.why


def test_no_token_stands_in_an_address_also_when_pages_are_turned(
    desk: Desk, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "PAGE", 1)
    for n in range(3):
        desk.send(post(f"Line {n}.", key=f"k{n}"))
    desk.find(post("Not there.", key="other"))
    desk.do(lambda facebook: facebook.signed_in({"access": "short"}))
    seen = json.dumps([dict(asked.query) for asked in fake.asked])
    assert TOKEN not in seen
    assert PERSON not in seen
    assert SECRET not in seen


def test_withdrawing_takes_it_down_also_when_nothing_is_remembered(desk: Desk, fake: Fake) -> None:
    fake.will("feed", "500-after")
    with pytest.raises(Unsure):
        desk.send(LINE, keep=False)
    for _ in range(2):
        desk.do(lambda facebook: facebook.withdraw(LINE, None))
        assert fake.texts() == []


def test_an_answer_is_a_comment_under_what_it_answers(desk: Desk, fake: Fake) -> None:
    sent = desk.send(LINE)
    answer = post("Five.", key="answer", reply_to=sent.remote_id)
    fake.will("comment", "500-after")
    with pytest.raises(Unsure):
        desk.send(answer, keep=False)
    found = desk.find(answer)
    assert found is not None
    assert fake.things[found.remote_id].fields["under"] == sent.remote_id


def test_check_says_who_we_are_what_we_may_and_how_much_is_left(desk: Desk) -> None:
    health = desk.do(lambda facebook: facebook.check())
    assert health.ok
    assert health.who == "Ministry"
    assert "post" in health.may
    assert [(room.left, room.limit) for room in health.headroom] == [(70, 100)]
    desk.session["tasks"] = "ANALYZE"
    assert not desk.do(lambda facebook: facebook.check()).ok


# --- sign-in ---


def test_what_is_kept_of_a_sign_in_is_the_pages_own_token(desk: Desk, fake: Fake) -> None:
    kept = desk.do(lambda facebook: facebook.signed_in({"access": "short", "access_until": "soon"}))
    assert kept["access"] == fake.token
    assert "access_until" not in kept
    assert "CREATE_CONTENT" in kept["tasks"]


def test_a_person_without_a_role_on_the_page_is_told_which_pages_there_are(desk: Desk, fake: Fake) -> None:
    fake.has_role = False
    with pytest.raises(Refused, match=r"Embassy \(1\)") as refused:
        desk.do(lambda facebook: facebook.signed_in({"access": "short"}))
    assert refused.value.account


def test_a_sign_in_asks_to_be_told_only_where_a_verify_token_was_entered(desk: Desk, fake: Fake) -> None:
    kept = desk.do(lambda connector: connector.signed_in({"access": "short"}))
    assert fake.told == ["feed"]
    desk.session |= kept
    assert "be told of comments at once" in desk.do(lambda connector: connector.check()).may
    fake.lacks = {"pages_manage_metadata"}
    kept = desk.do(lambda connector: connector.signed_in({"access": "short"}))
    assert kept["told"] == "no"
    desk.secrets["webhook_token"] = ""
    assert desk.do(lambda connector: connector.signed_in({"access": "short"}))["told"] == "no"
    assert fake.told == ["feed"]


# --- what comes in ---


def test_comments_are_read_once_and_our_own_are_not(desk: Desk, fake: Fake) -> None:
    sent = desk.send(LINE)
    fake.somebody_writes(sent.remote_id, "How many days?")
    fake.somebody_writes(sent.remote_id, "Five.", sender=PAGE)
    batch = desk.do(lambda facebook: facebook.fetch(""))
    assert [(one.text, one.in_reply_to) for one in batch.incoming] == [("How many days?", sent.remote_id)]
    again = desk.do(lambda facebook: facebook.fetch(batch.cursor))
    assert again == batch  # the last minutes are read again: what was shown late is not missed


def test_a_burst_under_one_post_is_read_to_its_end(desk: Desk, fake: Fake) -> None:
    sent = desk.send(LINE)
    for number in range(250):
        fake.somebody_writes(sent.remote_id, f"m{number}")
    batch = desk.do(lambda facebook: facebook.fetch(""))
    assert {one.text for one in batch.incoming} == {f"m{number}" for number in range(250)}
    assert {one.conversation for one in batch.incoming} == {sent.remote_id}
    since = datetime.now(UTC) - timedelta(hours=1)
    back = desk.do(lambda facebook: facebook.look_back(since, ""))
    assert len(back.incoming) == 250
    assert not back.more


def test_what_a_visitor_posts_comes_in(desk: Desk, fake: Fake) -> None:
    fake.put({"kind": "visitor", "message": "May I come?", "from": "77"})
    [said] = desk.do(lambda facebook: facebook.fetch("")).incoming
    assert (said.text, said.author_id, said.in_reply_to) == ("May I come?", "77", "")


def test_figures_are_read_and_a_count_that_ended_does_no_harm(desk: Desk, fake: Fake) -> None:
    sent = desk.send(LINE)
    counts = desk.do(lambda facebook: facebook.figures(sent)).counts
    assert (counts["reactions"], counts["shares"], counts["post_media_view"]) == (5, 3, 7)
    fake.insights_end = True
    assert desk.do(lambda facebook: facebook.figures(sent)).counts == {
        "reactions": 5,
        "comments": 5,
        "shares": 3,
    }


def told(**more: Any) -> dict[str, Any]:
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": "1_9",
        "post_id": "1_2",
        "parent_id": "1_2",
        "message": "How?",
        "created_time": 1786098797,
        "from": {"id": "5", "name": "Somebody"},
        **more,
    }
    return {"object": "page", "entry": [{"id": PAGE, "changes": [{"field": "feed", "value": value}]}]}


def read(desk: Desk, said: Any, secret: str = SECRET) -> list[Any]:
    call = signed(json.dumps(said).encode(), secret)
    return list(desk.plain(lambda facebook: facebook.read_webhook(call)))


def test_a_comment_that_is_told_is_read(desk: Desk) -> None:
    (one,) = read(desk, told())
    assert (one.outside_id, one.text, one.in_reply_to) == ("1_9", "How?", "1_2")
    assert one.at == datetime.fromtimestamp(1786098797, UTC)
    (visit,) = read(desk, told(item="post"))
    assert visit.outside_id == "1_2"


@pytest.mark.parametrize(
    "more", [{"verb": "hide"}, {"item": "reaction"}, {"from": {"id": PAGE}}, {"comment_id": ""}]
)
def test_what_is_no_new_text_of_others_is_not_read(desk: Desk, more: dict[str, Any]) -> None:
    assert read(desk, told(**more)) == []


def test_a_change_and_a_takeback_are_told_as_such(desk: Desk) -> None:
    said = told(verb="edited", message="How many?")
    said["entry"][0]["time"] = 1786098900
    (one,) = read(desk, said)
    assert (one.text, one.edited, one.author) == (
        "How many?",
        datetime.fromtimestamp(1786098900, UTC),
        "Somebody",
    )
    said["entry"][0]["changes"][0]["value"]["verb"] = "remove"
    assert read(desk, said) == [Gone("1_9", datetime.fromtimestamp(1786098900, UTC))]


def test_a_letter_to_the_page_is_private(desk: Desk) -> None:
    letter = {"sender": {"id": "8"}, "timestamp": 1786098797000, "message": {"mid": "m1", "text": "Help"}}
    echo = {"sender": {"id": PAGE}, "message": {"mid": "m2", "text": "ours", "is_echo": True}}
    (one,) = read(desk, {"entry": [{"id": PAGE, "messaging": [letter, echo, 1, {"message": 1}]}]})
    assert (one.outside_id, one.text, one.private, one.author_id) == ("m1", "Help", True, "8")


def test_what_is_told_of_another_page_is_not_ours(desk: Desk) -> None:
    said = told()
    said["entry"][0]["id"] = "999"
    assert read(desk, said) == []


@pytest.mark.parametrize(
    "call", [signed(b"{}", "another"), WebhookCall({}, b"{}"), signed(b"not json", SECRET)]
)
def test_a_call_that_is_not_signed_by_the_app_is_refused(desk: Desk, call: WebhookCall) -> None:
    with pytest.raises(Refused):
        desk.plain(lambda facebook: facebook.read_webhook(call))


@pytest.mark.parametrize("said", [[], None, {"entry": 1}, {"entry": [1, {"id": PAGE, "changes": [1]}]}])
def test_a_call_of_any_shape_does_no_harm(desk: Desk, said: Any) -> None:
    assert read(desk, said) == []


def test_the_question_whether_the_address_is_ours_is_answered_only_with_the_right_word(desk: Desk) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "115", "hub.verify_token": "a word of ours"}
    assert desk.plain(lambda facebook: facebook.challenge(query)) == "115"
    with pytest.raises(Refused):
        desk.plain(lambda facebook: facebook.challenge({**query, "hub.verify_token": "another"}))
