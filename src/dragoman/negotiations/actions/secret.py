"""Codes and tokens of the table: made here, shown once, kept as digests only."""

from __future__ import annotations

import hashlib
import secrets

from django.db.models import F

from dragoman.base import clock
from dragoman.negotiations.models import Party, Seat, Spokesperson

# Nothing that is read out wrongly: no 0 and O, no 1, l and I.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_code() -> str:
    """Twenty letters in groups of five, about 99 bits; fit to be read out."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(20))
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


def new_token() -> str:
    """For a cookie: 256 bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept. The secrets are random enough that a plain digest cannot be turned back."""
    return hashlib.sha256(secret.strip().lower().encode("utf-8", "replace")).hexdigest()


def token_digest(token: str) -> str:
    """What is kept of a token; its letters count as they are."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def end_seats(party: Party, *, of: Spokesperson | None = None) -> int:
    """End every seat of a party, or of one person of it; open invitations of those are void as well."""
    people = party.spokespersons.filter(pk=of.pk) if of else party.spokespersons.all()
    people.exclude(invitation="").update(invitation="")
    seats = Seat.objects.filter(spokesperson__in=people, ended_at__isnull=True)
    return seats.update(ended_at=clock.now(), ends_at=F("ends_at"))
