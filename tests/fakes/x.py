"""X, as its official description (version 2.167) and its guides have it, and as strict.

Keeps posts, refuses duplicates without naming them, counts as twitter-text counts, hides links behind t.co,
escapes three signs, and, unless told that the plan is Enterprise, takes replies to others only where they
have called for one.
"""

from __future__ import annotations

import html
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.fakes.network import Asked, Network, Says, route
from twitter_text import extract_urls_with_indices, parse_tweet

HANDLE = "MinistryExample"
USER_ID = "1700000000000000001"
OTHER_ID = "1700000000000000002"
CLIENT = ("client-of-the-app", "secret-of-the-app")
PROBLEMS = "https://api.x.com/2/problems"
BODY_NAMES = {"text", "reply", "media", "quote_tweet_id", "poll", "reply_settings", "geo"}
READ_NAMES = {"max_results", "start_time", "end_time", "since_id", "until_id", "pagination_token", "exclude"}


@dataclass
class Kept:
    """One post."""

    id: str
    text: str
    author: str
    at: datetime
    conversation: str
    reply_to: str = ""
    media: tuple[str, ...] = ()
    urls: list[dict[str, Any]] = field(default_factory=list)
    shown: str = ""
    versions: list[str] = field(default_factory=list)


class FakeX(Network):
    kind = "x"

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, Kept] = {}
        self.media: dict[str, dict[str, Any]] = {}
        self.access = "access-0"
        self.refresh = "refresh-0"
        self.username = HANDLE
        self.enterprise = False
        self.threads_allowed = True
        self.suspended = False
        self.credits = True
        self.fields = "post.fields"
        self.invisible = False
        self.left = 100
        self._last = 1_990_000_000_000_000_000

    # --- for tests ---

    def settings(self) -> dict[str, str]:
        return {"handle": HANDLE, "client_id": CLIENT[0], "service": self.url, "site": self.url}

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
        session = {"access": self.access, "refresh": self.refresh, "access_until": until}
        return self.settings(), {"client_secret": CLIENT[1]}, session

    def from_others(self, text: str, *, reply_to: str = "") -> str:
        """Somebody else writes a post; its id."""
        return self._keep(text, OTHER_ID, reply_to).id

    def edit(self, number: str, text: str) -> str:
        """Somebody changes a post: on X that is a new post, which names those before it."""
        before = self.posts[number]
        kept = self._keep(text, before.author, before.reply_to)
        kept.conversation, kept.versions = before.conversation, [*(before.versions or [number]), kept.id]
        del self.posts[number]  # timelines show the last version
        return kept.id

    # --- posts ---

    @route("POST", "/2/tweets", "post")
    def post(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        body = asked.json
        unknown = set(body) - BODY_NAMES
        if unknown:
            return self._invalid(f"One or more parameters to your request was invalid: {unknown}")
        text, reply = body.get("text", ""), body.get("reply", {}).get("in_reply_to_tweet_id", "")
        media = tuple(body.get("media", {}).get("media_ids", ()))
        if not text and not media:
            return self._invalid("One or more parameters to your request was invalid.")
        if len(media) > 4 or any(each not in self.media for each in media):
            return self._invalid("Your media IDs are invalid.")
        if text and not parse_tweet(text).valid:
            return self._invalid("Your Tweet text is too long. You can only have up to 280 characters.")
        return self._reply_refused(reply) or self._duplicate(text) or self._made(text, reply, media)

    def _made(self, text: str, reply: str, media: tuple[str, ...]) -> Says:
        kept = self._keep(text, USER_ID, reply, media)
        self.make(kept.id, text)
        self.left -= 1
        reset = str(int(time.time()) + 900)
        names = ("limit", "remaining", "reset")
        headers = tuple(
            (f"x-rate-limit-{name}", value)
            for name, value in zip(names, ("100", str(self.left), reset), strict=True)
        )
        data = {"id": kept.id, "text": kept.shown, "edit_history_post_ids": [kept.id]}
        if self.fields == "tweet.fields":
            data["edit_history_tweet_ids"] = data.pop("edit_history_post_ids")
        return Says(201, {"data": data}, headers)

    def _reply_refused(self, reply: str) -> Says | None:
        if not reply:
            return None
        other = self.posts.get(reply)
        if other is None or reply in self.gone:
            return self._problem(
                403, "You attempted to reply to a Tweet that is deleted or not visible to you."
            )
        allowed = self.enterprise or (
            self.threads_allowed if other.author == USER_ID else f"@{HANDLE}".lower() in other.text.lower()
        )
        if not allowed:
            return self._problem(
                403,
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise "
                "engaged by the author of the post you are replying to.",
            )
        return None

    def _duplicate(self, text: str) -> Says | None:
        living = (kept for kept in self.posts.values() if kept.author == USER_ID and kept.id not in self.gone)
        if text and any(kept.text == text for kept in living):
            return self._problem(403, "You are not allowed to create a Tweet with duplicate content.")
        return None

    def _keep(self, text: str, author: str, reply: str = "", media: tuple[str, ...] = ()) -> Kept:
        self._last += 1
        number = str(self._last)
        before = self.posts.get(reply)
        kept = Kept(
            number, text, author, datetime.now(UTC), before.conversation if before else number, reply, media
        )
        self._shorten(kept)
        self.posts[number] = kept
        return kept

    def _shorten(self, kept: Kept) -> None:
        """As X gives a text back: links behind t.co, one for the pictures, three signs escaped."""
        text = kept.text
        for n, found in enumerate(reversed(extract_urls_with_indices(text))):
            short = f"https://t.co/{kept.id[-6:]}{n}"
            start, end = found["indices"]
            expanded = found["url"] if "://" in found["url"] else "http://" + found["url"]
            text = text[:start] + short + text[end:]
            kept.urls.append({"start": 0, "end": 0, "url": short, "expanded_url": expanded})
        if kept.media:
            short = f"https://t.co/{kept.id[-6:]}p"
            there = f"https://x.com/{HANDLE}/status/{kept.id}/photo/1"
            text = f"{text} {short}"
            kept.urls.append({"start": 0, "end": 0, "url": short, "expanded_url": there, "media_key": "3_1"})
        kept.shown = html.escape(text, quote=False)

    @route("DELETE", "/2/tweets/{id}", "delete")
    def delete(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        kept = self.posts.get(asked.parts["id"])
        if kept is not None and kept.author != USER_ID:
            return self._problem(403, "You are not authorized to delete this Tweet.")
        self.gone.add(asked.parts["id"])
        return Says(200, {"data": {"deleted": True}})

    @route("GET", "/2/tweets", "lookup")
    def lookup(self, asked: Asked) -> Says:
        numbers = asked.query.get("ids", "").split(",")
        if len(numbers) > 100 or not all(number.isdigit() for number in numbers):
            return self._invalid("The `ids` query parameter value is not well formed.")
        if refused := self._refused(asked):
            return refused
        living = [one for number in numbers if (one := self.posts.get(number)) and number not in self.gone]
        missing = [number for number in numbers if number not in {one.id for one in living}]
        found: dict[str, Any] = {"data": [self._shown(one) for one in living]} if living else {}
        return Says(200, found | ({"errors": [_not_found(number) for number in missing]} if missing else {}))

    @route("GET", "/2/tweets/{id}", "read")
    def read(self, asked: Asked) -> Says:
        refused = self._refused(asked) or self._bad_query(asked)
        if refused:
            return refused
        kept = self.posts.get(asked.parts["id"])
        if kept is None or kept.id in self.gone:
            return Says(200, {"errors": [_not_found(asked.parts["id"])]})
        reposts = "repost_count" if self.fields == "post.fields" else "retweet_count"
        metrics = {"reply_count": 2, "like_count": 7, "quote_count": 1, "bookmark_count": 0, reposts: 3}
        return Says(
            200, {"data": {**self._shown(kept), "public_metrics": metrics | {"impression_count": 90}}}
        )

    # --- reading ---

    @route("GET", "/2/users/me", "me")
    def me(self, asked: Asked) -> Says:
        data = {"id": USER_ID, "name": "Ministry", "username": self.username}
        return self._refused(asked) or Says(200, {"data": data})

    @route("GET", "/2/users/{id}/tweets", "timeline")
    def timeline(self, asked: Asked) -> Says:
        refused = self._refused(asked) or self._bad_query(asked)
        if refused:
            return refused
        mine = [kept for kept in self.posts.values() if kept.author == asked.parts["id"]]
        return self._page(asked, [] if self.invisible else mine)

    @route("GET", "/2/users/{id}/mentions", "mentions")
    def mentions(self, asked: Asked) -> Says:
        refused = self._refused(asked) or self._bad_query(asked)
        if refused:
            return refused
        named = [kept for kept in self.posts.values() if f"@{HANDLE}".lower() in kept.text.lower()]
        return self._page(asked, named)

    def _page(self, asked: Asked, found: list[Kept]) -> Says:
        since = asked.query.get("start_time", "")
        start = datetime.fromisoformat(since) if since else datetime.min.replace(tzinfo=UTC)
        after = int(asked.query.get("since_id", "0"))
        living = [
            kept
            for kept in sorted(found, key=lambda kept: -int(kept.id))
            if kept.id not in self.gone and kept.at >= start and int(kept.id) > after
        ]
        size = int(asked.query.get("max_results", "10"))
        at = int(asked.query.get("pagination_token", "0"))
        page = living[at : at + size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if at + size < len(living):
            meta["next_token"] = str(at + size)
        if not page:
            return Says(200, {"meta": meta})
        meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        return Says(200, {"data": [self._shown(kept) for kept in page], "meta": meta})

    def _shown(self, kept: Kept) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": kept.id,
            "text": kept.shown,
            "author_id": kept.author,
            "created_at": kept.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "conversation_id": kept.conversation,
            "lang": "en",
        }
        name = "edit_history_post_ids" if self.fields == "post.fields" else "edit_history_tweet_ids"
        if self.fields == "tweet.fields" and kept.reply_to:
            shown["referenced_tweets"] = [{"type": "replied_to", "id": kept.reply_to}]
        return (
            shown
            | {name: kept.versions or [kept.id]}
            | ({"entities": {"urls": kept.urls}} if kept.urls else {})
        )

    def _bad_query(self, asked: Asked) -> Says | None:
        wrong = set(asked.query) - READ_NAMES - {self.fields, "expansions"}
        if wrong:
            name = sorted(wrong)[0]
            return self._invalid(f"The query parameter [{name}] is not one of [{self.fields},expansions]")
        if not 5 <= int(asked.query.get("max_results", "10")) <= 100:
            return self._invalid("The `max_results` query parameter value is not between 5 and 100")
        return None

    # --- pictures ---

    @route("POST", "/2/media/upload", "upload")
    def upload(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        form = asked.multipart
        if set(form) != {"media", "media_category"} or form["media_category"] != b"tweet_image":
            return self._invalid("The form must hold media and media_category.")
        if len(form["media"]) > 5 * 1024 * 1024:
            return self._invalid("File size exceeds the maximum.")
        self._last += 1
        number = str(self._last)
        self.media[number] = {"data": form["media"], "alt": ""}
        data = {"id": number, "media_key": f"3_{number}", "size": len(form["media"])}
        return Says(200, {"data": data | {"expires_after_secs": 86400}})

    @route("POST", "/2/media/metadata", "metadata")
    def metadata(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        body = asked.json
        words = body["metadata"]["alt_text"]["text"]
        if body["id"] not in self.media or not 0 < len(words) <= 1000:
            return self._invalid("The metadata is invalid.")
        self.media[body["id"]]["alt"] = words
        return Says(200, {"data": {"id": body["id"], "associated_metadata": body["metadata"]}})

    # --- sign-in ---

    @route("POST", "/2/oauth2/token", "token")
    def token(self, asked: Asked) -> Says:
        form = asked.form
        if form.get("grant_type") == "refresh_token" and form.get("refresh_token") != self.refresh:
            return Says(
                400,
                {"error": "invalid_request", "error_description": "Value passed for the token was invalid."},
            )
        count = int(self.access.split("-")[1]) + 1
        self.access, self.refresh = f"access-{count}", f"refresh-{count}"
        found = {"token_type": "bearer", "expires_in": 7200, "access_token": self.access}
        scope = "tweet.read tweet.write users.read media.write offline.access"
        return Says(200, found | {"refresh_token": self.refresh, "scope": scope})

    # --- refusals ---

    def _refused(self, asked: Asked) -> Says | None:
        if asked.bearer != self.access:
            return self.expired()
        if self.suspended:
            return self._problem(
                403, "Your account is suspended and is not permitted to access this feature."
            )
        if not self.credits and asked.method == "POST":
            return Says(
                402,
                {
                    "title": "CreditsDepleted",
                    "detail": "Your enrolled account does not have any credits to fulfill this request.",
                    "type": f"{PROBLEMS}/credits",
                },
            )
        return None

    def _problem(self, status: int, detail: str) -> Says:
        title = {401: "Unauthorized", 403: "Forbidden"}[status]
        return Says(status, {"detail": detail, "type": "about:blank", "title": title, "status": status})

    def _invalid(self, detail: str) -> Says:
        value = {"title": "Invalid Request", "detail": detail, "type": f"{PROBLEMS}/invalid-request"}
        return Says(400, value | {"errors": [{"message": detail, "parameters": {}}]})

    def expired(self) -> Says:
        return self._problem(401, "Unauthorized")

    def limited(self) -> Says:
        reset = str(int(time.time()) + self.limit_seconds)
        headers = (
            ("x-rate-limit-limit", "100"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", reset),
        )
        value = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank"}
        return Says(429, value | {"status": 429}, headers)

    def missing(self, asked: Asked) -> Says:
        return Says(
            404, {"title": "Not Found", "detail": quote(asked.path), "type": "about:blank", "status": 404}
        )


def _not_found(number: str) -> dict[str, str]:
    return {
        "type": f"{PROBLEMS}/resource-not-found",
        "title": "Not Found Error",
        "detail": f"Could not find tweet with id: [{number}].",
        "resource_type": "tweet",
        "resource_id": number,
        "parameter": "id",
        "value": number,
    }
