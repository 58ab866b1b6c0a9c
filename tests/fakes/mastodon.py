"""A Mastodon server of our own. It keeps to docs.joinmastodon.org: statuses, media, accounts, notifications,
the instance's limits, and an Idempotency-Key that is remembered, or ignored where it is told to."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import regex
from tests.fakes.network import Asked, Network, Says, route

TOKEN = "mastodon-token-7f3a"
LINK = re.compile(
    r"(?<![A-Za-z0-9@#$])https?://[\w.-]+\.(?:com|int|org|net)(?:[/?][^\s<>]*[^\s<>?!*\"';:=,.$%&~|@)\]])?/?"
)
NAME = re.compile(r"(?<![=/\w])(@\w+)@[\w.-]*\w")


class FakeMastodon(Network):
    """One account on one server."""

    kind = "mastodon"

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.max_characters = 500
        self.per_link = 23
        self.posts: dict[str, dict[str, Any]] = {}
        self.media: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self.honours_keys = True
        self.finds_many = True
        self.slow_media = 0  # how often the server says that it is not done yet
        self.disabled = False
        self.notes: list[dict[str, Any]] = []
        self.clock = lambda: datetime.now(UTC)
        self.numbers = 1000

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        return {"service": self.url, "form": "whole"}, {"access_token": TOKEN}, {}

    # --- what anybody may ask ---

    @route("GET", "/api/v2/instance", "instance")
    def instance(self, asked: Asked) -> Says:
        statuses = {
            "max_characters": self.max_characters,
            "max_media_attachments": 4,
            "characters_reserved_per_url": self.per_link,
        }
        return Says(200, {"domain": "social.example", "configuration": {"statuses": statuses}})

    # --- what the account may do ---

    @route("GET", "/api/v1/accounts/verify_credentials", "verify")
    def verify(self, asked: Asked) -> Says:
        link = '<a href="https://mfa.example" rel="me"><span class="invisible">https://</span>mfa.example</a>'
        fields = [
            {"name": "Web", "value": link, "verified_at": "2026-01-01T00:00:00.000+00:00"},
            {"name": "Other", "value": "unproved", "verified_at": None},
        ]
        me = {
            "id": "1",
            "username": "ministry",
            "acct": "ministry",
            "url": f"{self.url}/@ministry",
            "fields": fields,
        }
        reset = (self.clock() + timedelta(minutes=5)).isoformat()
        left = (("x-ratelimit-limit", "300"), ("x-ratelimit-remaining", "299"), ("x-ratelimit-reset", reset))
        return self._guard(asked) or Says(200, me, left)

    @route("POST", "/api/v1/statuses", "post")
    def post(self, asked: Asked) -> Says:
        if refused := self._guard(asked):
            return refused
        key = asked.headers.get("idempotency-key", "")
        if key and self.honours_keys and self.keys.get(key) in self.posts:
            return Says(200, self.posts[self.keys[key]])
        body = asked.json
        text, warning = str(body.get("status", "")).strip(), str(body.get("spoiler_text", ""))
        wrong = self._wrong(body, text, warning)
        if wrong:
            return Says(wrong[0], {"error": wrong[1]})
        self.numbers += 1
        one = str(self.numbers)
        self.posts[one] = self._status(one, text, warning, body)
        self.keys[key] = one
        self.make(one, text, key)
        return Says(200, self.posts[one])

    def _wrong(self, body: Mapping[str, Any], text: str, warning: str) -> tuple[int, str] | None:
        media = body.get("media_ids", [])
        if not text and not media:
            return 422, "Validation failed: Text can't be blank"
        if self.count(warning + text) > self.max_characters:
            return 422, f"Validation failed: Text character limit of {self.max_characters} exceeded"
        if body.get("visibility", "public") not in ("public", "unlisted", "private", "direct"):
            return 422, "Validation failed: Visibility is not included in the list"
        return self._wrong_media(media) or self._wrong_reply(body.get("in_reply_to_id"))

    def _wrong_media(self, media: list[str]) -> tuple[int, str] | None:
        if len(media) > 4:
            return 422, "Validation failed: Cannot attach more than 4 files"
        if any(one not in self.media for one in media):
            return 404, "Record not found"
        if any(self.media[one]["left"] > 0 for one in media):
            return 422, "Cannot attach files that have not finished processing. Try again in a moment!"
        return None

    def _wrong_reply(self, reply: str | None) -> tuple[int, str] | None:
        return (404, "Record not found") if reply and reply not in self.posts else None

    def count(self, text: str) -> int:
        """As app/validators/status_length_validator.rb does, for the links and names that our tests use."""
        shown = NAME.sub(r"\1", LINK.sub("x" * self.per_link, text))
        return len(regex.findall(r"\X", shown))

    def _status(self, one: str, text: str, warning: str, body: Mapping[str, Any]) -> dict[str, Any]:
        said = html.escape(NAME.sub(r"\1", text), quote=False)
        paragraphs = [part.replace("\n", "<br />") for part in re.split(r"\n\n+", said)]
        return {
            "id": one,
            "uri": f"{self.url}/users/ministry/statuses/{one}",
            "url": f"{self.url}/@ministry/{one}",
            "created_at": self.clock().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "content": "".join(f"<p>{part}</p>" for part in paragraphs),
            "spoiler_text": warning,
            "visibility": body.get("visibility", "public"),
            "language": body.get("language"),
            "in_reply_to_id": body.get("in_reply_to_id"),
            "media_attachments": [self.media[m]["said"] for m in body.get("media_ids", [])],
            "favourites_count": 3,
            "reblogs_count": 2,
            "replies_count": 1,
        }

    @route("GET", "/api/v1/statuses/{id}", "get")
    def get(self, asked: Asked) -> Says:
        found = self.posts.get(asked.parts["id"])
        return self._guard(asked) or (Says(200, found) if found else Says(404, {"error": "Record not found"}))

    @route("GET", "/api/v1/statuses", "many")
    def many(self, asked: Asked) -> Says:
        if not self.finds_many:  # servers before 4.3
            return self.missing(asked)
        rows = [self.posts[one] for one in asked.each("id[]") if one in self.posts]
        return self._guard(asked) or Says(200, rows)

    @route("DELETE", "/api/v1/statuses/{id}", "delete")
    def delete(self, asked: Asked) -> Says:
        if refused := self._guard(asked):
            return refused
        found = self.posts.pop(asked.parts["id"], None)
        if found is None:
            return Says(404, {"error": "Record not found"})
        self.gone.add(asked.parts["id"])
        return Says(200, found)

    @route("GET", "/api/v1/accounts/{id}/statuses", "statuses")
    def statuses(self, asked: Asked) -> Says:
        own = [post for post in self.posts.values() if post.get("account", {}).get("id", "1") == "1"]
        rows = sorted(own, key=lambda post: int(post["id"]), reverse=True)
        before = asked.query.get("max_id")
        rows = [row for row in rows if not before or int(row["id"]) < int(before)]
        return self._guard(asked) or Says(200, rows[: min(int(asked.query.get("limit", "20")), 40)])

    @route("GET", "/api/v1/notifications", "notifications")
    def notifications(self, asked: Asked) -> Says:
        """With `min_id` the page just above it, else the newest below `max_id`; the newest first."""
        low, high = int(asked.query.get("min_id", "0")), int(asked.query.get("max_id", "0"))
        rows = [note for note in self.notes if low < int(note["id"]) and (not high or int(note["id"]) < high)]
        rows = rows[:40] if low else rows[-40:]
        return self._guard(asked) or Says(200, list(reversed(rows)))

    @route("POST", "/api/v2/media", "upload")
    def upload(self, asked: Asked) -> Says:
        if refused := self._guard(asked):
            return refused
        form = asked.multipart
        if not form.get("file"):
            return Says(422, {"error": "Validation failed: File can't be blank"})
        words = form.get("description", b"").decode()
        if len(words) > 1500:
            return Says(422, {"error": "Validation failed: Description is too long"})
        one = str(5000 + len(self.media))
        said = {"id": one, "type": "image", "url": None, "description": words or None}
        self.media[one] = {"said": said, "left": self.slow_media}
        return Says(202 if self.slow_media else 200, said)

    @route("GET", "/api/v1/media/{id}", "media")
    def state(self, asked: Asked) -> Says:
        found = self.media[asked.parts["id"]]
        found["left"] = max(0, found["left"] - 1)
        return self._guard(asked) or Says(206 if found["left"] else 200, found["said"])

    # --- for tests ---

    def mention(self, text: str, visibility: str = "public", at: datetime | None = None, **more: Any) -> str:
        """Somebody calls the account by name."""
        number = str(len(self.notes) + 1)
        one = f"9{number}"
        status = self._status(one, text, "", {"visibility": visibility, "language": "lt"})
        status |= {"account": {"id": "77", "acct": "ana@social.test"}, "edited_at": None, **more}
        when = (at or self.clock()).isoformat()
        self.posts[one] = status | {"created_at": when}
        note = {"id": number, "type": "mention", "created_at": when, "status": self.posts[one]}
        self.notes.append(note)
        return one

    def expired(self) -> Says:
        return Says(401, {"error": "The access token is invalid"})

    def limited(self) -> Says:
        reset = (self.clock() + timedelta(seconds=self.limit_seconds)).isoformat()
        return Says(429, {"error": "Too many requests"}, (("x-ratelimit-reset", reset),))

    def missing(self, asked: Asked) -> Says:
        return Says(404, {"error": "Record not found"})

    def _guard(self, asked: Asked) -> Says | None:
        if self.disabled:
            return Says(403, {"error": "Your login is currently disabled"})
        return None if asked.bearer == self.token else self.expired()
