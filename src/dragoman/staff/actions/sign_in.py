"""What the sign-in library does, noted: it acts, and its adapters tell us here."""

from __future__ import annotations

from typing import Any

from dragoman.audit.actions import note
from dragoman.base.actor import Actor, System
from dragoman.staff.models import Officer

NOBODY = System("nobody")
"""Who fails to sign in under a name that no officer has."""


def note_sign_in(*, by: Actor, verb: str, officer: Officer | None = None, **data: Any) -> None:
    """`verb` is the last word: sign_in, sign_in_failed, sign_out, factor_added, factor_removed, …"""
    about = officer or (by if isinstance(by, Officer) else None)
    note(
        by=by,
        verb=f"staff.{verb}",
        target=f"officer:{about.username}" if about else "officer:unknown",
        data=data,
    )
