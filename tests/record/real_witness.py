"""Witnesses as whole processes: `dragoman witness run`, started, killed and started again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dragoman.lib.tlog import note, policy
from dragoman.lib.witnessing.keeping import Folder


class RealWitness:
    """One process from one folder. It keeps its port over a restart."""

    def __init__(self, place: Path, name: str) -> None:
        self.place = place
        self.key = note.SignerKey.make(name, note.COSIGNATURE)
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def size(self) -> int:
        """What its folder says that it signed last."""
        folder = Folder(self.place)
        return folder.recall(folder.logs()[0].key.name).size

    def know(self, *logs: note.VerifierKey) -> None:
        """Make its folder with these logs."""
        self.key = Folder(self.place).make(self.key.name, [policy.Log(key) for key in logs])

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "dragoman.cli.main", "witness", "run", "--state", str(self.place)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        lines = [self._process.stdout.readline() for _ in range(3)]
        self._process.stdout.close()
        self.port = int(lines[2].rpartition(":")[2])

    def kill(self) -> None:
        """As the power would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
