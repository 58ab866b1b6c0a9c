"""Who sits at the table."""

from __future__ import annotations

from dragoman.negotiations.models import PartyKey, Seat


def seat_of(token: str) -> Seat | None:
    """The open seat of a token, with its spokesperson, party and process; None when it ended or never was."""
    raise NotImplementedError


def key_of_credential(credential: str) -> PartyKey | None:
    """The usable passkey with this credential id (base64url), if there is one."""
    raise NotImplementedError
