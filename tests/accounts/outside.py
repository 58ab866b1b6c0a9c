"""The outside world on real sockets: a name server on UDP, and hosts that answer HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.asyncresolver import Resolver

from dragoman.accounts.verification.values import Outside, Result, Subject
from dragoman.accounts.verification.ways import look
from dragoman.lib.http import Door


class NameServer:
    """Answers TXT questions from `texts`; `broken` names fail as a server in trouble does."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            self.socket.sendto(self._answer(dns.message.from_wire(data)).to_wire(), sender)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        [asked] = question.question
        name = asked.name.to_text().rstrip(".").lower()
        self.asked.append(name)
        if name in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name in self.texts:
            quoted = [" ".join(json.dumps(part) for part in _cut(text)) for text in self.texts[name]]
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "TXT", *quoted))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    def close(self) -> None:
        self.socket.close()


def _cut(text: str) -> list[str]:
    """A record holds strings of at most 255 bytes."""
    return [text[start : start + 250] for start in range(0, len(text), 250)] or [""]


class Hosts:
    """All hosts of the tests behind one port: `pages[(host, path)]` is (status, media type, body)."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], tuple[int, str, str]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host, _, rest = self.path.lstrip("/").partition("/")
                path = urlsplit(f"/{rest}").path
                status, media_type, body = outer.pages.get((host, path), (404, "text/plain", "no"))
                data = body.encode()
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def base(self, host: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{host}"

    def page(self, host: str, path: str, body: str, *, status: int = 200, kind: str = "text/html") -> None:
        self.pages[host, path] = (status, kind, body)

    def data(self, host: str, path: str, value: Any) -> None:
        self.page(host, path, json.dumps(value), kind="application/json")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class World:
    """Both, and our own site at `us`."""

    def __init__(self) -> None:
        self.names = NameServer()
        self.hosts = Hosts()
        self.us = f"http://127.0.0.1:{self.hosts.server.server_port}"
        self.allow_loopback = True

    def look(self, subject: Subject, method: str) -> Result:
        return asyncio.run(self._look(subject, method))

    async def _look(self, subject: Subject, method: str) -> Result:
        async with Door(allow_loopback=self.allow_loopback) as door:
            return await look(subject, method, self.outside(door))

    def outside(self, door: Door) -> Outside:
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], self.names.port, 3
        return Outside(door, resolver, self.us, plc=self.hosts.base("plc"), base=self.hosts.base)

    def close(self) -> None:
        self.names.close()
        self.hosts.close()


@contextmanager
def world() -> Iterator[World]:
    made = World()
    try:
        yield made
    finally:
        made.close()
