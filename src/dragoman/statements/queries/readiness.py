"""What stands in the way of a planned release, told in time: what, since when, and who must act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from dragoman.base import clock
from dragoman.channels import queries as channels
from dragoman.channels.models import Channel, Delivery
from dragoman.lib.problems import Problem
from dragoman.statements.models import Release, Revision

# A sign-in must outlast the moment by so much, or a person is asked for ahead of it.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class Trouble:
    """One thing in the way. `who` acts; nobody: the desk waits or tries again by itself."""

    what: str
    since: datetime | None
    who: str
    deed: str = ""
    href: str = ""


@dataclass(frozen=True)
class Row:
    """One delivery of a planned release."""

    delivery: Delivery
    prepared: bool
    troubles: tuple[Trouble, ...]


def readiness_of(release: Release) -> list[Row]:
    """A row for each delivery, those with trouble first. One query, and two for each channel."""
    revision = release.revision
    deliveries = Delivery.objects.filter(source=revision.statement.ref, rev=revision.number)
    rows = list(deliveries.select_related("channel__mission").order_by("channel_id", "lang"))
    found = {row.channel_id: row.channel for row in rows}
    of_channel = {pk: _of_channel(channel, release.moment) for pk, channel in found.items()}
    made = [Row(row, row.state == "armed", (*of_channel[row.channel_id], *_of_delivery(row))) for row in rows]
    return sorted(made, key=lambda row: not row.troubles)


def troubled(releases: Sequence[Release]) -> list[Release]:
    """Of planned releases, those with something in the way of them."""
    return [release for release in releases if any(row.troubles for row in readiness_of(release))]


def planned(revision: Revision) -> Release | None:
    """The release that is planned for a revision."""
    return Release.objects.filter(revision=revision, state="planned").first()


def _of_channel(channel: Channel, moment: datetime) -> list[Trouble]:
    administrator = f"an administrator of {channel.mission.name}"
    page = reverse("channels:show", args=[channel.slug])
    try:
        kind = channels.kind_of(channel)
    except Problem as problem:
        return [Trouble(problem.detail, None, "who runs the machine", "Look", page)]
    connect = reverse("channels:connect", args=[channel.slug]) if kind.oauth else page
    deed = "Connect" if kind.oauth else "Mend"
    if not channel.on:
        return [Trouble("The channel is switched off.", channel.state_at, administrator, "Switch on", page)]
    if channel.circuit_since is not None:
        words = channel.circuit_why or "The account does not work."
        return [Trouble(words, channel.circuit_since, administrator, deed, connect)]
    if channel.healthy is False:
        return [Trouble(channel.health_says, channel.checked_at, administrator, deed, connect)]
    if kind.oauth and not channel.session:
        return [Trouble("Nobody has signed in yet.", channel.created, administrator, "Connect", connect)]
    return _in_time(channel, moment, administrator, connect, page)


def _in_time(channel: Channel, moment: datetime, who: str, connect: str, page: str) -> list[Trouble]:
    """What is well now and would not be at the moment."""
    found = []
    ends = channel.signed_in_until
    if ends is not None and ends < moment + MARGIN:
        found.append(Trouble("The sign-in ends before the moment.", None, who, "Connect", connect))
    if channel.not_before is not None and channel.not_before > max(moment, clock.now()):
        words = f"The network asked the desk to wait. {channel.not_before_why}".strip()
        found.append(Trouble(words, None, "nobody: it goes out as soon as the network lets it", "Look", page))
    for each in channels.headroom_of(channels.standing_of(channel)):
        if each.left <= 0 and (each.resets is None or each.resets > moment):
            found.append(Trouble(f"Nothing is left of the limit “{each.name}”.", None, who, "Look", page))
    return found


def _of_delivery(row: Delivery) -> list[Trouble]:
    if row.state == "armed" or not row.why:
        return []
    href = reverse("channels:delivery", args=[row.pk])
    words = f"{row.why} {row.shown}".strip()
    who = "its author, or a releaser" if row.state == "refused" else "nobody yet: it is tried again"
    return [Trouble(words, row.state_at, who, "Look", href)]
