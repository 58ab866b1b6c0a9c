"""Our actor and a server made with Fedify (npm): each keeps the other's rules, and neither believes a lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from tests.cast import Cast, assemble
from tests.channels.help import plan, walk
from tests.peers.activitypub.running import Fedify, Reception, fedify, missing, reception

from dragoman.base import clock, limits
from dragoman.channels import actions, queries
from dragoman.channels.actions import copies, followers
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Activity, Arrival, Channel, Copy, Recipient
from dragoman.channels.queries import actors
from dragoman.config import reception_settings
from dragoman.lib.signatures import cavage, rfc9421
from dragoman.lib.signatures.request import Request

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]
HANDLE = "mfa"
KNOCKS = ("rfc9421", "cavage")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reception]:
    """Our own site as others reach it."""
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    for name in ("ROOT_URLCONF", "MIDDLEWARE"):
        monkeypatch.setattr(settings, name, getattr(reception_settings, name))
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    followers.KNOWN.forget()
    limits.forget()
    with reception() as (site, go):
        monkeypatch.setattr(settings.DRAGOMAN, "public_url", site.url)
        go()
        yield site


@pytest.fixture
def channel(cast: Cast, here: Reception) -> Channel:
    values = {"handle": HANDLE, "service": here.url, "name": "Ministry", "about": "We speak."}
    made = actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="activitypub",
        slug="fediverse",
        label="Fediverse",
        values=values,
    )
    actions.check_channel(by=cast.admin, channel=made)
    made.refresh_from_db()
    assert made.healthy, made.health_says
    return made


@pytest.fixture(params=KNOCKS)
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fedify]:
    with fedify(tmp_path, knock=request.param) as running:
        running.knock = request.param
        yield running


def us(here: Reception) -> str:
    return f"{here.url}/ap/{HANDLE}"


def work() -> None:
    for row in Activity.objects.due(clock.now()):
        followers.answer_activity(by=WORKER, activity_id=row.pk)


def test_the_whole_life_of_a_note(cast: Cast, channel: Channel, here: Reception, there: Fedify) -> None:
    found = there.do("actor", actor=us(here))
    assert found == {"type": "Organization", "name": "Ministry", "inbox": f"{us(here)}/inbox"}

    # it follows, and has our yes
    assert there.do("follow", actor=us(here)) == {"status": "taken"}
    work()
    [accepted] = there.got("Accept")
    assert accepted["actor"] == us(here)
    assert Recipient.objects.get().state == "confirmed"

    # what is released arrives once, however often it is told
    delivery = plan(cast, channel)
    walk(delivery)
    copies.start_copies(by=WORKER, delivery_id=delivery.pk)
    copies.send_copies(by=WORKER, mailing_id=delivery.mailing.pk)
    assert Copy.objects.get().state == "done"
    delivery.refresh_from_db()
    [created] = there.got("Create")
    assert (created["object"], created["objectType"]) == (delivery.remote_id, "Note")
    Copy.objects.update(state="waiting", next_at=clock.now())
    type(delivery.mailing).objects.update(state="running", next_at=clock.now())
    copies.send_copies(by=WORKER, mailing_id=delivery.mailing.pk)
    assert Copy.objects.get().state == "done"
    assert len(there.got("Create")) == 1

    # what people do with it comes back
    text = "<p>How many <b>days</b>?</p>"
    assert there.do("reply", actor=us(here), object=delivery.remote_id, text=text) == {"status": "taken"}
    assert there.do("like", actor=us(here), object=delivery.remote_id) == {"status": "taken"}
    work()
    assert queries.vault().open(Arrival.objects.get().sealed)["text"] == "How many days?"
    name = delivery.remote_id.rsplit("/", 1)[1]
    assert actors.actor(channel).shelf.counts(name) == {"likes": 1}

    # shown anew, renamed, withdrawn
    post = queries.post_of(delivery)
    ask = actions.common.ask
    assert ask(channel, lambda actor: actor.refresh(post), changes=False).value == 0  # type: ignore[attr-defined]
    assert followers.announce_actor(by=cast.admin, channel=channel) == 0
    assert [each["object"] for each in there.got("Update")] == [delivery.remote_id, us(here)]
    actions.withdraw_deliveries(by=cast.director, source=delivery.source, why="It was wrong.")
    assert actions.take_down(by=WORKER, takedown_id=delivery.takedown.pk) == "done"
    [deleted] = there.got("Delete")
    assert deleted["object"] == delivery.remote_id

    # and it goes
    assert there.do("undo", actor=us(here)) == {"status": "taken"}
    work()
    assert Recipient.objects.get().state == "left"
    assert here.forms == {there.knock}


@pytest.mark.parametrize("there", ["rfc9421"], indirect=True)
def test_what_was_changed_or_is_not_signed_is_refused_by_us(
    channel: Channel, here: Reception, there: Fedify
) -> None:
    here.change = lambda body: body.replace(b"Follow", b"Follow ")
    assert there.do("follow", actor=us(here))["status"] == "refused"
    here.change = None
    here.strip = ("SIGNATURE", "SIGNATURE_INPUT")
    assert there.do("follow", actor=us(here))["status"] == "refused"
    here.strip = ()
    statuses = {status for path, status in here.answered if path.endswith("/inbox")}
    assert statuses == {401}
    assert not Activity.objects.exists()
    assert there.do("follow", actor=us(here)) == {"status": "taken"}


@pytest.mark.parametrize("there", ["rfc9421"], indirect=True)
@pytest.mark.parametrize("form", KNOCKS)
def test_what_was_changed_or_is_not_signed_is_refused_by_them(
    channel: Channel, here: Reception, there: Fedify, form: str
) -> None:
    def tell(number: int, *, sign: bool = True, change: bytes = b"") -> int:
        activity: dict[str, Any] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{us(here)}/activities/test-{form}-{number}",
            "type": "Create",
            "actor": us(here),
            "to": "https://www.w3.org/ns/activitystreams#Public",
            "object": {"id": f"{us(here)}/notes/{number}", "type": "Note", "content": "Hello"},
        }
        body = json.dumps(activity).encode()
        signer = actors.actor(channel, secrets=True).signer
        request = Request("POST", f"{there.url}/inbox", {"content-type": "application/activity+json"}, body)
        now = datetime.now(UTC)
        if form == "cavage":
            added = cavage.signed(request, key=signer.key, key_id=signer.key_id, now=now)
        else:
            covers = ("@method", "@target-uri", "content-digest")
            added = rfc9421.signed(request, key=signer.key, key_id=signer.key_id, covers=covers, now=now)
        headers = {**request.headers, **(added if sign else {})}
        return httpx.post(request.url, content=body + change, headers=headers, timeout=30).status_code

    assert tell(1, sign=False) == 401
    assert tell(2, change=b" ") == 401
    assert there.got() == []
    assert tell(3) in (200, 202)
    assert tell(3) in (200, 202)
    assert len(there.got("Create")) == 1
