"""A hub in trouble, and a hub at work: it fetches the very feed and sends it on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from tests.fakes.network import TROUBLES
from tests.fakes.websub import Hub, Subscriber

from dragoman.channels.connector import Account, Piece, Post, Prepared, Refused, TryLater
from dragoman.channels.connectors.websub.connector import WebSub
from dragoman.lib.http import Door, Limits
from dragoman.public import feeds
from dragoman.public.serve import Site

T = TypeVar("T")
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
QUICK = Limits(connect=1, read=0.5, total=1.0)


def _do(fake: Hub, verb: Callable[[WebSub], Awaitable[T]], *, limits: Limits = QUICK) -> T:
    settings, secrets, session = fake.account()

    async def go() -> T:
        async with Door(allow_loopback=True, limits=limits) as door:
            return await verb(WebSub(Account("t", settings, secrets, Path(), session), door))

    return asyncio.run(go())


def _post(origin: str = "https://mfa.example") -> Post:
    piece = Piece("en", "Title", "", "Body", f"{origin}/en/statements/a/")
    form = WebSub(Account("t", {}, {}, Path()), Door()).render(piece)
    return Post("s:1:7:en:1", form, "en", piece.url, AT, piece.title)


@pytest.mark.parametrize(
    "trouble", [name for name in TROUBLES if name not in ("ok", "slow", "redirect", "expired")]
)
def test_after_any_trouble_the_hub_is_told_again(trouble: str) -> None:
    with Hub().running() as fake:
        fake.will("ping", trouble)
        try:
            _do(fake, lambda hub: hub.send(Prepared(_post())))
        except TryLater:
            _do(fake, lambda hub: hub.send(Prepared(_post())))
        # binary rubbish with 200 counts as a yes: a hub may say yes in any form
        assert "https://mfa.example/feeds/en.atom" in fake.pings or trouble == "garbage-before"


@pytest.mark.parametrize("trouble", ["redirect", "expired"])
def test_a_hub_that_does_not_want_us_is_refused(trouble: str) -> None:
    with Hub().running() as fake:
        fake.will("ping", trouble)
        with pytest.raises(Refused) as refused:
            _do(fake, lambda hub: hub.send(Prepared(_post())))
        assert refused.value.account
        assert refused.value.shown


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Silence."""


@contextmanager
def _site(folder: Path, hub: str) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, lambda *_: [], handler_class=_Silent)
    origin = f"http://127.0.0.1:{server.server_port}"
    server.set_app(Site(folder, live_url=origin, public_url=origin, hubs=[hub]))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()


def _write(folder: Path, origin: str, hub: str, title: str) -> None:
    (folder / "feeds").mkdir(exist_ok=True)
    item = feeds.Item(f"{origin}/en/statements/a/", title, "", "<p>Body</p>", AT, AT)
    for form, make in (("atom", feeds.atom), ("rss", feeds.rss), ("json", feeds.json_feed)):
        itself = f"{origin}/feeds/en.{form}"
        data = make(feeds.Feed("Feed", "Ministry", "en", origin, itself, [item], [hub]))
        (folder / "feeds" / f"en.{form}").write_bytes(data)


def test_a_subscriber_gets_the_new_feed_by_way_of_the_hub(tmp_path: Path) -> None:
    with (
        Hub(strict=True).running() as hub,
        Subscriber("s3cret").running() as reader,
        _site(tmp_path, f"{hub.url}/hub") as origin,
    ):
        topic = f"{origin}/feeds/en.atom"
        hub.subscribers[topic] = [(f"{reader.url}/callback", "s3cret")]
        for title in ("The first", "The first", "The second"):
            _write(tmp_path, origin, f"{hub.url}/hub", title)
            _do(hub, lambda ping: ping.send(Prepared(_post(origin))), limits=Limits())
    assert [b"The first" in body for body in reader.got] == [True, False]
    assert b"The second" in reader.got[1]
    assert f'<link rel="hub" href="{hub.url}/hub"/>'.encode() in reader.got[0]


def test_a_hub_that_the_feed_does_not_name_refuses(tmp_path: Path) -> None:
    with Hub(strict=True).running() as hub, _site(tmp_path, "https://other.example/") as origin:
        _write(tmp_path, origin, "https://other.example/", "Title")
        with pytest.raises(Refused, match="another hub"):
            _do(hub, lambda ping: ping.send(Prepared(_post(origin))), limits=Limits())
