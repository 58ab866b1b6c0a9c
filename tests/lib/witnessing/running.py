"""A witness's server in a thread of this process."""

import asyncio
import threading
import time
from collections.abc import Callable
from types import TracebackType

from dragoman.lib.witnessing import serving
from dragoman.lib.witnessing.answering import Said
from dragoman.lib.witnessing.serving import Serving


class Running:
    """Use with `with`; `port` is where it listens."""

    def __init__(self, answer: Callable[[str, str, bytes], Said], how: Serving) -> None:
        self._answer, self._how = answer, how
        self._ready = threading.Event()
        self._ended: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def connections(self, wanted: int) -> bool:
        """Wait until it holds so many connections; False when that does not come about."""
        for _ in range(1_000):
            if self._held() == wanted:
                return True
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        if self._loop is not None and self._ended is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(20)

    def __enter__(self) -> "Running":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
        assert not self._thread.is_alive()

    def _held(self) -> int:
        loop = self._loop
        assert loop is not None
        tasks = [task for task in asyncio.all_tasks(loop) if "connected" in repr(task.get_coro())]
        return len(tasks)

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()

        def ready(port: int) -> None:
            self.port = port
            self._ready.set()

        await serving.serve(self._answer, self._how, ready, self._ended)
