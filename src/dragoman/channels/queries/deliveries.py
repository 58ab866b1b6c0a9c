"""Reads of deliveries: their posts, lists for pages, what waits, what is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet

from dragoman.base import clock
from dragoman.channels import registry
from dragoman.channels.connector import Picture as PictureValue
from dragoman.channels.connector import Post, Rendition, Video
from dragoman.channels.models import Attempt, Channel, Delivery, Takedown
from dragoman.lib.problems import NotFound

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


def post_of(delivery: Delivery) -> Post:
    """The frozen post of a delivery, without the bytes of its pictures."""
    post: dict[str, Any] = delivery.post
    return Post(
        key=delivery.key,
        rendition=Rendition.from_json(delivery.rendition),
        lang=delivery.lang,
        url=str(post.get("url", "")),
        at=datetime.fromisoformat(post["at"]),
        title=str(post.get("title", "")),
        summary=str(post.get("summary", "")),
        pictures=tuple(PictureValue.from_json(value) for value in post.get("pictures", ())),
        videos=tuple(Video.from_json(value) for value in post.get("videos", ())),
        reply_to=str(post.get("reply_to", "")),
    )


def post_json(post: Post) -> dict[str, Any]:
    """The stored form of a post; its key, language and rendition have columns of their own."""
    return {
        "url": post.url,
        "at": post.at.isoformat(),
        "title": post.title,
        "summary": post.summary,
        "pictures": [picture.as_json() for picture in post.pictures],
        "videos": [video.as_json() for video in post.videos],
        "reply_to": post.reply_to,
    }


def picture_folders() -> tuple[Path, ...]:
    """Where pictures lie: sealed ones in the public record, others with the drafts."""
    home = Path(settings.DRAGOMAN.home)
    return (Path(settings.DRAGOMAN.public_dir) / "record" / "media", home / "media")


# --- lists ---


def channel(slug: str, officer: Officer) -> Channel:
    """One channel that the officer sees; NotFound otherwise."""
    found = Channel.objects.visible_to(officer).select_related("mission").filter(slug=slug).first()
    if found is None:
        raise NotFound(
            f"There is no channel {slug!r} that you can see.", mend="Look at the list of channels."
        )
    return found


def channel_rows(officer: Officer) -> QuerySet[Channel]:
    """The channels that an officer sees, with when each last sent and how many deliveries want a person."""
    waiting = Q(deliveries__state="refused") | Q(deliveries__state="unsure", deliveries__person=True)
    return (
        Channel.objects.visible_to(officer)
        .select_related("mission")
        .annotate(last_sent=Max("deliveries__sent_at"), wanting=Count("deliveries", filter=waiting))
    )


def delivery(pk: int, officer: Officer) -> Delivery:
    """One delivery that the officer sees; NotFound otherwise."""
    rows = Delivery.objects.visible_to(officer).select_related("channel__mission", "takedown")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no delivery {pk} that you can see.")
    return found


def delivery_rows(officer: Officer, *, state: str = "", channel_slug: str = "") -> QuerySet[Delivery]:
    """Deliveries that an officer sees, newest first; `state` may also be `person`."""
    rows = Delivery.objects.visible_to(officer).select_related("channel__mission", "takedown")
    if state == "person":
        rows = rows.for_a_person()
    elif state:
        rows = rows.filter(state=state)
    return rows.filter(channel__slug=channel_slug) if channel_slug else rows


def deliveries_of(source: str, rev: int | None = None) -> QuerySet[Delivery]:
    """The deliveries of a statement or of one revision, channel by channel."""
    rows = Delivery.objects.filter(source=source).select_related("channel", "takedown")
    rows = rows if rev is None else rows.filter(rev=rev)
    return rows.order_by("rev", "channel_id", "lang", "id")


def waiting_for_a_person(officer: Officer) -> int:
    """How many deliveries want a decision, for the menu."""
    return Delivery.objects.visible_to(officer).for_a_person().count()


@dataclass(frozen=True, slots=True)
class Outside:
    """Where a text stands on another network, as the public page lists it."""

    label: str
    kind: str
    lang: str
    url: str
    state: str
    sent_at: datetime | None
    offset_ms: int | None
    channel: int = 0


def outside(source: str, rev: int) -> list[Outside]:
    """Every delivery of a revision that was not cancelled. `offset_ms` counts from the first one that left,
    as the evidence of the release does: by when the first byte of its request was written."""
    rows = list(deliveries_of(source, rev).exclude(state="cancelled"))
    made = Attempt.objects.filter(delivery__in=rows, verb="send", outcome="done")
    left = {one.delivery_id: one.began or one.started for one in made.order_by("started", "id")}
    moments = {row.pk: left.get(row.pk, row.sent_at) for row in rows if row.sent_at}
    first = min((moment for moment in moments.values() if moment), default=None)
    return [_outside(row, moments.get(row.pk), first) for row in rows]


def _outside(row: Delivery, left: datetime | None, first: datetime | None) -> Outside:
    offset = round((left - first).total_seconds() * 1000) if left and first else None
    kind = registry.kind(row.channel.kind).label if row.channel.kind in registry.KINDS else row.channel.kind
    said = (row.channel.label, kind, row.lang, row.link, row.state, row.sent_at, offset)
    return Outside(*said, channel=row.channel_id)


# --- what is late ---


def oldest_due() -> datetime | None:
    """The due time of the oldest delivery that the clock has not looked at."""
    oldest: datetime | None = Delivery.objects.due(clock.now()).aggregate(oldest=Min("next_at"))["oldest"]
    return oldest


def oldest_arming() -> datetime | None:
    """The due time of the oldest delivery that should have been prepared ahead."""
    oldest: datetime | None = Delivery.objects.to_arm(clock.now()).aggregate(oldest=Min("arm_at"))["oldest"]
    return oldest


def oldest_circuit() -> datetime | None:
    """When the oldest account in trouble should have been asked whether it is well again."""
    rows = Channel.objects.filter(state="on", circuit_next__lte=clock.now())
    oldest: datetime | None = rows.aggregate(oldest=Min("circuit_next"))["oldest"]
    return oldest


def oldest_takedown() -> datetime | None:
    """The due time of the oldest takedown that the clock has not looked at."""
    rows = Takedown.objects.filter(state="asked", next_at__lte=clock.now())
    oldest: datetime | None = rows.aggregate(oldest=Min("next_at"))["oldest"]
    return oldest
