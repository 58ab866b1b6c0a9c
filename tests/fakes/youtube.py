"""A YouTube of our own: resumable uploads, privacy, captions, comments, quota. A test holds every request and
answer against the official description where that can be had."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.fakes.network import Asked, Handler, Network, Says, route

TOKEN = "ya29.youtube-token"
CHANNEL = "UCministry"
UPLOADS = "UUministry"
GRAIN = 256 * 1024


class FakeYouTube(Network):
    """One channel of one account."""

    kind = "youtube"

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.films: dict[str, dict[str, Any]] = {}
        self.bytes: dict[str, bytes] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.captions: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.refuses = ""  # a reason that the next call is refused for
        self.examined = True  # else every film stays private
        self.said: list[tuple[Asked, Says]] = []
        self.takes = 0  # how much of a piece is taken; 0: all

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        settings = {"client_id": "id", "service": self.url, "form": "whole"}
        return settings, {"client_secret": "youtube-secret"}, {"access": TOKEN}

    def answer(self, work: Handler, asked: Asked) -> Says:
        with self.lock:
            said = self._refusal(asked) or work(self, asked)
            self.said.append((asked, said))
            return said

    # --- reading ---

    @route("GET", "/youtube/v3/channels", "channels")
    def channels(self, asked: Asked) -> Says:
        item = {
            "kind": "youtube#channel",
            "id": CHANNEL,
            "snippet": {"title": "Ministry", "customUrl": "@ministry"},
            "status": {"longUploadsStatus": "allowed", "privacyStatus": "public"},
            "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS}},
        }
        return Says(200, {"kind": "youtube#channelListResponse", "items": [item]})

    @route("GET", "/youtube/v3/playlistItems", "uploads")
    def uploads(self, asked: Asked) -> Says:
        if asked.query["playlistId"] != UPLOADS or not self.films:
            return _no(404, "playlistNotFound")
        items = [{"contentDetails": {"videoId": one}} for one in reversed(self.films)]
        return Says(200, {"items": items[: int(asked.query.get("maxResults", "5"))]})

    @route("GET", "/youtube/v3/videos", "videos")
    def videos(self, asked: Asked) -> Says:
        parts = asked.query["part"].split(",")
        found = [self.films[one] for one in asked.query["id"].split(",") if one in self.films]
        items = [{name: film[name] for name in ("kind", "id", *parts)} for film in found]
        return Says(200, {"kind": "youtube#videoListResponse", "items": items})

    @route("GET", "/youtube/v3/commentThreads", "comments")
    def threads(self, asked: Asked) -> Says:
        if asked.query.get("allThreadsRelatedToChannelId") != CHANNEL:
            return _no(404, "channelNotFound")
        start = int(asked.query.get("pageToken") or 0)
        rows = list(reversed(self.comments))[start : start + 2]
        following = {"nextPageToken": str(start + 2)} if start + 2 < len(self.comments) else {}
        return Says(200, {"items": rows, **following})

    # --- uploading ---

    @route("POST", "/upload/youtube/v3/videos", "open")
    def open(self, asked: Asked) -> Says:
        body = asked.json
        wrong = _wrong(body.get("snippet", {}))
        if wrong:
            return _no(400, wrong)
        number = f"s{len(self.sessions) + 1}"
        size = int(asked.headers["x-upload-content-length"])
        self.sessions[number] = {"body": body, "size": size, "data": b""}
        there = f"{self.url}/upload/youtube/v3/videos?uploadType=resumable&upload_id={number}"
        return Says(200, headers=(("location", there),), raw=b"")

    @route("PUT", "/upload/youtube/v3/videos", "piece")
    def piece(self, asked: Asked) -> Says:
        session = self.sessions.get(asked.query.get("upload_id", ""))
        if session is None:
            return Says(404, raw=b"")
        if session.get("id"):
            return Says(200, self.films[session["id"]])
        where = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", asked.headers["content-range"])
        assert where is not None
        if where[1] is not None:
            start, end = int(where[1]), int(where[2])
            last = end + 1 == session["size"]
            if start != len(session["data"]) or (not last and len(asked.body) % GRAIN):
                return _no(400, "badRequest")
            taken = asked.body[: self.takes] if self.takes else asked.body
            session["data"] += taken
        if len(session["data"]) < session["size"]:
            have = (("range", f"bytes=0-{len(session['data']) - 1}"),) if session["data"] else ()
            return Says(308, headers=have, raw=b"")
        return self._whole(session)

    def _whole(self, session: dict[str, Any]) -> Says:
        number = f"film{len(self.films) + 1:07d}"
        session["id"] = number
        self.bytes[number] = session["data"]
        body = session["body"]
        statistics = {"viewCount": "120", "likeCount": "7", "commentCount": "2"}
        self.films[number] = {
            "kind": "youtube#video",
            "id": number,
            "snippet": {**body["snippet"], "channelId": CHANNEL},
            "status": {**body["status"], "uploadStatus": "uploaded"},
            "statistics": statistics,
        }
        self._shown(number, before="private")
        return Says(200, self.films[number])

    @route("POST", "/upload/youtube/v3/captions", "captions")
    def insert_captions(self, asked: Asked) -> Says:
        head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
        first, second = BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts()
        snippet = json.loads(first.get_content())["snippet"]
        text = bytes(second.get_payload(decode=True) or b"").decode()
        assert text.startswith("WEBVTT")
        same = [c for c in self.captions if all(c[k] == snippet[k] for k in ("videoId", "language", "name"))]
        if same:
            return _no(409, "captionExists")
        self.captions.append({**snippet, "text": text})
        return Says(200, {"kind": "youtube#caption", "id": f"c{len(self.captions)}", "snippet": snippet})

    # --- the one call that shows ---

    @route("PUT", "/youtube/v3/videos", "update")
    def update(self, asked: Asked) -> Says:
        film = self.films.get(asked.json.get("id", ""))
        if film is None:
            return _no(404, "videoNotFound")
        before = film["status"]["privacyStatus"]
        status = dict(asked.json["status"])
        if not self.examined:
            status["privacyStatus"] = "private"
        film["status"] = {**status, "uploadStatus": film["status"]["uploadStatus"]}
        self._shown(film["id"], before=before)
        return Says(200, {"kind": "youtube#video", "id": film["id"], "status": film["status"]})

    @route("DELETE", "/youtube/v3/videos", "delete")
    def delete(self, asked: Asked) -> Says:
        if self.films.pop(asked.query["id"], None) is None:
            return _no(404, "videoNotFound")
        self.gone.add(asked.query["id"])
        return Says(204)

    def _shown(self, number: str, *, before: str) -> None:
        film = self.films[number]
        now = film["status"]["privacyStatus"]
        if now == "public" != before:
            self.gone.discard(number)
            snippet = film["snippet"]
            if number not in {made.id for made in self.ledger}:
                self.make(number, f"{snippet['title']}\n\n{snippet['description']}", snippet["tags"][0])
        elif now != "public":
            self.gone.add(number)

    # --- for tests ---

    def comment(self, text: str, at: datetime | None = None) -> None:
        """Somebody writes under a film."""
        number = f"Ug{len(self.comments) + 1}"
        moment = (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
        snippet = {"videoId": "film0000001", "textOriginal": text, "textDisplay": text, "publishedAt": moment}
        top = {"kind": "youtube#comment", "id": number, "snippet": snippet}
        self.comments.append({"id": number, "snippet": {"videoId": "film0000001", "topLevelComment": top}})

    def expired(self) -> Says:
        return _no(401, "authError", "Invalid Credentials")

    def limited(self) -> Says:
        return _no(403, "quotaExceeded", "The request cannot be completed: you have exceeded your quota.")

    def _refusal(self, asked: Asked) -> Says | None:
        if asked.bearer != self.token:
            return self.expired()
        if self.refuses:
            reason, self.refuses = self.refuses, ""
            return _no(403, reason)
        return None


def _wrong(snippet: dict[str, Any]) -> str:
    title, description = snippet.get("title", ""), snippet.get("description", "")
    if not title or len(title) > 100 or set("<>") & set(title):
        return "invalidTitle"
    if len(description.encode()) > 5000 or set("<>") & set(description):
        return "invalidDescription"
    return "invalidTags" if sum(map(len, snippet.get("tags", ()))) > 500 else ""


def _no(status: int, reason: str, message: str = "") -> Says:
    errors = [{"domain": "youtube", "reason": reason, "message": message or reason}]
    return Says(status, {"error": {"code": status, "message": message or reason, "errors": errors}})
