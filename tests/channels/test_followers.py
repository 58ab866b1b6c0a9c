"""The ministry's own actor in the fediverse, seen from other servers: found, followed, answered, lied to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from tests.cast import Cast
from tests.channels.help import plan, walk
from tests.fakes.activitypub import Call, Server, dumps

from dragoman.audit.models import Event
from dragoman.base import clock, limits
from dragoman.channels import actions, queries
from dragoman.channels.actions import copies, followers
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Activity, Arrival, Channel, Copy, Delivery, Recipient
from dragoman.config import reception_settings
from dragoman.lib.signatures import keys

HANDLE = "mfa"


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Another server. Our own public site is at an address of ours, which it does not ask."""
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    for name in ("ROOT_URLCONF", "MIDDLEWARE", "ALLOWED_HOSTS"):
        monkeypatch.setattr(settings, name, getattr(reception_settings, name))
    followers.KNOWN.forget()
    limits.forget()
    with Server(tmp_path / "activitypub").running() as running:
        monkeypatch.setattr(settings.DRAGOMAN, "public_url", running.url)
        yield running


@pytest.fixture
def channel(cast: Cast, there: Server) -> Channel:
    """Our actor. The other server stands in for our site when keys are fetched from it."""
    made = actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="activitypub",
        slug="fediverse",
        label="Fediverse",
        values={"handle": HANDLE, "service": there.url, "name": "Ministry", "about": "We speak."},
    )
    actions.check_channel(by=cast.admin, channel=made)
    made.refresh_from_db()
    return made


def us(there: Server) -> str:
    return f"{there.url}/ap/{HANDLE}"


def post(call: Call, **changed: Any) -> int:
    path = call.url.split("/", 3)[3]
    headers = {**call.headers, **changed.pop("headers", {})}
    headers = {name: value for name, value in headers.items() if value is not None}
    kind = headers.pop("content-type")
    body = changed.pop("body", call.body)
    return Client().post(f"/{path}", body, content_type=kind, headers=headers).status_code


def work() -> None:
    """The worker's share: whatever is due is acted on."""
    for row in Activity.objects.due(clock.now()):
        followers.answer_activity(by=WORKER, activity_id=row.pk)


def follow(there: Server, name: str = "alice", **more: Any) -> Call:
    activity = {"type": "Follow", "object": us(there)}
    return there.says(name, activity, f"{us(there)}/inbox", **more)


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers={"accept": "application/activity+json", **headers})


# --- being found ---


def test_the_account_is_found_by_its_name(channel: Channel, there: Server) -> None:
    assert channel.healthy
    host = there.url.removeprefix("http://")
    answer = get(f"/.well-known/webfinger?resource=acct:{HANDLE}@{host}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jrd+json"
    assert {"rel": "self", "type": "application/activity+json", "href": us(there)} in answer.json()["links"]
    assert get("/.well-known/webfinger").status_code == 400
    assert get(f"/.well-known/webfinger?resource=acct:nobody@{host}").status_code == 404
    assert get(f"/.well-known/webfinger?resource=acct:{HANDLE}@elsewhere.example").status_code == 404
    found = get("/.well-known/nodeinfo").json()["links"][0]["href"]
    info = get(found.removeprefix(there.url)).json()
    assert info["protocols"] == ["activitypub"]
    assert info["usage"]["users"]["total"] == 1


def test_the_actor_says_who_it_is_and_a_person_is_led_to_the_site(channel: Channel, there: Server) -> None:
    found = get(f"/ap/{HANDLE}").json()
    assert found["id"] == us(there)
    assert found["publicKey"]["owner"] == us(there)
    assert keys.public(found["publicKey"]["publicKeyPem"])
    assert found["endpoints"]["sharedInbox"] == f"{there.url}/ap/inbox"
    for name in ("outbox", "followers", "following", "featured"):
        collection = get(found[name].removeprefix(there.url))
        assert (collection.status_code, collection.json()["totalItems"]) == (200, 0), name
    assert get(f"/ap/{HANDLE}", accept="text/html").headers["location"] == f"{there.url}/"
    assert get("/ap/nobody").status_code == 404


def test_the_key_is_made_by_the_desk_and_never_shown(channel: Channel) -> None:
    secret = queries.account_of(channel).secrets["private_key"]
    assert keys.private(secret)
    assert (
        "PRIVATE" not in json.dumps(channel.settings) + channel.sealed + get(f"/ap/{HANDLE}").content.decode()
    )


# --- being followed ---


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_who_follows_is_welcomed_and_who_goes_is_let_go(channel: Channel, there: Server, form: str) -> None:
    call = follow(there, form=form)
    assert post(call) == 202
    work()
    assert there.got[-1]["type"] == "Accept"
    assert there.got[-1]["object"]["id"] == json.loads(call.body)["id"]
    follower = Recipient.objects.get()
    assert queries.recipients.address_of(follower)["sharedInbox"] == f"{there.url}/inbox"
    assert get(f"/ap/{HANDLE}/followers").json()["totalItems"] == 1
    undo = {
        "type": "Undo",
        "object": {"type": "Follow", "actor": f"{there.url}/users/alice", "object": us(there)},
    }
    assert post(there.says("alice", undo, f"{there.url}/ap/inbox", form=form)) == 202
    work()
    follower.refresh_from_db()
    assert (follower.state, follower.sealed) == ("left", "")


def test_a_follow_that_is_sent_again_changes_nothing(channel: Channel, there: Server) -> None:
    call = follow(there)
    for _ in range(3):
        assert post(call) == 202
        work()
    assert Recipient.objects.count() == 1
    assert len(there.got) == 1


def test_our_yes_is_said_again_until_it_is_heard(channel: Channel, there: Server) -> None:
    there.will("own-inbox", "500-before", "silent-after")
    post(follow(there))
    for minutes in range(3):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes * 5), tick=True):
            work()
    assert [activity["type"] for activity in there.got] == ["Accept"]
    assert Activity.objects.get().state == "done"


