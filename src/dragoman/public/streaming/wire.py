"""The bytes of the live stream: requests read, answers and frames written. Pure.

The wire is plain Server-Sent Events with our own numbers, so that any such server can take this one's place.
"""

import random
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

HEAD_LIMIT = 8 * 1024
END = b"\r\n\r\n"
PING = b":\n\n"
NUMBER = re.compile(r"[0-9]{1,18}")
TOPIC = re.compile(r"/pulse/([A-Za-z0-9_-]{1,64})")
REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a reader asks. `last` is the number of the newest event it has, or None for "from now on";
    `through` is every address that proxies say it came by, the nearest proxy's word last."""

    method: str
    path: str
    last: int | None
    origin: str
    through: tuple[str, ...] = field(default=())


def parse(head: bytes) -> Request | None:
    """The request in these bytes; None when they are no request."""
    try:
        lines = head.decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ")
        if not version.startswith("HTTP/1.") or not target.startswith("/"):
            return None
        parts = urlsplit(target)
        fields: dict[str, str] = {}
        for line in lines[1:]:
            if line:
                name, colon, value = line.partition(":")
                if not colon or name != name.strip():
                    return None
                name = name.lower()
                again = name == "x-forwarded-for" and name in fields
                fields[name] = f"{fields[name]},{value.strip()}" if again else value.strip()
    except ValueError:
        return None
    asked = fields.get("last-event-id") or (parse_qs(parts.query).get("last") or [""])[0]
    last = int(asked) if NUMBER.fullmatch(asked) else None
    through = tuple(part.strip() for part in fields.get("x-forwarded-for", "").split(",") if part.strip())
    return Request(method, parts.path, last, fields.get("origin", ""), through)


def topic(path: str) -> str | None:
    """The talks whose events alone are asked for by this path; "" is all events, None no path of ours."""
    if path == "/pulse":
        return ""
    found = TOPIC.fullmatch(path)
    return found[1] if found else None


def frame(number: int, data: str) -> bytes:
    """One numbered event. `data` is a JSON object in one line; the number is put inside as well."""
    inner = data.strip()[1:].lstrip()
    comma = "" if inner.startswith("}") else ","
    return f'id: {number}\ndata: {{"number":{number}{comma}{inner}\n\n'.encode()


def retry(base: int = 1000, spread: int = 4000) -> bytes:
    """How long to wait before coming back: not the same for all, or all come back at once."""
    return b"retry: %d\n\n" % (base + random.randrange(spread))  # noqa: S311  no secret hangs on it


def come_back(least: int, spread: int) -> str:
    """The field that tells a refused reader when to come back: not the same for all."""
    return f"Retry-After: {least + random.randrange(spread)}"  # noqa: S311  no secret hangs on it


def stream_head(allow: str) -> bytes:
    """The answer's head; `allow` is the origin whose scripts may read it, or `*`."""
    lines = [
        "HTTP/1.1 200 OK",
        "Content-Type: text/event-stream; charset=utf-8",
        "Cache-Control: no-store",
        "X-Accel-Buffering: no",
        "X-Content-Type-Options: nosniff",
        *_cors(allow),
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + END


def answer(
    status: int,
    body: str,
    *,
    allow: str = "",
    head: bool = False,
    extra: tuple[str, ...] = (),
    kind: str = "text/plain",
) -> bytes:
    """A whole short answer that ends the connection."""
    data = body.encode()
    lines = [
        f"HTTP/1.1 {status} {REASONS[status]}",
        f"Content-Type: {kind}; charset=utf-8",
        f"Content-Length: {len(data)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        *_cors(allow),
        *extra,
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + END + (b"" if head else data)


def _cors(allow: str) -> list[str]:
    if allow == "*":
        return ["Access-Control-Allow-Origin: *"]
    return [f"Access-Control-Allow-Origin: {allow}", "Vary: Origin"] if allow else ["Vary: Origin"]
