"""How channels stand with their networks: what they may do, how long they are signed in, what came in."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from dragoman.base import clock
from dragoman.channels import oauth
from dragoman.channels.connector import Headroom
from dragoman.channels.models import Channel, Listening, Standing
from dragoman.channels.queries.accounts import account_of, kind_of


def standing_of(channel: Channel) -> Standing:
    """How a channel stands; empty when it was never asked."""
    return Standing.objects.filter(channel=channel).first() or Standing(channel=channel)


def listening_of(channel: Channel) -> Listening:
    """Whether and how far a channel is read; off when nobody has said so."""
    return Listening.objects.filter(channel=channel).first() or Listening(channel=channel)


def headroom_of(standing: Standing) -> list[Headroom]:
    """How much the network still let us do when it was last asked; a limit whose time is over is full."""
    now = clock.now()
    found = []
    for each in standing.headroom:
        resets = datetime.fromisoformat(each["resets"]) if each.get("resets") else None
        left = each["limit"] if resets and resets <= now else each["left"]
        found.append(Headroom(each["name"], left, each["limit"], resets if resets and resets > now else None))
    return found


def network_host(channel: Channel) -> str:
    """Where an officer goes to sign the channel in; empty for kinds that are not signed in so."""
    declared = kind_of(channel).oauth
    return oauth.host(declared, account_of(channel, secrets=False)) if declared else ""


def missing_scopes(channel: Channel) -> tuple[str, ...]:
    """What was asked for at the sign-in and not given."""
    declared = kind_of(channel).oauth
    return oauth.missing_scopes(declared, account_of(channel).session) if declared else ()


def oldest_renewal() -> datetime | None:
    """The due time of the oldest sign-in that the clock has not renewed."""
    oldest: datetime | None = Standing.objects.to_renew(clock.now()).aggregate(oldest=Min("renew_at"))[
        "oldest"
    ]
    return oldest


def oldest_reading() -> datetime | None:
    """The due time of the oldest channel whose answers the clock has not fetched."""
    oldest: datetime | None = Listening.objects.due(clock.now()).aggregate(oldest=Min("next_at"))["oldest"]
    return oldest