def test_an_actor_that_is_no_more_is_forgotten(channel: Channel, there: Server) -> None:
    post(follow(there))
    work()
    followers.KNOWN.forget()
    there.deleted.add("alice")
    me = f"{there.url}/users/alice"
    assert post(there.says("alice", {"type": "Delete", "object": me}, f"{there.url}/ap/inbox")) == 202
    work()
    assert Recipient.objects.get().state == "left"


def test_a_false_farewell_is_refused_while_the_actor_lives(channel: Channel, there: Server) -> None:
    post(follow(there))
    work()
    followers.KNOWN.forget()
    there.keys["mallory"] = keys.new_rsa()
    there.people.append("mallory")
    me = f"{there.url}/users/alice"
    call = there.says("mallory", {"type": "Delete", "object": me, "actor": me}, f"{there.url}/ap/inbox")
    assert post(call) == 401
    assert Recipient.objects.get().state == "confirmed"


def test_a_key_that_is_not_there_proves_no_farewell(channel: Channel, there: Server) -> None:
    post(follow(there))
    work()
    followers.KNOWN.forget()
    me = f"{there.url}/users/alice"
    call = there.says("alice", {"type": "Delete", "object": me}, f"{there.url}/ap/inbox")
    forged = call.headers["signature"].replace(f"{me}#", f"{there.url}/users/nobody#")
    assert forged != call.headers["signature"]
    assert post(call, headers={"signature": forged}) == 401
    work()
    assert Recipient.objects.get().state == "confirmed"


def test_what_is_not_proved_leaves_no_trace_that_a_stranger_could_pile_up(
    channel: Channel, there: Server
) -> None:
    before = Event.objects.count()
    there.keys["mallory"] = keys.new_rsa()
    there.people.append("mallory")
    me = f"{there.url}/users/alice"
    for _ in range(3):
        call = there.says("mallory", {"type": "Delete", "object": me, "actor": me}, f"{there.url}/ap/inbox")
        assert post(call) == 401
    assert Event.objects.count() == before


# --- being told ---


