"""Push services of our own: browsers subscribe, encrypted notices come in, are checked and decrypted."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from typing import Any, ClassVar

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.fakes.network import Asked, Network, Says, route

from dragoman.channels.connectors.webpush import vapid


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One browser with its own keys, and the notices it was shown."""

    def __init__(self, name: str, endpoint: str) -> None:
        self.name = name
        self.endpoint = endpoint
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.notices: list[dict[str, Any]] = []
        self.gone = False

    @property
    def subscription(self) -> dict[str, Any]:
        """What the browser hands to the page."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": vapid.text(point), "auth": vapid.text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    @property
    def address(self) -> dict[str, str]:
        """The same as a recipient's address."""
        return {"endpoint": self.endpoint, **self.subscription["keys"]}


class PushService(Network):
    """One push service (RFC 8030) that checks who calls (RFC 8292) and what for."""

    kind: ClassVar[str] = "webpush"

    def __init__(self) -> None:
        super().__init__()
        self.browsers: dict[str, Browser] = {}
        self.key = vapid.make()
        self.headers: list[dict[str, str]] = []

    def browser(self, name: str) -> Browser:
        """A browser that says yes."""
        made = Browser(name, f"{self.url}/push/{name}")
        self.browsers[name] = made
        return made

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """Settings, secrets and session of an account here."""
        return {"contact": "mailto:web@mfa.example", "topics": "visas"}, {"vapid_key": self.key}, {}

    @route("POST", "/push/{name}", "push")
    def push(self, asked: Asked) -> Says:
        wrong = self._wrong(asked)
        if wrong:
            return wrong
        browser = self.browsers[asked.parts["name"]]
        told = json.loads(http_ece.decrypt(asked.body, private_key=browser.private, auth_secret=browser.auth))
        self.headers.append(dict(asked.headers))
        browser.notices.append(told)
        self.make(
            f"{browser.name}/{len(browser.notices)}", f"{told['title']}\n{told['body']}".strip(), told["tag"]
        )
        return Says(201, headers=(("location", f"{self.url}/message/{len(self.ledger)}"),))

    def _wrong(self, asked: Asked) -> Says | None:
        browser = self.browsers.get(asked.parts["name"])
        if browser is None:
            return Says(404, {"reason": "unknown"})
        if browser.gone:
            return Says(410, {"reason": "unsubscribed"})
        if not self._signed(asked.headers.get("authorization", "")):
            return Says(403, {"reason": "VAPID"})
        if len(asked.body) > 4096:
            return Says(413, {"reason": "too large"})
        right = (
            asked.headers.get("content-encoding") == "aes128gcm"
            and asked.headers.get("content-type") == "application/octet-stream"
            and asked.headers.get("ttl", "").isdigit()
            and asked.headers.get("urgency") in ("very-low", "low", "normal", "high")
            and re.fullmatch(r"[A-Za-z0-9_-]{1,32}", asked.headers.get("topic", ""))
        )
        return None if right else Says(400, {"reason": "header"})

    def _signed(self, header: str) -> bool:
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", header)
        if found is None or found.group(4) != vapid.read(self.key).public:
            return False
        claims = json.loads(_bytes(found.group(2)))
        raw = _bytes(found.group(3))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(found.group(4)))
        signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            key.verify(signature, header[8:].rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        in_time = time.time() < claims["exp"] <= time.time() + 86400
        return bool(claims["aud"] == self.url and in_time and claims["sub"].startswith(("mailto:", "https:")))
