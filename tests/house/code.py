"""The project's own files, as the house's rules look at them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "dragoman"
# The order of the house, from the ground up; a peer stands on the same step.
STEPS = (
    {"lib"},
    {"base"},
    {"audit"},
    {"staff"},
    {"record"},
    {"facts", "channels", "public"},
    {"accounts"},
    {"statements"},
    {"inbox"},
    {"negotiations"},
    {"reports"},
    {"api", "cli"},
    {"config"},
)


def step(app: str) -> int:
    return next(number for number, apps in enumerate(STEPS) if app in apps)


def ours(*folders: str, ends: str = ".py") -> list[Path]:
    """Files of ours with this ending, without generated migrations."""
    places = [ROOT / folder for folder in folders or ("src", "tests", "bench", "scripts")]
    return sorted(
        path
        for place in places
        for path in place.rglob(f"*{ends}")
        if not {"migrations", "node_modules", "results", ".go"} & set(path.parts)
    )


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is in version control (or would be); all files where there is no git."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        skipped = {".venv", "node_modules", "var", ".git", "__pycache__"}
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.parts))
    return tuple(path for line in done.stdout.splitlines() if (path := ROOT / line).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Tracked files that are text."""
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            yield path, data.decode("utf-8", "replace")
