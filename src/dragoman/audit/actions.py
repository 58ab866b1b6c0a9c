"""The one verb of the audit: note."""

from __future__ import annotations

from typing import Any

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.actor import Actor


def note(
    *,
    by: Actor,
    verb: str,
    target: str,
    before: str = "",
    after: str = "",
    why: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Write down a deed, in the transaction of the deed. `before` and `after` are digests, never texts."""
    return Event.objects.create(
        at=clock.now(),
        actor=by.audit_name,
        actor_kind=by.audit_kind,
        verb=verb,
        target=target,
        before=before,
        after=after,
        why=why,
        data=data or {},
    )
