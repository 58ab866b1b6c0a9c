"""A witness's folder: `witness.key`, `policy` (the logs it witnesses) and one small file a log.

Every file is replaced whole and forced to the disk before anything is said because of it, so that the process
may be killed at any moment. A file that cannot be read is never taken for an empty one: a witness that forgot
could be made to sign a second history.
"""

import base64
import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dragoman.lib.files import make_folder, write_atomic
from dragoman.lib.problems import Conflict, Invalid, NotFound, Unavailable
from dragoman.lib.tlog import checkpoint, merkle, note, policy
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.witnessing.judging import Fork, Memory, Sighting

VERSION = 1


class Folder:
    """Where a witness keeps what it must not forget."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.key_path = place / "witness.key"
        self.policy_path = place / "policy"

    def make(self, name: str, logs: list[policy.Log]) -> note.SignerKey:
        """A new witness: its key and its logs. Raises Conflict when there is one here already."""
        if self.key_path.exists():
            raise Conflict(
                f"There is a witness in {self.place} already.",
                mend="Name another folder with --state. A key is never replaced in silence.",
            )
        make_folder(self.place, mode=0o700)
        self.place.chmod(0o700)
        key = note.SignerKey.make(name, note.COSIGNATURE)
        write_atomic(self.key_path, f"{key.secret}\n".encode(), mode=0o600)
        self.trust(logs)
        return key

    def trust(self, logs: list[policy.Log]) -> None:
        """Witness these logs from now on. What is remembered of any log stays; for a new one an empty memory
        is written first, so that a memory which is missing later is known to be lost."""
        known = {log.key.name for log in self.logs()} if self.policy_path.exists() else set()
        for origin in dict.fromkeys(log.key.name for log in logs):
            if origin in known:
                self.recall(origin)
            elif not self._path(origin).exists():
                self.remember(Memory(origin))
        write_atomic(self.policy_path, str(policy.Policy(tuple(logs))).encode())

    def key(self) -> note.SignerKey:
        """The witness's key. Raises NotFound before `init`, Unavailable when others may read it."""
        try:
            mode = stat.S_IMODE(self.key_path.stat().st_mode)
        except FileNotFoundError:
            raise NotFound(
                f"There is no witness in {self.place}.", mend="Make one: dragoman witness init NAME --log ..."
            ) from None
        if mode & 0o077:
            raise Unavailable(
                f"The key {self.key_path} can be read by others (mode {mode:o}).",
                mend=f"If nobody else had access: chmod 600 {self.key_path}. Otherwise make a new witness.",
            )
        try:
            key = note.SignerKey.parse(self.key_path.read_text("ascii"))
        except (TlogError, UnicodeDecodeError) as error:
            raise Unavailable(
                f"The key {self.key_path} is damaged.", mend="Put it back from a backup."
            ) from error
        if key.kind != note.COSIGNATURE:
            raise Unavailable(
                f"{self.key_path} is the key of a log and not of a witness.", mend="Make one with `init`."
            )
        return key

    def logs(self) -> list[policy.Log]:
        """The logs it witnesses. Raises Invalid with the line when the file cannot be read."""
        try:
            return list(policy.parse(self.policy_path.read_text("utf-8")).logs)
        except FileNotFoundError:
            raise NotFound(
                f"{self.policy_path} is missing.", mend="It names the logs, one `log VKEY URL` a line."
            ) from None
        except (TlogError, UnicodeDecodeError) as error:
            raise Invalid(f"{self.policy_path}: {error}.", mend="Mend that line.") from error

    def recall(self, origin: str) -> Memory:
        """What is remembered of a log. Raises Unavailable for a file that is damaged or gone."""
        path = self._path(origin)
        try:
            memory = _load(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged(path) from error
        if memory.origin != origin:
            raise _damaged(path)
        return memory

    def remember(self, memory: Memory) -> None:
        """Put the memory on the disk; it survives a power cut once this returns."""
        data = json.dumps(_dump(memory), indent=1).encode() + b"\n"
        write_atomic(self._path(memory.origin), data, mode=0o600)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time signs from this folder. Raises Conflict when another one does."""
        make_folder(self.place, mode=0o700)
        handle = os.open(self.place / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(
                    f"Another witness runs from {self.place}.", mend="Stop that one first; see `status`."
                ) from error
            yield
        finally:
            os.close(handle)

    def _path(self, origin: str) -> Path:
        return self.place / "logs" / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"


def _damaged(path: Path) -> Unavailable:
    return Unavailable(
        f"What this witness remembers of a log cannot be read: {path}.",
        mend="Put it back from a backup made after its last signature. Never delete it: a witness that "
        "forgot can be made to sign a second history. If it is lost, retire this key and make a new witness.",
    )


def _dump(memory: Memory) -> dict[str, Any]:
    return {
        "v": VERSION,
        "origin": memory.origin,
        "size": memory.size,
        "root": base64.b64encode(memory.root).decode(),
        "note": memory.note.decode(),
        "seen": [_sighting(one) for one in memory.seen],
        "forks": [
            {"at": one.at, "held": one.held.decode(), "offered": one.offered.decode()} for one in memory.forks
        ],
        "refused": [_sighting(one) for one in memory.refused],
    }


def _sighting(one: Sighting) -> dict[str, Any]:
    root = base64.b64encode(one.root).decode()
    return {"at": one.at, "size": one.size, "root": root, "note": one.note.decode()}


def _load(given: Mapping[str, Any]) -> Memory:
    if given["v"] != VERSION:
        raise ValueError("version")
    memory = Memory(
        origin=str(given["origin"]),
        size=int(given["size"]),
        root=_root(given["root"]),
        note=str(given["note"]).encode(),
        seen=tuple(map(_sighted, given["seen"])),
        forks=tuple(
            Fork(int(one["at"]), str(one["held"]).encode(), str(one["offered"]).encode())
            for one in given["forks"]
        ),
        refused=tuple(map(_sighted, given["refused"])),
    )
    said = checkpoint.parse(note.parse(memory.note).text) if memory.note else _nothing(memory.origin)
    if (said.origin, said.size, said.root) != (memory.origin, memory.size, memory.root):
        raise ValueError("the last head is not the one that is remembered")
    return memory


def _nothing(origin: str) -> Checkpoint:
    return Checkpoint(origin, 0, merkle.EMPTY_ROOT)


def _sighted(one: Mapping[str, Any]) -> Sighting:
    return Sighting(int(one["at"]), int(one["size"]), _root(one["root"]), str(one["note"]).encode())


def _root(text: str) -> bytes:
    root = base64.b64decode(text, validate=True)
    if len(root) != 32:
        raise ValueError("root")
    return root
