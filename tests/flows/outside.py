"""The product from outside, over HTTP only: its API, its live stream, its sandbox networks."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.ground.running import Desk, until

OFFICERS = ("editor", "approver", "director")
# Without the slow one: an attempt that is cut off there rests until its lease ends, two and a half minutes.
NETWORKS = ("ok", "fail-once", "rate-limit", "lost-answer", "garbage")

# No command makes channels, people do it in the browser: this is the action behind it, in the desk's home.
_MAKE_CHANNELS = """
import sys
from dragoman.cli import ground
with ground.entered():
    from dragoman.base.actor import System
    from dragoman.channels import actions
    from dragoman.staff.models import Mission
    capital = Mission.objects.get(slug="capital")
    for kind, address in (word.split(":") for word in sys.argv[1:]):
        actions.create_channel(by=System("test"), mission=capital, slug=f"net-{address}", label=address,
            kind=kind, values={"address": address})
"""


@dataclass
class Answer:
    status: int
    told: Any
    headers: Any


@dataclass
class Api:
    """Speaks to a running desk with the tokens of several officers."""

    desk: Desk
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self) -> None:
        for officer in OFFICERS:
            made = self.desk.cli("token", f"flow-{officer}", "--officer", officer)
            assert made.returncode == 0, made.stderr
            self.tokens[officer] = made.stdout.strip()

    def make_networks(self) -> None:
        words = [f"sandbox:{address}" for address in NETWORKS]
        done = subprocess.run(
            [sys.executable, "-c", _MAKE_CHANNELS, *words],
            env=self.desk.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def __call__(
        self, who: str, method: str, path: str, body: object = None, *, key: str = "", timeout: float = 60
    ) -> Answer:
        """One request, under an Idempotency-Key if one is given. Status 0: no answer came."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.desk.desk}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.tokens[who]}",
                "Content-Type": "application/json",
                **({"Idempotency-Key": key} if key else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - our own desk
                return Answer(answer.status, json.loads(answer.read()), answer.headers)
        except urllib.error.HTTPError as error:
            raw = error.read()
            assert b"Traceback" not in raw
            return Answer(error.code, json.loads(raw), error.headers)
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, str(error), {})

    def surely(self, who: str, method: str, path: str, body: object = None) -> Any:
        """As a patient client does it: asks again while nothing or 503 comes."""
        end = time.monotonic() + 120
        while True:
            answer = self(who, method, path, body)
            if answer.status not in {0, 503} or time.monotonic() > end:
                break
            time.sleep(0.5)
        assert 200 <= answer.status < 300, (answer.status, answer.told)
        return answer.told

    def approved(self, title: str, channels: list[str]) -> dict[str, Any]:
        """A statement in two languages, written, handed in and approved."""
        texts = {
            "en": {"title": title, "summary": "The desk goes on.", "body": "It says one thing, once."},
            "de": {
                "title": f"{title} (de)",
                "summary": "Es geht weiter.",
                "body": "Es wird nur einmal gesagt.",
            },
        }
        body = {"mission": "capital", "source_language": "en", "texts": texts, "channels": channels}
        made = self.surely("editor", "POST", "/statements", {**body, "kind": "notice"})
        made = self.surely("editor", "POST", f"/statements/{made['id']}/submission")
        for officer in ("approver", "director"):
            if made["approvals"]["given"] < made["approvals"]["needed"]:
                path = f"/statements/{made['id']}/approvals"
                made = self.surely(officer, "POST", path, {"digest": made["digest"]})
        assert made["state"] == "approved", made
        return dict(made)

    def release(self, made: dict[str, Any]) -> None:
        self.surely("director", "POST", f"/statements/{made['id']}/release")

    def state(self, ref: str) -> str:
        return str(self.surely("director", "GET", f"/statements/{ref}")["state"])

    def until_released(self, ref: str) -> None:
        until(lambda: self.state(ref) == "released", 90, f"{ref} to be released")

    def until_delivered(self, ref: str, count: int) -> None:
        def settled() -> bool:
            items = self.surely("director", "GET", f"/statements/{ref}/deliveries")["items"]
            assert len(items) == count, items
            return all(item["state"] == "sent" for item in items)

        until(settled, 180, f"{ref} to be delivered")

    def posts(self, ref: str) -> Counter[str]:
        """How often each key of a statement is out on the sandbox networks."""
        keys: Counter[str] = Counter()
        for file in (self.desk.home / "sandbox").glob("*.jsonl"):
            for line in map(json.loads, file.read_text().splitlines()):
                if line["what"] == "post" and line["key"].startswith(f"{ref}:"):
                    keys[line["key"]] += 1
        return keys


class Listener(threading.Thread):
    """Reads the live stream as a browser does, and comes back with the number of the last event it got."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(daemon=True)
        self.desk = desk
        self.numbers: list[int] = []
        self.connections = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            with suppress(OSError, http.client.HTTPException):
                self._listen()
            self.stopped.wait(0.3)

    def _listen(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.desk.live, timeout=30)
        headers = {"Last-Event-ID": str(self.numbers[-1])} if self.numbers else {"Last-Event-ID": "0"}
        connection.request("GET", "/pulse", headers=headers)
        with connection.getresponse() as stream:
            if stream.status != 200:
                return
            self.connections += 1
            while (line := stream.readline()) and not self.stopped.is_set():
                if line.startswith(b"data:"):
                    self.numbers.append(json.loads(line[5:])["number"])
