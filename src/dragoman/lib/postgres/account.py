"""The account that the server runs as: ourselves, or, when we are root, one without rights."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragoman.lib.problems import Unavailable

# A dedicated account is better than `nobody`, which other services may share.
PREFERRED = ("dragoman", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the server. `switch` says whether we must change to that account, which only root can."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for subprocess that run a program as this account, without our groups."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, program: Path) -> bool:
        """Tried and not reckoned: parents, mount options and access lists all have a say."""
        try:
            done = subprocess.run(
                [program, "--version"],
                capture_output=True,
                check=False,
                cwd="/",
                timeout=60,
                **self.popen_arguments(),
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def own(self, path: Path) -> None:
        """Give the account a file or folder that we made."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def find() -> Account:
    """PostgreSQL refuses to run as root, so root picks an account without rights."""
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
    for name in PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid, switch=True)
    raise Unavailable(
        "PostgreSQL does not run as root, and this machine has neither an account 'dragoman' nor 'nobody'.",
        mend="Create one (useradd --system dragoman), run as an ordinary user, or set DATABASE_URL.",
        code="no-postgres-account",
    )
