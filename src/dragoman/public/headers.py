"""What each kind of public file is sent with: its type, how long it may be kept, what the page may do. Pure.

The same table stands, in words, in docs/public-plane.md for other web servers.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

FOREVER = "public, max-age=31536000, immutable"
PAGE = "public, max-age=10, stale-while-revalidate=30"
HEAD = "public, max-age=5"
FEED = "public, max-age=30"
PROOF = "public, max-age=30"  # a late witness may still add its line
DAY = "public, max-age=86400"
TALKS = re.compile(r"(/[A-Za-z0-9-]{2,35})?/talks/")
EMBEDDED = re.compile(r"/[A-Za-z0-9-]{2,35}/talks/[a-z0-9-]{1,40}/embed/(index\.html)?")
"""The only pages that another site may show in a frame."""
TEXT = "text/plain; charset=utf-8"
FEED_JSON = "application/feed+json; charset=utf-8"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": TEXT,
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".ico": "image/x-icon",
    ".tlog-proof": TEXT,
    ".note": TEXT,
}
MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one file is sent. `open` files may be read by scripts of other sites: checkers, feed readers; what
    is not `listed` no search engine may show."""

    media_type: str
    cache: str
    open: bool = False
    squeeze: bool = True
    listed: bool = True


def kind_of(path: str, start: bytes = b"") -> Kind:
    """The kind of the file at a public path; `start` is its first bytes, for media without a suffix."""
    if path.startswith("/record/"):
        return _record(path.removeprefix("/record/"), start)
    suffix = PurePosixPath(path).suffix
    media_type = TYPES.get(suffix, "application/octet-stream")
    squeeze = not media_type.startswith("image/")
    kind = Kind(media_type, PAGE, open=suffix in (".json", ".note", ".atom"), squeeze=squeeze)
    if path.startswith("/static/"):
        kind = Kind(media_type, FOREVER, squeeze=squeeze)
    elif path.startswith("/feeds/"):
        kind = Kind(FEED_JSON if suffix == ".json" else media_type, FEED, open=True)
    elif path.startswith("/talks/") and suffix in (".json", ".txt"):
        kind = Kind(media_type, HEAD, open=True)  # what a live page asks when the stream is away
    elif TALKS.match(path):
        kind = Kind(media_type, HEAD)
    elif path.endswith("/timemap"):
        kind = Kind("application/link-format; charset=utf-8", PAGE, open=True)
    elif path in ("/trust.txt", "/.well-known/trust.txt"):
        kind = Kind(TEXT, FEED, open=True)
    elif path in ("/robots.txt", "/sitemap.xml"):
        kind = Kind(media_type, FEED)
    elif path.startswith("/staged/"):  # media that a network fetches ahead of the moment
        kind = Kind(media_type, "no-store", squeeze=False, listed=False)
    return kind


def security(live_url: str, *, https: bool) -> list[tuple[str, str]]:
    """The headers of every answer. Pages narrow the policy further by a meta element of their own."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
        f"connect-src 'self' {live_url}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()"),
    ]
    if https:
        headers.append(("Strict-Transport-Security", "max-age=31536000"))
    return headers


def framed(always: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same headers for a page that any site may show in a frame."""
    return [(name, value.replace("frame-ancestors 'none'", "frame-ancestors *")) for name, value in always]


def _record(name: str, start: bytes) -> Kind:
    known = {
        "checkpoint": Kind(TEXT, HEAD, open=True),
        "tile": Kind("application/octet-stream", FOREVER, open=True, squeeze=False),
        "text": Kind(TEXT, FOREVER, open=True),
        "media": Kind(_media(start), FOREVER, open=True, squeeze=False),
        "proof": Kind(TEXT, PROOF, open=True),
        "policy": Kind(TEXT, FEED, open=True),
    }
    suffix = PurePosixPath(name).suffix
    page = Kind(TYPES.get(suffix, "application/octet-stream"), PAGE, open=suffix != ".html")
    return known.get(name.partition("/")[0], page)


def _media(start: bytes) -> str:
    """Only pictures and sound-and-picture files that a page may show; anything else is a download."""
    for magic, media_type in MAGIC:
        if start.startswith(magic):
            return media_type
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if start.startswith(b"WEBVTT\n"):
        return "text/vtt; charset=utf-8"
    if start[4:8] == b"ftyp":
        return "image/avif" if start[8:12] == b"avif" else "video/mp4"
    return "application/octet-stream"
