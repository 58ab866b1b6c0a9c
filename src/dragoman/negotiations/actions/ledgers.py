"""The evenness ledger, published anew after each release."""

from __future__ import annotations

from dragoman.base.actor import Actor
from dragoman.negotiations.models import Process


def publish_ledger(*, by: Actor, process: Process) -> bool:
    """Seal and publish the ledger as it is now; nothing is done when it says what is published already."""
    raise NotImplementedError
