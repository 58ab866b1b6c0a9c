"""Who sits at the table."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from dragoman.base import clock
from dragoman.negotiations.models import PartyKey, Seat

IDLE = timedelta(minutes=45)


def seat_of(token: str) -> Seat | None:
    """The open seat of a token, with its spokesperson, party and process; None when it ended or never was."""
    if not token:
        return None
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    now = clock.now()
    return (
        Seat.objects.select_related("spokesperson__party__process__mission", "key")
        .filter(
            token=digest,
            ended_at__isnull=True,
            ends_at__gt=now,
            seen_at__gt=now - IDLE,
            spokesperson__active=True,
        )
        .exclude(spokesperson__party__state="left")
        .first()
    )


def key_of_credential(credential: str) -> PartyKey | None:
    """The usable passkey with this credential id (base64url), if there is one."""
    if not credential:
        return None
    usable = PartyKey.objects.filter(frozen_at__isnull=True, removed_at__isnull=True)
    return usable.select_related("party__process", "spokesperson").filter(credential=credential).first()
