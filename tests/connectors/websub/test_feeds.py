"""The feeds as the public plane really writes them, by way of a hub, to a reader who subscribed there."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from tests.fakes.websub import Hub, Subscriber
from tests.public import world

from dragoman.channels.connector import Account, Piece, Post, Prepared
from dragoman.channels.connectors.websub.connector import WebSub
from dragoman.lib.http import Door
from dragoman.public import actions
from dragoman.public.serve import Site
from dragoman.record import healing

pytestmark = pytest.mark.django_db(transaction=True)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Silence."""


def test_a_reader_hears_of_a_release_and_of_its_correction_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    healing.forget()
    server = make_server("127.0.0.1", 0, lambda *_: [], handler_class=Quiet)
    origin = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(settings.DRAGOMAN, "public_url", origin)
    with Hub(strict=True).running() as hub, Subscriber("s3cret").running() as reader:
        monkeypatch.setattr(settings.DRAGOMAN, "hubs", f"{hub.url}/hub")
        server.set_app(Site(tmp_path / "public", live_url=origin, public_url=origin, hubs=[f"{hub.url}/hub"]))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        for lang in ("en", "ar"):
            hub.subscribers[f"{origin}/feeds/{lang}.atom"] = [(f"{reader.url}/callback", "s3cret")]

        async def tell(lang: str) -> None:
            piece = Piece(lang, "t", "", "", f"{origin}/{lang}/statements/x/")
            async with Door(allow_loopback=True) as door:
                connector = WebSub(Account("t", {"service": f"{hub.url}/hub"}, {}, tmp_path), door)
                post = Post("k", connector.render(piece), lang, piece.url, world.NOON)
                await connector.send(Prepared(post))

        actions.publish_edition(by=world.BY, edition=world.edition())
        for lang in ("en", "ar"):
            asyncio.run(tell(lang))
        assert world.EN["title"].encode() in reader.got[0]
        assert world.AR["title"].encode() in reader.got[1]
        actions.publish_edition(by=world.BY, edition=world.corrected())
        asyncio.run(tell("en"))
        asyncio.run(tell("en"))
        assert len(reader.got) == 3
        assert reader.got[2] != reader.got[0]
    server.shutdown()
    server.server_close()
