"""Making channels and deliveries, and walking a delivery through time."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import time_machine
from django.conf import settings
from tests.cast import Cast
from tests.channels.fake_bluesky import FakeBluesky

from dragoman.base import clock
from dragoman.channels import actions, queries, states
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Picture, Piece, Post
from dragoman.channels.models import Channel, Delivery, Takedown

PIECE = Piece(
    "en",
    "How the five days are counted",
    "",
    "The days of arrival and departure both count. " * 20,
    "https://mfa.example/en/statements/five-days/",
)
SOURCE = "2026-abc"
_numbers = count(1)


def sandbox(cast: Cast, address: str = "ok", **more: Any) -> Channel:
    number = next(_numbers)
    return actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="sandbox",
        # the training network keeps a file by this name, and tests share a home
        slug=f"sandbox-{number}-{secrets.token_hex(3)}",
        label=f"Sandbox {number}",
        values={"address": address},
        **more,
    )


def bluesky(cast: Cast, fake: FakeBluesky, **more: Any) -> Channel:
    number = next(_numbers)
    return actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="bluesky",
        slug=f"bluesky-{number}",
        label=f"@ministry{number}.test",
        values=fake.settings(),
        **more,
    )


def plan(
    cast: Cast,
    channel: Channel,
    *,
    key: str = "",
    due: datetime | None = None,
    piece: Piece = PIECE,
    pictures: tuple[Picture, ...] = (),
    started: bool = True,
    urgent: bool = False,
) -> Delivery:
    """A planned delivery, started unless told otherwise."""
    due = due or clock.now()
    key = key or f"{SOURCE}:1:{channel.pk}:en:{next(_numbers)}"
    rendition = queries.render(channel, piece)
    post = Post(key, rendition, piece.lang, piece.url, due, piece.title, piece.summary, pictures)
    delivery = actions.plan_delivery(
        by=cast.director, channel=channel, source=SOURCE, rev=1, post=post, due=due, urgent=urgent
    )
    if started:
        actions.start_deliveries(by=cast.director, source=SOURCE, rev=1)
    delivery.refresh_from_db()
    return delivery


def turn(delivery: Delivery) -> None:
    """What the worker would do for it now."""
    delivery.refresh_from_db()
    channel = Channel.objects.get(pk=delivery.channel_id)
    if channel.circuit_next is not None and channel.circuit_next <= clock.now():
        actions.sweep(by=WORKER, grace=timedelta())
        actions.check_channel(by=WORKER, channel=channel)
        delivery.refresh_from_db()
    if delivery.state in states.WAITING:
        actions.deliver(by=WORKER, delivery_id=delivery.pk)
        actions.expire_delivery(by=WORKER, delivery_id=delivery.pk)
    elif delivery.state == "sending":
        actions.take_over(by=WORKER, delivery_id=delivery.pk)
    elif delivery.state == "unsure":
        actions.settle(by=WORKER, delivery_id=delivery.pk)
    for pk in Takedown.objects.filter(delivery=delivery, state="asked").values_list("pk", flat=True):
        actions.take_down(by=WORKER, takedown_id=pk)
    delivery.refresh_from_db()


def walk(delivery: Delivery, *, turns: int = 40) -> Delivery:
    """Let the clock run until nothing more happens by itself. Each turn leaps to the next moment due."""
    now = clock.now()
    for _ in range(turns):
        delivery.refresh_from_db()
        takedown = Takedown.objects.filter(delivery=delivery, state="asked").first()
        moments = [_next_of(delivery), takedown.next_at if takedown else None]
        due = [moment for moment in moments if moment is not None]
        if not due:
            return delivery
        now = max(now, min(due)) + timedelta(milliseconds=10)
        with time_machine.travel(now, tick=True):
            turn(delivery)
    return delivery


def _next_of(delivery: Delivery) -> datetime | None:
    """When the clock looks at it again: while its account rests, that is when the account is asked."""
    circuit = Channel.objects.values_list("circuit_next", flat=True).get(pk=delivery.channel_id)
    if delivery.state in states.WAITING and delivery.next_at is not None and circuit is not None:
        return min(circuit, delivery.last_useful)
    return delivery.next_at


def lines(channel: Channel, what: str) -> list[dict[str, Any]]:
    """What the sandbox's file says happened."""
    file = Path(settings.DRAGOMAN.home) / "sandbox" / f"{channel.slug}.jsonl"
    if not file.exists():
        return []
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in found if line["what"] == what]
