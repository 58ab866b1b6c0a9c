"""The Web Push connector against somebody else's push service (npm web-push-testing)."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.channels.connector import Account, Copied, Piece, Post, Prepared, Recipient
from dragoman.channels.connectors.webpush import vapid
from dragoman.channels.connectors.webpush.connector import WebPush
from dragoman.lib.http import Door

pytestmark = [pytest.mark.peers, pytest.mark.timeout(120)]
FOLDER = Path(__file__).parent
SERVER = """
const { PushApiModel } = require("web-push-testing/src/PushApiModel.js");
const found = require("web-push-testing/src/server.js");
const Server = found.WebPushTestingServer || found;
new Server(new PushApiModel(), Number(process.argv[1])).startServer();
"""
PIECE = Piece("ar", "بيان", "ملخص قصير.", "النص كله.", "https://mfa.example/ar/")
KEY = vapid.make()


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    if not (FOLDER / "node_modules" / "web-push-testing").exists() or not shutil.which("node"):
        pytest.skip("the npm packages of tests/peers/webpush are not installed (make peers installs them)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(["node", "-e", SERVER, str(port)], cwd=FOLDER, stdout=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    try:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                httpx.post(f"{url}/status", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


def subscribe(service: str, key: str = KEY) -> dict[str, Any]:
    """A browser that says yes. The service wants the word true, not the value."""
    wishes = {"userVisibleOnly": "true", "applicationServerKey": vapid.read(key).public}
    answer = httpx.post(f"{service}/subscribe", json=wishes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def notices(service: str, browser: dict[str, Any]) -> list[dict[str, Any]]:
    """What the browser was shown: the service decrypts."""
    answer = httpx.post(f"{service}/get-notifications", json={"clientHash": browser["clientHash"]})
    return [json.loads(message) for message in answer.json()["data"]["messages"]]


def send(browsers: Sequence[dict[str, Any]], key: str = KEY) -> list[Copied]:
    async def go() -> list[Copied]:
        async with Door(allow_loopback=True) as door:
            settings = {"contact": "mailto:web@mfa.example"}
            connector = WebPush(Account("push", settings, {"vapid_key": key}, Path()), door)
            post = Post("k:1", connector.render(PIECE), "ar", PIECE.url, datetime.now(UTC), PIECE.title)
            people = []
            for number, browser in enumerate(browsers):
                _, address = connector.accept(browser)
                people.append(Recipient(str(number), address, "ar"))
            return list(await connector.send_each(Prepared(post), people))

    return asyncio.run(go())


def test_a_notice_is_taken_decrypted_and_whole(service: str) -> None:
    ann, bob = subscribe(service), subscribe(service)
    assert [copy.outcome for copy in send([ann, bob])] == ["done", "done"]
    for browser in (ann, bob):
        (told,) = notices(service, browser)
        assert told["title"] == "بيان"
        assert told["body"] == "ملخص قصير."
        assert (told["lang"], told["dir"], told["url"]) == ("ar", "rtl", PIECE.url)


def test_a_browser_that_has_unsubscribed_is_gone(service: str) -> None:
    ann, bob = subscribe(service), subscribe(service)
    httpx.post(f"{service}/expire-subscription/{ann['clientHash']}")
    assert [copy.outcome for copy in send([ann, bob])] == ["gone", "done"]


def test_a_key_that_the_browser_did_not_say_yes_to_is_refused(service: str) -> None:
    ann = subscribe(service)
    assert [copy.outcome for copy in send([ann], key=vapid.make())] == ["refused"]
    assert notices(service, ann) == []
