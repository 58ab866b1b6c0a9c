"""The crowd of one server: `crowd.c`, told what to do and read."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from bench.live import machine


class Crowd:
    """So many readers of one port, in a process of their own on the core of the rest."""

    def __init__(self, folder: Path, port: int, path: str, readers: int, network: int, *, tls: bool) -> None:
        words = [str(folder / "crowd"), str(port), path, str(readers), str(network), str(int(tls))]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        os.sched_setaffinity(self.process.pid, machine.cores()[1])
        self.network = network
        self.begun = self._line()

    def ask(self, words: str) -> dict[str, Any]:
        self.tell(words)
        return self._line()

    def tell(self, words: str) -> None:
        if self.process.stdin is None:
            raise RuntimeError("no pipe")
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The answer to what was told."""
        return self._line()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def _line(self) -> dict[str, Any]:
        if self.process.stdout is None:
            raise RuntimeError("no pipe")
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found
