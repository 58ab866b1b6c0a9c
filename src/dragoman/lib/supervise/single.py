"""One supervisor per folder, and free ports before anything starts."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from dragoman.lib.problems import Conflict


def only_one(lock: Path, what: str) -> int:
    """Hold the lock file for the life of this process. Raises Conflict naming the process that holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise Conflict(
            f"{what} already runs on {lock.parent} (process {holder}).",
            mend="Use that one, stop it first, or set DRAGOMAN_HOME to another folder.",
            code="already-running",
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def check_ports(host: str, ports: Mapping[str, int], patience: float = 5.0) -> None:
    """Raises Conflict naming every port that is taken and its setting.

    Waits a little first: the processes of a supervisor that was killed a moment ago may still be ending.
    """
    until = time.monotonic() + patience
    while taken := {setting: port for setting, port in ports.items() if not _free(host, port)}:
        if time.monotonic() > until:
            named = ", ".join(f"{port} ({setting})" for setting, port in taken.items())
            raise Conflict(
                f"Taken by another program: port {named}.",
                mend=f"Stop that program, or choose another port: {next(iter(taken))}=18000 make run",
                code="port-taken",
            )
        time.sleep(0.2)
    doubled = {port for port in ports.values() if list(ports.values()).count(port) > 1}
    if doubled:
        names = ", ".join(setting for setting, port in ports.items() if port in doubled)
        raise Conflict(f"{names} name the same port.", mend="Give each its own.", code="port-twice")


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise Conflict(
                f"Port {port} of {host} cannot be used: {error.strerror}.",
                mend="Ports below 1024 need rights; DRAGOMAN_BIND must be an address of this machine.",
                code="port-refused",
            ) from error
    return True
