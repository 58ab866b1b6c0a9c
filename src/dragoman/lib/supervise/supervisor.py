"""The loop: start, look, bring back, stop."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from dragoman.lib.supervise import kernel
from dragoman.lib.supervise.child import Child, Plan

Say = Callable[..., None]
TICK = 1.0


class Supervisor:
    """`add` plans and `run`. Any child that ends, code 0 included, is brought back until SIGTERM or SIGINT.

    `say(event, **facts)` receives one line for each deed. One per process, in its main thread: it takes the
    signals.
    """

    def __init__(self, say: Say) -> None:
        self.say = say
        self.children: list[Child] = []
        self.asked = False
        self._passing = 0
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        kernel.adopt_orphans()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def add(self, plans: Iterable[Plan]) -> None:
        """Start these too."""
        for plan in plans:
            child = Child(plan)
            self.children.append(child)
            self._start(child)

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Keep the children alive until `ready()`; False when asked to stop or out of time."""
        until = time.monotonic() + seconds
        while not self.asked and time.monotonic() < until:
            if ready():
                return True
            self._look(0.05)
        return False

    def once(self, plan: Plan) -> tuple[int, str] | None:
        """Run one plan to its end beside the children: its exit code and what it wrote to standard output.

        None when asked to stop meanwhile. For short outputs only: it is read at the end.
        """
        with subprocess.Popen(
            list(plan.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **plan.env},
            text=True,
            preexec_fn=kernel.follow_parent(),  # noqa: PLW1509 - one thread, one system call
        ) as process:
            self._passing = process.pid
            self.wait_for(lambda: process.poll() is not None, float("inf"))
            if self.asked:
                process.terminate()
                try:
                    process.wait(plan.patience)
                except subprocess.TimeoutExpired:
                    process.kill()
            out, _ = process.communicate()
            self._passing = 0
        return None if self.asked else (process.returncode, str(out))

    def run(self) -> None:
        """Until asked to stop; then stop everything."""
        try:
            while not self.asked:
                self._look(TICK)
        finally:
            self.stop()

    def stop(self) -> None:
        """Everything but the last ones, then those, then whatever is left."""
        self.asked = True
        self.say("stopping")
        for last in (False, True):
            self._stop_these([child for child in self.children if child.alive and child.plan.last is last])
        self._end_leftovers()
        self.say("stopped")

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:
            child.since = time.monotonic()
            self.say("child cannot start", name=child.plan.name, why=str(error), again_in=child.plan_return())
            return
        self.say("child started", name=child.plan.name, pid=child.process.pid if child.process else 0)

    def _look(self, seconds: float) -> None:
        """Sleep until a signal or a due return, then do what is due."""
        now = time.monotonic()
        dues = [child.due - now for child in self.children if not child.alive]
        ready, _, _ = select.select([self._woken], [], [], max(0.0, min([seconds, *dues])))
        if ready:
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)
        for child in self.children:
            code = child.ended()
            if code is not None and not self.asked:
                lived = round(time.monotonic() - child.since, 1)
                self.say(
                    "child ended", name=child.plan.name, code=code, lived=lived, again_in=child.plan_return()
                )
            if not self.asked and not child.alive and child.due <= time.monotonic():
                self._start(child)
        self._reap_adopted()

    def _stop_these(self, children: list[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        begun = time.monotonic()
        while any(child.alive for child in children):
            for child in children:
                if child.alive and time.monotonic() - begun > child.plan.patience:
                    self.say("child killed", name=child.plan.name, after=child.plan.patience)
                    child.signal_group(signal.SIGKILL)
            select.select([self._woken], [], [], 0.05)
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)
            for child in children:
                child.ended()

    def _reap_adopted(self) -> None:
        """Children of dead children end as ours: without this they would stay as zombies."""
        known = {self._passing, *(child.process.pid for child in self.children if child.process)}
        for number in kernel.own_children():
            if number not in known:
                with suppress(ChildProcessError):
                    os.waitpid(number, os.WNOHANG)

    def _end_leftovers(self) -> None:
        until = time.monotonic() + 2
        while (left := kernel.own_children()) and time.monotonic() < until:
            for number in left:
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(number, os.WNOHANG)
            time.sleep(0.02)
