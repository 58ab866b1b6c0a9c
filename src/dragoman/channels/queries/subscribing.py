"""What the public may subscribe to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.channels import registry, wording
from dragoman.channels.connector import BROWSERS, LETTERS
from dragoman.channels.models import Channel
from dragoman.channels.queries.accounts import able, account_of
from dragoman.lib.http import Door
from dragoman.lib.problems import NotFound


@dataclass(frozen=True, slots=True)
class Offer:
    """One list. `tells` is what a browser must know before it can say yes."""

    channel: Channel
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    by_letter: bool
    tells: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return self.channel.slug

    @property
    def label(self) -> str:
        return self.channel.settings.get("from_name") or self.channel.label

    @property
    def tells_json(self) -> str:
        return json.dumps(dict(self.tells))


def offers() -> list[Offer]:
    """Every list that is switched on, by name."""
    kinds = [name for name in registry.KINDS if {LETTERS, BROWSERS} & registry.kind(name).abilities]
    rows = Channel.objects.filter(kind__in=kinds, state="on").order_by("label", "pk")
    return [offer_of(row) for row in rows]


def offer_of(channel: Channel) -> Offer:
    """What one list offers."""
    topics = [topic.strip() for topic in channel.settings.get("topics", "").split(",")]
    tells: Mapping[str, str] = {}
    if able(channel, BROWSERS):
        tells = registry.connect(channel.kind, account_of(channel), Door()).offer()
    return Offer(
        channel,
        tuple(channel.languages) or wording.languages(),
        tuple(dict.fromkeys(topic for topic in topics if topic)),
        able(channel, LETTERS),
        tells,
    )


def offer(slug: str) -> Offer:
    """The list of that name; NotFound when there is none that the public may subscribe to."""
    for one in offers():
        if one.slug == slug:
            return one
    raise NotFound("There is no such list.", mend="Begin at the page for subscribers.")
