"""Reads for the ministry's own actors in the fediverse: which channel, what it published, who follows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Min

from dragoman.base import clock
from dragoman.channels.connectors.activitypub import documents
from dragoman.channels.connectors.activitypub.connector import ActivityPub
from dragoman.channels.models import Activity, Channel, Recipient
from dragoman.channels.queries.accounts import account_of
from dragoman.lib.http import Door
from dragoman.lib.problems import NotFound

KIND = "activitypub"
PAGE = 20


def channels() -> list[Channel]:
    """Every channel that is an actor, also those that are switched off: an account does not vanish."""
    return list(Channel.objects.filter(kind=KIND).select_related("mission").order_by("pk"))


def channel_of(handle: str) -> Channel:
    """The channel with this handle; NotFound when there is none."""
    found = (
        Channel.objects.filter(kind=KIND, settings__handle=handle)
        .select_related("mission")
        .order_by("pk")
        .first()
    )
    if found is None:
        raise NotFound("There is no such account here.")
    return found


def actor(channel: Channel, *, secrets: bool = False) -> ActivityPub:
    """Its connector, which speaks to nobody through this door. Without secrets it reads and counts only."""
    return ActivityPub(account_of(channel, secrets=secrets), Door())


def followers(channel: Channel) -> int:
    """How many follow."""
    return Recipient.objects.filter(channel=channel, state="confirmed").count()


def document(channel: Channel) -> dict[str, Any]:
    """Who the actor is. NotFound until the channel was checked for the first time."""
    found = actor(channel).shelf.actor()
    if found is None:
        raise NotFound("This account is not set up to its end.")
    return found


def outbox(channel: Channel, before: str) -> dict[str, Any]:
    """The collection of what was published, or the page that begins after `before` ("" is the first)."""
    us = actor(channel)
    names = us.shelf.out()
    rest = [name for name in names if name < before] if before != "first" else names
    shown = rest[:PAGE]
    items = [found for found in (us.shelf.activity(f"create-{name}") for name in shown) if found]
    address = us.names.outbox
    following = f"{address}?before={shown[-1]}" if len(rest) > PAGE else ""
    return documents.page(f"{address}?before={before}", address, items, following=following)


def posts() -> int:
    """How many notes of all actors stand."""
    return sum(len(actor(channel).shelf.out()) for channel in channels())


def oldest_activity() -> datetime | None:
    """The due time of the oldest activity that nobody has looked at."""
    oldest: datetime | None = Activity.objects.due(clock.now()).aggregate(oldest=Min("next_at"))["oldest"]
    return oldest
