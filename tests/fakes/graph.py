"""What the fakes of Meta's networks share: tokens, numbered errors, a clock that can be moved, paging, and
fetching media from the address that was given."""

from __future__ import annotations

import io
import itertools
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image
from tests.fakes.network import Asked, Network, Says

Image.init()  # or the first picture that is none takes a second, which a test may not have

SECRET = "app-secret-0123456789"
TOKEN = "THAAtoken-of-the-fake"
ACCOUNT = "17841400000000000"


@dataclass
class Thing:
    """A post, a comment, a picture: whatever has an id."""

    id: str
    at: datetime
    fields: dict[str, Any]


class Graph(Network):
    """A Graph API. `revoked` and `ran_out` spoil the token; `later` moves its clock; with `usage` a refusal
    for haste says in how many minutes we may come back, as `X-Business-Use-Case-Usage` does."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.secret = SECRET
        self.revoked = 0
        self.ran_out = False
        self.lacks: set[str] = set()
        self.later = timedelta()
        self.usage = 0
        self.fetches = True
        self.lag = timedelta()
        self.things: dict[str, Thing] = {}
        self._ids = itertools.count(18_000_000_000_000_001)
        self.made_today: list[datetime] = []

    # --- for tests ---

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def session(self) -> dict[str, Any]:
        """A sign-in as the desk keeps it."""
        now = datetime.now(UTC)
        since, until = now - timedelta(days=10), now + timedelta(days=50)
        return {
            "access": self.token,
            "access_since": since.isoformat(),
            "access_until": until.isoformat(),
        }

    # --- errors ---

    def error(
        self,
        code: int,
        says: str,
        *,
        subcode: int = 0,
        status: int = 400,
        transient: bool = False,
        words: str = "",
    ) -> Says:
        found: dict[str, Any] = {"message": says, "type": "OAuthException", "code": code}
        if subcode:
            found["error_subcode"] = subcode
        if words:
            found |= {"error_user_title": "Trouble", "error_user_msg": words}
        found |= {"is_transient": transient, "fbtrace_id": "AbCdEfGhIjK"}
        return Says(status, {"error": found})

    def expired(self) -> Says:
        return self.error(190, "Error validating access token: Session has expired.", subcode=463)

    def limited(self) -> Says:
        found = self.error(4, "(#4) Application request limit reached", status=403, transient=True)
        usage = {
            ACCOUNT: [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": self.usage}]
        }
        headers = [("retry-after", str(self.limit_seconds))]
        if self.usage:
            headers = [("x-business-use-case-usage", json.dumps(usage))]
        return Says(found.status, found.value, tuple(headers))

    def missing(self, asked: Asked) -> Says:
        return self.error(2500, "Unknown path components: " + asked.path)

    def nothing(self, wanted: str) -> Says:
        """No such object."""
        return self.error(
            100,
            f"Unsupported request. Object with ID '{wanted}' does not exist, cannot be loaded due to missing "
            "permissions, or does not support this operation.",
            subcode=33,
        )

    def guard(self, asked: Asked, scope: str = "") -> Says | None:
        """What is wrong with the token of a request; None when it may go on."""
        given = asked.bearer or (asked.form.get("access_token", "") if asked.method == "POST" else "")
        assert "access_token" not in asked.query or asked.path.endswith("access_token"), (
            "a token in an address"
        )
        if not given:
            return self.error(2500, "An active access token must be used to query information.")
        if self.revoked:
            return self.error(190, "The session has been invalidated.", subcode=self.revoked, status=400)
        if self.ran_out:
            return self.expired()
        if given != self.token:
            return self.error(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if scope in self.lacks:
            return self.error(
                10, f"(#10) Application does not have permission for this action: {scope}", status=403
            )
        return None

    # --- things ---

    def new_id(self) -> str:
        return str(next(self._ids))

    def put(self, fields: Mapping[str, Any], **more: Any) -> Thing:
        thing = Thing(self.new_id(), self.now, {**fields, **more})
        self.things[thing.id] = thing
        return thing

    def stamp(self, at: datetime) -> str:
        return at.strftime("%Y-%m-%dT%H:%M:%S+0000")

    def page(self, asked: Asked, rows: Sequence[Thing], show: Any) -> Says:
        """Newest first, after `since`, in pages with cursors; a post shows only after `lag`."""
        since = float(asked.query.get("since", 0))
        limit = int(asked.query.get("limit", 25))
        if limit > 100:
            return self.error(100, "(#100) Param limit must be at most 100")
        rows = [row for row in rows if row.at.timestamp() >= since and row.at <= self.now - self.lag]
        rows = sorted(rows, key=lambda row: (row.at, row.id), reverse=True)
        start = int(asked.query.get("after") or 0)
        shown = rows[start : start + limit]
        value: dict[str, Any] = {"data": [show(row) for row in shown]}
        if shown:
            value["paging"] = {"cursors": {"before": str(start), "after": str(start + len(shown))}}
            if start + limit < len(rows):
                value["paging"]["next"] = f"{self.url}{asked.path}?after={start + limit}"
        return Says(200, value)

    def download(self, url: str, *, formats: tuple[str, ...]) -> str:
        """Fetch a picture as the network does. Empty when it may be used, else why not."""
        if not self.fetches:
            return ""
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the address that a test gave
                data = answer.read()
        except (OSError, ValueError):
            return "FAILED_DOWNLOADING_IMAGE"
        if len(data) > 8 * 1024 * 1024:
            return "IMAGE_TOO_LARGE"
        try:
            with Image.open(io.BytesIO(data)) as image:
                return "" if image.format in formats else "INVALID_IMAGE_FORMAT"
        except (OSError, ValueError):
            return "INVALID_IMAGE_FORMAT"
