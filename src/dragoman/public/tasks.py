"""Jobs of the public plane: finish what was cut off, write everything again."""

from __future__ import annotations

from dragoman.base.actor import System
from dragoman.base.jobs import every, task
from dragoman.public import actions

CLOCK = System("public")


@every("* * * * *", "public.catch_up")
def catch_up(timestamp: int) -> None:
    """Every minute: a page without its event is put out again."""
    actions.catch_up(by=CLOCK)


@task("public.rebuild")
def rebuild() -> None:
    """When a new language came: older lists name it too."""
    actions.rebuild(by=CLOCK)
