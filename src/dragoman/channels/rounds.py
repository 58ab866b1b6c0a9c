"""One run of a connector over many copies: several lanes at once, one thread for the network, another for the
database.

Connectors live in an event loop and the database does not, so a lane that has finished a group hands what
came of it to the thread that called `run`, and gets its next group back. No transaction is open in between.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from dragoman.channels.connector import (
    Connector,
    Copied,
    Prepared,
    Recipient,
    Refused,
    TryLater,
    Unsure,
)

log = logging.getLogger(__name__)

# A group is what a lane claims at a time: so many copies may be unsure if the process dies.
GROUP = 20
GROUP_LIMIT = 100.0  # seconds; shorter than the lease of a copy


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one group. `stop`: no more of this mailing now; `held`: a person must act first."""

    copies: Sequence[Copied]
    stop: str = ""
    shown: str = ""
    held: bool = False
    when: datetime | None = None


# Books what came of a lane's group and claims its next one; an empty answer ends the lane.
Turn = Callable[[Came | None], Sequence[Recipient]]
Ask = Callable[[Connector], Awaitable[object]]


class Rounds:
    """The bridge between the two threads. `lanes` is how many groups are with the network at once."""

    def __init__(self, prepared: Prepared, turn: Turn) -> None:
        self.prepared = prepared
        self.turn = turn
        self._asked: queue.SimpleQueue[tuple[Came | None, Future[Sequence[Recipient]]] | None] = (
            queue.SimpleQueue()
        )

    def run(self, speak: Callable[[Ask], object]) -> object:
        """`speak` asks the connector, in a thread of its own, while this one serves the database. Gives what
        `speak` gave; raises what a turn raised, after the lanes have ended."""
        said: list[object] = []
        failed: list[BaseException] = []

        def talk() -> None:
            try:
                said.append(speak(self._lanes))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                failed.append(error)
            finally:
                self._asked.put(None)

        thread = threading.Thread(target=talk, name="copies")
        thread.start()
        trouble: BaseException | None = None
        while (item := self._asked.get()) is not None:
            came, future = item
            if trouble is not None:
                future.set_result(())
                continue
            try:
                future.set_result(self.turn(came))
            except BaseException as error:  # noqa: BLE001 - raised again when the lanes have ended
                trouble = error
                future.set_result(())
        thread.join()
        if trouble is not None or failed:
            raise trouble or failed[0]
        return said[0]

    async def _lanes(self, connector: Connector) -> None:
        lanes = max(1, int(connector.lanes))
        try:
            await asyncio.gather(*(self._lane(connector) for _ in range(lanes)))
        finally:
            await connector.rest()

    async def _lane(self, connector: Connector) -> None:
        came: Came | None = None
        while group := await self._next(came):
            came = await send_group(connector, self.prepared, group)

    async def _next(self, came: Came | None) -> Sequence[Recipient]:
        future: Future[Sequence[Recipient]] = Future()
        self._asked.put((came, future))
        return await asyncio.wrap_future(future)


async def send_group(connector: Connector, prepared: Prepared, group: Sequence[Recipient]) -> Came:
    """Ask the connector once, and account for every one of the group, whatever comes of it."""
    try:
        async with asyncio.timeout(GROUP_LIMIT):
            told = await connector.send_each(prepared, group)
    except TryLater as problem:
        return Came(_all(group, "later", problem.why), stop=problem.why, when=problem.when)
    except Refused as problem:
        return Came(_all(group, "later", problem.why), stop=problem.why, shown=problem.shown, held=True)
    except Unsure as problem:
        return Came(_all(group, "unsure", problem.why))
    except TimeoutError:
        return Came(_all(group, "unsure", f"It took longer than {GROUP_LIMIT:g} seconds."))
    except Exception as error:
        # a connector's own mistake must not make us lose track of a copy
        log.exception("a connector failed by a mistake of its own")
        return Came(_all(group, "unsure", f"The connector made a mistake ({type(error).__name__})."))
    by_ref = {copied.ref: copied for copied in told}
    missing = Copied("", "unsure", "The connector said nothing about it.")
    return Came([by_ref.get(one.ref) or _named(missing, one.ref) for one in group])


def _named(copied: Copied, ref: str) -> Copied:
    return Copied(ref, copied.outcome, copied.why, copied.remote_id)


def _all(group: Sequence[Recipient], outcome: str, why: str) -> list[Copied]:
    return [Copied(one.ref, outcome, why) for one in group]
