"""What every fake network shares: a server on a free port, routes, troubles on command, a ledger.

A fake is a subclass of `Network` in `tests/fakes/<kind>.py`: methods marked with `@route` answer, `make`
writes into the ledger whatever the public would see, and `expired` says how it refuses an old token.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

# What a call may do instead of answering well. "-after" means that it was carried out all the same.
TROUBLES = (
    "ok",
    *(
        "500-before",
        "500-after",
        "503-html-before",
        "silent-before",
        "silent-after",
        "hang-before",
        "hang-after",
    ),
    *("reset-before", "reset-after", "garbage-before", "garbage-after", "html-200-before", "html-200-after"),
    *("half-after", "429", "expired", "redirect", "empty-200-after", "huge-after", "slow"),
)
LOST_ANSWERS = tuple(name for name in TROUBLES if name.endswith("-after"))


@dataclass(frozen=True)
class Asked:
    """One request as it came. `parts` are the named pieces of the path."""

    method: str
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    search: str = ""

    def each(self, name: str) -> list[str]:
        """All values of a name that the query holds many times."""
        return parse_qs(self.search).get(name, [])

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a urlencoded body."""
        return _first(self.body.decode())

    @cached_property
    def multipart(self) -> Mapping[str, bytes]:
        """The fields of a multipart body, files as bytes."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        found = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            found[str(name)] = bytes(part.get_payload(decode=True) or b"")
        return found


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


@dataclass(frozen=True)
class Says:
    """An answer: JSON unless `raw` is given."""

    status: int = 200
    value: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    media_type: str = "application/json"

    @property
    def data(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.value is None else json.dumps(self.value).encode()


Handler = Callable[[Any, Asked], Says]
H = TypeVar("H", bound=Handler)


def route(method: str, pattern: str, name: str) -> Callable[[H], H]:
    """Mark a method as the answer to `method pattern`; `{x}` stands for one piece of the path, `{x:path}` for
    the rest of it. `name` is what troubles and the list of calls call it; several routes may share one."""
    escaped = re.sub(r"\\{(\w+):path\\}", r"(?P<\1>.+)", re.escape(pattern).replace(r"\:", ":"))
    regex = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", escaped))

    def mark(work: H) -> H:
        work.__dict__.setdefault("routes", []).append((method, regex, name))
        return work

    return mark


@dataclass(frozen=True)
class Made:
    """One thing that the public could see: the text, the network's id, and our key where it has one."""

    id: str
    text: str
    key: str = ""


