"""Starts Bluesky's own server on this machine, and speaks to it without any of our code."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

FOLDER = Path(__file__).parent
START_SECONDS = 120


def missing() -> str:
    """Why the server cannot be started here; empty when it can."""
    if not (FOLDER / "node_modules" / "@atproto" / "pds").exists():
        return "the npm packages of tests/peers/bluesky are not installed (make peers installs them)"
    built = FOLDER / "node_modules" / "better-sqlite3" / "build" / "Release" / "better_sqlite3.node"
    return "" if built.exists() else "better-sqlite3 is not built: a C++ compiler and Python are needed"


@dataclass
class Network:
    """The running server with one account on it, seen from outside."""

    url: str
    handle: str = ""
    did: str = ""
    password: str = ""
    app_password: str = ""
    access: str = ""

    def call(self, name: str, body: Any = None, **params: str) -> dict[str, Any]:
        """One plain XRPC call."""
        method = "GET" if body is None else "POST"
        headers = {"authorization": f"Bearer {self.access}"} if self.access else {}
        answer = httpx.request(
            method, f"{self.url}/xrpc/{name}", params=params, json=body, headers=headers, timeout=30
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def join(self) -> None:
        """A new account with an app password."""
        name = "m" + secrets.token_hex(5)
        self.access = ""
        self.password = secrets.token_urlsafe(12)
        made = self.call(
            "com.atproto.server.createAccount",
            {"handle": f"{name}.test", "email": f"{name}@example.test", "password": self.password},
        )
        self.handle, self.did, self.access = made["handle"], made["did"], made["accessJwt"]
        app = self.call("com.atproto.server.createAppPassword", {"name": "Dragoman"})
        self.app_password = app["password"]

    def posts(self) -> list[dict[str, Any]]:
        """Every post of the account, oldest first."""
        found = self.call(
            "com.atproto.repo.listRecords",
            repo=self.did,
            collection="app.bsky.feed.post",
            limit="100",
            reverse="true",
        )
        return sorted(found["records"], key=lambda record: str(record["uri"]))

    def texts(self) -> list[str]:
        return [record["value"]["text"] for record in self.posts()]

    def blob(self, cid: str) -> bytes:
        """The bytes of an uploaded picture."""
        params = {"did": self.did, "cid": cid}
        answer = httpx.get(f"{self.url}/xrpc/com.atproto.sync.getBlob", params=params, timeout=30)
        return answer.raise_for_status().content

    def revision(self) -> str:
        """Changes with every commit to the account's repository."""
        return str(self.call("com.atproto.sync.getLatestCommit", did=self.did)["rev"])


@contextmanager
def running(folder: Path) -> Iterator[Network]:
    """The server, until the block ends."""
    plc, pds = free_port(), free_port()
    process = subprocess.Popen(
        ["node", "network.mjs", str(folder), str(plc), str(pds)],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=(folder / "log").open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        network = Network(f"http://localhost:{pds}")
        _wait(process, network, folder / "log")
        yield network
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], network: Network, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            break
        try:
            network.call("com.atproto.server.describeServer")
        except httpx.HTTPError:
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"Bluesky's server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
