"""A receiver of Standard Webhooks: checks signature and clock by its own few lines, and keeps each id once.

Source: standardwebhooks.com, specification. `careless` makes it a receiver that does not keep ids.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from tests.fakes.network import Asked, Network, Says, route

SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver, thirty").decode()  # a test's own


class Receiver(Network):
    """`events` are those that were taken, in order."""

    kind = "webhook"

    def __init__(self) -> None:
        super().__init__()
        self.secret = SECRET
        self.careless = False
        self.seen: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.says: Says | None = None

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """Settings, secrets and session of a channel that tells this receiver."""
        return {"address": f"{self.url}/hooks/ministry", "repeats": "drops"}, {"secret": self.secret}, {}

    @route("POST", "/hooks/ministry", "call")
    def call(self, asked: Asked) -> Says:
        if self.says is not None:
            return self.says
        if not self._signed(asked):
            return Says(401, {"error": "wrong signature"})
        key = asked.headers["webhook-id"]
        if key in self.seen and not self.careless:
            return Says(204)
        self.seen.add(key)
        event = asked.json
        self.events.append(event)
        data = event["data"]
        if event["type"] == "statement.released":
            self.make(
                data["key"] if not self.careless else f"{data['key']}-{len(self.ledger)}", data["text"], key
            )
        elif event["type"] == "statement.withdrawn":
            self.gone.add(data["key"])
        return Says(204)

    def _signed(self, asked: Asked) -> bool:
        key, stamp = asked.headers.get("webhook-id", ""), asked.headers.get("webhook-timestamp", "")
        if not key or not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
            return False
        raw = base64.b64decode(self.secret.removeprefix("whsec_"))
        mac = hmac.new(raw, f"{key}.{stamp}.".encode() + asked.body, hashlib.sha256).digest()
        due = "v1," + base64.b64encode(mac).decode()
        return any(hmac.compare_digest(due, one) for one in asked.headers["webhook-signature"].split(" "))