class Network:
    """The state of one fake. `troubles[name]` are taken one a call, first in first out."""

    kind: ClassVar[str] = ""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[str] = []
        self.asked: list[Asked] = []
        self.ledger: list[Made] = []
        self.gone: set[str] = set()
        self.met: Counter[str] = Counter()
        self.troubles: dict[str, deque[str]] = defaultdict(deque)
        self.lock = threading.RLock()
        self.pause = 0.0
        self.slow = 0.3
        self.hang = 120.0
        self.limit_seconds = 1
        self.closing = threading.Event()
        self._routes: list[tuple[str, re.Pattern[str], str, Handler]] = [
            (method, pattern, name, work)
            for work in (getattr(type(self), each) for each in dir(type(self)))
            for method, pattern, name in getattr(work, "routes", ())
        ]

    # --- for tests ---

    def will(self, call: str, *troubles: str) -> None:
        """The next calls of this name behave so."""
        assert set(troubles) <= set(TROUBLES), troubles
        assert call in {name for _, _, name, _ in self._routes}, call
        self.troubles[call].extend(troubles)

    def texts(self) -> list[str]:
        """What the public sees now, in the order it was made."""
        return [made.text for made in self.ledger if made.id not in self.gone]

    def made(self, text: str) -> int:
        """How many times this text was ever put out, taken down or not: the count that must never be two."""
        return sum(made.text == text for made in self.ledger)

    # --- for subclasses ---

    def make(self, id: str, text: str, key: str = "") -> None:  # noqa: A002 - the network's word
        """Something is public from now on."""
        self.ledger.append(Made(id, text, key))

    def expired(self) -> Says:
        """How this network refuses an old token."""
        return Says(401, {"error": "invalid_token"})

    def limited(self) -> Says:
        """How this network says that it was asked too often."""
        return Says(429, {"error": "rate limited"}, (("retry-after", str(self.limit_seconds)),))

    def missing(self, asked: Asked) -> Says:
        """How this network answers at an address that it does not have."""
        return Says(404, {"error": "not found"})

    # --- serving ---

    def find(self, method: str, path: str) -> tuple[str, Mapping[str, str], Handler] | None:
        for known, pattern, name, work in self._routes:
            match = pattern.fullmatch(path)
            if known == method and match:
                parts = {key: unquote(value) for key, value in match.groupdict().items()}
                return name, parts, work
        return None

    def answer(self, work: Handler, asked: Asked) -> Says:
        with self.lock:
            return work(self, asked)

    @contextmanager
    def running(self, port: int = 0) -> Iterator[Self]:
        """The fake, serving on a port of this machine."""
        handler = type("Handler", (_Handler,), {"fake": self})
        server = _Server(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()


HTML = b"<html><body>Maintenance</body></html>"
ANSWERS = {
    "500": Says(500, {"error": "InternalServerError", "message": "Internal Server Error"}),
    "503-html": Says(503, raw=HTML, media_type="text/html"),
    "garbage": Says(200, raw=b"\x00\xff not json"),
    "html-200": Says(200, raw=HTML, media_type="text/html"),
    "redirect": Says(307, headers=(("location", "https://elsewhere.example/"),), raw=b""),
    "empty-200": Says(200, {}),
    "huge": Says(200, raw=b'{"id":"' + b"x" * 3_000_000 + b'"}'),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body leave together, or the reader waits for the second packet
    fake: Network

    def log_message(self, *args: Any) -> None:
        """Silence."""

    def _serve(self) -> None:
        fake = self.fake
        body = self._body()
        target = urlsplit(self.path)
        query = _first(target.query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = fake.find(self.command, target.path)
        name, parts, work = found or ("missing", {}, lambda fake, asked: fake.missing(asked))
        asked = Asked(self.command, target.path, parts, query, headers, body, target.query)
        with fake.lock:
            fake.calls.append(name)
            fake.asked.append(asked)
            waiting = fake.troubles[name]
            trouble = waiting.popleft() if waiting else "ok"
            fake.met[trouble] += 1
        if fake.pause:
            time.sleep(fake.pause)
        if trouble.endswith("-after"):
            fake.answer(work, asked)
        if trouble == "slow":
            time.sleep(fake.slow)
        if trouble in ("ok", "slow"):
            self._say(fake.answer(work, asked))
        else:
            self._misbehave(trouble)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _misbehave(self, trouble: str) -> None:
        name = trouble.removesuffix("-before").removesuffix("-after")
        if name in ANSWERS:
            self._say(ANSWERS[name])
        elif name in ("429", "expired"):
            self._say(self.fake.limited() if name == "429" else self.fake.expired())
        else:
            self._break_off(name)

    def _break_off(self, name: str) -> None:
        if name == "hang":
            self.fake.closing.wait(self.fake.hang)
        elif name == "reset":
            # Linger of zero seconds: the close is a reset, not a farewell.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif name == "half":
            self.wfile.write(b'HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{"id":')
            self.wfile.flush()
        self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _say(self, says: Says) -> None:
        data = says.data
        self.send_response(says.status)
        if data or says.media_type != "application/json":
            self.send_header("content-type", says.media_type)
        if says.status not in (204, 304):
            self.send_header("content-length", str(len(data)))
        for name, value in says.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and says.status not in (204, 304):
            self.wfile.write(data)


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
    setattr(_Handler, f"do_{_method}", _Handler._serve)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that has gone is part of the test."""
