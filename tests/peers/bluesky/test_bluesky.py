"""The Bluesky connector against Bluesky's own server (npm @atproto/pds), and whole deliveries with it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from django.conf import settings
from PIL import Image
from tests.cast import Cast, assemble
from tests.channels.help import SOURCE, plan, walk
from tests.channels.test_faults import in_another_process
from tests.peers.bluesky.running import Network, missing, running

from dragoman.channels import actions
from dragoman.channels.connector import Account, Picture, Piece, Post, Prepared, Refused
from dragoman.channels.connectors.bluesky import rendering
from dragoman.channels.connectors.bluesky.connector import Bluesky
from dragoman.channels.models import Channel, Delivery
from dragoman.lib.http import Door
from dragoman.lib.text.measures import graphemes, utf8_bytes

T = TypeVar("T")
pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SHORT = Piece(
    "fr",
    "Déclaration 🇫🇷 sur le séjour",
    "Cinq jours sans visa : https://mfa.example/fr/ (détails). @nobody.test",
    "",
    "https://mfa.example/fr/statements/sejour/",
    ("visa", "séjour"),
)
LONG = replace(SHORT, lang="en", summary="", body="The days of arrival and departure both count. " * 20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    why = missing()
    if why and os.environ.get("CI") != "true":
        pytest.skip(why)
    assert not why, why
    with running(tmp_path_factory.mktemp("pds")) as network:
        yield network


@pytest.fixture
def network(server: Network) -> Network:
    server.join()
    return server


def do(network: Network, verb: Callable[[Bluesky], Awaitable[T]], **more: Any) -> T:
    secrets = {"app_password": more.get("password", network.app_password)}
    values = {"handle": network.handle, "service": network.url}

    async def go() -> T:
        async with Door(allow_loopback=True) as door:
            account = Account("b", values, secrets, Path(), more.get("session", {}))
            return await verb(Bluesky(account, door))

    return asyncio.run(go())


def post(piece: Piece = SHORT, *, key: str = "2026-abc:1:3:fr:9", pictures: tuple[Picture, ...] = ()) -> Post:
    rendition = rendering.render(piece, form="whole")
    return Post(key, rendition, piece.lang, piece.url, AT, piece.title, piece.summary, pictures)


def picture() -> Picture:
    out = BytesIO()
    Image.new("RGB", (40, 30), (15, 76, 92)).save(out, "PNG")
    return Picture(hashlib.sha256(out.getvalue()).hexdigest(), "image/png", 40, 30, "Alt", out.getvalue())


def test_a_post_carries_facets_card_picture_and_language(network: Network) -> None:
    image = picture()
    sent = do(network, lambda bluesky: bluesky.send(Prepared(post(pictures=(image,)))))
    (record,) = network.posts()
    value = record["value"]
    assert sent.remote_id == record["uri"]
    assert value["text"] == post().rendition.parts[0].text
    assert value["langs"] == ["fr"]
    named = [
        value["text"].encode()[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode()
        for f in value["facets"]
    ]
    assert named == ["https://mfa.example/fr/", "#visa", "#séjour"]
    card = value["embed"]["external"]
    assert (card["uri"], card["title"]) == (SHORT.url, SHORT.title)
    assert network.blob(card["thumb"]["ref"]["$link"]) == image.data


def test_a_long_text_is_a_thread(network: Network) -> None:
    sent = do(network, lambda bluesky: bluesky.send(Prepared(post(LONG))))
    records = network.posts()
    assert [record["value"]["text"] for record in records] == [p.text for p in post(LONG).rendition.parts]
    assert len(records) > 3
    for before, record in pairwise(records):
        assert record["value"]["reply"]["root"]["uri"] == records[0]["uri"] == sent.remote_id
        assert record["value"]["reply"]["parent"] == {"uri": before["uri"], "cid": before["cid"]}


@pytest.mark.parametrize("piece", [SHORT, LONG])
def test_asking_again_posts_once_and_commits_nothing(network: Network, piece: Piece) -> None:
    whole = post(piece, pictures=(picture(),))
    first = do(network, lambda bluesky: bluesky.send(Prepared(whole)))
    revision, count = network.revision(), len(network.posts())
    second = do(network, lambda bluesky: bluesky.send(Prepared(whole)))
    assert second.extra == first.extra
    assert len(network.posts()) == count
    assert network.revision() == revision


def test_another_text_under_the_same_key_is_refused_by_the_server(network: Network) -> None:
    do(network, lambda bluesky: bluesky.send(Prepared(post())))
    changed = post(replace(SHORT, title="Another text"))
    with pytest.raises(Refused, match="Another text"):
        do(network, lambda bluesky: bluesky.send(Prepared(changed)))
    assert network.texts() == [post().rendition.parts[0].text]


def test_finding_tells_whole_from_partly_from_not_at_all(network: Network) -> None:
    whole = post(LONG)
    assert do(network, lambda bluesky: bluesky.find(whole)) is None
    sent = do(network, lambda bluesky: bluesky.send(Prepared(whole)))
    found = do(network, lambda bluesky: bluesky.find(whole))
    assert found is not None
    assert (found.remote_id, found.extra) == (sent.remote_id, sent.extra)
    last = network.posts()[-1]["uri"].rpartition("/")[2]
    network.call(
        "com.atproto.repo.deleteRecord",
        {"repo": network.did, "collection": "app.bsky.feed.post", "rkey": last},
    )
    assert do(network, lambda bluesky: bluesky.find(whole)) is None


def test_a_withdrawal_takes_every_part_and_may_be_repeated(network: Network) -> None:
    sent = do(network, lambda bluesky: bluesky.send(Prepared(post(LONG))))
    for _ in range(2):
        do(network, lambda bluesky: bluesky.withdraw(post(LONG), sent))
        assert network.posts() == []


def test_a_wrong_password_is_refused_in_words(network: Network) -> None:
    with pytest.raises(Refused, match="app password") as refused:
        do(network, lambda bluesky: bluesky.check(), password="wrong-wrong-wrong")
    assert refused.value.account
    assert "wrong-wrong" not in refused.value.why + refused.value.shown


def test_checking_says_who_we_are_and_until_when(network: Network) -> None:
    health = do(network, lambda bluesky: bluesky.check())
    assert (health.ok, health.who) == (True, f"@{network.handle}")
    assert health.until is not None
    assert (health.until - datetime.now(UTC)).days > 30
    assert network.posts() == []


def test_a_removed_app_password_is_refused_once_its_session_is_gone(network: Network) -> None:
    async def session(bluesky: Bluesky) -> dict[str, Any]:
        await bluesky.check()
        return dict(bluesky.session)

    kept = do(network, session)
    network.call("com.atproto.server.revokeAppPassword", {"name": "Dragoman"})
    with pytest.raises(Refused, match="app password"):
        do(network, lambda bluesky: bluesky.check(), session={**kept, "access": ""})


FAMILY = "👨‍👩‍👧‍👦"
EDGES = {
    "latin": "a",
    "devanagari": "क्षि",
    "tamil": "நி",
    "thai": "กำ",
    "hangul jamo": "각",
    "arabic with marks": "مُّ",
    "flags": "🇫🇷",
    "family": FAMILY,
    "keycap": "1️⃣",
    "zalgo": "e" + "́" * 6,
}


@pytest.mark.parametrize("name", EDGES)
def test_we_count_as_the_server_counts(network: Network, name: str) -> None:
    """The longest text that we let through is taken, and one more of the same is refused by both."""
    unit = EDGES[name]
    fitting = next(n for n in range(1, 400) if not rendering.fits(unit * (n + 1)))
    assert graphemes(unit * fitting) <= rendering.MAX_GRAPHEMES
    assert utf8_bytes(unit * fitting) <= rendering.MAX_BYTES
    assert put(network, unit * fitting) == ""
    assert "big" in put(network, unit * (fitting + 1)) or "must not be" in put(network, unit * (fitting + 1))


def put(network: Network, text: str) -> str:
    """Write a post as it is, without our connector; returns the server's refusal."""
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-22T09:00:00.000Z"}
    body = {"repo": network.did, "collection": "app.bsky.feed.post", "record": record}
    try:
        network.call("com.atproto.repo.createRecord", body)
    except httpx.HTTPStatusError as error:
        return error.response.text
    return ""


