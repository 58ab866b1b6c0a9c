"""Push services that misbehave: each copy comes to the right end, and nothing is sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes.network import TROUBLES
from tests.fakes.webpush import PushService

from dragoman.channels.connector import Account, Copied, Piece, Post, Prepared, Recipient, Refused
from dragoman.channels.connectors.webpush import connector as module
from dragoman.channels.connectors.webpush import vapid
from dragoman.channels.connectors.webpush.connector import WebPush
from dragoman.lib.http import Door, Limits

PIECE = Piece("en", "Title", "Summary.", "Body.", "https://mfa.example/en/")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    monkeypatch.setattr(module, "LIMITS", Limits(connect=2.0, read=2.5, total=3.0, answer=100_000))
    with PushService().running() as running:
        yield running


def send(
    service: PushService,
    *addresses: dict[str, str],
    key: str = "",
    urgent: bool = False,
    loopback: bool = True,
) -> list[Copied]:
    async def go() -> list[Copied]:
        async with Door(allow_loopback=loopback) as door:
            settings, secrets, _ = service.account()
            account = Account("push", settings, {"vapid_key": key} if key else secrets, Path())
            push = WebPush(account, door)
            post = Post("k:1", push.render(PIECE), "en", PIECE.url, datetime.now(UTC), PIECE.title)
            people = [Recipient(str(number), address) for number, address in enumerate(addresses)]
            return list(await push.send_each(Prepared(post, {"urgent": urgent}), people))

    return asyncio.run(go())


ENDS = {"ok": "done", "slow": "done", "429": "later", "expired": "refused"}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_one_trouble_touches_one_copy(service: PushService, trouble: str) -> None:
    ann, bob = service.browser("ann"), service.browser("bob")
    service.will("push", trouble)
    first = send(service, ann.address)
    second = send(service, bob.address)
    assert (first[0].outcome, second[0].outcome) == (
        ENDS.get(trouble, "unsure"),
        "done",
    )
    assert len(bob.notices) == 1
    assert len(ann.notices) <= 1
    if first[0].outcome in ("later", "refused"):
        assert ann.notices == []


def test_a_browser_that_left_is_gone(service: PushService) -> None:
    ann, bob = service.browser("ann"), service.browser("bob")
    ann.gone = True
    del service.browsers["bob"]
    assert [copy.outcome for copy in send(service, ann.address, bob.address)] == ["gone", "gone"]


def test_all_of_a_group_are_told_under_one_topic(service: PushService) -> None:
    browsers = [service.browser(f"b{number}") for number in range(20)]
    copies = send(service, *[browser.address for browser in browsers], urgent=True)
    assert {copy.outcome for copy in copies} == {"done"}
    assert all(len(browser.notices) == 1 for browser in browsers)
    assert len({headers["topic"] for headers in service.headers}) == 1
    assert {headers["urgency"] for headers in service.headers} == {"high"}


def test_another_key_is_refused(service: PushService) -> None:
    ann = service.browser("ann")
    assert send(service, ann.address, key=vapid.make())[0].outcome == "refused"


@pytest.mark.parametrize("key", ["nonsense", "", "A" * 43, "é" * 43])
def test_a_key_that_is_none_stops_the_account(service: PushService, key: str) -> None:
    ann = service.browser("ann")
    with pytest.raises(Refused) as refused:
        send(service, ann.address, key=key or " ")
    assert refused.value.account
    assert ann.notices == []


def test_an_address_in_our_own_network_is_not_spoken_to(service: PushService) -> None:
    ann = service.browser("ann")
    for endpoint in ("https://127.0.0.1:1/x", "https://10.0.0.1/x", "https://169.254.169.254/x"):
        (copy,) = send(service, {**ann.address, "endpoint": endpoint}, loopback=False)
        assert copy.outcome == "later"
        assert "public" in copy.why
    # over the open line not at all
    (copy,) = send(service, ann.address, loopback=False)
    assert copy.outcome == "gone"
    assert service.calls == []


@pytest.mark.parametrize(
    "change",
    [
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"p256dh": "B" + "A" * 86},
        {"endpoint": "ftp://x.org/"},
        {"endpoint": "https://u:p@x.org/"},
        {"endpoint": "https://x.org:99999/"},
        {"endpoint": "https:///nowhere"},
        {"endpoint": "https://x.org/" + "a" * 2000},
    ],
)
def test_what_is_no_address_is_gone(service: PushService, change: dict[str, str]) -> None:
    ann = service.browser("ann")
    assert send(service, {**ann.address, **change})[0].outcome == "gone"
    assert ann.notices == []


def test_a_made_key_can_be_read_and_is_another_each_time() -> None:
    assert vapid.read(vapid.make()).public != vapid.read(vapid.make()).public
    assert len(vapid.data(vapid.read(vapid.make()).public)) == 65
