"""A spokesperson's session at the table: asked by a challenge, opened by a key of the party."""

from __future__ import annotations

from dragoman.negotiations.models import Party, PartyKey, Seat, Spokesperson


def challenge(*, party: Party) -> str:
    """A text to sign (`<origin>/sign-in/v1`, with a nonce that works once, for some minutes)."""
    raise NotImplementedError


def sign_in(*, text: str, line: str) -> tuple[Spokesperson, str]:
    """Open a seat for who signed the challenge; gives the token for the cookie. The challenge is used up.

    Raises Invalid for a wrong signature, Conflict for a challenge that was used or is too old, NotAllowed for
    a frozen key or a person who may no longer speak.
    """
    raise NotImplementedError


def sit_down(*, spokesperson: Spokesperson, key: PartyKey | None = None) -> str:
    """Open a seat for one whose key was just shown; gives its token, of which only the digest is kept."""
    raise NotImplementedError


def stand_up(*, seat: Seat) -> None:
    """End a seat."""
    raise NotImplementedError


def keep_seat(*, seat: Seat) -> None:
    """Note that it is in use (at most once a minute)."""
    raise NotImplementedError
