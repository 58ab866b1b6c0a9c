"""Asking the witnesses, all at once and not for long. A dead witness holds up no statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings

from dragoman.lib.http import Door, DoorError, Limits
from dragoman.lib.tlog import checkpoint as checkpoints
from dragoman.lib.tlog import merkle, note, witness
from dragoman.lib.tlog.checkpoint import Checkpoint
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Policy, Witness

LIMITS = Limits(connect=1.5, read=2.5, total=2.5, answer=100_000)
ROUNDS = 3

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


def later_head(
    policy: Policy, origin: str, keys: Sequence[note.VerifierKey], size: int
) -> tuple[str, Checkpoint] | None:
    """A head of this record that is larger than `size`, signed by us and shown by a witness; else None.

    It means that this home and its database are both from an old backup.
    """
    asked = [one for one in policy.witnesses.values() if one.url]
    if not asked:
        return None
    shown = _run(_heads(asked, origin))
    for name, data in shown.items():
        head = _own(data, origin, keys)
        if head is not None and head.size > size:
            return name, head
    return None


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
    async with Door(allow_loopback=settings.DRAGOMAN.allow_loopback, limits=LIMITS) as door:
        tasks = {
            asyncio.create_task(_ask_one(door, one, seen.get(one.name, 0), request)): one.name
            for one in wanted
        }
        waiting = set(tasks)
        while waiting and not enough(
            {name for name, said in answers.items() if isinstance(said, witness.Signed)}
        ):
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            answers.update({tasks[task]: task.result() for task in done})
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return answers


async def _ask_one(door: Door, one: Witness, old: int, request: Request) -> witness.Answer:
    if not one.url:
        return witness.Declined("the policy names no address for it")
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
        except DoorError as error:
            return witness.Declined(str(error))
        said = witness.read_answer(answer.status, answer.body, witness=one, checkpoint=request.checkpoint)
        if not isinstance(said, witness.Elsewhere) or said.size > request.size or said.size == old:
            return said
        old = said.size
    return said


async def _heads(asked: Sequence[Witness], origin: str) -> dict[str, bytes]:
    async with Door(allow_loopback=settings.DRAGOMAN.allow_loopback, limits=LIMITS) as door:

        async def get(one: Witness) -> bytes:
            try:
                answer = await door.call("GET", f"{one.url.rstrip('/')}/{witness.head_path(origin)}")
            except DoorError:
                return b""
            return answer.body if answer.ok else b""

        found = await asyncio.gather(*(get(one) for one in asked))
    return {one.name: data for one, data in zip(asked, found, strict=True)}


def _run(work: Coroutine[Any, Any, T]) -> T:
    # In a thread of its own: the caller may be inside an event loop of its own.
    with ThreadPoolExecutor(1, "witnesses") as pool:
        return pool.submit(asyncio.run, work).result()
