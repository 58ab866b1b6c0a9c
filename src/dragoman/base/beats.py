"""Processes show that they live."""

from __future__ import annotations

from datetime import timedelta

from dragoman.base import clock
from dragoman.base.models import Beat

KEPT = timedelta(days=1)


def beat(name: str) -> None:
    """Note that the process `name` lives now."""
    Beat.objects.update_or_create(name=name, defaults={"at": clock.now()})


def forget_old() -> int:
    """Drop the beats of processes that ended long ago. Returns how many."""
    count, _ = Beat.objects.filter(at__lt=clock.now() - KEPT).delete()
    return count
