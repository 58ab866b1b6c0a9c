"""The way from the public origin to the reception, the small service that takes what the public sends.

Readers are served files. What people or other servers send (a subscription, a message to the ministry's
actor, a network's webhook) goes to a process of its own that has no sign-in, no session and no cookie. On
the public origin these prefixes lead there; any web server can do the same (docs/public-plane.md).
"""

import http.client
from collections.abc import Callable, Iterable
from typing import Any

Headers = list[tuple[str, str]]

PREFIXES = (
    "/in/",
    "/ap/",
    "/.well-known/webfinger",
    "/.well-known/nodeinfo",
    "/nodeinfo/",
    "/subscribe/",
    "/hooks/",
    "/said/",
    "/check/",
    "/ask/",
)
MOST_BYTES = 2_000_000
PATIENCE = 20.0
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "DELETE"})
# Headers of one connection (RFC 9110, 7.6.1), and those that are written anew here.
OWN = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
        *("transfer-encoding", "upgrade", "content-length", "x-forwarded-for", "x-forwarded-proto"),
        *("forwarded", "server", "date", "cookie", "set-cookie"),
    }
)


def takes(path: str) -> bool:
    """Does this path lead to the reception?"""
    return any(path == prefix or (prefix.endswith("/") and path.startswith(prefix)) for prefix in PREFIXES)


class Reception:
    """Passes requests on, and answers for the reception when it cannot."""

    def __init__(self, host: str, port: int, *, proxies: int = 0) -> None:
        self.host, self.port, self.proxies = host, port, proxies

    def __call__(
        self, environ: dict[str, Any], start: Callable[[str, Headers], Any], always: Headers
    ) -> Iterable[bytes]:
        """One request, one connection. Nothing is kept, and no cookie passes either way."""
        method = str(environ.get("REQUEST_METHOD", "GET"))
        if method not in METHODS:
            return _say(start, "405 Method Not Allowed", f"{method} is not answered here.\n", always)
        size = _size(environ)
        if size is None:
            return _say(start, "411 Length Required", "Say how long the body is.\n", always)
        if size > MOST_BYTES:
            words = f"At most {MOST_BYTES} bytes are taken here.\n"
            return _say(start, "413 Content Too Large", words, always)
        body = environ["wsgi.input"].read(size) if size else b""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, _target(environ), body=body or None, headers=self._headers(environ))
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            words = "This part of the site is not running just now. Please try again in a minute.\n"
            return _say(start, "503 Service Unavailable", words, [("Retry-After", "30"), *always])
        except ValueError:  # bytes in the address or in a header that no request may have
            return _say(start, "400 Bad Request", "The request could not be read.\n", always)
        finally:
            connection.close()
        names = {name.lower() for name, _ in answer.getheaders()}
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in OWN]
        kept += [(name, value) for name, value in always if name.lower() not in names]
        if answer.status not in (204, 304):
            kept.append(("Content-Length", str(len(data)) if method != "HEAD" else "0"))
        start(f"{answer.status} {answer.reason}", kept)
        return [] if method == "HEAD" else [data]

    def _headers(self, environ: dict[str, Any]) -> dict[str, str]:
        headers = {
            name[5:].replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers = {name: value for name, value in headers.items() if name not in OWN}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = str(environ["CONTENT_TYPE"])
        headers["x-forwarded-for"] = self._address(environ)
        headers["x-forwarded-proto"] = str(environ.get("wsgi.url_scheme", "http"))
        if self.proxies and environ.get("HTTP_X_FORWARDED_PROTO"):
            headers["x-forwarded-proto"] = str(environ["HTTP_X_FORWARDED_PROTO"])
        return headers

    def _address(self, environ: dict[str, Any]) -> str:
        """Whose request it is: what our own proxies say, and nobody else's word."""
        told = [part.strip() for part in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        told = [part for part in told if part]
        if self.proxies and len(told) >= self.proxies:
            return told[-self.proxies]
        return str(environ.get("REMOTE_ADDR", ""))


def _size(environ: dict[str, Any]) -> int | None:
    if "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower():
        return None
    given = str(environ.get("CONTENT_LENGTH") or "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 13 else MOST_BYTES + 1


def _target(environ: dict[str, Any]) -> str:
    raw = str(environ.get("PATH_INFO", "/")).encode("latin-1")
    path = "".join(chr(byte) if chr(byte) in SAFE else f"%{byte:02X}" for byte in raw)
    query = str(environ.get("QUERY_STRING", ""))
    return f"{path}?{query}" if query else path


SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~!$&'()*+,;=:@")


def _say(start: Callable[[str, Headers], Any], status: str, words: str, always: Headers) -> Iterable[bytes]:
    data = words.encode()
    plain = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data)))]
    start(status, [*plain, ("Cache-Control", "no-store"), *always])
    return [data]
