"""One process for each core, all on one port, and a parent that keeps them running.

The parent only waits. A child that dies is started anew; one that keeps dying ends the whole, so that whoever
supervises sees it. Children hold the end of a pipe whose other end only the parent has: however the parent
dies, the pipe closes, and they end.
"""

import logging
import os
import signal
from collections.abc import Callable
from time import monotonic, sleep
from types import FrameType

log = logging.getLogger("dragoman.pulse")

SHORT_LIFE = 5.0
SHORT_LIVES = 3

Work = Callable[[int, int], int]
"""What a child does. It is given its number and the pipe that closes when the parent dies; its exit code."""


def keep(count: int, work: Work, died: Callable[[int], None]) -> int:
    """Run so many children until told to stop by SIGTERM or SIGINT; the exit code of the whole.

    SIGHUP is passed on. `died` is told the number of a child that is gone, before it is started anew.
    """
    alive, mine = os.pipe()
    children: dict[int, tuple[int, float]] = {}
    stopping = False

    def pass_on(number: int, _: FrameType | None) -> None:
        nonlocal stopping
        stopping = stopping or number != signal.SIGHUP
        for child in list(children):
            os.kill(child, number)

    def start(index: int) -> None:
        # no signal between the fork and the child being known, or in the child before it can take one
        signal.pthread_sigmask(signal.SIG_BLOCK, handled)
        child = os.fork()
        if child == 0:
            os.close(mine)
            for name in handled:
                signal.signal(name, signal.SIG_DFL if name != signal.SIGHUP else signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
            os._exit(_guarded(work, index, alive))
        children[child] = (index, monotonic())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)

    handled = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    for name in handled:
        signal.signal(name, pass_on)
    for index in range(count):
        start(index)
    short, worst = 0, 0
    while children:
        child, status = os.waitpid(-1, 0)
        if child not in children:
            continue
        index, begun = children.pop(child)
        died(index)
        code = os.waitstatus_to_exitcode(status)
        if stopping:
            worst = max(worst, abs(code))
            continue
        short = short + 1 if monotonic() - begun < SHORT_LIFE else 0
        log.error("Process %d of the live stream ended (%d)", index, code)
        if short >= SHORT_LIVES:
            log.error("They end as soon as they are started: stopping")
            pass_on(signal.SIGTERM, None)
            worst = 1
            continue
        sleep(0.2)
        if not stopping:
            start(index)
    os.close(alive)
    os.close(mine)
    return worst


def _guarded(work: Work, index: int, alive: int) -> int:
    try:
        return work(index, alive)
    except Exception:
        log.exception("Process %d of the live stream failed", index)
        return 1
