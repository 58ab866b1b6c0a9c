"""The lines to the relay that are open between two groups of copies."""

from __future__ import annotations

from dragoman.lib.smtp import Line, Relay


class Lines:
    """Idle lines, the newest first. A line is closed after so many messages: relays like it that way."""

    def __init__(self, relay: Relay, *, messages: int, allow_loopback: bool) -> None:
        self.relay = relay
        self.messages = messages
        self.allow_loopback = allow_loopback
        self._idle: list[Line] = []

    async def take(self) -> Line:
        """A line that is good for one more message. `NotReached` or `Rejected` when none can be had."""
        while self._idle:
            line = self._idle.pop()
            if line.alive and line.sent < self.messages:
                return line
            await line.close()
        return await Line.open(self.relay, allow_loopback=self.allow_loopback)

    async def give_back(self, line: Line) -> None:
        """It is not needed now."""
        if line.alive and line.sent < self.messages:
            self._idle.append(line)
        else:
            await line.close()

    async def close(self) -> None:
        """Say farewell on all of them."""
        while self._idle:
            await self._idle.pop().close()
