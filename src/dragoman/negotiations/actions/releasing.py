"""From agreed to released: judged again, handed to statements to the letter, and followed to the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dragoman.base.actor import Actor
from dragoman.channels.models import Channel
from dragoman.negotiations.models import Round
from dragoman.staff.models import Officer


def plan_release(
    *,
    by: Officer,
    round: Round,  # noqa: A002 - the noun of this app
    moment: datetime | None = None,
    zone: str = "",
    channels: Sequence[Channel] | None = None,
) -> Round:
    """Release an agreed text now, or arm it for a moment. The consents are judged again, as they stand.

    Raises NotAllowed without the role of releaser; Conflict when it is not agreed, or was planned or released
    by another first, or when the record is behind what was signed; Invalid when a consent does not hold, the
    text is not the one that was signed, or the moment is before the one that was signed.
    """
    raise NotImplementedError


def unplan(*, by: Officer, round: Round, why: str) -> Round:  # noqa: A002 - the noun of this app
    """Take an armed release back before its moment; the consents stand."""
    raise NotImplementedError


def settle(*, by: Actor, round_id: int) -> bool:
    """Count the answers once all have answered or time is over: agreed, declined or expired."""
    raise NotImplementedError


def carry_out(*, by: Actor, round_id: int) -> bool:
    """Follow a release to its page: the round is released, the live page and the ledger say so."""
    raise NotImplementedError
