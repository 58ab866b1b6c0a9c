"""A WebSub hub: told of a feed, it fetches it as anybody may, and sends it to whoever subscribed.

Source: www.w3.org/TR/websub. It takes a topic only if the feed names this hub and itself by links, in its
head or its HTTP headers, and signs what it sends on (section 7.1: `X-Hub-Signature`).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs

import httpx
from tests.fakes.network import Asked, Network, Says, route


class Hub(Network):
    """`pings` are the topics it was told of; `strict` makes it fetch them and insist on the links."""

    kind = "websub"

    def __init__(self, *, strict: bool = False) -> None:
        super().__init__()
        self.strict = strict
        self.pings: list[str] = []
        self.subscribers: dict[str, list[tuple[str, str]]] = {}
        self.last: dict[str, str] = {}

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """Settings, secrets and session of a channel that tells this hub."""
        return {"service": f"{self.url}/hub"}, {}, {}

    @route("GET", "/hub", "look")
    def look(self, asked: Asked) -> Says:
        return Says(200, raw=b"a hub", media_type="text/plain")

    @route("POST", "/hub", "ping")
    def ping(self, asked: Asked) -> Says:
        form = parse_qs(asked.body.decode())
        topics = form.get("hub.url", [])
        if form.get("hub.mode") != ["publish"] or not topics:
            return Says(400, raw=b"hub.mode and hub.url are needed", media_type="text/plain")
        if self.strict:
            for topic in topics:
                wrong = self._distribute(topic)
                if wrong:
                    return Says(400, raw=wrong.encode(), media_type="text/plain")
        self.pings += topics
        return Says(204)

    def _distribute(self, topic: str) -> str:
        answer = httpx.get(topic, follow_redirects=False)
        if answer.status_code != 200:
            return f"the feed answers {answer.status_code}"
        links = {(rel, link["url"]) for rel, link in answer.links.items()}
        if ("hub", f"{self.url}/hub") not in links or ("self", topic) not in links:
            return "the feed names another hub, or another address of itself"
        digest = hashlib.sha256(answer.content).hexdigest()
        if self.last.get(topic) == digest:
            return ""
        self.last[topic] = digest
        for callback, secret in self.subscribers.get(topic, []):
            signature = hmac.new(secret.encode(), answer.content, hashlib.sha256).hexdigest()
            headers = {
                "content-type": answer.headers["content-type"],
                "link": answer.headers["link"],
                "x-hub-signature": f"sha256={signature}",
            }
            httpx.post(callback, content=answer.content, headers=headers)
        return ""


class Subscriber(Network):
    """Takes what a hub sends, if the secret of the subscription signed it."""

    kind = "websub-subscriber"

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.secret = secret
        self.got: list[bytes] = []

    @route("POST", "/callback", "callback")
    def callback(self, asked: Asked) -> Says:
        due = "sha256=" + hmac.new(self.secret.encode(), asked.body, hashlib.sha256).hexdigest()
        if asked.headers.get("x-hub-signature") == due:
            self.got.append(asked.body)
        return Says(204)
