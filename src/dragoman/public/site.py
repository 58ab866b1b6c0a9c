"""The folder of public files: where it is, its style sheet and scripts, what the record says of itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from dragoman.lib.files import write_atomic

PACKAGED = Path(__file__).parent / "static" / "public"
SCRIPTS = ("verify.js", "search.js", "live.js", "said.js", "notice.js", "checker.js", "talks.js")


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """What stands in `/record/` now; empty strings before its first entry."""

    checkpoint: str
    policy: str

    @property
    def log_key(self) -> str:
        """The verifier key that pages name: that of the policy's first log line."""
        return next((line.split()[1] for line in self._lines("log")), "")

    @property
    def witnesses(self) -> tuple[str, ...]:
        return tuple(line.split()[2].partition("+")[0] for line in self._lines("witness"))

    @property
    def size(self) -> int:
        lines = self.checkpoint.split("\n")
        return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() else 0

    def _lines(self, word: str) -> list[str]:
        return [line for line in self.policy.splitlines() if line.startswith(word + " ")]


def root() -> Path:
    found: Path = settings.DRAGOMAN.public_dir
    return found


def home() -> Path:
    found: Path = settings.DRAGOMAN.home
    return found


def write(path: str, data: bytes, *, fsync: bool = False) -> None:
    """Put a file at a public path (a folder's means its index.html), unless the same bytes stand there."""
    place = root() / path.lstrip("/")
    if path.endswith("/"):
        place = place / "index.html"
    if not (place.exists() and place.stat().st_size == len(data) and place.read_bytes() == data):
        write_atomic(place, data, fsync=fsync)


def remove(path: str) -> None:
    """Take the file of a public path away, if it is there."""
    place = root() / path.lstrip("/")
    (place / "index.html" if path.endswith("/") else place).unlink(missing_ok=True)


def record_files() -> RecordFiles:
    folder = root() / "record"
    return RecordFiles(_text(folder / "checkpoint"), _text(folder / "policy"))


def has(path: str) -> bool:
    return (root() / path.lstrip("/")).is_file()


@lru_cache(maxsize=1)
def assets() -> dict[str, tuple[str, bytes]]:
    """Name -> public path and bytes. The path holds the digest of the bytes, so it may be kept for ever."""
    css = (PACKAGED / "tokens.css").read_bytes() + b"\n" + (PACKAGED / "public.css").read_bytes()
    found = {"public.css": css, "icon.svg": (PACKAGED / "icon.svg").read_bytes()} | {
        name: (PACKAGED / name).read_bytes() for name in SCRIPTS
    }
    return {name: (_hashed(name, data), data) for name, data in found.items()}


def asset(name: str) -> str:
    return assets()[name][0]


def write_assets() -> None:
    """Those of earlier versions stay: older pages may still name them."""
    for path, data in assets().values():
        write(path, data, fsync=True)


def _hashed(name: str, data: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"/static/{stem}.{hashlib.sha256(data).hexdigest()[:10]}.{suffix}"


def _text(place: Path) -> str:
    return place.read_text("utf-8") if place.is_file() else ""
