"""State graphs as data, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class GraphError(Exception):
    """The graph as written is unsound: a mistake of ours, found at import."""


class Graph:
    """The states of one noun and the moves between them.

    `automatic` names states that the clock must leave by itself: each needs a sweep (base.overdue).
    Raises GraphError at once if a state is unreachable, unknown, or automatic without a way out.
    """

    def __init__(
        self,
        *,
        start: str,
        moves: Mapping[str, Sequence[str]],
        automatic: Sequence[str] = (),
    ) -> None:
        self.start = start
        self.moves = {state: tuple(nexts) for state, nexts in moves.items()}
        self.automatic = tuple(automatic)
        self._check()

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.moves)

    @property
    def ends(self) -> tuple[str, ...]:
        """States that nothing leaves."""
        return tuple(state for state, nexts in self.moves.items() if not nexts)

    def admits(self, frm: str, new: str) -> bool:
        return new in self.moves.get(frm, ())

    def choices(self) -> list[tuple[str, str]]:
        """For a model field."""
        return [(state, state) for state in self.moves]

    def _check(self) -> None:
        if self.start not in self.moves:
            raise GraphError(f"start {self.start!r} is not a state")
        for state, nexts in self.moves.items():
            for new in nexts:
                if new not in self.moves:
                    raise GraphError(f"{state!r} moves to {new!r}, which is not a state")
                if new == state:
                    raise GraphError(f"{state!r} moves to itself")
        for state in self.automatic:
            if not self.moves.get(state):
                raise GraphError(f"automatic state {state!r} has no way out")
        lost = set(self.moves) - self._reachable()
        if lost:
            raise GraphError(f"never reached: {', '.join(sorted(lost))}")

    def _reachable(self) -> set[str]:
        seen = {self.start}
        todo = [self.start]
        while todo:
            for new in self.moves[todo.pop()]:
                if new not in seen:
                    seen.add(new)
                    todo.append(new)
        return seen