# --- whole deliveries ---


def channel(cast: Cast, network: Network) -> Channel:
    return actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="bluesky",
        slug="peer",
        label=f"@{network.handle}",
        values={
            "handle": network.handle,
            "service": network.url,
            "app_password": network.app_password,
            "form": "whole",
        },
    )


@pytest.fixture
def cast(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    return assemble()


def assert_once(network: Network, delivery: Delivery) -> None:
    assert delivery.state == "sent", delivery.why
    assert network.texts() == [part["text"] for part in delivery.rendition["parts"]]


def test_a_delivery_goes_out_and_is_withdrawn(cast: Cast, network: Network) -> None:
    delivery = walk(plan(cast, channel(cast, network), piece=LONG))
    assert_once(network, delivery)
    assert delivery.remote_url.startswith(f"https://bsky.app/profile/{network.did}/post/")
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    assert walk(delivery).state == "withdrawn"
    assert network.posts() == []


@pytest.mark.parametrize(
    "step",
    ["channels.claimed", "channels.before-send", "bluesky.part-1", "bluesky.part-3", "channels.answered"],
)
def test_a_worker_killed_between_any_two_steps_leaves_one_post(
    cast: Cast, network: Network, step: str
) -> None:
    delivery = plan(cast, channel(cast, network), piece=LONG)
    code = f"actions.deliver(by=WORKER, delivery_id={delivery.pk})"
    assert in_another_process(code, die_at=step) == -signal.SIGKILL
    walk(delivery)
    assert_once(network, delivery)
    if step == "channels.answered":
        verbs = list(delivery.attempts.values_list("verb", "outcome"))
        assert verbs == [("send", "died"), ("find", "done")]


def test_a_wrong_password_calls_a_person(cast: Cast, network: Network) -> None:
    made = channel(cast, network)
    actions.change_credentials(by=cast.admin, channel=made, secrets={"app_password": "wrong-wrong-wrong"})
    delivery = walk(plan(cast, made, piece=LONG))
    assert delivery.state == "refused"
    assert "app password" in delivery.why
    assert network.posts() == []
