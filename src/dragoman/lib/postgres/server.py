"""Start, find, stop. Every function may be called by several processes at once."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dragoman.lib.postgres import account as accounts
from dragoman.lib.postgres import binaries, cluster
from dragoman.lib.postgres.place import SOCKET_NAME, Place, choose_sockets
from dragoman.lib.problems import Unavailable

# Crash recovery of a big database takes its time; nobody is helped by giving up on it early.
START_TIMEOUT = 300.0
LOG_LIMIT = 10_000_000
PR_SET_PDEATHSIG = 1
# The protocol's shortest question: its length, and the number that asks for encryption.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@dataclass(frozen=True)
class Wishes:
    """What a caller may ask of a server that has to be started.

    `follow`: it shuts down when the calling process dies. `settings`: further lines of its configuration.
    `may_create_databases`: the application's role may, as tests need.
    """

    follow: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    may_create_databases: bool = False


def ensure(home: Path, *, wishes: Wishes = Wishes()) -> str:
    """Start the server unless it runs, and return the address of the application's database."""
    place = Place.of(home)
    place.prepare()
    with _locked(place.turn_lock):
        _ensure(place, wishes)
        return url(home)


def stop(home: Path, patience: float = 8.0) -> bool:
    """Stop the server properly; after `patience` seconds at once. Says whether there was one."""
    place = Place.of(home)
    if not place.root.is_dir():
        return False
    with _locked(place.turn_lock):
        return _stop(place, patience)


@contextmanager
def lease(home: Path) -> Iterator[str]:
    """The server for as long as the block runs. The last user stops it, unless a supervisor keeps it."""
    place = Place.of(home)
    place.prepare()
    descriptor = os.open(place.users_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _locked(place.turn_lock):
            _ensure(place, Wishes())
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield url(home)
    finally:
        # Turning a shared lock into an exclusive one succeeds only for the last user.
        with _locked(place.turn_lock), suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop(place, patience=8.0)
        os.close(descriptor)


def serve(home: Path, told: Callable[[str], None] = print) -> int:
    """Keep the server in the foreground. Returns 1 when it dies, 0 after SIGTERM or SIGINT stopped it."""
    place = Place.of(home)
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: asked.append(got))
    place.prepare()
    users = os.open(place.users_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with _locked(place.turn_lock):
        _ensure(place, Wishes(follow=True))
        fcntl.flock(users, fcntl.LOCK_SH)
    told("database ready")
    while not asked:
        if not _busy(place):
            return 1
        time.sleep(0.25)
    stop(home, patience=3.0)
    return 0


def running(home: Path) -> bool:
    """Says whether a process of the server lives. Changes nothing."""
    place = Place.of(home)
    return place.root.is_dir() and _busy(place)


def answers(home: Path) -> bool:
    """Says whether the server takes connections now. Changes nothing."""
    place = Place.of(home)
    return place.root.is_dir() and _answers(place)


def url(home: Path, *, role: str = cluster.ROLE, database: str = cluster.DATABASE) -> str:
    """The address for a role; holds its password, so it goes into environments and never into a log."""
    place = Place.of(home)
    word = quote(cluster.password(place, role), safe="")
    return f"postgresql://{role}:{word}@/{database}?host={quote(str(place.sockets()), safe='/')}"


# --- called with the turn lock held ---


def _ensure(place: Place, wishes: Wishes) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        held = _try_lock(place.server_lock)
        if held is None:
            if _answers(place):
                return
            # Starting, recovering, or the last backends of a killed server are still ending.
            _end_orphans(place, deadline)
            time.sleep(0.05)
            continue
        try:
            _start(place, held, wishes)
        finally:
            os.close(held)
    raise Unavailable(
        f"The embedded database did not come up within {START_TIMEOUT:.0f} seconds.",
        mend=f"Its log says why: {place.log}",
        code="postgres-start",
    )


def _start(place: Place, held: int, wishes: Wishes) -> None:
    """`held` is the server lock: that we could take it proves that no process of an earlier server lives."""
    who = accounts.find()
    programs = binaries.reachable(who, place.root)
    if not (place.data / "PG_VERSION").exists():
        cluster.create(place, who, programs, may_create_databases=wishes.may_create_databases)
    cluster.check_version(place, programs)
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    cluster.configure(place, who, choose_sockets(place, who), wishes.settings)
    _rotate(place.log)
    with place.log.open("ab") as log:
        place.log.chmod(0o600)
        server = subprocess.Popen(
            [programs / "postgres", "-D", cluster.data_argument(place.data, who)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=place.data,
            env=cluster.clean_environment(),
            start_new_session=True,
            # Inherited by every backend, so the lock is free only when the last of them is gone. A recycled
            # process id, an unreaped zombie or another container's numbers cannot mislead it.
            pass_fds=(held,),
            preexec_fn=_follow_parent() if wishes.follow else None,  # noqa: PLW1509 - one thread, one system call
            **who.popen_arguments(),
        )
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if _answers(place):
            return
        if server.poll() is not None:
            raise Unavailable(
                f"The embedded database ended while starting: {_last_words(place.log)}",
                mend=f"The whole log: {place.log}",
                code="postgres-start",
            )
        time.sleep(0.03)


def _stop(place: Place, patience: float) -> bool:
    if not _busy(place):
        return False
    # SIGINT closes connections and writes a checkpoint; SIGQUIT leaves recovery to the next start.
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)):
        pid = _postmaster(place)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not _busy(place):
                return True
            time.sleep(0.03)
    return True


# --- looking ---


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _busy(place: Place) -> bool:
    held = _try_lock(place.server_lock)
    if held is None:
        return True
    os.close(held)
    return False


def _pid_lines(place: Place) -> list[str]:
    try:
        return (place.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _postmaster(place: Place) -> int | None:
    """The server's main process, if the pid file tells the truth."""
    lines = _pid_lines(place)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    try:
        if sys.platform.startswith("linux"):
            return pid if Path(f"/proc/{pid}/cwd").samefile(place.data) else None
        os.kill(pid, 0)
    except OSError:
        return None
    return pid


def _answers(place: Place) -> bool:
    lines = _pid_lines(place)
    if len(lines) < 8 or lines[7].strip() != "ready" or _postmaster(place) is None:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(5)
            trial.connect(str(place.sockets() / SOCKET_NAME))
            # A dying server may still hold its socket open; one that answers a request is alive.
            trial.sendall(SSL_REQUEST)
            return trial.recv(1) in {b"N", b"S"}
    except OSError:
        return False


def _end_orphans(place: Place, deadline: float) -> None:
    """Backends of a killed server end by themselves within moments, but for one deep in a computation."""
    if _postmaster(place) is not None or time.monotonic() < deadline - START_TIMEOUT + 5:
        return
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").samefile(place.data):
                os.kill(int(entry.name), signal.SIGQUIT)


def _follow_parent() -> Callable[[], None]:
    """A call for the child: when the process that keeps the server dies, the server shuts down properly."""
    libc = ctypes.CDLL(None, use_errno=True)

    def follow() -> None:
        if hasattr(libc, "prctl"):
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    return follow


def _rotate(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    telling = [line for line in lines if "FATAL" in line or "ERROR" in line]
    return (telling or lines or ["it said nothing"])[-1]
