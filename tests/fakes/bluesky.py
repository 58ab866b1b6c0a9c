"""A Bluesky server of our own, that misbehaves on command and counts what it holds.

It keeps to what the real server was seen to do (session, uploadBlob, putRecord with `swapRecord`, getRecord,
deleteRecord); `make peers` runs the same walks against the real one. Posts of others, notifications and
counts come from an AppView, which may be missing, as beside a bare server.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import UTC, datetime
from typing import Any

from tests.fakes.network import Asked, Network, Says, route

HANDLE = "ministry.test"
PASSWORD = "abcd-efgh-ijkl-mnop"
DID = "did:plc:ministry"
OTHER = "did:plc:citizen"


def token(kind: str, number: int, seconds: int = 7200) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"exp": int(time.time()) + seconds, "n": number, "kind": kind}
    return f"{part({'alg': 'none'})}.{part(claims)}.x"


class FakeBluesky(Network):
    """One account on one server."""

    kind = "bluesky"

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, Any]] = {}
        self.blobs: set[str] = set()
        self.created: list[str] = []
        self.deleted: list[str] = []
        self.notes: list[dict[str, Any]] = []
        self.others: dict[str, dict[str, Any]] = {}
        self.appview = True
        self.page = 2
        self.password = PASSWORD
        self.sessions = 0
        self.access = ""
        self.refresh = ""

    def texts(self) -> list[str]:
        """What stands on the network, in the order of the record keys."""
        return [self.records[rkey]["value"]["text"] for rkey in sorted(self.records)]

    def settings(self) -> dict[str, str]:
        return {"handle": HANDLE, "service": self.url, "form": "whole", "app_password": PASSWORD}

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        settings = self.settings()
        return settings, {"app_password": settings.pop("app_password")}, {}

    # --- the session ---

    @route("POST", "/xrpc/com.atproto.server.createSession", "createSession")
    def create_session(self, asked: Asked) -> Says:
        if asked.json != {"identifier": HANDLE, "password": self.password}:
            return _no(401, "AuthenticationRequired", "Invalid identifier or password")
        return self._session()

    @route("POST", "/xrpc/com.atproto.server.refreshSession", "refreshSession")
    def refresh_session(self, asked: Asked) -> Says:
        if asked.bearer != self.refresh:
            return _no(400, "ExpiredToken", "Token has been revoked")
        return self._session()

    @route("GET", "/xrpc/com.atproto.server.getSession", "getSession")
    def get_session(self, asked: Asked) -> Says:
        left = (
            ("ratelimit-limit", "3000"),
            ("ratelimit-remaining", "2990"),
            ("ratelimit-reset", "1800000000"),
        )
        return self._guard(asked) or Says(200, {"did": DID, "handle": HANDLE, "active": True}, left)

    def _session(self) -> Says:
        self.sessions += 1
        self.access = token("access", self.sessions)
        self.refresh = token("refresh", self.sessions, 90 * 86400)
        value = {"accessJwt": self.access, "refreshJwt": self.refresh, "did": DID, "handle": HANDLE}
        return Says(200, value)

    # --- records ---

    @route("POST", "/xrpc/com.atproto.repo.uploadBlob", "uploadBlob")
    def upload_blob(self, asked: Asked) -> Says:
        if refused := self._guard(asked):
            return refused
        if len(asked.body) > 1_000_000:
            return _no(400, "BlobTooLarge", "This file is too large")
        cid = "bafk" + hashlib.sha256(asked.body).hexdigest()
        self.blobs.add(cid)
        kind = asked.headers.get("content-type", "")
        return Says(
            200, {"blob": {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": len(asked.body)}}
        )

    @route("POST", "/xrpc/com.atproto.repo.putRecord", "putRecord")
    def put_record(self, asked: Asked) -> Says:
        refused = self._guard(asked)
        if refused:
            return refused
        body = asked.json
        record, rkey = body["record"], body["rkey"]
        if len(record["text"]) > 3000 or len(record.get("embed", {}).get("images", ())) > 4:
            return _no(400, "InvalidRequest", "Invalid record: too long")
        cid = "bafy" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
        there = self.records.get(rkey)
        answer = {"uri": f"at://{DID}/{body['collection']}/{rkey}", "cid": cid}
        if there and there["cid"] == cid:
            return Says(200, answer)
        if there and "swapRecord" in body and body["swapRecord"] is None:
            return _no(400, "InvalidSwap", f"Record was at {there['cid']}")
        self.records[rkey] = {"uri": answer["uri"], "cid": cid, "value": record}
        self.created.append(rkey)
        self.gone.discard(rkey)
        self.make(rkey, record["text"], rkey)
        return Says(200, answer)

    @route("GET", "/xrpc/com.atproto.repo.getRecord", "getRecord")
    def get_record(self, asked: Asked) -> Says:
        there = self.records.get(asked.query["rkey"]) if asked.query["repo"] == DID else None
        if there is None:
            return _no(400, "RecordNotFound", "Could not locate record")
        return Says(200, there)

    @route("POST", "/xrpc/com.atproto.repo.deleteRecord", "deleteRecord")
    def delete_record(self, asked: Asked) -> Says:
        refused = self._guard(asked)
        if refused:
            return refused
        rkey = asked.json["rkey"]
        if self.records.pop(rkey, None):
            self.deleted.append(rkey)
            self.gone.add(rkey)
        return Says(200, {})

    # --- the AppView ---

    @route("GET", "/xrpc/app.bsky.notification.listNotifications", "listNotifications")
    def list_notifications(self, asked: Asked) -> Says:
        if refused := self._guard(asked) or self._missing("app.bsky.notification.listNotifications"):
            return refused
        start = int(asked.query.get("cursor") or 0)
        end = start + self.page
        rows = list(reversed(self.notes))[start:end]
        following = {"cursor": str(end)} if end < len(self.notes) else {}
        return Says(200, {"notifications": rows, **following})

    @route("GET", "/xrpc/app.bsky.feed.getPosts", "getPosts")
    def get_posts(self, asked: Asked) -> Says:
        if refused := self._guard(asked) or self._missing("app.bsky.feed.getPosts"):
            return refused
        mine = {
            one["uri"]: {"uri": one["uri"], "cid": one["cid"], "record": one["value"]}
            for one in self.records.values()
        }
        counts = {"likeCount": 5, "repostCount": 4, "replyCount": 3, "quoteCount": 2}
        uris = asked.each("uris")
        if len(uris) > 25:  # the lexicon's own limit
            return _no(400, "InvalidRequest", "Error: Params must have the property uris of at most 25")
        found = [there for uri in uris if (there := (mine | self.others).get(uri))]
        return Says(200, {"posts": [{**one, **counts} for one in found]})

    def missing(self, asked: Asked) -> Says:
        return _no(404, "MethodNotImplemented", "Method Not Implemented")

    # --- for tests ---

    def say(self, text: str, reason: str = "reply", at: datetime | None = None, **record: Any) -> str:
        """Somebody else posts, and we are notified."""
        uri = f"at://{OTHER}/app.bsky.feed.post/{len(self.others) + 1}"
        when = (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
        value = {"$type": "app.bsky.feed.post", "text": text, "createdAt": when, "langs": ["lt"], **record}
        self.others[uri] = {"uri": uri, "cid": f"bafyother{len(self.others)}", "record": value}
        self.notes.append(
            {
                **self.others[uri],
                "reason": reason,
                "indexedAt": when,
                "author": {"did": OTHER, "handle": "citizen.test"},
            }
        )
        return uri

    def expired(self) -> Says:
        return _no(400, "ExpiredToken", "Token has expired")

    def limited(self) -> Says:
        return Says(429, {"error": "RateLimitExceeded"}, (("retry-after", str(self.limit_seconds)),))

    def _guard(self, asked: Asked) -> Says | None:
        return None if asked.bearer == self.access else self.expired()

    def _missing(self, name: str) -> Says | None:
        return None if self.appview else _no(400, "InvalidRequest", f"No service configured for {name}")


def _no(status: int, error: str, message: str) -> Says:
    return Says(status, {"error": error, "message": message})