def test_followers_have_what_is_released_and_let_go_what_is_withdrawn(
    cast: Cast, channel: Channel, there: Server
) -> None:
    for name in ("alice", "bob"):
        post(follow(there, name))
    work()
    delivery = plan(cast, channel)
    walk(delivery)
    copies.start_copies(by=WORKER, delivery_id=delivery.pk)
    copies.send_copies(by=WORKER, mailing_id=delivery.mailing.pk)
    assert set(Copy.objects.values_list("state", flat=True)) == {"done"}
    assert len(there.texts()) == 1
    assert there.calls.count("inbox") == 1
    delivery.refresh_from_db()
    note = get(delivery.remote_id.removeprefix(there.url))
    assert note.json()["type"] == "Note"
    page = get(get(f"/ap/{HANDLE}/outbox").json()["first"].removeprefix(there.url)).json()
    assert [item["object"]["id"] for item in page["orderedItems"]] == [delivery.remote_id]
    actions.withdraw_deliveries(by=cast.director, source=delivery.source, why="It was wrong.")
    actions.take_down(by=WORKER, takedown_id=delivery.takedown.pk)
    assert there.texts() == []
    gone = get(delivery.remote_id.removeprefix(there.url))
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
    assert get(f"/ap/{HANDLE}/outbox").json()["totalItems"] == 0


def test_another_name_is_told_to_those_who_follow(cast: Cast, channel: Channel, there: Server) -> None:
    post(follow(there))
    work()
    assert followers.announce_actor(by=cast.admin, channel=channel) == 0
    assert there.got[-1]["type"] == "Update"
    assert there.got[-1]["object"]["id"] == us(there)


def test_a_change_is_announced_by_itself_and_once(cast: Cast, channel: Channel, there: Server) -> None:
    assert followers.sweep_actors(by=WORKER) == 0
    post(follow(there))
    work()
    values = {"handle": HANDLE, "service": there.url, "name": "Ministry", "about": "We speak, and listen."}
    actions.change_channel(
        by=cast.admin, channel=channel, label="Fediverse", values=values, languages=(), useful_hours=24
    )
    channel.refresh_from_db()
    actions.check_channel(by=cast.admin, channel=channel)
    assert followers.sweep_actors(by=WORKER) == 1
    followers.announce_actor(by=WORKER, channel=channel)
    assert "listen" in there.got[-1]["object"]["summary"]
    assert followers.sweep_actors(by=WORKER) == 0


def test_a_farewell_that_names_only_the_follow_is_understood(channel: Channel, there: Server) -> None:
    post(follow(there))
    work()
    first = there.spoken[0]["id"]
    post(there.says("alice", {"type": "Undo", "object": f"{there.url}/users/alice/7"}, f"{us(there)}/inbox"))
    work()
    assert Recipient.objects.get().state == "confirmed"
    post(there.says("alice", {"type": "Undo", "object": first}, f"{there.url}/ap/inbox"))
    work()
    assert Recipient.objects.get().state == "left"


# --- being answered ---


def _reply(there: Server, to: str, **more: Any) -> dict[str, Any]:
    me = f"{there.url}/users/bob"
    note = {
        "id": f"{me}/notes/1",
        "type": "Note",
        "attributedTo": me,
        "inReplyTo": to,
        "content": "<p>How many <b>days</b>?</p>",
        "contentMap": {"en": "<p>How many <b>days</b>?</p>"},
        **more,
    }
    return {"type": "Create", "object": note}


def _released(cast: Cast, channel: Channel) -> Delivery:
    delivery = plan(cast, channel)
    walk(delivery)
    delivery.refresh_from_db()
    return delivery


def test_an_answer_is_kept_sealed_and_deleted_with_its_source(
    cast: Cast, channel: Channel, there: Server
) -> None:
    delivery = _released(cast, channel)
    assert post(there.says("bob", _reply(there, delivery.remote_id), f"{there.url}/ap/inbox")) == 202
    work()
    arrival = Arrival.objects.get()
    assert "days" not in arrival.sealed
    kept = queries.vault().open(arrival.sealed)
    assert (kept["text"], kept["lang"], kept["in_reply_to"]) == ("How many days?", "en", delivery.remote_id)
    me = f"{there.url}/users/bob"
    post(there.says("bob", {"type": "Delete", "object": f"{me}/notes/1"}, f"{there.url}/ap/inbox"))
    work()
    kept_still = Arrival.objects.order_by("id")
    assert [(row.kind, bool(row.sealed), row.taken_at is None) for row in kept_still] == [
        ("text", False, False),  # emptied: the inbox never sees it
        ("gone", True, True),
    ]


