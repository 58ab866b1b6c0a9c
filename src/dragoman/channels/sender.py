"""The one async sender of a process: whatever speaks to a network does it here.

Three lanes, each a thread with one lasting event loop: `moment` for the final requests of a release, `many`
for long mailings, `work` for all else, so that none of these stands in front of a final request. Connections
are kept per channel account while its settings and secrets stay the same, and are dropped when unused. No
database is touched here.

A connector that blocks its loop would hold up the others of its lane: a loop that does not answer is left to
itself, and what comes next goes by a new one. A process that is forked starts with no sender and makes its
own; a process that ends ends its sender with it, and leases see to what was under way.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager, suppress
from typing import Any, Literal, TypeVar

from dragoman.channels.connector import Account
from dragoman.lib.connections import Pool
from dragoman.lib.http import Door

log = logging.getLogger(__name__)
T = TypeVar("T")
LaneName = Literal["moment", "work", "many"]

LOOK_UPS_AT_ONCE = 64
UNUSED_SECONDS = 120.0
TEND_EVERY = 1.0
ANSWERS_WITHIN = 1.0
SUSPECT_AFTER = 3.0


class Lane:
    """One thread with one loop, and the connections that live on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left = False  # another has taken its place
        self.heard = time.monotonic()
        self._lines: dict[str, _Line] = {}
        self.loop = asyncio.new_event_loop()
        # Names are looked up in threads; a slow name server for one account must not queue the others.
        threads = ThreadPoolExecutor(LOOK_UPS_AT_ONCE, thread_name_prefix=f"sender-{name}-names")
        self.loop.set_default_executor(threads)
        self.thread = threading.Thread(target=self._run, name=f"sender-{name}", daemon=True)
        self.thread.start()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start it on the loop, and return at once."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    @contextmanager
    def door(self, kind: str, account: Account, *, allow_loopback: bool) -> Iterator[Door]:
        """A door for one verb, over the account's lasting connections. To be used on the loop."""
        line = self._lines.setdefault(_key(kind, account, allow_loopback), _Line())
        line.users += 1
        try:
            yield Door(allow_loopback=allow_loopback, pool=line.pool)
        finally:
            line.users -= 1
            line.used = time.monotonic()

    def answers(self) -> bool:
        """Does the loop turn? Asked only when nothing was heard of it for a while."""
        if not self.thread.is_alive():
            return False
        if 0 <= time.monotonic() - self.heard < SUSPECT_AFTER:
            return True
        turned = threading.Event()
        self.loop.call_soon_threadsafe(turned.set)
        return turned.wait(ANSWERS_WITHIN)

    async def close(self) -> None:
        """Close every connection, however lately it was used."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await line.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self._tending = self.loop.create_task(self._tend())
        self.loop.run_forever()

    async def _tend(self) -> None:
        """Beat, drop what is unused, and end when another has taken over and nothing is under way."""
        while not (self.left and len(asyncio.all_tasks()) == 1):
            self.heard = time.monotonic()
            await self._drop_unused()
            await asyncio.sleep(TEND_EVERY)
        await self.close()
        self.loop.stop()

    async def _drop_unused(self) -> None:
        for key in [key for key, line in self._lines.items() if line.unused]:
            await self._lines.pop(key).close()


class _Line:
    """The connections of one account on one lane, and how many speak over them."""

    def __init__(self) -> None:
        self.pool = Pool(remember=True)
        self.used = time.monotonic()
        self.users = 0

    @property
    def unused(self) -> bool:
        return self.users == 0 and not 0 <= time.monotonic() - self.used < UNUSED_SECONDS

    async def close(self) -> None:
        with suppress(Exception):  # it is gone either way
            await self.pool.close()


def _key(kind: str, account: Account, allow_loopback: bool) -> str:
    """Other settings or secrets are another account: it must not speak over the old one's connections."""
    what = [kind, account.name, sorted(account.settings.items()), sorted(account.secrets.items())]
    return hashlib.sha256(json.dumps([*what, allow_loopback]).encode()).hexdigest()


_lanes: dict[str, Lane] = {}
_quiet_until = 0.0
_lock = threading.Lock()


def lane(name: LaneName) -> Lane:
    """The lane of this process, made on first use, and made anew when its loop does not turn."""
    with _lock:
        found = _lanes.get(name)
        if found is not None and found.answers():
            return found
        if found is not None:
            log.error("the sender's loop %r does not turn; what comes next goes by a new one", name)
            found.left = True
        _lanes[name] = Lane(name)
        return _lanes[name]


def wait(future: Future[T], seconds: float) -> T | None:
    """The answer; None when even the sender gave none in this time. The work is then let go of."""
    try:
        return future.result(seconds)
    except TookTooLong:
        future.cancel()
        return None


def on_lane(name: LaneName, work: Callable[[Lane], Coroutine[Any, Any, T]]) -> Future[T]:
    """Start `work` on a lane of this process, and return at once."""
    here = lane(name)
    return here.begin(work(here))


def quiet(seconds: float) -> None:
    """No search for garbage for so long: one takes longer than the whole moment, and stops every thread."""
    global _quiet_until  # noqa: PLW0603 - the collector is one for the whole process
    with _lock:
        if not gc.isenabled() and not _quiet_until:
            return  # somebody else has switched it off, and will know when to switch it on
        _quiet_until = time.monotonic() + seconds
        gc.disable()
    here = lane("moment").loop
    here.call_soon_threadsafe(here.call_later, seconds + 0.01, _loud)


def _loud() -> None:
    global _quiet_until  # noqa: PLW0603 - as above
    with _lock:
        if _quiet_until and time.monotonic() >= _quiet_until:
            _quiet_until = 0.0
            gc.enable()


def _forget() -> None:
    """In a child process: the parent's threads did not come along, and its connections are not ours."""
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.Lock()
    _lanes.clear()
    if _quiet_until:
        gc.enable()


def _end() -> None:
    for each in list(_lanes.values()):
        with suppress(Exception):  # the process ends, whatever becomes of it
            each.begin(each.close()).result(0.5)


os.register_at_fork(after_in_child=_forget)
atexit.register(_end)
