"""Speaks to `dragoman triage --jsonl` as any outsider would: lines in, lines out, nothing else known."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]

# BCP 47 tags that name the same language, or that a written sentence cannot tell apart.
SAME_LANGUAGE = {"no": "nb", "nn": "nb", "fil": "tl", "iw": "he", "in": "id", "cmn": "zh"}
FIELDS = (
    "lang",
    "lang_confidence",
    "country",
    "kind",
    "help_score",
    "is_help",
    "answers",
    "confidence",
    "answered",
    "contradicts",
)


class BrokenTool(Exception):
    """The tool broke the protocol; the text says at which request and how."""


@dataclass
class Tool:
    """One running tool. Requests are written by a thread of their own, so that a tool that takes many lines
    at once may do so, and one that answers each at once never fills a pipe."""

    process: subprocess.Popen[str]
    messages: int = 0
    seconds: float = field(default=0.0)

    def ask(self, requests: Sequence[Line]) -> list[Line]:
        """The replies, one for each request, in order."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise BrokenTool("the tool was started without pipes")

        def write() -> None:
            try:
                for request in requests:
                    stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
                stdin.flush()
            except BrokenPipeError:
                pass  # the reader below says at which request the tool went away

        writer = threading.Thread(target=write, daemon=True)
        start = time.perf_counter()
        writer.start()
        replies = [self._reply(request, stdout.readline()) for request in requests]
        writer.join()
        asked = sum(request["op"] == "message" for request in requests)
        if asked:
            self.messages += asked
            self.seconds += time.perf_counter() - start
        return replies

    def _reply(self, request: Line, line: str) -> Line:
        told = json.dumps(request, ensure_ascii=False)[:120]
        if not line:
            raise BrokenTool(f"no reply to {told}: the tool ended {self._end()}")
        try:
            reply = json.loads(line)
        except ValueError:
            raise BrokenTool(f"the reply to {told} is not JSON: {line[:120]!r}") from None
        if not isinstance(reply, dict):
            raise BrokenTool(f"the reply to {told} is not an object: {line[:120]!r}")
        if request["op"] == "message":
            if reply.get("id") != request["id"]:
                raise BrokenTool(f"the reply to {told} is for {reply.get('id')!r}: {line[:120]!r}")
            missing = [name for name in FIELDS if name not in reply]
            if missing:
                raise BrokenTool(f"the reply to {told} lacks {', '.join(missing)}")
        elif request["op"] in ("library", "reset") and reply.get("ok") is not True:
            raise BrokenTool(f"{told} was refused: {line[:120]!r}")
        return reply

    def _end(self) -> str:
        try:
            return f"with exit code {self.process.wait(timeout=5)}"
        except subprocess.TimeoutExpired:
            return "its output and is still running"

    def begin(self, library: Iterable[Line] = ()) -> None:
        """Forget all, and learn these approved answers."""
        wanted = ("id", "question", "answer", "lang")
        self.ask(
            [
                {"op": "reset"},
                *(
                    {"op": "library", **{name: row[name] for name in wanted if name in row}}
                    for row in library
                ),
            ]
        )

    def read(self, rows: Iterable[Line]) -> list[Line]:
        """What it says of each message; only id and text are told."""
        return self.ask([{"op": "message", "id": row["id"], "text": row["text"]} for row in rows])

    def groups(self) -> dict[str, Any]:
        """Which message it put into which group."""
        found = self.ask([{"op": "groups"}])[0].get("groups")
        if not isinstance(found, dict):
            raise BrokenTool("the reply to groups holds no groups")
        return found


@contextmanager
def running(command: Sequence[str]) -> Iterator[Tool]:
    """The tool, started and ended."""
    process = subprocess.Popen(
        list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield Tool(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def language_of(tag: object) -> str:
    """The primary tag, in one spelling for each language."""
    primary = str(tag or "und").lower().replace("_", "-").split("-")[0]
    return SAME_LANGUAGE.get(primary, primary)


def countries_of(told: object) -> frozenset[str]:
    """The country or countries of a reply, whether told as a code, an object with a code, or a list."""
    if isinstance(told, list):
        return frozenset().union(*(countries_of(one) for one in told))
    code = told.get("code") if isinstance(told, dict) else told
    return frozenset({str(code).upper()}) if code else frozenset()
