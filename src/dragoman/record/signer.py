"""The one who signs heads, and only ever larger ones that continue the last.

Its memory (`signer-state.json`: last size and root) is beside the keys and not in the database, so that
restoring the database cannot make it forget. It is forced to the disk before a signature leaves.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dragoman.lib.files import make_folder, write_atomic
from dragoman.lib.problems import Conflict, Unavailable
from dragoman.lib.tlog import merkle, note
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import Mismatch
from dragoman.record import keys


@dataclass(frozen=True)
class Last:
    """The last head that was signed."""

    size: int
    root: bytes


class Signer:
    """Holds the keys for one deed. Use inside `alone()`."""

    def __init__(self) -> None:
        self._keys = keys.signing()
        self.last = self._remember()

    @property
    def origin(self) -> str:
        """The name under which it signs."""
        return self._keys[0].name

    @property
    def verifiers(self) -> list[note.VerifierKey]:
        """The public sides of its keys."""
        return [key.verifier for key in self._keys]

    @property
    def has_keys(self) -> bool:
        """Whether there is a key to sign with."""
        return bool(self._keys)

    def adopt(self, head: Checkpoint) -> None:
        """Take up a head that carries this record's own signature and is ahead of the memory.

        The caller has checked the signature. Never goes back: raises Conflict for a smaller head, or for
        another of that size.
        """
        if self.last is not None and head.size < self.last.size:
            raise Conflict(
                f"The signer has signed {self.last.size} entries and will not take up {head.size}."
            )
        self._only_one_root(head.size, head.root)
        self._keep(Last(head.size, head.root))

    def sign(self, size: int, root: bytes, proof: Sequence[bytes]) -> note.Note:
        """Sign the head of a log that continues the last one, as the consistency proof shows.

        Signing the last head again gives the same bytes. Raises Conflict for anything else.
        """
        if self.last is not None:
            if size < self.last.size:
                raise Conflict(
                    f"The signer has signed {self.last.size} entries and will not sign a record of {size}.",
                    mend="Run `dragoman record audit` to see which part is old.",
                    code="record-behind",
                )
            self._only_one_root(size, root)
            try:
                merkle.check_consistency(self.last.size, size, proof, self.last.root, root)
            except Mismatch as error:
                raise Conflict(
                    f"The signer will not sign: {error}.",
                    mend="Run `dragoman record audit` to see which entry differs.",
                    code="record-forked",
                ) from error
        self._keep(Last(size, root))
        return Checkpoint(self.origin, size, root).signed(self._keys)

    def _only_one_root(self, size: int, root: bytes) -> None:
        if self.last is not None and size == self.last.size and root != self.last.root:
            raise Conflict(
                f"The signer has signed another record of {size} entries; two of one size would be a fork.",
                mend="Run `dragoman record audit` to see which entry differs.",
                code="record-forked",
            )

    def _keep(self, last: Last) -> None:
        if last == self.last:
            return
        state = {"origin": self.origin, "size": last.size, "root": last.root.hex()}
        write_atomic(_state_path(), (json.dumps(state) + "\n").encode(), mode=0o600)
        self.last = last

    def _remember(self) -> Last | None:
        if not _state_path().exists():
            return None
        try:
            state = json.loads(_state_path().read_bytes())
            last = Last(int(state["size"]), bytes.fromhex(state["root"]))
            if len(last.root) != merkle.HASH_SIZE or (self._keys and state["origin"] != self.origin):
                raise ValueError("shape")
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                "The signer's memory (signer-state.json) is damaged or another record's; it signs nothing.",
                mend="Put the file back from a backup, or move it away: the signer then takes up the "
                "published head, after it has asked the witnesses for a later one.",
                code="record-signer",
            ) from error
        return last


@contextmanager
def alone() -> Iterator[None]:
    """Only one process at a time writes this home's record, whatever database it speaks to.

    Raises Conflict at once when another one is at it: the database's lock comes first, so this one is only
    ever taken when two databases share a home, which must not be.
    """
    make_folder(keys.folder(), mode=0o700)
    handle = os.open(keys.folder() / "signer.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "Another process is writing this record from another database.",
                mend="Let only one database use this home (DRAGOMAN_HOME), then try again.",
                code="two-writers",
            ) from error
        yield
    finally:
        os.close(handle)


def _state_path() -> Path:
    return keys.folder() / "signer-state.json"
