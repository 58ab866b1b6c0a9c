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


@every("* * * * * */30", "public.refresh_record")
def refresh_record(timestamp: int) -> None:
    """Witnesses that signed late, and entries without a page of their own."""
    actions.refresh_record(by=CLOCK)


@task("public.index_said")
def index_said(ref: str) -> None:
    """After a release, a correction, a withdrawal or a new copy elsewhere."""
    actions.index_said(by=CLOCK, ref=ref)


@every("* * * * * */20", "public.index_all_said")
def index_all_said(timestamp: int) -> None:
    """What has no index yet: after an upgrade, a rebuild, a lost job."""
    actions.index_said(by=CLOCK)


@task("public.rebuild")
def rebuild() -> None:
    """When a new language came: older lists name it too."""
    actions.rebuild(by=CLOCK)
