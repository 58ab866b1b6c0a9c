"""A Bluesky server of our own, on real sockets, that misbehaves on command and counts what it holds.

It keeps to what the real server was seen to do (session, uploadBlob, putRecord with `swapRecord`, getRecord,
deleteRecord); `make peers` runs the same walks against the real one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HANDLE = "ministry.test"
PASSWORD = "abcd-efgh-ijkl-mnop"
DID = "did:plc:ministry"

# What a call may do instead of answering well. "-after" means that it was carried out.
TROUBLES = (
    "ok",
    *("500-before", "500-after", "503-html-before", "silent-before", "silent-after"),
    *("reset-before", "reset-after", "garbage-before", "garbage-after", "html-200", "half-after"),
    *("429", "expired", "redirect", "empty-200-after", "huge-after"),
)


def token(kind: str, number: int, seconds: int = 7200) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"exp": int(time.time()) + seconds, "n": number, "kind": kind}
    return f"{part({'alg': 'none'})}.{part(claims)}.x"


@dataclass
class FakeBluesky:
    """The state of the server. `troubles[name]` are taken one a call, first in first out."""

    url: str = ""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)
    created: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    troubles: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    password: str = PASSWORD
    sessions: int = 0
    access: str = ""
    refresh: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def will(self, call: str, *troubles: str) -> None:
        """The next calls of this name behave so."""
        assert set(troubles) <= set(TROUBLES), troubles
        self.troubles[call].extend(troubles)

    def texts(self) -> list[str]:
        """What stands on the network, in the order of the record keys."""
        return [self.records[rkey]["value"]["text"] for rkey in sorted(self.records)]

    def settings(self) -> dict[str, str]:
        return {"handle": HANDLE, "service": self.url, "form": "whole", "app_password": PASSWORD}

    # --- calls ---

    def answer(self, name: str, query: dict[str, str], body: Any, bearer: str) -> tuple[int, dict[str, Any]]:
        with self.lock:
            said: tuple[int, dict[str, Any]] = getattr(self, f"do_{name}")(query, body, bearer)
            return said

    def _session(self) -> tuple[int, dict[str, Any]]:
        self.sessions += 1
        self.access = token("access", self.sessions)
        self.refresh = token("refresh", self.sessions, 90 * 86400)
        return 200, {"accessJwt": self.access, "refreshJwt": self.refresh, "did": DID, "handle": HANDLE}

    def do_createSession(self, query: Any, body: Any, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        if body != {"identifier": HANDLE, "password": self.password}:
            return 401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
        return self._session()

    def do_refreshSession(self, query: Any, body: Any, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        if bearer != self.refresh:
            return 400, {"error": "ExpiredToken", "message": "Token has been revoked"}
        return self._session()

    def do_getSession(self, query: Any, body: Any, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        return self._guard(bearer) or (200, {"did": DID, "handle": HANDLE, "active": True})

    def do_uploadBlob(self, query: Any, body: bytes, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        cid = "bafk" + hashlib.sha256(body).hexdigest()
        self.blobs.add(cid)
        blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/png", "size": len(body)}
        return self._guard(bearer) or (200, {"blob": blob})

    def do_putRecord(self, query: Any, body: Any, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        refused = self._guard(bearer)
        if refused:
            return refused
        record, rkey = body["record"], body["rkey"]
        if len(record["text"]) > 3000:
            return 400, {"error": "InvalidRequest", "message": "Invalid record: text is too long"}
        cid = "bafy" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
        there = self.records.get(rkey)
        answer = {"uri": f"at://{DID}/{body['collection']}/{rkey}", "cid": cid}
        if there and there["cid"] == cid:
            return 200, answer
        if there and "swapRecord" in body and body["swapRecord"] is None:
            return 400, {"error": "InvalidSwap", "message": f"Record was at {there['cid']}"}
        self.records[rkey] = {"uri": answer["uri"], "cid": cid, "value": record}
        self.created.append(rkey)
        return 200, answer

    def do_getRecord(self, query: dict[str, str], body: Any, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        there = self.records.get(query["rkey"])
        if there is None:
            return 400, {"error": "RecordNotFound", "message": "Could not locate record"}
        return 200, there

    def do_deleteRecord(self, query: Any, body: Any, bearer: str) -> tuple[int, dict[str, Any]]:  # noqa: N802 - the network's name
        refused = self._guard(bearer)
        if refused:
            return refused
        if self.records.pop(body["rkey"], None):
            self.deleted.append(body["rkey"])
        return 200, {}

    def _guard(self, bearer: str) -> tuple[int, dict[str, Any]] | None:
        if bearer == self.access:
            return None
        return 400, {"error": "ExpiredToken", "message": "Token has expired"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body leave together, or the reader waits for the second packet
    fake: FakeBluesky

    def log_message(self, *args: Any) -> None:
        """Silence."""

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        is_json = self.headers.get("content-type", "").startswith("application/json")
        self._serve(json.loads(data) if is_json and data else data)

    def _serve(self, body: Any) -> None:
        parts = urlsplit(self.path)
        name = parts.path.rpartition(".")[2]
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        with self.fake.lock:
            self.fake.calls.append(name)
            waiting = self.fake.troubles[name]
            trouble = waiting.popleft() if waiting else "ok"
        if trouble.endswith("-after"):
            self.fake.answer(name, query, body, bearer)
        if trouble != "ok":
            self._misbehave(trouble)
            return
        status, answer = self.fake.answer(name, query, body, bearer)
        self._say(status, json.dumps(answer).encode())

    def _misbehave(self, trouble: str) -> None:
        html = b"<html><body>Maintenance</body></html>"
        match trouble.removesuffix("-before").removesuffix("-after"):
            case "500":
                self._say(500, b'{"error":"InternalServerError","message":"Internal Server Error"}')
            case "503-html":
                self._say(503, html, "text/html")
            case "silent":
                self._cut()
            case "reset":
                # Linger of zero seconds: the close is a reset, not a farewell.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._cut()
            case "garbage":
                self._say(200, b"\x00\xff not json")
            case "html-200":
                self._say(200, html, "text/html")
            case "half":
                self.wfile.write(b'HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{"uri":')
                self.wfile.flush()
                self._cut()
            case "429":
                self._say(429, b'{"error":"RateLimitExceeded"}', extra=(("retry-after", "1"),))
            case "expired":
                self._say(400, b'{"error":"ExpiredToken","message":"Token has expired"}')
            case "redirect":
                self._say(307, b"", extra=(("location", "https://elsewhere.example/"),))
            case "empty-200":
                self._say(200, b"{}")
            case "huge":
                self._say(200, b'{"uri":"' + b"x" * 3_000_000 + b'"}')

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _say(
        self,
        status: int,
        body: bytes,
        media_type: str = "application/json",
        extra: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        for name, value in extra:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that has gone is part of the test."""


@contextmanager
def fake_bluesky() -> Iterator[FakeBluesky]:
    """A running server, on a free port of this machine."""
    fake = FakeBluesky()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = _Server(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
