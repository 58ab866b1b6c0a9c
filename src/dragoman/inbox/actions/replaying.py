"""A sample day, brought in by the same ways that networks and people use. For training and demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.channels import actions as channels
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connector import Incoming
from dragoman.channels.models import Channel
from dragoman.inbox.actions import intake
from dragoman.inbox.models import Message
from dragoman.inbox.replay import Spoken
from dragoman.staff.models import Mission

LABELS = {
    "bluesky": "Bluesky",
    "email": "E-mail",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "mastodon": "Mastodon",
    "telegram": "Telegram",
    "threads": "Threads",
    "x": "X",
    "youtube": "YouTube",
}


def training_channels(*, by: Actor, mission: Mission) -> dict[str, Channel]:
    """One sandbox for each network of the day, so that replies go the whole way and reach nobody."""
    found = {}
    for network, label in LABELS.items():
        slug = f"replay-{network}"
        found[network] = Channel.objects.filter(slug=slug).first() or channels.create_channel(
            by=by, mission=mission, kind="sandbox", slug=slug, label=f"{label} (replay)", values={}
        )
    return found


@transaction.atomic
def bring_in(
    *,
    by: Actor,
    mission: Mission,
    spoken: Sequence[Spoken],
    begin: datetime,
    day: str,
    to: dict[str, Channel],
) -> int:
    """These messages of the day, as if their networks had just told of them. Gives how many were new.

    `begin` is when the day began; `day` names it: brought in twice under one name, each is there once.
    """
    new = 0
    by_network: dict[str, list[Incoming]] = {}
    for one in spoken:
        if one.network == "form":
            message = intake.take_question(by=by, mission=mission, text=one.text)
            Message.objects.filter(pk=message.pk).update(at=begin + timedelta(seconds=one.at_offset))
            new += 1
            continue
        by_network.setdefault(one.network, []).append(
            Incoming(
                outside_id=_name(day, one.number),
                text=one.text,
                at=begin + timedelta(seconds=one.at_offset),
                in_reply_to="" if one.in_reply_to is None else _name(day, one.in_reply_to),
                author=one.author,
                author_id=one.author,
                private=one.network == "email",
            )
        )
    for network, items in by_network.items():
        new += keep_items(to[network], items, "fetch")
    audit.note(by=by, verb="inbox.bring_in", target=f"replay:{day}", data={"new": new}, mission=mission.slug)
    return new


def _name(day: str, number: int) -> str:
    return f"replay:{day}:{number}"
