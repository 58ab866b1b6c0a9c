"""Asking the witnesses, all at once and not for long. A dead witness holds up no statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings

from dragoman.lib.http import BadAnswer, Door, DoorError, Limits
from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import cosign, merkle, note, witness
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Policy, Witness
from dragoman.lib.witnessing import gossip

LIMITS = Limits(connect=1.5, read=2.5, total=2.5, answer=100_000)
SHOWN = Limits(connect=1.5, read=5.0, total=5.0, answer=1_000_000)
ROUNDS = 3
PATIENCE = 6.0

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What is put to the witnesses: our signed head, and the hashes to prove that it continues any other."""

    checkpoint: bytes
    size: int
    hashes: merkle.Hashes


def ask(
    wanted: Sequence[Witness],
    seen: Mapping[str, int],
    request: Request,
    enough: Callable[[set[str]], bool],
) -> dict[str, witness.Answer]:
    """Ask these witnesses in parallel, until `enough` holds for the names that signed or all have answered.

    `seen` is the size that each signed last, as far as we know. Never raises for what a witness does, and
    takes no longer than a few seconds. A witness that was not waited for is not in the answer.
    """
    if not wanted:
        return {}
    return _run(_ask(wanted, seen, request, enough))


@dataclass(frozen=True)
class Shown:
    """A line that a witness shows by itself, checked: under a head of `size` entries that says `text`."""

    name: str
    size: int
    text: bytes
    signature: note.Signature
    time: int


def shown(wanted: Sequence[Witness], origin: str) -> list[Shown]:
    """The lines that these witnesses show at their own addresses. Never raises for what a witness does."""
    asked = [one for one in wanted if one.url]
    if not asked:
        return []
    paths = (f"{witness.head_path(origin).removesuffix('checkpoint')}seen", witness.head_path(origin))
    found = _run(_get(asked, paths))
    return [line for one in asked for data in found[one.name] for line in _lines_in(data, one, origin)]


def _lines_in(data: bytes, one: Witness, origin: str) -> list[Shown]:
    try:
        notes = gossip.notes(data)
    except TlogError:
        return []
    lines: dict[int, Shown] = {}
    for each in notes:
        try:
            signed = note.parse(each)
            head = checkpoints.parse(signed.text)
            own = witness.only_from(signed.signatures, one.key)
            if own is None or head.origin != origin:
                continue
            time = cosign.check(one.key, signed.text, own).time
        except TlogError:
            continue
        lines[head.size] = Shown(one.name, head.size, signed.text, own, time)
    return list(lines.values())


def later_head(
    policy: Policy, origin: str, keys: Sequence[note.VerifierKey], size: int
) -> tuple[str, Checkpoint] | None:
    """A head of this record that is larger than `size`, signed by us and shown by a witness; else None.

    It means that this home and its database are both from an old backup.
    """
    for name, head in heads(policy, origin, keys):
        if head.size > size:
            return name, head
    return None


def heads(policy: Policy, origin: str, keys: Sequence[note.VerifierKey]) -> list[tuple[str, Checkpoint]]:
    """The last heads of this record that the witnesses show, signed by us. Never raises for a witness."""
    asked = [one for one in policy.witnesses.values() if one.url]
    if not asked:
        return []
    found = _run(_get(asked, (witness.head_path(origin),)))
    read = [(name, _own(data, origin, keys)) for name, shows in found.items() for data in shows]
    return [(name, head) for name, head in read if head is not None]


def _own(data: bytes, origin: str, keys: Sequence[note.VerifierKey]) -> Checkpoint | None:
    try:
        signed = note.parse(data)
        head = checkpoints.parse(signed.text)
        return head if head.origin == origin and note.check(signed, keys) else None
    except TlogError:
        return None


async def _ask(
    wanted: Sequence[Witness],
    seen: Mapping[str, int],
    request: Request,
    enough: Callable[[set[str]], bool],
) -> dict[str, witness.Answer]:
    answers: dict[str, witness.Answer] = {}
    async with Door(allow_loopback=_on_this_machine(), limits=LIMITS) as door:
        tasks = {
            asyncio.create_task(_ask_one(door, one, seen.get(one.name, 0), request)): one.name
            for one in wanted
        }
        waiting = set(tasks)
        ends = asyncio.get_running_loop().time() + PATIENCE
        while waiting and not enough(
            {name for name, said in answers.items() if isinstance(said, witness.Signed)}
        ):
            left = ends - asyncio.get_running_loop().time()
            if left <= 0:
                late = witness.Declined(f"it took longer than {PATIENCE:.0f} seconds", silent=True)
                answers.update({tasks[task]: late for task in waiting})
                break
            done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            answers.update({tasks[task]: task.result() for task in done})
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return answers


async def _ask_one(door: Door, one: Witness, old: int, request: Request) -> witness.Answer:
    if not one.url:
        return witness.Declined("the policy names no address for it", silent=True)
    said: witness.Answer = witness.Declined("it did not settle on a size")
    for _ in range(ROUNDS):
        proof = merkle.consistency_proof(request.hashes, old, request.size)
        question = witness.Question(old, tuple(proof), request.checkpoint)
        try:
            answer = await door.call(
                "POST",
                f"{one.url.rstrip('/')}/{witness.ADD_CHECKPOINT}",
                content=bytes(question),
                headers={"content-type": "text/plain; charset=utf-8", "accept": "text/plain"},
            )
        except BadAnswer as error:
            return witness.Declined(str(error))
        except DoorError as error:
            return witness.Declined(str(error), silent=True)
        said = witness.read_answer(answer.status, answer.body, witness=one, checkpoint=request.checkpoint)
        if not isinstance(said, witness.Elsewhere) or said.size > request.size or said.size == old:
            return said
        old = said.size
    return said


async def _get(asked: Sequence[Witness], paths: Sequence[str]) -> dict[str, list[bytes]]:
    async with Door(allow_loopback=_on_this_machine(), limits=SHOWN) as door:

        async def get(one: Witness, path: str) -> bytes:
            try:
                answer = await door.call("GET", f"{one.url.rstrip('/')}/{path}")
            except DoorError:
                return b""
            return answer.body if answer.ok else b""

        wanted = [(one, path) for one in asked for path in paths]
        found = await asyncio.gather(*(get(one, path) for one, path in wanted))
    shown: dict[str, list[bytes]] = {one.name: [] for one in asked}
    for (one, _), data in zip(wanted, found, strict=True):
        shown[one.name].append(data)
    return shown


def _on_this_machine() -> bool:
    """Whether a witness may stand on this very machine: in a demonstration (docs/witness.md)."""
    return bool(settings.DRAGOMAN.allow_loopback or settings.DRAGOMAN.sample)


def _run(work: Coroutine[Any, Any, T]) -> T:
    # In a thread of its own: the caller may be inside an event loop of its own.
    with ThreadPoolExecutor(1, "witnesses") as pool:
        return pool.submit(asyncio.run, work).result()
