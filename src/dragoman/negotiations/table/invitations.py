"""Whom an invitation is for, read without using it up: a page that is looked at must do nothing."""

from __future__ import annotations

from dragoman.base import clock
from dragoman.lib.problems import NotFound
from dragoman.negotiations.actions import secret
from dragoman.negotiations.models import Spokesperson


def invited(code: str) -> Spokesperson:
    """Whom a code invites. Raises NotFound when it is unknown, used or too old, in the same words."""
    found = (
        Spokesperson.objects.select_related("party__process")
        .filter(invitation=secret.digest(code), invited_until__gt=clock.now(), active=True)
        .exclude(party__state="left")
        .first()
    )
    if found is None or not code.strip():
        raise NotFound(
            "This invitation is unknown, was used, or is too old.",
            mend="Ask the host for a new one.",
            code="invitation",
        )
    return found
