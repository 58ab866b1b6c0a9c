"""What the machine says of processes, and the C programs of the benchmark."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent


def build(folder: Path) -> bool:
    """Make the crowd and the C loop in a folder; says whether the crowd can speak TLS."""
    if not shutil.which("cc"):
        raise SystemExit("bench: a C compiler (cc) is needed: the crowd of readers is a C program")
    subprocess.run(["cc", "-O2", "-o", str(folder / "loop"), str(HERE / "loop.c")], check=True)
    crowd = ["cc", "-O2", "-o", str(folder / "crowd"), str(HERE / "crowd.c")]
    secure = subprocess.run(
        [*crowd, "-DWITH_TLS", "-lssl", "-lcrypto", "-lm"], capture_output=True, check=False
    )
    if secure.returncode:
        subprocess.run([*crowd, "-lm"], check=True)
    return secure.returncode == 0


def tree(pid: int) -> list[int]:
    """A process and all its children."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


def processor(pids: Iterable[int]) -> float:
    """Microseconds on a processor so far."""
    spent = 0
    for pid in pids:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1000


def memory(pids: Iterable[int]) -> int:
    """Kilobytes of proportional share."""
    held = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    held += int(line.split()[1])
    return held


def cores() -> tuple[set[int], set[int]]:
    """The core of one-process servers, and the core of everything else."""
    here = sorted(os.sched_getaffinity(0))
    return {here[0]}, {here[-1]}
