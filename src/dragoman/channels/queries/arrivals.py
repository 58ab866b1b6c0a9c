"""Reads of what came in: what waits for the inbox, and to which of our deliveries it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Min, Q

from dragoman.base import clock
from dragoman.channels.connector import Gone, Incoming, Receipt
from dragoman.channels.models import Arrival, Channel, Delivery, Listening
from dragoman.channels.queries.accounts import vault

Item = Incoming | Gone | Receipt


def waiting_arrivals(limit: int) -> list[Arrival]:
    """The oldest arrivals that wait, locked for the caller's transaction; those that another has locked are
    passed over. With their channel and its mission. Only inside a transaction."""
    rows = Arrival.objects.waiting().select_related("channel__mission")
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])


def waiting_count() -> int:
    """How many arrivals wait for the inbox."""
    return Arrival.objects.waiting().count()


def oldest_waiting() -> datetime | None:
    """When the oldest arrival that waits came in."""
    return Arrival.objects.waiting().values_list("created", flat=True).first()


def open_arrival(row: Arrival) -> Item:
    """What came, unsealed. VaultError when its key is no longer there."""
    value = vault().open(row.sealed)
    if row.kind == "text":
        # By the row's name: a very long one is known by its digest, here and in what takes it back.
        return Incoming.from_json({"text": "", **value, "outside_id": row.outside_id}, at=row.at)
    if row.kind == "gone":
        return Gone(row.outside_id, row.at)
    return Receipt(str(value.get("remote_id", "")), str(value.get("outcome", "")), row.at)


def delivery_of(channel: Channel, remote_id: str) -> Delivery | None:
    """The delivery that the network knows by this id: that of its post, or of one part of its thread."""
    return deliveries_of_ids(channel, [remote_id]).get(remote_id)


def deliveries_of_ids(channel: Channel, remote_ids: Iterable[str]) -> dict[str, Delivery]:
    """As `delivery_of`, for many at once; what is not ours is left out."""
    wanted = sorted({one for one in remote_ids if one})
    if not wanted:
        return {}
    rows = Delivery.objects.filter(named(wanted), channel=channel).only(
        "id", "channel_id", "source", "rev", "lang", "remote_id", "remote"
    )
    found: dict[str, Delivery] = {}
    for row in rows.order_by("id"):
        for name in names_of(row.remote_id, row.remote):
            found.setdefault(name, row)
    return {one: found[one] for one in wanted if one in found}


def named(remote_ids: list[str]) -> Q:
    """Deliveries that a network knows by one of these ids; both halves have an index."""
    return (Q(remote_id__in=remote_ids) & ~Q(remote_id="")) | Q(remote__names__has_any_keys=remote_ids)


def names_of(remote_id: str, remote: Mapping[str, object]) -> tuple[str, ...]:
    """All ids under which a network knows a delivery."""
    names = remote.get("names")
    return (remote_id, *(str(one) for one in names)) if isinstance(names, list) else (remote_id,)


def oldest_looking_back() -> datetime | None:
    """The due time of the oldest channel on which the clock has not looked for gaps."""
    due = Listening.objects.to_look_back(clock.now())
    oldest: datetime | None = due.aggregate(oldest=Min("back_next"))["oldest"]
    return oldest
