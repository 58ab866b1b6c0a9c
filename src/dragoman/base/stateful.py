"""Rows with a state: moved only along their graph, and only from the state that was read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from dragoman.base import clock
from dragoman.lib.graph import Graph
from dragoman.lib.problems import Conflict


class Stateful(models.Model):
    """Mixin: the model names its `GRAPH` and a `state` field; `state_at` tells since when."""

    GRAPH: ClassVar[Graph]

    state = models.CharField(max_length=20, db_index=True)
    state_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.state:
            self.state = self.GRAPH.start
        super().save(*args, **kwargs)

    def move_to(self, new: str, *, frm: str | tuple[str, ...] | None = None, **changes: Any) -> None:
        """Swap the state if the row is still where it was read; set `changes` in the same update.

        Raises Conflict when the graph does not admit the move or another process was first.
        """
        came_from = (frm,) if isinstance(frm, str) else frm or (self.state,)
        admitted = [state for state in came_from if self.GRAPH.admits(state, new)]
        if not admitted:
            raise Conflict(
                f"It is {self.state}; from there it cannot become {new}.",
                mend="Reload the page to see where it stands.",
                code="wrong-state",
            )
        at = clock.now()
        rows = type(self)._base_manager.filter(pk=self.pk, state__in=admitted)
        if not rows.update(state=new, state_at=at, **changes):
            self.refresh_from_db(fields=["state"])
            raise Conflict(
                f"It has become {self.state} in the meantime, so it was not made {new}.",
                mend="Reload the page to see where it stands.",
                code="wrong-state",
            )
        self.state, self.state_at = new, at
        for name, value in changes.items():
            setattr(self, name, value)
