"""Names by which a worker can later be proved dead, on the machine where it ran.

A name holds the host, the process id, when the process started, the boot of the machine and its space of
process ids. Dead is said only of a process of this very boot and space whose number is free, or belongs to
one that started at another time. Of any other machine nothing is known, and nothing is said.
"""

import os
import socket
from functools import cache
from pathlib import Path


def my_name() -> str:
    """The name of this process."""
    return _name(os.getpid())


@cache
def _name(pid: int) -> str:
    # by its number, so that a forked child has another
    return f"{socket.gethostname()[:60]}:{pid}:{_started(pid) or 0}:{_here()}"


def surely_dead(name: str) -> bool:
    """True only when the process of this name ran here and is no more."""
    parts = name.rsplit(":", 3)
    if len(parts) != len(("host", "pid", "started", "here")):
        return False
    _, pid, started, here = parts
    if not here or here != _here() or not (pid.isdigit() and started.isdigit()) or started == "0":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass  # it is there, or it is no number of a process
    now = _started(int(pid))
    return now is not None and now != int(started)


def _started(pid: int) -> int | None:
    """When it started, in the kernel's ticks; 0 when it only waits to be buried; None: it cannot be seen."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return 0 if state in ("Z", "X") else int(fields[18])


@cache
def _here() -> str:
    """This boot of this machine and this space of process ids; empty where it cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return ""
    return f"{boot[:13]}-{space}"
