"""The folders and files of one embedded server, and where its socket can be."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dragoman.lib.postgres.account import Account
from dragoman.lib.problems import Unavailable

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
# sun_path holds 108 bytes with its closing zero.
SOCKET_PATH_LIMIT = 107


@dataclass(frozen=True)
class Place:
    """`root` is the folder `postgres` inside the home. Everything but a far socket lies in it."""

    root: Path

    @classmethod
    def of(cls, home: Path) -> Place:
        return cls(home.absolute() / "postgres")

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def turn_lock(self) -> Path:
        """Held while one process looks, starts or stops."""
        return self.root / "turn.lock"

    @property
    def server_lock(self) -> Path:
        """Held by every process of the server through an inherited file descriptor."""
        return self.root / "server.lock"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by each process that leases the server."""
        return self.root / "users.lock"

    @property
    def near_sockets(self) -> Path:
        return self.root / "run"

    @property
    def socket_note(self) -> Path:
        """Names the socket folder in use, so that every process finds the same."""
        return self.root / "socket"

    def password_file(self, role: str) -> Path:
        return self.root / f"{role}.password"

    def sockets(self) -> Path:
        """The socket folder of the server that was started last."""
        return Path(self.socket_note.read_text(encoding="utf-8").strip())

    def prepare(self) -> None:
        """Make our own folder. Parents get the umask's modes and existing ones keep theirs."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o711, exist_ok=True)


def choose_sockets(place: Place, account: Account) -> Path:
    """A folder whose path is short enough and whose file system can hold a socket, made and owned."""
    mode = 0o755 if account.switch else 0o700
    for folder in _candidates(place):
        if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
            continue
        if _make_private(folder, mode, account) and _holds_sockets(folder):
            place.socket_note.write_text(f"{folder}\n", encoding="utf-8")
            return folder
    raise Unavailable(
        f"No folder was found for the database's socket: {place.near_sockets} is too long a path (limit "
        f"{SOCKET_PATH_LIMIT} bytes) or cannot hold sockets, and no run-time folder could be made.",
        mend="Set DRAGOMAN_HOME to a shorter path on a local disk, or XDG_RUNTIME_DIR to a folder of yours.",
        code="no-socket-folder",
    )


def _candidates(place: Place) -> list[Path]:
    mark = hashlib.sha256(os.fsencode(place.root)).hexdigest()[:12]
    name = f"dragoman-{os.geteuid()}-{mark}"
    if os.geteuid() == 0:
        # The server's account must reach it, which a session's folder of root's own does not admit.
        far = [Path("/run")]
    else:
        far = [Path(os.environ["XDG_RUNTIME_DIR"])] if os.environ.get("XDG_RUNTIME_DIR") else []
    return [place.near_sockets, *(base / name for base in (*far, Path(tempfile.gettempdir()), Path("/tmp")))]  # noqa: S108 - owner and mode are checked


def _make_private(folder: Path, mode: int, account: Account) -> bool:
    """Ours alone: a folder that someone else put there first is not used."""
    try:
        folder.mkdir(mode=mode, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), account.uid}:
            return False
        folder.chmod(mode)
        account.own(folder)
    except OSError:
        return False
    return True


def _holds_sockets(folder: Path) -> bool:
    probe = folder / f".probe-{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as trial:
            trial.bind(str(probe))
        probe.unlink()
    except OSError:
        return False
    return True
