"""The public files over HTTP: a WSGI app without Django, for granian; any web server can stand in for it.

Reads nothing but `$DRAGOMAN_HOME/public`, writes nothing, sets no cookie, keeps no log of readers. What the
public sends is passed on to the reception (`reception.py`).
"""

import gzip
import os
import re
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dragoman.public import headers, memento
from dragoman.public.reception import Reception, takes

Headers = list[tuple[str, str]]
StartResponse = Callable[[str, Headers], Any]

PACKAGED = Path(__file__).parent / "static" / "public"
SMALL = 512 * 1024
KEEP_BYTES = 64 * 1024 * 1024
CHUNK = 128 * 1024
SETTLED = 2.0
"""Seconds after which a file's date, which counts whole seconds, can stand for its bytes."""
PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f\\]+")
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
STATUS = {
    200: "200 OK",
    206: "206 Partial Content",
    301: "301 Moved Permanently",
    302: "302 Found",
    304: "304 Not Modified",
    400: "400 Bad Request",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    416: "416 Range Not Satisfiable",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be served: its public path, place, size and a tag that changes when its bytes do."""

    path: str
    place: Path
    size: int
    modified: float
    tag: str


class Store:
    """Small files read once per version; the newest version is known by one `stat` at each request."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, bool], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def read(self, found: Found, *, squeezed: bool) -> bytes:
        key = (str(found.place), found.tag, squeezed)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = found.place.read_bytes()
        if squeezed:
            data = gzip.compress(data, 6, mtime=0)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = data
                self._bytes += len(data)
            while self._bytes > KEEP_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return data


class Site:
    """One public folder as a WSGI application."""

    def __init__(
        self,
        root: Path,
        *,
        live_url: str,
        public_url: str = "",
        reception: Reception | None = None,
        hubs: Sequence[str] = (),
    ) -> None:
        self.root = root
        self.public_url = public_url.rstrip("/")
        self.hubs = tuple(hubs)
        self.reception = reception
        self.always = headers.security(live_url, https=public_url.startswith("https:"))
        self.framed = headers.framed(self.always)
        self.store = Store()

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        method = str(environ.get("REQUEST_METHOD", "GET"))
        answer = Answer(self, environ, start, head=method == "HEAD")
        path = _decoded(str(environ.get("PATH_INFO", "/")))
        reception = self.reception if path is not None and takes(path) else None
        if method not in ("GET", "HEAD"):
            if reception:
                return reception(environ, start, self.always)
            return answer.plain(405, "Only GET and HEAD are answered here.\n", [("Allow", "GET, HEAD")])
        if path is None:
            return answer.plain(400, "This address is not well formed.\n")
        found, moved = self.find(path)
        if found:
            return answer.file(found)
        if moved:
            return answer.moved(301, moved)
        return reception(environ, start, self.always) if reception else answer.missing(path)

    def find(self, path: str) -> tuple[Found | None, str]:
        """The file at a path, or the address it is at with its slash."""
        folder = path.endswith("/")
        found = self.look(path + "index.html" if folder else path)
        if found is None and not folder and self.look(path + "/index.html"):
            return None, quote(path) + "/"
        return found, ""

    def look(self, path: str) -> Found | None:
        """The file itself, if it is a plain file in the folder and no part of its name begins with a dot."""
        parts = path.lstrip("/").split("/")
        # RFC 8615 keeps one name for what programs look for; all others that begin with a dot are ours.
        seen = parts[1:] if parts[0] == ".well-known" else parts
        if any(not part or part.startswith(".") for part in seen) or len(path) > 1024:
            return None
        place = self.root.joinpath(*parts)
        found = _stat(path, place)
        if found and not place.resolve().is_relative_to(self.root.resolve()):
            return None
        if found is None and parts[0] == "static" and len(parts) == 2:
            return _stat(path, PACKAGED / parts[1])
        return found


class Answer:
    """The answer to one request."""

    def __init__(self, site: Site, environ: dict[str, Any], start: StartResponse, *, head: bool) -> None:
        self.site, self.environ, self.start, self.head = site, environ, start, head
        self.always = site.always

    def send(self, status: int, extra: Headers, body: Iterable[bytes] = ()) -> Iterable[bytes]:
        self.start(STATUS[status], [*extra, *self.always])
        return () if self.head or status == 304 else body

    def plain(self, status: int, words: str, extra: Headers | None = None) -> Iterable[bytes]:
        data = words.encode()
        sizes = [
            ("Content-Type", headers.TEXT),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
        ]
        return self.send(status, [*sizes, *(extra or [])], [data])

    def moved(self, status: int, to: str, extra: Headers | None = None) -> Iterable[bytes]:
        base = [("Location", to), ("Content-Length", "0"), ("Cache-Control", headers.PAGE)]
        return self.send(status, [*base, *(extra or [])])

    def missing(self, path: str) -> Iterable[bytes]:
        """In the language of the address if there is one; the empty page before anything is published."""
        if path == "/":
            return self._packaged("empty.html", 200)
        language = path.split("/")[1]
        page = self.site.look(f"/{language}/404.html") or self.site.look("/404.html")
        if page is None:
            return self._packaged("missing.html", 404)
        return self._whole(404, self.site.store.read(page, squeezed=False), "text/html; charset=utf-8")

    def _packaged(self, name: str, status: int) -> Iterable[bytes]:
        return self._whole(status, (PACKAGED / name).read_bytes(), "text/html; charset=utf-8")

    def _whole(self, status: int, data: bytes, media_type: str) -> Iterable[bytes]:
        extra = [
            ("Content-Type", media_type),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
        ]
        return self.send(status, extra, [data])

    def file(self, found: Found) -> Iterable[bytes]:
        """The file, whole or in part, or word that the reader's copy is still right."""
        past = memento.of_folder(self.site.root, found.path)
        asked = str(self.environ.get("HTTP_ACCEPT_DATETIME", ""))
        if past and asked and (moment := _http_date(asked)) and (to := past.nearest(moment)):
            return self.moved(302, to, [("Vary", "accept-datetime"), *past.links()])
        if headers.EMBEDDED.fullmatch(found.path):
            self.always = self.site.framed
        kind = headers.kind_of(found.path, _start(found))
        squeezed = kind.squeeze and 300 < found.size <= SMALL and self._takes_gzip()
        tag = f'"{found.tag}{"-gz" if squeezed else ""}"'
        extra = [
            ("Content-Type", kind.media_type),
            ("Cache-Control", kind.cache),
            ("ETag", tag),
        ]
        if time.time() - found.modified > SETTLED:
            extra.append(("Last-Modified", formatdate(found.modified, usegmt=True)))
        if kind.squeeze or past:
            extra.append(
                ("Vary", ", ".join(n for n in ("accept-encoding", "accept-datetime" if past else "") if n))
            )
        if kind.open:
            extra.append(("Access-Control-Allow-Origin", "*"))
        if not kind.listed:
            extra.append(("X-Robots-Tag", "noindex, nofollow, noarchive"))
        if past:
            extra += past.headers()
        if self.site.hubs and found.path.startswith("/feeds/"):
            extra += _hub_links(self.site, found.path)
        if self._known(found, tag):
            return self.send(304, extra)
        if squeezed:
            data = self.site.store.read(found, squeezed=True)
            extra += [("Content-Encoding", "gzip"), ("Content-Length", str(len(data)))]
            return self.send(200, extra, [data])
        return self._bytes(found, [*extra, ("Accept-Ranges", "bytes")], tag)

    def _bytes(self, found: Found, extra: Headers, tag: str) -> Iterable[bytes]:
        status, first, last = 200, 0, found.size - 1
        asked = str(self.environ.get("HTTP_RANGE", ""))
        if asked and self.environ.get("HTTP_IF_RANGE", tag) == tag and (match := RANGE.fullmatch(asked)):
            span = _span(match[1], match[2], found.size)
            if span is None:
                return self.plain(
                    416, "There are no such bytes.\n", [("Content-Range", f"bytes */{found.size}")]
                )
            status, (first, last) = 206, span
            extra = [*extra, ("Content-Range", f"bytes {first}-{last}/{found.size}")]
        extra = [*extra, ("Content-Length", str(last - first + 1))]
        if found.size <= SMALL:
            return self.send(status, extra, [self.site.store.read(found, squeezed=False)[first : last + 1]])
        return self.send(status, extra, () if self.head else _stream(found.place, first, last))

    def _takes_gzip(self) -> bool:
        for offer in str(self.environ.get("HTTP_ACCEPT_ENCODING", "")).split(","):
            name, _, weight = offer.strip().partition(";")
            if name.strip() in ("gzip", "*"):
                return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
        return False

    def _known(self, found: Found, tag: str) -> bool:
        """Whether the reader already has these bytes. A tag, when sent, outweighs a date."""
        if tags := str(self.environ.get("HTTP_IF_NONE_MATCH", "")):
            known = [one.strip().removeprefix("W/") for one in tags.split(",")]
            return tag in known or "*" in known
        since = _http_date(str(self.environ.get("HTTP_IF_MODIFIED_SINCE", "")))
        return since is not None and int(found.modified) <= since.timestamp()


def _decoded(path: str) -> str | None:
    """The path as text; WSGI hands bytes dressed as Latin-1. None for what no page of ours is called."""
    try:
        text = path.encode("latin-1").decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return None
    wrong = not text.startswith("/") or "//" in text or not PLAIN_NAME.fullmatch(text)
    return None if wrong or ".." in text.split("/") else text


def _stat(path: str, place: Path) -> Found | None:
    try:
        seen = place.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(seen.st_mode):
        return None
    tag = f"{seen.st_mtime_ns:x}-{seen.st_size:x}-{seen.st_ino:x}"
    return Found(path, place, seen.st_size, seen.st_mtime, tag)


def _start(found: Found) -> bytes:
    if not found.path.startswith("/record/media/"):
        return b""
    with found.place.open("rb") as file:
        return file.read(16)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    if not first and not last:
        return None
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None


def _stream(place: Path, first: int, last: int) -> Iterator[bytes]:
    with place.open("rb") as file:
        file.seek(first)
        left = last - first + 1
        while left and (data := file.read(min(CHUNK, left))):
            left -= len(data)
            yield data


def _hub_links(site: Site, path: str) -> Headers:
    """Where a feed's changes are told, and the feed's own name (W3C WebSub, section 4)."""
    links = [f'<{hub}>; rel="hub"' for hub in site.hubs]
    return [("Link", ", ".join([*links, f'<{site.public_url}{path}>; rel="self"']))]


def _http_date(words: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(words)
        moment.timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def from_environment() -> Site:
    """The site that the environment names. The names and defaults are those of `dragoman.config.env`."""
    home = Path(os.environ.get("DRAGOMAN_HOME") or "var").expanduser().absolute()
    port = os.environ.get("DRAGOMAN_LIVE_PORT") or "8002"
    live_url = (os.environ.get("DRAGOMAN_LIVE_URL") or f"http://localhost:{port}").rstrip("/")
    reception = Reception(
        os.environ.get("DRAGOMAN_RECEPTION_HOST") or "127.0.0.1",
        int(os.environ.get("DRAGOMAN_RECEPTION_PORT") or "8003"),
        proxies=int(os.environ.get("DRAGOMAN_TRUSTED_PROXIES") or "0"),
    )
    own_port = os.environ.get("DRAGOMAN_PUBLIC_PORT") or "8000"
    public_url = os.environ.get("DRAGOMAN_PUBLIC_URL") or f"http://localhost:{own_port}"
    hubs = [hub.strip() for hub in os.environ.get("DRAGOMAN_HUBS", "").split(",") if hub.strip()]
    return Site(home / "public", live_url=live_url, public_url=public_url, reception=reception, hubs=hubs)


app = from_environment()