def test_likes_and_shares_are_counted_once_each(cast: Cast, channel: Channel, there: Server) -> None:
    delivery = _released(cast, channel)
    for name, kind in (("alice", "Like"), ("alice", "Like"), ("bob", "Like"), ("bob", "Announce")):
        post(there.says(name, {"type": kind, "object": delivery.remote_id}, f"{there.url}/ap/inbox"))
    work()
    name = delivery.remote_id.rsplit("/", 1)[1]
    assert queries.actors.actor(channel).shelf.counts(name) == {"likes": 2, "shares": 1}


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "Create", "object": {"id": "https://else.example/1", "type": "Note", "content": "x"}},
        {"type": "Move", "object": "https://else.example/1"},
        {"type": "Follow", "object": "https://else.example/users/x"},
        {"type": "Flag", "object": ["x"]},
    ],
)
def test_what_means_nothing_to_us_is_taken_and_not_kept(
    channel: Channel, there: Server, activity: dict[str, Any]
) -> None:
    assert post(there.says("alice", activity, f"{there.url}/ap/inbox")) == 202
    assert not Activity.objects.exists()


# --- being lied to ---


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
def test_an_unsigned_or_changed_call_is_refused_and_leaves_no_row(
    channel: Channel, there: Server, form: str
) -> None:
    call = follow(there, form=form)
    gone = {"signature": None, "signature-input": None}
    assert post(call, headers=gone) == 401
    assert post(call, body=call.body + b" ") == 401
    other = dumps({**json.loads(call.body), "id": f"{there.url}/users/alice/x"})
    assert post(call, body=other) == 401
    assert post(Call(f"{there.url}/ap/inbox", call.headers, call.body)) == 401
    assert post(call, headers={"host": "elsewhere.example"}) in (400, 401)
    assert post(follow(there, form=form, at=time.time() - 7200)) == 401
    assert post(follow(there, form=form, at=time.time() + 3600)) == 401
    assert not Activity.objects.exists()
    assert not Recipient.objects.exists()


def test_a_key_of_another_server_or_of_somebody_else_is_refused(channel: Channel, there: Server) -> None:
    assert post(follow(there, key_id="https://else.example/users/alice#main-key")) == 401
    assert post(follow(there, key_id=f"{there.url}/users/bob#main-key")) == 401
    assert post(follow(there, "nobody")) == 401


def test_a_new_key_is_fetched_once_when_the_old_one_does_not_fit(channel: Channel, there: Server) -> None:
    post(follow(there))
    there.keys["alice"] = keys.new_rsa()
    before = there.calls.count("their-actor")
    assert post(follow(there)) == 202
    assert there.calls.count("their-actor") == before + 1
    call = follow(there)
    assert post(call, body=call.body) == 202
    assert there.calls.count("their-actor") == before + 1


def test_a_server_that_shows_actors_only_to_those_who_sign_is_asked_by_us(
    channel: Channel, there: Server
) -> None:
    there.secure = True
    assert post(follow(there)) == 202
    work()
    assert Recipient.objects.count() == 1


def test_an_actor_of_fifty_megabytes_is_not_read(channel: Channel, there: Server) -> None:
    there.huge.add("alice")
    assert post(follow(there)) == 401
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    "address", ["https://10.0.0.8/inbox", "https://[fd00::1]/inbox", "https://169.254.1.1/x"]
)
def test_a_follower_with_an_inbox_on_a_private_address_is_not_taken(
    channel: Channel, there: Server, address: str
) -> None:
    there.inboxes["alice"] = address
    assert post(follow(there)) == 422
    assert not Activity.objects.exists()
    assert not Recipient.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"type":"Follow"}',
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 60 + b"1" + b"}" * 60,
    ],
)
def test_what_is_no_activity_is_refused(channel: Channel, there: Server, body: bytes) -> None:
    assert post(follow(there), body=body) == 422


def test_an_activity_may_not_be_huge(channel: Channel, there: Server) -> None:
    assert post(follow(there), body=b'{"a":"' + b"x" * 300_000 + b'"}') == 413


def test_an_id_of_another_server_is_refused(channel: Channel, there: Server) -> None:
    activity = {"type": "Follow", "object": us(there), "id": "https://else.example/1"}
    assert post(there.says("alice", activity, f"{us(there)}/inbox")) == 422


def test_what_is_due_is_taken_up_however_old_and_what_is_done_is_forgotten(
    channel: Channel, there: Server
) -> None:
    post(follow(there))
    assert followers.sweep_activities(by=WORKER) == 1
    work()
    with time_machine.travel(clock.now() + timedelta(days=8)):
        followers.sweep_activities(by=WORKER)
    assert not Activity.objects.exists()
