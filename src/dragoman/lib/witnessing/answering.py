"""Question in, answer out: the witness itself, without a socket.

All that may change what is remembered happens in one process and in one thread at a time, so that the look at
the memory and the writing of the new one are one step (tlog-witness asks for that). The signature is made
after the memory is on the disk.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from dragoman.lib.tlog import note, witness
from dragoman.lib.tlog.policy import Log
from dragoman.lib.witnessing import gossip, judging
from dragoman.lib.witnessing.judging import Memory, Refused
from dragoman.lib.witnessing.keeping import Folder

log = logging.getLogger(__name__)

PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
JSON = "application/json"
LARGEST_QUESTION = 65_536


@dataclass(frozen=True)
class Said:
    """An answer as HTTP has it. `told` is one line for the witness's own log, empty for a mere reading."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = PLAIN
    told: str = ""
    retry_after: int = 0


class Witness:
    """A key, the logs it witnesses, and what it remembers of each. Use inside `Folder.alone()`."""

    def __init__(self, folder: Folder, now: Callable[[], float] = time.time) -> None:
        """Raises NotFound, Invalid or Unavailable when the folder cannot be used: it then signs nothing."""
        self.folder = folder
        self.logs: list[Log] = folder.logs()
        self._key = folder.key()
        self._now = now
        self._keys: dict[str, list[note.VerifierKey]] = {}
        for one in self.logs:
            self._keys.setdefault(one.key.name, []).append(one.key)
        self._memories = {origin: folder.recall(origin) for origin in self._keys}
        self._by_hash = {hashlib.sha256(origin.encode()).hexdigest(): origin for origin in self._keys}

    @property
    def vkey(self) -> note.VerifierKey:
        """The public side of its key."""
        return self._key.verifier

    def memory(self, origin: str) -> Memory:
        """What it remembers of a log it knows."""
        if origin not in self._memories:
            self._memories[origin] = self.folder.recall(origin)
        return self._memories[origin]

    def answer(self, method: str, target: str, body: bytes = b"") -> Said:
        """Answer one request. The address may stand below any prefix."""
        parts = target.partition("?")[0].strip("/").split("/")
        if parts[-1] == witness.ADD_CHECKPOINT:
            if method == "POST":
                return self.add_checkpoint(body)
            return Said(HTTPStatus.METHOD_NOT_ALLOWED, b"This address takes POST.\n")
        if method not in ("GET", "HEAD"):
            return Said(HTTPStatus.METHOD_NOT_ALLOWED, b"This address is only read.\n")
        return self._read(parts)

    def _read(self, parts: list[str]) -> Said:
        origin = self._by_hash.get(parts[-2]) if len(parts) > 1 else None
        memory = self.memory(origin) if origin is not None else None
        if memory is not None and parts[-1] == "checkpoint" and memory.note:
            return Said(HTTPStatus.OK, memory.note)
        if memory is not None and parts[-1] == "seen":
            return Said(HTTPStatus.OK, gossip.dump(memory, str(self.vkey)), JSON)
        if parts == [""]:
            return Said(HTTPStatus.OK, self._about())
        return Said(HTTPStatus.NOT_FOUND, b"There is nothing at this address.\n")

    def add_checkpoint(self, data: bytes) -> Said:
        """Sign the head if it continues the last one that was signed."""
        if len(data) > LARGEST_QUESTION:
            return _refuse("", Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the question is too long"))
        read = judging.read(data, self._keys)
        if isinstance(read, Refused):
            return _refuse("", read)
        question, asked = read
        origin, now = asked.head.origin, int(self._now())
        memory = self.memory(origin)
        if judging.forgotten(question.checkpoint, memory, self.vkey) is not None:
            why = (
                f"this witness has signed a head of {asked.head.size} entries and does not remember it: its "
                "folder is from an old backup, and it signs no more"
            )
            return _refuse(origin, Refused(HTTPStatus.SERVICE_UNAVAILABLE, why))
        judged = judging.judge(memory, question, asked, now)
        if isinstance(judged, Refused):
            # What was learnt is worth keeping, but no reason to give another answer.
            if judged.memory is not None:
                self._keep(judged.memory)
            return _refuse(origin, judged)
        after, line = judging.sign(memory, judged, self._key, now)
        if not self._keep(after):
            return _refuse(origin, Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the witness's disk fails"))
        told = f"200 {origin}: signed {judged.head.size} entries, {memory.size} before"
        return Said(HTTPStatus.OK, str(line).encode(), PLAIN, told)

    def _keep(self, memory: Memory) -> bool:
        try:
            self.folder.remember(memory)
        except OSError as error:
            # The new file may be in place all the same: what holds is what is read back the next time.
            self._memories.pop(memory.origin, None)
            log.error("%s: what was seen cannot be kept: %s", memory.origin, error.strerror or error)
            return False
        self._memories[memory.origin] = memory
        return True

    def _about(self) -> bytes:
        lines = ["This is a witness of transparency logs (c2sp.org/tlog-witness).", "", str(self.vkey), ""]
        for digest, origin in self._by_hash.items():
            lines += [
                f"{origin}: {self.memory(origin).size} entries",
                f"  {digest}/checkpoint",
                f"  {digest}/seen",
            ]
        return "\n".join([*lines, ""]).encode()


def _refuse(origin: str, refused: Refused) -> Said:
    told = f"{refused.status.value} {origin or '-'}: {refused.why}"
    if refused.size is not None:
        return Said(refused.status, f"{refused.size}\n".encode(), SIZE, told)
    return Said(refused.status, f"{refused.why}\n".encode(), PLAIN, told)
